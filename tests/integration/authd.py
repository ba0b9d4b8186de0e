"""authd.py - what the tests of cleansmtp-authd share: TAP, the daemon over seeded leases, and what its clients say.

B is the build folder (build/release). A Daemon makes one folder below /tmp; its end() removes it.
"""
import base64
import glob
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
B = os.path.join(TOP, os.environ.get("B", "build/release"))
if subprocess.run([f"{TOP}/tests/built"], check=False).returncode != 0:
    raise SystemExit("Bail out! it does not build")
ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"
REALM = "clean.mail.example"
SOCKETS = ("auth", "verify", "policy", "socketmap", "saslauthd", "nginx")


class Tap:
    """Counts what it says."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            self.failed += 1
            for line in str(detail).splitlines() or [""]:
                print("# " + line)
        sys.stdout.flush()
        return good

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


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


def mailbox(number):
    return f"customer{number}@hosted.example"


def connect(path, timeout=10):
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(timeout)
    try:
        link.connect(path)
    except OSError:
        link.close()
        raise
    return link


class Daemon:
    """cleansmtp-authd over a freshly seeded folder, with every socket on; lease N+1 is login N."""

    def __init__(self, leases=50):
        self.folder = tempfile.mkdtemp(prefix="cs-authd-")
        self.config = self.path("cleansmtp.conf")
        self.program = f"{B}/cleansmtp-authd"
        self.process = self.issuer = None
        subprocess.run([f"{B}/tests/auth/test_seed", self.folder, str(leases)], check=True)
        os.mkdir(self.path("run"))
        with open(self.config, "a", encoding="ascii") as file:
            file.write(f'auth {{ saslauthd = "{self.socket("saslauthd")}" nginx = "{self.socket("nginx")}"'
                       f' nginx_upstream = "127.0.0.1:10587" }}\n'
                       f'console {{ listen = "unix:{self.path("run/console")}" url = "http://console.test" }}\n'
                       f'customer {{ listen = "unix:{self.path("run/customer")}" url = "http://clean.test" }}\n')

    def path(self, name):
        return os.path.join(self.folder, name)

    def socket(self, name):
        return self.path("run/" + name)

    def spawn(self, command, log):
        with open(self.path(log), "ab") as file:
            return subprocess.Popen(command, stderr=file, stdout=file, stdin=subprocess.DEVNULL)

    def wait_for(self, name, process):
        for _ in range(400):
            if process.poll() is not None:
                break
            try:
                self.connect(name).close()
                return
            except OSError:
                time.sleep(0.025)
        raise SystemExit("it did not start: " + self.logged())

    def start(self):
        self.process = self.spawn([self.program, "-c", self.config], "log")
        self.wait_for("policy", self.process)

    def start_issuer(self):
        self.issuer = self.spawn([f"{B}/cleansmtpd", "-c", self.config], "issuer.log")
        self.wait_for("api", self.issuer)

    def command(self, *words):
        """The command line; (exit status, what it said)."""
        done = subprocess.run([f"{B}/cleansmtp", "-c", self.config, *words], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20)

    def end(self, keep=False):
        for process in (self.process, self.issuer):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        if keep and os.environ.get("KEEP"):
            print("# kept " + self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, name, timeout=10):
        return connect(self.socket(name), timeout)

    def logged(self):
        text = ""
        for name in ("log", "issuer.log"):
            if os.path.exists(self.path(name)):
                with open(self.path(name), encoding="utf-8") as file:
                    text += file.read()
        return text

    def wait_logged(self, text, count=1, seconds=10):
        """Until the log has the text so often."""
        until = time.monotonic() + seconds
        while self.logged().count(text) < count:
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def journal(self):
        time.sleep(0.1)  # notes are written a little after their answers
        text = ""
        for name in sorted(glob.glob(self.path("state/journal/usage-*.log"))):
            with open(name, encoding="utf-8") as file:
                text += file.read()
        return text


# ---- clients ------------------------------------------------------------------------------------


class Line:
    """A line reader on a connection."""

    def __init__(self, link):
        self.link, self.data = link, b""

    def __call__(self):
        while b"\n" not in self.data:
            piece = self.link.recv(65536)
            if not piece:
                return None
            self.data += piece
        line, self.data = self.data.split(b"\n", 1)
        return line.decode()


def b64(text):
    return base64.b64encode(text.encode()).decode()


def plain(number, secret=None):
    return b64(f"\0{username(number)}\0{password(number) if secret is None else secret}")


class Auth:
    """The auth socket, as a client that keeps its connection: after a write that fails it makes a new one (Postfix)."""

    def __init__(self, daemon):
        self.daemon, self.link, self.ident = daemon, None, 0

    def connect(self):
        self.link = self.daemon.connect("auth")
        self.line = Line(self.link)
        while (hello := self.line()) != "DONE":
            if hello is None:
                raise ConnectionError("no handshake")
        self.link.sendall(b"VERSION\t1\t0\nCPID\t1\n")

    def write(self, text):
        self.link.sendall(text.encode())

    def ask(self, mechanism, more="", client="192.0.2.50"):
        self.ident += 1
        text = f"AUTH\t{self.ident}\t{mechanism}\tservice=smtp\tnologin\tlip=198.51.100.10\trip={client}\tsecured{more}\n"
        for last in (False, True):
            if self.link is None:
                self.connect()
            try:
                self.write(text)
                return
            except OSError:
                self.close()
                if last:
                    raise

    def plain(self, number, secret=None, client="192.0.2.50"):
        """The answer, or None when the connection was lost."""
        self.ask("PLAIN", f"\tresp={plain(number, secret)}", client)
        return self.answer()

    def answer(self):
        line = self.line()
        if line is None:
            self.close()
        return line

    def login(self, number, pause=None):
        self.ask("LOGIN")
        for word in (username(number), password(number)):
            if not (self.answer() or "").startswith("CONT\t"):
                return None
            if pause is not None:
                pause()
            self.write(f"CONT\t{self.ident}\t{b64(word)}\n")
        return self.answer()

    def close(self):
        if self.link is not None:
            self.link.close()
        self.link = None


def verify(daemon, number, secret=None, client="192.0.2.60"):
    secret = password(number) if secret is None else secret
    with daemon.connect("verify") as link:
        link.sendall(f"{username(number)}\0{secret}\0smtp\0{client}\0secured=yes\0\n".encode())
        return Line(link)()


def saslauthd(daemon, number, secret=None, client="192.0.2.70;1"):
    secret = password(number) if secret is None else secret
    data = b""
    for word in (username(number), secret, "smtp", "", client):
        data += struct.pack("!H", len(word)) + word.encode()
    with daemon.connect("saslauthd") as link:
        link.sendall(data)
        answer = b""
        while piece := link.recv(4096):
            answer += piece
    return answer[2:].decode()


def nginx(daemon, number, secret=None, client="192.0.2.90"):
    """The answer's headers behind the status line, in one line."""
    secret = password(number) if secret is None else secret
    with daemon.connect("nginx") as link:
        link.sendall(f"GET /auth HTTP/1.0\r\nHost: localhost\r\nAuth-Method: plain\r\nAuth-User: {username(number)}\r\n"
                     f"Auth-Pass: {secret}\r\nAuth-Protocol: smtp\r\nAuth-Login-Attempt: 1\r\nClient-IP: {client}\r\n"
                     "Auth-SSL: on\r\n\r\n".encode())
        answer = b""
        while piece := link.recv(4096):
            answer += piece
    return " ".join(sorted(answer.decode().split("\r\n")[1:])).strip()


