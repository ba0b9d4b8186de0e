#!/usr/bin/env python3
"""24-dovecot24.t - the Lua adapters: under plain Lua against the real socket, and in a real Dovecot 2.4 of a newer Debian.

TAP. The newer Debian is a folder below build/, made on the first run (tests/support/newer-debian.sh); without a mirror
that has one, the part with the real Dovecot says so and is not run. Makes one folder below /tmp and removes it.
"""
import base64
import concurrent.futures
import contextlib
import grp
import os
import shutil
import signal
import smtplib
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from postfix import Postfix  # noqa: E402
from doors import (Authd, DovecotClient, EXPIRED, Fake, Folder, GOOD, HELPER, NO_ANSWERS, NOT_REVEALED, REALM, REVOKED, Server, TOP,
                   UNKNOWN, answers, check_ended, check_logins, check_own_client, done, equal, note, ok, packaged, password, skip_all,
                   username)


def script(folder, name, verify):
    if name == "Lua":
        text = packaged("dovecot/cleansmtp.lua", socket_path=verify)
    else:
        helper = folder.path("helper")
        if not os.path.exists(helper):
            shutil.copy(HELPER, helper)
        text = packaged("dovecot/cleansmtp-exec.lua", program=f"{helper} --socket {verify}")
    return folder.write(f"{name.replace(' ', '-')}-{os.path.basename(verify)}.lua", text)


def plain_lua(path, login, secret, protocol="smtp", client="192.0.2.50"):
    done_ = subprocess.run(["lua5.4", f"{TOP}/tests/support/dovecot.lua", path, login, protocol, client], input=secret,
                           capture_output=True, text=True, check=False)
    return done_.stdout.strip().split("\t")[0] if done_.returncode == 0 else done_.stderr


def check_plain_lua(folder, authd, name):
    path = script(folder, name, authd.verify)
    over = ("PASS_EXPIRED", "USER_DISABLED") if name == "Lua" else ("PASSWORD_MISMATCH",) * 2
    for title, login, secret, protocol, want in (
            ("good", username(GOOD), password(GOOD), "smtp", "OK"),
            ("submission", username(GOOD), password(GOOD), "submission", "OK"),
            ("with our realm", f"{username(GOOD)}@{REALM}", password(GOOD), "smtp", "OK"),
            ("another protocol", username(GOOD), password(GOOD), "imap", "PASSWORD_MISMATCH"),
            ("no protocol", username(GOOD), password(GOOD), "", "PASSWORD_MISMATCH"),
            ("a protocol for the shell", username(GOOD), password(GOOD), "smtp; exit 0", "PASSWORD_MISMATCH"),
            ("wrong", username(GOOD), "wrong", "smtp", "PASSWORD_MISMATCH"),
            ("empty password", username(GOOD), "", "smtp", "PASSWORD_MISMATCH"),
            ("a password for the shell", username(GOOD), "'; exit 0 #", "smtp", "PASSWORD_MISMATCH"),
            ("a password with a line end", username(GOOD), password(GOOD) + "\n", "smtp", "PASSWORD_MISMATCH"),
            ("unknown", username(UNKNOWN), password(GOOD), "smtp", "PASSWORD_MISMATCH"),
            ("not revealed", username(NOT_REVEALED), password(NOT_REVEALED), "smtp", "PASSWORD_MISMATCH"),
            ("expired", username(EXPIRED), password(EXPIRED), "smtp", over[0]),
            ("revoked", username(REVOKED), password(REVOKED), "smtp", over[1])):
        equal(plain_lua(path, login, secret, protocol), want, f"{name}, plain: {title}")
    equal(plain_lua(path, username(GOOD), password(GOOD), client="$(exit 0)"), "OK", f"{name}, plain: a strange client's address")
    missing = script(folder, name, folder.path("nobody"))
    for secret in (password(GOOD), "wrong"):
        equal(plain_lua(missing, username(GOOD), secret), "INTERNAL_FAILURE", f"{name}, plain: no socket: never a refusal")
    for title, answer in NO_ANSWERS:
        with Fake(folder, "plain-fake", answer) as fake:
            got = plain_lua(script(folder, name, fake.path), username(GOOD), password(GOOD))
        equal(got, "INTERNAL_FAILURE", f"{name}, plain: authd says {title}: never a refusal")
    with Fake(folder, "plain-silent", "silence") as fake:
        start = time.monotonic()
        got = plain_lua(script(folder, name, fake.path), username(GOOD), password(GOOD))
        took = time.monotonic() - start
    ok(got == "INTERNAL_FAILURE" and took < 9.5, f"{name}, plain: authd says nothing: never a refusal, before Postfix gives up",
       f"{got} {took:.1f}")


