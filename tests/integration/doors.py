"""doors.py - what the tests of the doors share beyond authd.py: servers in one folder, stand-ins for authd, and a client of Dovecot's.

A door is a way in which a mail server asks about a login.
"""
import base64
import contextlib
import itertools
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

from authd import B, REALM, TOP, Tap, password, username

HELPER = f"{B}/cleansmtp-checkpassword"

# Numbers of test_seed's leases; from 4 on all are good.
GOOD, EXPIRED, REVOKED, NOT_REVEALED, UNKNOWN = 4, 1, 2, 3, 7777

_clients = itertools.count(1)
_tap = Tap()
ok = _tap.ok


def equal(got, want, name):
    ok(got == want, name, f"got    {got!r}\nwanted {want!r}")


def note(text):
    for line in str(text).splitlines():
        print("# " + line)


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def done():
    sys.exit(_tap.done())


def packaged(name, **lines):
    """The text of an adapter; lines replace what stands between the quotes of "local NAME = ..."."""
    with open(f"{TOP}/packaging/{name}", encoding="utf-8") as file:
        text = file.read()
    for variable, value in lines.items():
        text, count = re.subn(rf'^(local {variable} = ")[^"]*', lambda found: found[1] + value, text, flags=re.M)
        if count != 1:
            raise SystemExit(f"Bail out! {name} has no line for {variable}")
    return text


