"""issuer.py - what the tests of cleansmtpd share: the daemon in a folder of its own, the command line, TAP by name.

An Issuer makes one folder below /tmp, where cleansmtp init has made a state; leaving its `with` stops the daemon and
removes the folder. A program that is missing is a failure, as everything else is that cannot be started.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from authd import B, TOP, Tap

os.environ["PATH"] += ":/usr/sbin:/sbin"
for _name in ("CLEANSMTP_CONFIG", "http_proxy", "https_proxy", "HTTPS_PROXY"):
    os.environ.pop(_name, None)

_tap = Tap()


def check(name, good, note=""):
    return _tap.ok(good, name, note)


def done():
    sys.exit(_tap.done())


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, seconds=90):
    """Generous, for a host with much else to do; returns what condition gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.1)
    return condition()


class Issuer:
    """cleansmtpd and what asks it; `console` and `customer` are the ports of its pages."""

    def __init__(self, name):
        self.dir = tempfile.mkdtemp(prefix=f"cleansmtp-{name}-")
        os.chmod(self.dir, 0o755)
        self.config = self.path("cleansmtp.conf")
        self.console, self.customer = free_port(), free_port()
        self.process = self.status = None
        try:
            subprocess.run([f"{B}/cleansmtp", "init", "--dir", self.dir, "--admin", "ada"], check=True, capture_output=True)
        except BaseException:
            self.end()
            raise
        self.configure()

    def path(self, name):
        return os.path.join(self.dir, name)

    def configure(self, more="", console="", url=None):
        """more: other sections; console: other options of that section; url: the console's, where it is not its port."""
        with open(self.config, "w", encoding="ascii") as file:
            file.write(f'state_dir = "{self.path("state")}"\nruntime_dir = "{self.path("run")}"\n'
                       f'console {{ listen = "127.0.0.1:{self.console}" '
                       f'url = "{url or f"http://127.0.0.1:{self.console}"}" {console} }}\n'
                       f'customer {{ listen = "127.0.0.1:{self.customer}" '
                       f'url = "http://127.0.0.1:{self.customer}" }}\n{more}')
        return self

    def spawn(self, *command):
        """A program whose words go to NAME.log of the folder."""
        with open(self.path(os.path.basename(command[0]) + ".log"), "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def is_up(self):
        try:
            socket.create_connection(("127.0.0.1", self.console), 1).close()
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(self.path("run/api"))
            return True
        except OSError:
            return False

    def start(self):
        self.process = self.spawn(f"{B}/cleansmtpd", "-c", self.config)
        wait_for(lambda: self.is_up() or self.process.poll() is not None)
        if self.process.poll() is not None:
            with open(self.path("cleansmtpd.log"), encoding="utf-8") as log:
                raise RuntimeError("cleansmtpd does not start: " + log.read())

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.status = self.process.wait(60)
        return self.status

    def end(self):
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                self.status = "killed"
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def cli(self, *words):
        """The command line: exit status, standard output, standard error."""
        ended = subprocess.run([f"{B}/cleansmtp", "-c", self.config, *words], stdin=subprocess.DEVNULL, capture_output=True,
                               text=True, timeout=60, check=False)
        return ended.returncode, ended.stdout, ended.stderr

    def json(self, *words):
        status, out, err = self.cli("--json", *words)
        if status != 0:
            raise RuntimeError(f"{words}: {err}")
        return json.loads(out)