def newer_debian():
    made = subprocess.run([f"{TOP}/tests/support/newer-debian.sh", "trixie", "dovecot-core", "dovecot-auth-lua", "lua-socket",
                           "dash"],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        note("no newer Debian, so no real Dovecot 2.4: " + made.stderr)
        return None
    return made.stdout.strip()


class Dovecot(Server):
    """2.4 in its own Debian, with this machine's /dev and the test's folder, in a mount namespace that ends with it."""

    INSIDE = ('mount --bind /dev "$1/dev" && mkdir -p "$1$2" && mount --bind "$2" "$1$2" && mount -t proc proc "$1/proc" && '
              'root=$1 && shift 2 && exec chroot "$root" "$@"')

    def __init__(self, folder, debian, name, path, delay="0"):
        base = folder.path("d24-" + name.replace(" ", "-"))
        os.makedirs(base)
        self.socket = base + "/door"
        self.messages = base + ".messages"
        folder.write("d24.users", "carol:{PLAIN}ordinary-secret\n")
        group = grp.getgrnam("dovecot").gr_gid  # the socket's
        with open(f"{debian}/etc/passwd", "w", encoding="ascii") as users:
            users.write(f"root:x:0:0::/root:/bin/sh\ndovecot:x:105:{group}::/nonexistent:/bin/false\n"
                        "dovenull:x:106:106::/nonexistent:/bin/false\n")
        with open(f"{debian}/etc/group", "w", encoding="ascii") as groups:
            groups.write(f"root:x:0:\ndovecot:x:{group}:\ndovenull:x:106:\n")
        config = folder.write(os.path.basename(base) + ".conf", f"""
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = {base}/base
state_dir = {base}/state
log_path = {self.messages}
ssl = no
protocols =
auth_mechanisms = plain login
auth_failure_delay = 0
auth_internal_failure_delay = {delay}
auth_cache_size = 1M
auth_cache_ttl = 1 hour
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {self.socket} {{
    mode = 0666
  }}
}}
passdb lua {{
  lua_file = {path}
  username_filter = cs-*
  result_failure = return-fail
  use_cache = no
}}
passdb passwd-file {{
  passwd_file_path = {folder.path("d24.users")}
}}
userdb prefetch {{
}}
""")
        self.enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", self.INSIDE, "sh", debian, folder.root]
        self.config = config
        super().__init__(folder, os.path.basename(base), [*self.enter, "dovecot", "-F", "-c", config], lambda: answers(self.socket))

    def doveadm(self, words):
        done_ = subprocess.run([*self.enter, "doveadm", "-c", self.config, *words], capture_output=True, text=True, timeout=30, check=False)
        return done_.returncode, done_.stdout + done_.stderr


def check_real(folder, debian, authd, name):
    with Dovecot(folder, debian, name, script(folder, name, authd.verify)) as dovecot:
        client = DovecotClient(dovecot.socket)
        check_logins(f"2.4, {name}", client, says_why=name == "Lua")
        check_ended(f"2.4, {name}", folder, client, says_why=name == "Lua")
        if name == "Lua":
            check_own_client("doveadm 2.4", folder.path("run/auth"), dovecot.doveadm)
        times = []
        for number in range(50):
            start = time.monotonic()
            client.ask(100 + number, username(GOOD + number), password(GOOD + number))
            times.append((time.monotonic() - start) * 1000)
        note(f"2.4, {name}: one login, median of 50: {statistics.median(times):.2f} ms")
        authd.signal(signal.SIGSTOP)
        start = time.monotonic()
        got = client.ask(200, username(GOOD), password(GOOD))
        took = time.monotonic() - start
        authd.signal(signal.SIGCONT)
        ok(got == "temporary" and took < 9.5, f"2.4, {name}: authd hangs: temporary, before Postfix gives up", f"{got} {took:.1f}")
        equal(client.ask(201, username(GOOD), password(GOOD)), "ok:" + username(GOOD), f"2.4, {name}: authd goes on")
        authd.kill()
        equal([client.ask(202, username(GOOD), password(GOOD)), client.ask(203, username(GOOD), "wrong"),
               client.ask(204, "carol", "ordinary-secret")], ["temporary", "temporary", "ok:carol"],
              f"2.4, {name}: authd is gone: temporary, and the ordinary customer has his login")
        client.close()
        log = folder.read(os.path.basename(dovecot.messages))
        ok("cleansmtp" in log and password(GOOD) not in log, f"2.4, {name}: the log says why, and holds no password", log)


def auth_by_smtp(port, login, secret):
    """What Postfix says to AUTH PLAIN."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        smtp.ehlo("pc.hosted.example")
        code, text = smtp.docmd("AUTH PLAIN", base64.b64encode(f"\0{login}\0{secret}".encode()).decode())
        return code, text.decode()


# Dovecot's default delay of a temporary answer, and the recipe's: Postfix makes 535 of whatever it is told within 10 seconds.
DEFAULT_DELAY, RECIPE_DELAY = "2 secs", "12 secs"


def check_postfix(folder, debian):
    """authd is not there, or says nothing, behind Dovecot 2.4 behind a real Postfix."""
    logins = (("right", username(GOOD), password(GOOD)), ("wrong", username(GOOD), "wrong"))
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(Fake(folder, "silent", "silence"))
        ways = [(name, delay, stack.enter_context(Dovecot(folder, debian, f"{name} {delay}", script(folder, "Lua", path), delay=delay)))
                for name, path, delay in (("gone", folder.path("nobody"), RECIPE_DELAY), ("silent", silent.path, RECIPE_DELAY),
                                          ("gone", folder.path("nobody"), DEFAULT_DELAY))]
        postfix = Postfix(folder)
        ports = [postfix.serve((f"smtpd_sasl_path=unix:{dovecot.socket}",)) for _, _, dovecot in ways]
        postfix.start()
        stack.callback(postfix.end)
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(10))
        asked = [[pool.submit(auth_by_smtp, port, login, secret) for _, login, secret in logins] for port in ports]
        equal([auth_by_smtp(port, "carol", "ordinary-secret")[0] for port in ports], [235] * len(ports),
              "2.4 behind Postfix: the ordinary customer has his login while others wait")
        for (name, delay, _), answers_ in zip(ways, asked):
            for (which, _, _), answer in zip(logins, answers_):
                code, text = answer.result()
                want = 535 if delay == DEFAULT_DELAY else 454
                ok(code == want, f"2.4 behind Postfix, authd {name}, delay of {delay}, {which} password: {want}", f"{code} {text}")


def main():
    with Folder("dovecot24") as folder, contextlib.ExitStack() as stack:
        authd = stack.enter_context(Authd(folder, 'auth { group = "dovecot" failure_delay = "20ms" }\n'))
        for name in ("Lua", "Lua and helper"):
            check_plain_lua(folder, authd, name)
        debian = newer_debian() if os.getuid() == 0 else None
        if debian:
            os.chmod(folder.path("run"), 0o755)
            waiting = threading.Thread(target=check_postfix, args=(folder, debian))
            waiting.start()
            for name in ("Lua", "Lua and helper"):
                check_real(folder, debian, authd, name)
                authd = stack.enter_context(authd.again())
            waiting.join()
            os.rmdir(debian + folder.root)  # where it was mounted
    done()


if __name__ == "__main__":
    if shutil.which("lua5.4") is None:
        skip_all("no lua5.4")
    main()