def wait_for(seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def check_own_client(name, path, run):
    """Dovecot's own client, "doveadm auth test", at our auth socket; run takes its words and gives (status, output)."""
    for title, login, secret, service, status, said in (
            ("good", username(GOOD), password(GOOD), "smtp", 0, f"user={username(GOOD)}"),
            ("with our realm", f"{username(GOOD)}@{REALM}", password(GOOD), "submission", 0, f"user={username(GOOD)}"),
            ("wrong", username(GOOD), "wrong", "smtp", 77, "auth failed"),
            ("expired", username(EXPIRED), password(EXPIRED), "smtp", 77, "reason=These temporary sending details have expired"),
            ("IMAP", username(GOOD), password(GOOD), "imap", 77, "auth failed")):
        got = run(["auth", "test", "-a", path, "-x", f"service={service}", "-x", "rip=192.0.2.50", login, secret])
        ok(got[0] == status and said in got[1], f"{name} at our auth socket: {title}", got)


class Folder:
    """A folder below /tmp that other users may enter, for the length of a test."""

    def __init__(self, name):
        self.root = tempfile.mkdtemp(prefix=f"cs-{name}-")
        os.chmod(self.root, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if (error or _tap.failed) and os.environ.get("KEEP"):
            note("kept " + self.root)
        else:
            shutil.rmtree(self.root, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""


class Server:
    """A program in the foreground, ended with the test; its output goes to a log."""

    def __init__(self, folder, name, command, ready, **more):
        self.folder, self.name = folder, name
        self.log = name + ".log"
        with open(folder.path(self.log), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
        if not wait_for(15, lambda: self.process.poll() is not None or ready()) or self.process.poll() is not None:
            self.stop()
            raise SystemExit(f"Bail out! {name} did not start\n" + folder.read(self.log))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def descriptors(self, pid=None):
        return len(os.listdir(f"/proc/{pid or self.process.pid}/fd"))


class Authd(Server):
    """cleansmtp-authd over leases that test_seed made; extra goes to the end of its configuration."""

    def __init__(self, folder, extra="", leases=400):
        self.home = folder
        if not os.path.exists(folder.path("cleansmtp.conf")):
            subprocess.run([f"{B}/tests/auth/test_seed", folder.root, str(leases)], check=True)
            with open(folder.path("cleansmtp.conf"), "a", encoding="ascii") as file:
                file.write(extra)
        self.verify = folder.path("run/verify")
        super().__init__(folder, "authd", [f"{B}/cleansmtp-authd", "-c", folder.path("cleansmtp.conf")],
                         lambda: answers(self.verify))

    def again(self):
        return Authd(self.home)


def answers(path):
    """Somebody listens on the unix socket."""
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(path)
            return True
        except OSError:
            return False


class Fake:
    """A program in place of authd: hears one question a connection, says what it is told to (at once, or byte by byte), closes."""

    CODE = """
import os, socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
server.listen(100)
links = []
while True:
    link, _ = server.accept()
    if sys.argv[2] == "silence":
        links.append(link)
        continue
    link.recv(4096)
    answer = sys.argv[2].encode().decode("unicode_escape").encode("latin-1")
    step = int(sys.argv[3]) or len(answer)
    for at in range(0, len(answer), step or 1):
        link.sendall(answer[at:at + step])
        time.sleep(0.002 if step < len(answer) else 0)
    link.close()
"""

    def __init__(self, folder, name, answer, in_pieces=False):
        self.path = folder.path(name)
        self.server = Server(folder, "fake-" + name, [sys.executable, "-c", self.CODE, self.path, answer, str(int(in_pieces))],
                             lambda: os.path.exists(self.path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        os.unlink(self.path)


# What authd may say without being an answer, and nobody may take for a refusal.
NO_ANSWERS = (("TEMP", r"TEMP\treason=later\n"), ("nothing", ""), ("half a line", "NO"), ("another word", r"NOT\n"),
              ("OK without a name", r"OK\n"), ("an empty line", r"\n"))


class DovecotClient:
    """The client side of Dovecot's auth protocol, as Postfix speaks it."""

    def __init__(self, path, timeout=30):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.settimeout(timeout)
        self.link.connect(path)
        self.data = b""
        self.link.sendall(f"VERSION\t1\t0\nCPID\t{os.getpid()}\n".encode())
        self.hello = []
        while not self.hello or self.hello[-1] != "DONE":
            self.hello.append(self.line())

    def line(self):
        while b"\n" not in self.data:
            piece = self.link.recv(65536)
            if not piece:
                return ""
            self.data += piece
        line, self.data = self.data.split(b"\n", 1)
        return line.decode()

    @staticmethod
    def request(ident, login, secret, service="smtp"):
        """Each from an address of its own: a client with many failures is answered slowly."""
        number = next(_clients)
        plain = base64.b64encode(f"\0{login}\0{secret}".encode()).decode()
        return (f"AUTH\t{ident}\tPLAIN\tservice={service}\tnologin\tlip=198.51.100.10\t"
                f"rip=10.1.{number // 250}.{number % 250}\tsecured\t"
                f"resp={plain}\n").encode()

    def ask(self, ident, login, secret, service="smtp"):
        self.link.sendall(self.request(ident, login, secret, service))
        return kind(self.line())

    def close(self):
        self.link.close()


def kind(line):
    """ok:NAME, refused, expired, disabled or temporary: what Dovecot's line means to its client."""
    words = line.split("\t")
    if words[0] == "OK":
        return "ok:" + next(word[5:] for word in words if word.startswith("user="))
    if words[0] != "FAIL":
        return line
    for word, meaning in (("code=temp_fail", "temporary"), ("temp", "temporary"), ("code=pass_expired", "expired"),
                          ("code=user_disabled", "disabled"), ("user_disabled", "disabled")):
        if word in words:
            return meaning
    return "refused"


_ended = itertools.count(350)


def check_ended(road, folder, client, says_why):
    """A login that was good twice ends: the next answer says so, whatever the server in front of us keeps."""
    number = next(_ended)
    before = [client.ask(ident, username(number), password(number)) for ident in (80, 81)]
    with contextlib.closing(sqlite3.connect(folder.path("state/cleansmtp.db"))) as database, database:
        database.execute("UPDATE lease SET expires_at = ? WHERE id = ?", (int(time.time()) - 1, number + 1))
    after = client.ask(82, username(number), password(number))
    equal(before + [after], ["ok:" + username(number)] * 2 + ["expired" if says_why else "refused"],
          f"{road}: a login that ends is not good from a cache")


def check_logins(road, client, says_why):
    """Every kind of login, through a Dovecot that asks us by that road. says_why: it tells a lease that is over."""
    named = ("disabled", "expired") if says_why else ("refused", "refused")
    logins = (
        ("good", username(GOOD), password(GOOD), "smtp", "ok:" + username(GOOD)),
        ("good, as people type", username(GOOD).upper(), password(GOOD).upper().replace("-", " "), "submission",
         "ok:" + username(GOOD)),
        ("wrong", username(GOOD), "wrong", "smtp", "refused"),
        ("good again, beside the wrong one", username(GOOD), password(GOOD), "smtp", "ok:" + username(GOOD)),
        ("unknown", username(UNKNOWN), password(GOOD), "smtp", "refused"),
        ("not revealed", username(NOT_REVEALED), password(NOT_REVEALED), "smtp", "refused"),
        ("revoked", username(REVOKED), password(REVOKED), "smtp", named[0]),
        ("expired", username(EXPIRED), password(EXPIRED), "smtp", named[1]),
        ("IMAP", username(GOOD), password(GOOD), "imap", "refused"),
        ("the ordinary customer", "carol", "ordinary-secret", "smtp", "ok:carol"))
    # In one go: Dovecot says what is refused at its half-second.
    client.link.sendall(b"".join(client.request(number + 1, login, secret, service)
                                 for number, (_, login, secret, service, _) in enumerate(logins)))
    lines = [client.line() for _ in logins]
    got = {line.split("\t")[1]: kind(line) for line in lines}
    for number, (name, _, _, _, want) in enumerate(logins):
        equal(got.get(str(number + 1)), want, f"{road}: {name}")
    got = client.ask(50, f"{username(GOOD)}@{REALM}", password(GOOD))
    ok(got in ("ok:" + username(GOOD), f"ok:{username(GOOD)}@{REALM}"), f"{road}: with our realm", got)
    if "CRAM-MD5" not in "".join(client.hello):
        return
    client.link.sendall(b"AUTH\t60\tCRAM-MD5\tservice=smtp\tnologin\tsecured\n")
    client.line()
    client.link.sendall(b"CONT\t60\tY3MtYWFhYWFhYWUgMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    equal(kind(client.line()), "refused", f"{road}: a mechanism that would need the password itself")