class Socketmap:
    """The socketmap socket, as Postfix uses it: one connection, a lost one is made anew once."""

    def __init__(self, daemon):
        self.daemon, self.link = daemon, None

    def once(self, request):
        if self.link is None:
            self.link = self.daemon.connect("socketmap")
        self.link.sendall(request)
        answer = b""
        while b":" not in answer or len(answer) < len(answer.split(b":")[0]) + int(answer.split(b":")[0]) + 2:
            piece = self.link.recv(4096)
            if not piece:
                raise ConnectionError("lost")
            answer += piece
        return answer.split(b":", 1)[1][:-1].decode()

    def ask(self, name, key):
        request = f"{name} {key}"
        for last in (False, True):
            try:
                return self.once(f"{len(request)}:{request},".encode())
            except OSError:
                if self.link is not None:
                    self.link.close()
                self.link = None
                if last:
                    raise


def checkpassword(daemon, number, secret=None):
    """The exit status of the real helper; 0: it would go on."""
    secret = password(number) if secret is None else secret
    done = subprocess.run([f"{B}/cleansmtp-checkpassword", "--socket", daemon.socket("verify"), "--stdin"],
                          input=f"{username(number)}\0{secret}\0\0".encode(), capture_output=True, timeout=30,
                          env={"SERVICE": "smtp", "TCPREMOTEIP": "192.0.2.80"})
    return done.returncode


class Policy:
    """The policy socket, as Postfix uses it: one connection, a lost one is made anew and the request repeated."""

    def __init__(self, daemon):
        self.daemon, self.link = daemon, None

    def request(self, number, instance, state="END-OF-MESSAGE", sender=None):
        return (f"request=smtpd_access_policy\nprotocol_state={state}\nprotocol_name=ESMTP\n"
                f"client_address=192.0.2.50\nsender={sender or mailbox(number)}\nrecipient=bob@remote.example\n"
                f"recipient_count=1\nqueue_id=4F\ninstance={instance}\nsize=257\nsasl_method=PLAIN\n"
                f"sasl_username={username(number)}\n\n").encode()

    def once(self, request):
        if self.link is None:
            self.link = self.daemon.connect("policy")
        self.link.sendall(request)
        line = Line(self.link)
        action = line()
        if action is None or line() != "":
            raise ConnectionError("lost")
        return action

    def ask(self, number, instance, state="END-OF-MESSAGE", tries=2, sender=None):
        """The action, or None after as many tries as Postfix has."""
        for _ in range(tries):
            try:
                return self.once(self.request(number, instance, state, sender))
            except OSError:
                self.close()
                time.sleep(0.05)
        return None

    def close(self):
        if self.link is not None:
            self.link.close()
        self.link = None
