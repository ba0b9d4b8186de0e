#!/usr/bin/env python3
"""25-restart.t - cleansmtp-authd restarts, and nobody who logs in or sends meanwhile hears of it.

Both ways: SIGUSR2 (the process executes the new binary and keeps its sockets), and SIGTERM under a supervisor that
holds the sockets (systemd-socket-activate, then a few lines that do what systemd does). TAP.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import authd  # noqa: E402
from authd import SOCKETS, Auth, Daemon, Policy, Socketmap  # noqa: E402

RESTARTS = 20
FIRST_FD = 3
tap = authd.Tap()
ok = tap.ok


class Load:
    """Clients of every socket, over and over; what any of them hears that is not the right answer is in wrong."""

    def __init__(self, daemon):
        self.daemon, self.wrong, self.right = daemon, [], dict.fromkeys(
            ("auth kept", "auth anew", "LOGIN", "wrong password", "verify", "saslauthd", "nginx", "socketmap", "policy"), 0)
        self.is_over = False
        self.threads = [threading.Thread(target=self.run, args=(name,)) for name in self.right]
        for thread in self.threads:
            thread.start()

    def run(self, name):
        kept, policy, tables = Auth(self.daemon), Policy(self.daemon), Socketmap(self.daemon)
        number = 10 + list(self.right).index(name)
        while not self.is_over:
            try:
                answer, want = self.once(name, number, kept, policy, tables)
            except OSError as error:
                answer, want = repr(error), "an answer"
            if answer == want:
                self.right[name] += 1
            else:
                self.wrong.append(f"{name}: {answer}, not {want}")
                time.sleep(0.2)
            time.sleep(0.005)

    def once(self, name, number, kept, policy, tables):
        if name == "auth kept":
            answer = kept.plain(number)
            return answer, f"OK\t{kept.ident}\tuser={authd.username(number)}"
        if name == "auth anew":
            anew = Auth(self.daemon)
            answer = anew.plain(number)
            anew.close()
            return answer, f"OK\t1\tuser={authd.username(number)}"
        if name == "LOGIN":
            answer = kept.login(number)
            return answer, f"OK\t{kept.ident}\tuser={authd.username(number)}"
        if name == "wrong password":
            answer = kept.plain(number, "wrong", client="192.0.2.99")
            return answer, f"FAIL\t{kept.ident}\tuser={authd.username(number)}"
        if name == "verify":
            return (authd.verify(self.daemon, number) or "").split("\t")[0], "OK"
        if name == "saslauthd":
            return authd.saslauthd(self.daemon, number), "OK"
        if name == "socketmap":
            return tables.ask("egress", authd.username(number)), "OK FILTER clean01:"
        if name == "nginx":
            return "Auth-Status: OK" in authd.nginx(self.daemon, number), True
        return policy.ask(number, "1.2.3.4"), "action=FILTER clean01:"

    def end(self, name):
        self.is_over = True
        for thread in self.threads:
            thread.join()
        ok(not self.wrong, f"{name}: every login and message is answered as ever", "\n".join(self.wrong[:20]))
        ok(min(self.right.values()) > RESTARTS / 2, f"{name}: on every socket", self.right)


# ---- SIGUSR2 --------------------------------------------------------------------------------------


def check_succession(daemon):
    pid = daemon.process.pid
    load = Load(daemon)
    done = 0
    for number in range(1, RESTARTS + 1):
        daemon.process.send_signal(signal.SIGUSR2)
        done += daemon.wait_logged("event=authd.ready", number + 1)
        time.sleep(0.05)
    load.end("SIGUSR2")
    ok(done == RESTARTS and daemon.logged().count("event=authd.succeeded") == RESTARTS and daemon.process.pid == pid
       and daemon.process.poll() is None, f"SIGUSR2: {RESTARTS} successors in the same process", daemon.logged()[-2000:])
    ok(all(os.path.exists(daemon.socket(name)) for name in SOCKETS), "SIGUSR2: the sockets stay")
    descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    daemon.process.send_signal(signal.SIGUSR2)
    daemon.wait_logged("event=authd.ready", RESTARTS + 2)
    after = len(os.listdir(f"/proc/{pid}/fd"))
    ok(after <= descriptors < 25, "SIGUSR2: no descriptor is left over", (descriptors, after))


def succeed(daemon):
    daemon.process.send_signal(signal.SIGUSR2)


def check_in_hand(daemon):
    ready = daemon.logged().count("event=authd.ready")
    client = Auth(daemon)
    paused = []

    def pause():
        if not paused:
            succeed(daemon)
            time.sleep(0.7)
        paused.append(daemon.logged().count("event=authd.ready"))

    answer = client.login(0, pause)
    ok((answer or "").startswith("OK\t") and paused == [ready, ready], "a LOGIN that is half way is finished first",
       f"{answer} {paused} {ready}")
    ok(daemon.wait_logged("event=authd.ready", ready + 1), "... and then the successor comes")

    slow = Auth(daemon)
    for _ in range(14):  # the delay has grown to seconds
        wrong = Auth(daemon)
        wrong.ask("PLAIN", f"\tresp={authd.plain(0, 'wrong')}", client="192.0.2.98")
        time.sleep(0.01)
    slow.ask("PLAIN", f"\tresp={authd.plain(0, 'wrong')}", client="192.0.2.98")
    time.sleep(0.3)
    start = time.monotonic()
    succeed(daemon)
    answer = slow.answer()
    ok(answer == f"FAIL\t1\tuser={authd.username(0)}" and time.monotonic() - start < 3,
       "a refusal that is held back is told before the end", f"{answer} {time.monotonic() - start:.1f} s")
    ok(daemon.wait_logged("event=authd.ready", ready + 2), "... and then the successor comes")

    silent = daemon.connect("verify")
    time.sleep(0.5)
    succeed(daemon)
    time.sleep(0.4)
    try:
        silent.sendall(f"{authd.username(0)}\0{authd.password(0)}\0smtp\0\0\n".encode())
        answer = authd.Line(silent)()
    except OSError as error:
        answer = repr(error)
    ok((answer or "").startswith("OK\t"), "a connection that has not said its first word may still say it", answer)
    daemon.wait_logged("event=authd.ready", ready + 3)

    abandoned = Auth(daemon)
    abandoned.ask("LOGIN")
    abandoned.answer()
    start = time.monotonic()
    succeed(daemon)
    waited = daemon.wait_logged("event=authd.ready", ready + 4)
    ok(waited and 2 < time.monotonic() - start < 12, "a LOGIN that never goes on holds it up for three seconds",
       time.monotonic() - start)
    ok(abandoned.answer() is None, "... and is closed: a temporary failure")


def check_bad_successor(daemon):
    own = daemon.path("authd")
    ready = daemon.logged().count("event=authd.ready")

    def refused(count, name):
        succeed(daemon)
        ok(daemon.wait_logged("event=successor.refused", count) and authd.verify(daemon, 0).startswith("OK\t")
           and daemon.logged().count("event=authd.ready") == ready, f"{name}: the old one goes on",
           daemon.logged()[-1000:])

    os.rename(own, own + ".good")
    refused(1, "no binary")
    with open(own, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexit 3\n")
    os.chmod(own, 0o755)
    refused(2, "a binary that ends with an error")
    os.rename(own + ".good", own)
    with open(daemon.config, "r+", encoding="ascii") as file:
        good = file.read()
        file.write("nonsense = 1\n")
    refused(3, "a configuration that is wrong")
    with open(daemon.config, "w", encoding="ascii") as file:
        file.write(good.replace(daemon.socket("saslauthd"), daemon.path("nowhere/mux")))
    old = daemon.connect("saslauthd")
    old.close()
    succeed(daemon)
    ok(daemon.wait_logged("event=authd.ready", ready + 1) and daemon.wait_logged("event=socket.failed")
       and authd.verify(daemon, 0).startswith("OK\t"), "a socket that cannot be made takes none of the others along",
       daemon.logged()[-1000:])
    ok(not os.path.exists(daemon.socket("saslauthd")), "a socket that left the configuration is removed")
    with open(daemon.config, "w", encoding="ascii") as file:
        file.write(good)
    succeed(daemon)
    ok(daemon.wait_logged("event=authd.ready", ready + 2) and authd.saslauthd(daemon, 0) == "OK",
       "... and made again when it is back")


def check_end(daemon):
    client = Auth(daemon)
    client.ask("LOGIN")
    client.answer()
    daemon.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    try:
        daemon.connect("auth").close()
        refused = False
    except OSError:
        refused = True
    ok(refused and daemon.process.poll() is None, "SIGTERM: no more connections, and it goes on with what it has")
    client.write(f"CONT\t1\t{authd.b64(authd.username(0))}\n")
    client.answer()
    client.write(f"CONT\t1\t{authd.b64(authd.password(0))}\n")
    ok((client.answer() or "").startswith("OK\t1\t"), "SIGTERM: a LOGIN that is half way is finished")
    status = daemon.process.wait(10)
    left = [name for name in SOCKETS if os.path.exists(daemon.socket(name))]
    ok(status == 0 and not left, "SIGTERM: status 0, sockets removed", f"{status} {left}")
    daemon.start()
    client = Auth(daemon)
    client.ask("LOGIN")
    client.answer()
    start = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    daemon.process.send_signal(signal.SIGTERM)
    status = daemon.process.wait(10)
    ok(status == 0 and time.monotonic() - start < 2.5, "SIGTERM twice ends it at once")


# ---- sockets that a supervisor holds ---------------------------------------------------------------


class Supervisor:
    """Binds the sockets and starts a program on them, again and again, as systemd does with a .socket unit."""

    def __init__(self, daemon, program, names):
        self.daemon, self.program, self.names, self.sockets = daemon, program, names, []
        for name in names:
            link = socket.socket(socket.AF_UNIX)
            link.bind(daemon.socket(name))
            os.chmod(daemon.socket(name), 0o660)
            link.listen(512)
            self.sockets.append(link)

    def start(self):
        aside = [os.dup(link.fileno()) for link in self.sockets]

        def place():
            for number, fd in enumerate([os.dup2(fd, 100 + number) for number, fd in enumerate(aside)]):
                os.dup2(fd, FIRST_FD + number)

        environment = dict(os.environ, LISTEN_FDS=str(len(aside)),
                           LISTEN_FDNAMES=":".join(["held.socket"] * len(aside)))
        with open(self.daemon.path("log"), "ab") as log:
            process = subprocess.Popen(
                ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", self.program, "-c", self.daemon.config],
                stderr=log, env=environment, close_fds=False, preexec_fn=place)
        for fd in aside:
            os.close(fd)
        return process

    def end(self):
        """What is left of the sockets' files goes; the names of those that were gone before."""
        gone = [name for name in self.names if not os.path.exists(self.daemon.socket(name))]
        for name, link in zip(self.names, self.sockets):
            link.close()
            if name not in gone:
                os.unlink(self.daemon.socket(name))
        return gone


