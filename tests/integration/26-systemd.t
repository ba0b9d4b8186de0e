#!/usr/bin/env python3
"""26-systemd.t - a real systemd starts what "make install" installs, as docs/operations.md says, and keeps it going.

It is process 1 of namespaces of its own, with folders of the test's own for /etc, /var and /usr/local (tests/support/own-systemd.sh).
TAP. Makes one folder below /tmp and a control group, and removes both.
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import authd  # noqa: E402
from authd import Auth, B, Policy, TOP  # noqa: E402

RESTARTS = 20
UNITS = ("cleansmtpd", "cleansmtp-authd")
tap = authd.Tap()
ok = tap.ok

CONF = f"""
database = "sqlite:/var/lib/cleansmtp/cleansmtp.db"
console    {{ listen = "unix:/run/cleansmtp/console"   url = "https://console.hoster.example"  proxied = yes }}
customer   {{ listen = "unix:/run/cleansmtp/customer"  url = "https://clean.hoster.example"  proxied = yes }}
submission {{ host = "{authd.REALM}" realm = "{authd.REALM}" }}
dns        {{ servers = {{ "127.0.0.1" }} }}
auth       {{ group = "postfix" }}
"""


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


class Systemd:
    """And what clients of a Daemon need: connect."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="cs-systemd-")
        self.group = None
        self.unshare = None
        self.pid = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def prepare(self):
        subprocess.run(["cp", "-a", "/etc", self.path("etc")], check=True)
        for name in ("var/lib/cleansmtp", "var/log", "var/tmp", "usr-local", "etc/cleansmtp"):
            os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path("var/tmp"), 0o1777)
        subprocess.run(["make", "-s", "-C", TOP, "install", f"B={B}", "-o", "all", f"DESTDIR={self.path('root')}"], check=True)
        os.rename(self.path("root/usr/local"), self.path("usr-local"))
        self.lines("etc/passwd", "cleansmtp:x:60041:60041::/var/lib/cleansmtp:/usr/sbin/nologin")
        self.lines("etc/group", "cleansmtp:x:60041:", "postfix:x:60042:cleansmtp")
        with open(self.path("etc/cleansmtp/cleansmtp.conf"), "w", encoding="ascii") as file:
            file.write(CONF)
        subprocess.run([f"{B}/tests/auth/test_seed", self.path("seed"), "50"], check=True)
        for name in ("pepper", "cleansmtp.db"):
            shutil.move(self.path("seed/state/" + name), self.path("var/lib/cleansmtp"))
        for name in glob.glob(self.path("var/lib/cleansmtp*")) + glob.glob(self.path("var/lib/cleansmtp/*")):
            os.chown(name, 60041, 60041)
        os.chmod(self.path("var/lib/cleansmtp"), 0o700)

    def lines(self, name, *lines):
        """These instead of what the file says of the same names."""
        with open(self.path(name), encoding="utf-8") as file:
            kept = [line for line in file if line.split(":")[0] not in ("cleansmtp", "postfix")]
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.writelines(kept + [line + "\n" for line in lines])

    def start(self):
        tops = [top for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") if os.path.exists(top + "/cgroup.procs")]
        if not tops:
            return "no cgroup2"
        self.group = f"{tops[0]}/cs-systemd-{os.getpid()}"
        try:
            os.mkdir(self.group)
        except OSError as error:
            self.group = None
            return f"no control group of our own: {error}"
        script = ('echo $$ >"$0/cgroup.procs" && exec unshare --pid --mount --cgroup --net --uts --ipc --fork --kill-child '
                  '"$1" "$2"')
        # pylint: disable=consider-using-with
        self.unshare = subprocess.Popen(["sh", "-c", script, self.group, f"{TOP}/tests/support/own-systemd.sh", self.folder],
                                        stdin=subprocess.DEVNULL, stdout=open(self.path("log"), "wb"), stderr=subprocess.STDOUT)
        for _ in range(200):
            if self.unshare.poll() is not None:
                break
            self.pid = self.child()
            if self.pid and self.run("systemctl", "is-system-running")[1].strip() in ("running", "degraded"):
                return None
            time.sleep(0.1)
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return "systemd does not come up here: " + " ".join(file.read().split())[-300:]

    def child(self):
        with open(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children", encoding="ascii") as file:
            words = file.read().split()
        return int(words[0]) if words else 0

    def run(self, *words):
        """(status, what it said)"""
        done = subprocess.run(["nsenter", "--target", str(self.pid), "--all", *words], capture_output=True, text=True,
                              timeout=60, check=False, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr

    def show(self, unit, name):
        return self.run("systemctl", "show", "--value", "-p", name, unit)[1].strip()

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "-u", unit, "-n", "40")[1]

    def socket(self, name):
        return f"/proc/{self.pid}/root/run/cleansmtp/{name}"

    def connect(self, name, timeout=10):
        return authd.connect(self.socket(name), timeout)

    def end(self):
        if self.unshare is not None:
            self.unshare.kill()
            self.unshare.wait()
        for _ in range(100):
            try:
                for folder, _, _ in os.walk(self.group or self.path("none"), topdown=False):
                    os.rmdir(folder)
                break
            except OSError:
                time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)


class Load:
    """Clients over and over; what any of them hears that is not the right answer is in wrong."""

    def __init__(self, systemd):
        self.systemd, self.wrong, self.is_over = systemd, [], False
        self.right = dict.fromkeys(("kept", "anew", "verify", "policy"), 0)
        self.threads = [threading.Thread(target=self.run, args=(name,)) for name in self.right]
        for thread in self.threads:
            thread.start()

    def run(self, name):
        number = 10 + list(self.right).index(name)
        kept, policy = Auth(self.systemd), Policy(self.systemd)
        while not self.is_over:
            try:
                answer = self.once(name, number, kept, policy)
            except OSError as error:
                answer = repr(error)
            if answer is not None and answer.startswith(("OK\t", "action=FILTER clean01:")):
                self.right[name] += 1
            else:
                self.wrong.append(f"{name}: {answer}")
            time.sleep(0.005)

    def once(self, name, number, kept, policy):
        if name == "kept":
            return kept.plain(number)
        if name == "anew":
            anew = Auth(self.systemd)
            answer = anew.plain(number)
            anew.close()
            return answer
        if name == "verify":
            return authd.verify(self.systemd, number)
        return policy.ask(number, "1.2.3.4")

    def end(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()
        return self.wrong


def check_start(systemd):
    status, said = systemd.run("systemd-tmpfiles", "--create", "cleansmtp.conf")
    ok(status == 0, "the folder of the sockets is made", said)
    status, said = systemd.run("systemctl", "enable", "--now", "cleansmtpd.socket", "cleansmtp-authd.socket", *UNITS)
    ok(status == 0, "sockets and services are enabled and started: each has said that it is ready",
       said + systemd.journal("cleansmtp-authd") + systemd.journal("cleansmtpd"))
    for unit in UNITS:
        state = [systemd.show(unit, name) for name in ("ActiveState", "SubState", "NRestarts", "Result")]
        ok(state == ["active", "running", "0", "success"], f"{unit} runs", f"{state}\n{systemd.journal(unit)}")
        ok(systemd.show(unit + ".socket", "SubState") == "running", f"{unit}.socket is held", systemd.show(unit + ".socket", "SubState"))
    for name, group in (("auth", 60042), ("verify", 60042), ("policy", 60042), ("socketmap", 60042), ("api", 60041), ("console", 60041)):
        found = os.stat(systemd.socket(name))
        ok((found.st_uid, found.st_gid, found.st_mode & 0o777) == (60041, group, 0o660), f"the socket {name} is its group's",
           f"{found.st_uid}:{found.st_gid} {found.st_mode:o}")
    held = systemd.journal("cleansmtp-authd").count("held_by=supervisor")
    ok(held == 4, "cleansmtp-authd took over every socket of its unit", systemd.journal("cleansmtp-authd"))


def check_work(systemd):
    answers = [(authd.verify(systemd, 20) or "")[:3], (authd.verify(systemd, 20, "wrong") or "")[:2], (Auth(systemd).plain(21) or "")[:3],
               Policy(systemd).ask(21, "7.7.7")]
    ok(answers == ["OK\t", "NO", "OK\t", "action=FILTER clean01:"], "logins and messages are answered", answers)
    for _ in range(100):
        status, said = systemd.run("cleansmtp", "lease", "show", "22", "--json")
        lease = json.loads(said) if status == 0 else {}
        lease = lease.get("lease", lease)
        if lease.get("first_login_at") and lease.get("messages_used") == 1:
            break
        time.sleep(0.1)
    ok(lease.get("first_login_at") and lease.get("messages_used") == 1, "cleansmtpd reads authd's journal and writes its database", said)
    shutil.copy(f"{TOP}/docs/examples/bounce.eml", systemd.path("var/tmp/bounce.eml"))
    status, said = systemd.run("cleansmtp", "diagnose", "/var/tmp/bounce.eml", "--mailbox", "anna@kunde.example", "--json")
    ok('"verdict"' in said and "192.0.2.14" in said, "its child in the jail reads a bounce", f"{status} {said}")
    with systemd.connect("console") as link:
        link.sendall(b"GET /healthz HTTP/1.0\r\nHost: console.hoster.example\r\n\r\n")
        said = link.recv(200)
    ok(b" 200 " in said, "the console answers", said)
    status, said = systemd.run("systemctl", "reload", *UNITS)
    ok(status == 0 and all(systemd.show(unit, "ActiveState") == "active" for unit in UNITS), "a reload is taken", said)


# As /proc tells.
def check_hardening(systemd):
    for unit in UNITS:
        main = systemd.show(unit, "MainPID")
        status, said = systemd.run("cat", f"/proc/{main}/status")
        found = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
        facts = {name: found.get(name, "").split() for name in ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")}
        ok(status == 0 and facts == {"Uid": ["60041"] * 4, "CapEff": ["0" * 16], "CapBnd": ["0" * 16], "NoNewPrivs": ["1"], "Seccomp": ["2"]},
           f"{unit}: a user without rights, capabilities and forbidden calls", facts)
        written = [systemd.run("nsenter", "--target", main, "--mount", "touch", name)[0] == 0
                   for name in ("/usr/none", "/etc/none", "/var/log/none", "/home/none", "/var/lib/cleansmtp/probe")]
        ok(written == [False] * 4 + [True], f"{unit}: it could write to its own folders alone", written)
        status, said = systemd.run("systemd-analyze", "security", "--no-pager", unit)
        exposure = float(said.split("level for")[-1].split()[1]) if "level for" in said else 10
        ok(status == 0 and exposure < 3, f"{unit}: systemd calls its exposure OK or better", said.splitlines()[-1:])
    main = systemd.show("cleansmtp-authd", "MainPID")
    links = systemd.run("nsenter", "--target", main, "--net", "ls", "/sys/class/net")[1].split()
    status, said = systemd.run("nsenter", "--target", main, "--net", "cat", "/proc/net/dev")
    ok(len(said.splitlines()) == 3 and "lo:" in said, "cleansmtp-authd: no network but an empty one", f"{links} {said}")


def answered(systemd, number):
    try:
        return authd.verify(systemd, 20 + number)
    except OSError as error:
        return repr(error)


def check_restarts(systemd):
    load = Load(systemd)
    statuses = [systemd.run("systemctl", "restart", "cleansmtp-authd")[0] for _ in range(RESTARTS)]
    time.sleep(0.2)
    wrong = load.end()
    ok(statuses == [0] * RESTARTS, f"cleansmtp-authd is restarted {RESTARTS} times, as fast as it goes",
       f"{statuses}\n{systemd.journal('cleansmtp-authd')}")
    ok(not wrong and min(load.right.values()) > RESTARTS, "no login and no message meanwhile hears anything else", "\n".join(wrong[:10]) + str(load.right))
    ok(systemd.show("cleansmtp-authd", "NRestarts") == "0", "none of that was a failure", systemd.show("cleansmtp-authd", "NRestarts"))
    systemd.run("systemctl", "stop", "cleansmtp-authd")
    answer = answered(systemd, 3)
    ok((answer or "").startswith("OK\t"), "stopped: who comes starts it again, for the socket is held", answer)


def check_killed(systemd):
    """A program that dies again and again, as a fault of ours would have it."""
    before = int(systemd.show("cleansmtp-authd", "NRestarts"))
    killed = 0
    until = time.monotonic() + 30
    while killed < 8 and time.monotonic() < until:
        main = systemd.show("cleansmtp-authd", "MainPID")
        if main != "0":
            systemd.run("kill", "-9", main)
            killed += 1
        time.sleep(0.3)
    answer = answered(systemd, 4)
    ok((answer or "").startswith("OK\t"), "killed eight times in a row: it is there again", f"{answer}\n{systemd.journal('cleansmtp-authd')}")
    ok(killed == 8 and int(systemd.show("cleansmtp-authd", "NRestarts")) > before, "... started by systemd, each time", killed)


def check_broken(systemd):
    """A configuration that is wrong, and then right again."""
    with open(systemd.path("etc/cleansmtp/cleansmtp.conf"), "a", encoding="ascii") as file:
        file.write("nonsense = 1\n")
    for unit in UNITS:
        ok(systemd.run("systemctl", "restart", unit)[0] != 0, f"{unit}: a wrong configuration is told to who restarts it")
    until = time.monotonic() + 6
    answers = []
    while time.monotonic() < until:
        answers.append(answered(systemd, 5))
    ok(not any(str(answer).startswith(("OK", "NO")) for answer in answers), "meanwhile no login is refused: there is no answer", set(answers))
    with open(systemd.path("etc/cleansmtp/cleansmtp.conf"), "w", encoding="ascii") as file:
        file.write(CONF)
    for unit, name in (("cleansmtp-authd", "verify"), ("cleansmtpd", "api")):
        for _ in range(100):
            if systemd.show(unit, "ActiveState") == "active" and systemd.show(unit + ".socket", "ActiveState") == "active":
                break
            time.sleep(0.1)
        ok(os.path.exists(systemd.socket(name)) and systemd.show(unit, "ActiveState") == "active",
           f"{unit}: the configuration is right again, and it comes up by itself", systemd.journal(unit) + systemd.journal(unit + ".socket"))
    answer = answered(systemd, 5)
    ok((answer or "").startswith("OK\t"), "logins are answered again", answer)


def check_stop(systemd):
    status, said = systemd.run("systemctl", "stop", "cleansmtpd.socket", "cleansmtp-authd.socket", *UNITS)
    left = os.listdir(os.path.dirname(systemd.socket("auth")))
    ok(status == 0 and not left, "stopped, sockets and all: nothing is left of them", f"{said} {left}")
    ok([systemd.show(unit, "Result") for unit in UNITS] == ["success"] * 2, "... and both ended well",
       [systemd.show(unit, "Result") for unit in UNITS])


def main():
    if os.getuid() != 0:
        skip("namespaces need root")
    if not os.path.exists("/lib/systemd/systemd"):
        skip("no systemd")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    systemd = Systemd()
    try:
        systemd.prepare()
        why = systemd.start()
        if why is not None:
            skip(why)
        check_start(systemd)
        check_work(systemd)
        check_hardening(systemd)
        check_restarts(systemd)
        check_killed(systemd)
        check_broken(systemd)
        check_stop(systemd)
    finally:
        systemd.end()
    sys.exit(tap.done())


if __name__ == "__main__":
    main()
