#!/usr/bin/env python3
"""21-checkpassword.t - cleansmtp-checkpassword as its callers see it: descriptors, environment, exits.

TAP. B is the build folder (build/release). The real authd answers, except where a broken one is
the point. Makes one folder below /tmp and removes it.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

B = os.environ.get("B", "build/release")
HELPER = os.path.abspath(f"{B}/cleansmtp-checkpassword")
ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"
count = 0
failed = 0


def ok(good, name, detail=""):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        failed += 1
        for line in str(detail).splitlines() or [""]:
            print("# " + line)
    sys.stdout.flush()


def digits(number, length):
    text = ""
    for _ in range(length):
        text = ALPHABET[number % len(ALPHABET)] + text
        number //= len(ALPHABET)
    return text


def username(number):
    return "cs-" + digits(number, 8)


def password(number):
    return "-".join(digits(7919 * number + group, 5) for group in range(5))


def record(number, secret=None):
    return f"{username(number)}\0{password(number) if secret is None else secret}\0\0".encode()


SHOW = ["/bin/sh", "-c", "env; echo fds:$(ls /proc/$$/fd | tr '\\n' ' ')"]


def helper(data, args=None, env=None, on=3, keep_open=False):
    """Run the helper with data on descriptor `on` (None: closed); (status, stdout, stderr)."""
    environment = {"PATH": "/usr/bin:/bin"}
    environment.update(env or {})
    reading, writing = os.pipe()
    if data is not None:
        os.write(writing, data)
    if not keep_open:
        os.close(writing)

    def arrange():
        if data is None:
            os.closerange(3, 10)
            return
        os.dup2(reading, 200)
        os.dup2(200, on)

    process = subprocess.Popen([HELPER] + (args if args is not None else SHOW), env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=arrange, close_fds=False)
    out, err = process.communicate(timeout=20)
    os.close(reading)
    if keep_open:
        os.close(writing)
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


class Fake:
    """A verify socket that answers what it is told to, after a while."""

    def __init__(self, path, answer, wait_s=0.0):
        self.answer, self.wait_s, self.asked = answer, wait_s, []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(400)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            link, _ = self.server.accept()
            threading.Thread(target=self.one, args=(link,), daemon=True).start()

    def one(self, link):
        try:
            self.asked.append(link.recv(4096))
            time.sleep(self.wait_s)
            link.sendall(self.answer)
        except OSError:
            pass
        link.close()


def check_good(env):
    status, out, err = helper(record(0), env=env | {"ORIG_UID": "105", "SERVICE": "smtp", "EXTRA": "other",
                                                    "TCPREMOTEIP": "192.0.2.50", "USER": "nobody"})
    lines = out.splitlines()
    ok(status == 0 and f"USER={username(0)}" in lines and "USER=nobody" not in lines, "good: PROG runs with USER", out + err)
    ok("EXTRA=userdb_uid userdb_gid" in lines and "userdb_uid=65534" in lines and "userdb_gid=65534" in lines
       and "EXTRA=other" not in lines, "good: EXTRA", out)
    ok("ORIG_UID=105" in lines and "SERVICE=smtp" in lines, "good: ORIG_UID and the rest stay", out)
    ok(err == "" and password(0) not in out, "good: nothing on standard error, no password in the environment", err)
    fds = lines[-1].split(":")[1].split()
    ok(all(int(fd) < 5 or int(fd) == 10 for fd in fds), "good: descriptors from 5 up are closed", fds)
    status, out, err = helper(record(0), env=env, args=["/bin/sh", "-c", "exit 7"])
    ok(status == 7, "good: the status is PROG's", status)
    status, out, err = helper(f"{username(4).upper()}@Clean.Mail.Example\0{password(4).replace('-', ' ').upper()}\0\0".encode(),
                              env=env)
    ok(status == 0 and f"USER={username(4)}" in out, "good: as people type it", err)
    start = time.monotonic()
    status, out, err = helper(record(0), env=env, keep_open=True)
    ok(status == 0 and time.monotonic() - start < 2, "good: it stops at the third NUL", err)
    status, out, err = helper(f"{username(0)}\0{password(0)}\0".encode(), env=env)
    ok(status == 0, "good: without a timestamp", err)


def check_refused(env):
    for name, data, extra in (("wrong", record(0, "wrong"), {}), ("unknown", record(7777), {}),
                              ("expired", record(1), {}), ("revoked", record(2), {}), ("not revealed", record(3), {}),
                              ("IMAP", record(0), {"SERVICE": "imap"}),
                              ("another realm", f"{username(0)}@x.example\0{password(0)}\0\0".encode(), {}),
                              ("a password with LF", record(0, "a\nb"), {}), ("empty login", b"\0x\0\0", {}),
                              ("nothing but NULs", b"\0\0\0", {})):
        status, out, err = helper(data, env=env | extra)
        ok(status == 1 and out == "" and err == "", f"refused: {name}: 1, and silent", (status, out, err))
    for name in ("AUTHORIZED", "CREDENTIALS_LOOKUP"):
        ok(helper(record(0), env=env | {name: "1"})[0] == 3, f"{name}: 3")


def check_misuse(env):
    cases = (("no second NUL", b"login\0password", None), ("nothing", b"", None), ("513 bytes", b"x" * 513, None),
             ("a record of 513 bytes", b"login\0" + b"x" * 506 + b"\0", None), ("descriptor 3 closed", None, None),
             ("no PROG", record(0), []), ("only --socket", record(0), ["--socket", "/x"]),
             ("an unknown option", record(0), ["--nonsense", "/bin/true"]))
    for name, data, args in cases:
        status, out, err = helper(data, env=env, args=args)
        ok(status == 2 and out == "" and err != "", f"misuse: {name}: 2, and says so", (status, out, err))
    data = b"login\0" + b"x" * 505 + b"\0"
    ok(len(data) == 512 and helper(data, env=env)[0] == 1, "512 bytes are no misuse")


def check_trouble(folder, env):
    status, out, err = helper(record(0), env={"CLEANSMTP_VERIFY": f"{folder}/nowhere"})
    ok(status == 111 and out == "" and "nowhere" in err, "authd is down: 111, and says so", (status, out, err))
    ok(password(0) not in err, "the message holds no password")
    status, out, err = helper(record(0), env={"CLEANSMTP_VERIFY": "x" * 200})
    ok(status == 111, "a path that is too long: 111", (status, err))
    for name, answer in (("TEMP", b"TEMP\treason=later\n"), ("closed", b""), ("half a line", b"OK\tuser=cs-abc"),
                         ("nonsense", b"HELLO\n"), ("OK without user", b"OK\n"), ("endless", b"O" * 5000)):
        path = f"{folder}/fake-{name.replace(' ', '-')}"
        Fake(path, answer)
        status, out, err = helper(record(0), args=["--socket", path] + SHOW)
        ok(status == 111 and out == "", f"authd says {name}: 111", (status, out, err))
    path = f"{folder}/fake-silent"
    Fake(path, b"OK\tuser=cs-abcdefgh\n", wait_s=15)
    start = time.monotonic()
    status, out, err = helper(record(0), args=["--socket", path] + SHOW)
    took = time.monotonic() - start
    ok(status == 111 and 5 < took < 9, "authd is silent: 111 within 8 s", (status, took, err))
    status, out, err = helper(record(0), env=env, args=["/nonexistent/program"])
    ok(status == 111 and "nonexistent" in err, "PROG cannot run: 111", (status, err))
    path = f"{folder}/fake-asked"
    fake = Fake(path, b"NO\n")
    helper(record(0), args=["--socket", path, "/bin/true"], env={"AUTH_SECURED": "secured", "TCPREMOTEIP": "192.0.2.9",
                                                               "SERVICE": "submission"})
    ok(fake.asked == [f"{username(0)}\0{password(0)}\0submission\x00192.0.2.9\0secured=yes\0\n".encode()],
       "what is asked", fake.asked)


def check_stdin(env):
    def run(data, extra=None):
        done = subprocess.run([HELPER, "--stdin"], input=data, env=env | (extra or {}), capture_output=True, timeout=20)
        return done.returncode, done.stdout
    ok(run(record(0)) == (0, b""), "--stdin: good: 0")
    ok(run(record(0, "wrong")) == (1, b""), "--stdin: wrong: 1")
    ok(run(b"x")[0] == 2, "--stdin: misuse: 2")
    ok(run(record(0), {"CLEANSMTP_VERIFY": "/nonexistent"})[0] == 111, "--stdin: authd is down: 111")
    ok(run(password(0).encode() + b"\0", {"PAM_USER": username(0), "PAM_RHOST": "192.0.2.50"}) == (0, b""),
       "--stdin under pam_exec: good: 0")
    ok(run(b"wrong\0", {"PAM_USER": username(0)}) == (1, b""), "--stdin under pam_exec: wrong: 1")


def check_burst(env):
    """Dovecot forks helpers that inherit each other's pipes: nobody may wait for the others."""
    results = []

    def one(number):
        results.append(helper(record(4 + number % 40), env=env, args=["/bin/true"])[0])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ok(results == [0] * 100, "a hundred at once", results)


def main():
    if not os.path.exists(f"{B}/tests/auth/test_seed"):
        subprocess.run(["make", "-s", f"{B}/tests/auth/test_seed"], check=True, stdout=subprocess.DEVNULL)
    folder = tempfile.mkdtemp(prefix="cs-check-")
    authd = None
    try:
        subprocess.run([f"{B}/tests/auth/test_seed", folder, "50"], check=True)
        with open(f"{folder}/log", "wb") as log:
            authd = subprocess.Popen([f"{B}/cleansmtp-authd", "-c", f"{folder}/cleansmtp.conf"], stderr=log)
        for _ in range(200):
            if os.path.exists(f"{folder}/run/policy"):
                break
            time.sleep(0.05)
        env = {"CLEANSMTP_VERIFY": f"{folder}/run/verify"}
        if B.endswith("release"):
            linked = subprocess.run(["ldd", HELPER], capture_output=True, text=True)
            ok("static" in linked.stdout + linked.stderr, "it is static", linked.stdout + linked.stderr)
        check_good(env)
        check_refused(env)
        check_misuse(env)
        check_trouble(folder, env)
        check_stdin(env)
        check_burst(env)
    finally:
        if authd is not None:
            authd.terminate()
            authd.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