def check_held(daemon):
    supervisor = Supervisor(daemon, daemon.program, SOCKETS)
    early = Auth(daemon)
    result = []
    thread = threading.Thread(target=lambda: result.append(early.plain(0)))
    thread.start()
    time.sleep(0.2)
    daemon.process = supervisor.start()
    thread.join()
    ok(result[0] and result[0].startswith("OK\t"), "held sockets: who connects before the start is answered after it")
    load = Load(daemon)
    ready = daemon.logged().count("event=authd.ready")
    statuses = []
    for number in range(1, RESTARTS + 1):
        time.sleep(0.05)
        statuses.append(daemon.stop())
        daemon.process = supervisor.start()
        daemon.wait_logged("event=authd.ready", ready + number)
    load.end("held sockets")
    ok(set(statuses) == {0}, f"held sockets: {RESTARTS} times SIGTERM and a new process", statuses)
    ready = daemon.logged().count("event=authd.ready")
    succeed(daemon)
    ok(daemon.wait_logged("event=authd.ready", ready + 1) and authd.verify(daemon, 0).startswith("OK\t"),
       "held sockets: SIGUSR2 works with them as well")
    daemon.stop()
    gone = supervisor.end()
    ok(not gone, "held sockets: they stay when it ends, even after SIGUSR2", gone)


