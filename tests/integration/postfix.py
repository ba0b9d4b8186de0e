"""postfix.py - a real Postfix of a test's own: on a loopback port, below the daemon's folder, its mail dropped.

Its transports are "ordinary" and the lane "clean01"; both take the mail and drop it, and the log says which of
them it was. Needs root. Logins go to the daemon's auth socket.
"""
import os
import shutil
import smtplib
import socket
import subprocess
import time

# Packages of the system put daemons where a user's PATH does not look.
os.environ["PATH"] += ":/usr/sbin:/sbin"

MAIN = """compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
maillog_file = {dir}/mail.log
maillog_file_prefixes = {dir}
myhostname = mail.hosted.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
biff = no
mynetworks =
default_transport = ordinary:
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {run}/auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
"""
MASTER = """127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
error     unix  - - n - - error
retry     unix  - - n - - error
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
ordinary  unix  - - n - - discard
  -o syslog_name=postfix/ordinary
clean01   unix  - - n - - discard
  -o syslog_name=postfix/clean01
"""


def open_to_postfix(daemon):
    """Before the daemon starts: its sockets are for Postfix's user."""
    os.chmod(daemon.folder, 0o755)
    with open(daemon.config, encoding="ascii") as file:
        text = file.read().replace("auth { ", 'auth { group = "postfix" ')
    with open(daemon.config, "w", encoding="ascii") as file:
        file.write(text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postfix:
    def __init__(self, daemon):
        self.dir = daemon.path("postfix")
        self.run = daemon.path("run")
        self.port = free_port()
        for name in ("", "/spool", "/data"):
            os.mkdir(self.dir + name)
        shutil.chown(self.dir + "/data", "postfix")
        self.write("main.cf", MAIN.format(dir=self.dir, run=self.run))
        self.write("master.cf", MASTER.format(port=self.port))

    def write(self, name, text):
        with open(f"{self.dir}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def control(self, *words):
        subprocess.run(["postfix", "-c", self.dir, *words], check=True, capture_output=True, timeout=60)

    def configure(self, lines):
        """main.cf with these lines behind it."""
        self.write("main.cf", MAIN.format(dir=self.dir, run=self.run) + lines)

    def serve(self, options):
        """One more smtpd, with these options of its own: its port. Before the start."""
        port = free_port()
        with open(f"{self.dir}/master.cf", "a", encoding="ascii") as file:
            file.write(f"127.0.0.1:{port} inet n - n - - smtpd\n" + "".join(f"  -o {option}\n" for option in options))
        return port

    def start(self):
        self.control("start")
        for _ in range(200):
            if "daemon started" in self.log():
                return
            time.sleep(0.05)
        raise SystemExit("Postfix does not start: " + self.log())

    def end(self):
        subprocess.run(["postfix", "-c", self.dir, "stop"], capture_output=True, timeout=60)

    def reload(self, lines):
        self.configure(lines)
        self.control("reload")

    def log(self):
        try:
            with open(f"{self.dir}/mail.log", encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def postmap(self, name, key):
        """(exit status, what was found, complaints)"""
        done = subprocess.run(["postmap", "-c", self.dir, "-q", key, f"socketmap:unix:{self.run}/socketmap:{name}"],
                              capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout.strip(), done.stderr

    def send(self, login, sender, to=("bob@remote.example",)):
        """The reply to the message, or to what ended it: (code, text)."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as smtp:
            smtp.ehlo("pc.hosted.example")
            code, text = smtp.docmd("AUTH PLAIN", login)
            if code != 235:
                return code, text.decode()
            code, text = smtp.mail(sender)
            for address in to:
                if code == 250:
                    code, text = smtp.rcpt(address)
            if code == 250:
                code, text = smtp.data(b"Subject: x\r\n\r\nHello.\r\n")
            return code, text.decode()

    def went_by(self, reply):
        """The transport that took the queued message, by the log."""
        if reply[0] != 250:
            return f"not queued: {reply}"
        ident = reply[1].rsplit(" ", 1)[-1]
        for _ in range(200):
            for line in self.log().splitlines():
                if f" {ident}: to=<" in line:
                    return line.split("postfix/", 1)[1].split("/", 1)[0]
            time.sleep(0.05)
        return "nothing: " + self.log()