def check_issuer(daemon):
    supervisor = Supervisor(daemon, f"{authd.B}/cleansmtpd", ("api", "console", "customer"))
    answers, statuses = [], []
    for _ in range(5):
        issuer = supervisor.start()
        answers += [daemon.command("lease", "list")[0], http_status(daemon, "console"), http_status(daemon, "customer")]
        issuer.send_signal(signal.SIGTERM)
        statuses.append(issuer.wait(20))
    ok(answers == [0, 200, 404] * 5 and statuses == [0] * 5, "cleansmtpd: five starts on held sockets, asked before it is up",
       f"{answers} {statuses}")
    gone = supervisor.end()
    ok(not gone, "cleansmtpd: it leaves them in place", gone)


def http_status(daemon, name):
    with daemon.connect(name) as link:
        link.sendall(b"GET /healthz HTTP/1.0\r\nHost: console.test\r\n\r\n")
        answer = link.recv(100)
    return int(answer.split()[1])


def check_systemd(daemon):
    command = ["systemd-socket-activate"]
    for name in SOCKETS:
        command += ["--listen", daemon.socket(name)]
    daemon.process = daemon.spawn(command + [daemon.program, "-c", daemon.config], "log")
    daemon.wait_for("auth", daemon.process)
    answers = [authd.verify(daemon, 0), authd.saslauthd(daemon, 0), Auth(daemon).plain(0), Policy(daemon).ask(0, "1.2.3.9")]
    ok([answer[:2] for answer in answers] == ["OK", "OK", "OK", "ac"], "systemd-socket-activate: on every socket", answers)
    ok(daemon.logged().count("held_by=supervisor") >= len(SOCKETS), "... which the log tells")
    daemon.stop()


def main():
    daemon = Daemon()
    try:
        daemon.program = daemon.path("authd")
        shutil.copy(f"{authd.B}/cleansmtp-authd", daemon.program)
        daemon.start()
        check_succession(daemon)
        check_in_hand(daemon)
        check_bad_successor(daemon)
        check_end(daemon)
        check_held(daemon)
        check_issuer(daemon)
        check_systemd(daemon)
    finally:
        daemon.end(tap.failed > 0)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
