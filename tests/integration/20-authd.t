#!/usr/bin/env python3
"""20-authd.t - the real cleansmtp-authd on its three sockets: good and bad input, limits, signals.

TAP. B is the build folder (build/release). Makes one folder below /tmp and removes it.
"""
import base64
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authd import B, Daemon, Line, Tap, password, plain, username  # noqa: E402

tap = Tap()
ok = tap.ok


def to_end(link):
    """All bytes until the peer closes; None when it does not within the time limit."""
    data = b""
    try:
        while True:
            piece = link.recv(65536)
            if not piece:
                return data
            data += piece
    except socket.timeout:
        return None
    except ConnectionResetError:
        return data


def auth_line(ident, number, secret=None, client="192.0.2.50", service="smtp"):
    return (f"AUTH\t{ident}\tPLAIN\tservice={service}\tnologin\tlip=198.51.100.10\trip={client}\t"
            f"secured\tresp={plain(number, secret)}\n").encode()


def verify(authd, *fields, timeout=10):
    link = authd.connect("verify", timeout)
    link.sendall("\0".join(fields).encode() + b"\0\n")
    line = Line(link)()
    link.close()
    return line


def policy(state, number, sender=None, recipient="bob@remote.example", instance="1.2.3.0"):
    sender = f"customer{number}@hosted.example" if sender is None else sender
    return (f"request=smtpd_access_policy\nprotocol_state={state}\nprotocol_name=ESMTP\n"
            f"client_address=192.0.2.50\nsender={sender}\nrecipient={recipient}\nrecipient_count=1\n"
            f"instance={instance}\nsize=257\nsasl_method=PLAIN\nsasl_username={username(number)}\n\n").encode()


def ask_policy(link, request):
    link.sendall(request)
    line = Line(link)
    action = line()
    line()
    return action


def check_auth(authd):
    link = authd.connect("auth")
    line = Line(link)
    hello = []
    while not hello or hello[-1] != "DONE":
        hello.append(line())
    ok(hello[:3] == ["VERSION\t1\t1", "MECH\tPLAIN\tplaintext", "MECH\tLOGIN\tplaintext"]
       and [word.split("\t")[0] for word in hello[3:]] == ["SPID", "CUID", "COOKIE", "DONE"],
       "auth: the handshake comes at once", hello)
    link.sendall(b"VERSION\t1\t0\nCPID\t1\n" + auth_line(1, 0))
    ok(line() == f"OK\t1\tuser={username(0)}", "auth: PLAIN with the right password")
    link.sendall(b"AUTH\t2\tlogin\tservice=smtp\trip=192.0.2.50\n")
    first = line()
    link.sendall(b"CONT\t2\t" + base64.b64encode(username(4).upper().encode()) + b"\n")
    second = line()
    link.sendall(b"CONT\t2\t" + base64.b64encode(password(4).replace("-", "").upper().encode()) + b"\n")
    ok((first, second, line()) == ("CONT\t2\tVXNlcm5hbWU6", "CONT\t2\tUGFzc3dvcmQ6",
                                   f"OK\t2\tuser={username(4)}"), "auth: LOGIN, as people type")

    start = time.monotonic()
    link.sendall(auth_line(3, 0, "wrong") + auth_line(4, 5))
    quick = line()
    quick_s = time.monotonic() - start
    slow = line()
    slow_s = time.monotonic() - start
    ok(quick == f"OK\t4\tuser={username(5)}" and quick_s < 0.4, "auth: a right login overtakes a wrong one",
       (quick, quick_s))
    ok(slow == f"FAIL\t3\tuser={username(0)}" and 0.45 < slow_s < 1.5, "auth: a wrong one waits half a second",
       (slow, slow_s))

    answers = []
    for ident, number, secret in ((5, 7777, None), (6, 0, "wrong"), (7, 1, None), (8, 2, None), (9, 1, "wrong")):
        link.sendall(auth_line(ident, number, secret, client="192.0.2.51"))
        answers.append(line())
    ok(answers[0] == f"FAIL\t5\tuser={username(7777)}" and answers[1] == f"FAIL\t6\tuser={username(0)}"
       and answers[4] == f"FAIL\t9\tuser={username(1)}", "auth: unknown and wrong are one voice", answers)
    ok("reason=" in answers[2] and "expired" in answers[2] and "reason=" in answers[3],
       "auth: the right password learns that a lease is over", answers)
    link.sendall(auth_line(10, 6, service="imap", client="192.0.2.52"))
    ok(line() == f"FAIL\t10\tuser={username(6)}", "auth: IMAP is refused")
    link.close()


def check_verify(authd):
    good = f"OK\tuser={username(0)}\tlane=clean01\taddress=198.51.100.21"
    ok(verify(authd, username(0), password(0), "smtp", "192.0.2.60", "secured=yes") == good, "verify: good")
    ok(verify(authd, username(0) + "@clean.mail.example", password(0)) == good, "verify: with our realm")
    ok(verify(authd, username(0), "wrong", "smtp", "192.0.2.61") == "NO", "verify: wrong")
    ok(verify(authd, username(7777), password(0), "smtp", "192.0.2.62") == "NO", "verify: unknown")
    ok(verify(authd, username(3), password(3), "smtp", "192.0.2.62") == "NO", "verify: not revealed")
    ok(verify(authd, username(1), password(1)).startswith("EXPIRED\treason="), "verify: expired")
    ok(verify(authd, username(2), password(2)).startswith("REVOKED\treason="), "verify: revoked")

    link = authd.connect("verify")
    record = f"{username(0)}\t{password(0)}\tsmtp\t192.0.2.63\n".encode()
    for byte in record:
        link.sendall(bytes([byte]))
    line = Line(link)
    first = line()
    link.sendall(record * 299)
    answers = [line() for _ in range(299)]
    ok(first == good and answers == [good] * 299, "verify: byte by byte, then 299 more on the same connection")
    link.sendall(f"{username(0)}\twrong\n".encode() + record)
    ok((line(), line()) == ("NO", good), "verify: answers keep the order of the records")
    link.close()

    link = authd.connect("verify")
    link.sendall(record)
    link.shutdown(socket.SHUT_WR)
    ok(to_end(link) == good.encode() + b"\n", "verify: the writing side may be shut down")

    results = []

    def one(number):
        results.append(verify(authd, username(4 + number % 40), password(4 + number % 40)))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(300)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ok(len(results) == 300 and all(line and line.startswith("OK\t") for line in results),
       "verify: 300 at once", f"{len(results)} in {time.monotonic() - start:.2f} s")


def check_malformed(authd):
    temp = b"TEMP\treason=malformed request\n"
    cases = [
        ("verify", "one field", b"hello\n", temp),
        ("verify", "empty line", b"\n", temp),
        ("verify", "binary", bytes(range(1, 32)) + b"\n", temp),
        ("verify", "too long", b"x" * 4000, temp),
        ("verify", "closed early", b"cs-abc", temp),
        ("policy", "HTTP", b"GET / HTTP/1.0\r\n\r\n\n\n", b""),
        ("policy", "empty", b"\n", b""),
        ("policy", "twice the login", b"request=smtpd_access_policy\nprotocol_state=RCPT\nsasl_username=a\n"
         b"sasl_username=b\n\n", b""),
        ("policy", "too long", b"a=b\n" * 10000, b""),
        ("policy", "NUL", b"request=smtpd_access_policy\0\n\n", b""),
    ]
    for name, title, data, want in cases:
        link = authd.connect(name)
        try:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = to_end(link)
        ok(got == want, f"{name}: {title}", got)
        link.close()
    for title, data in (("a line of 20000 bytes", b"x" * 20000), ("another version", b"VERSION\t9\t9\n"),
                        ("no service", b"AUTH\t1\tPLAIN\n"), ("no number", b"AUTH\tx\tPLAIN\tservice=smtp\n"),
                        ("twice an id", b"AUTH\t1\tPLAIN\tservice=smtp\n" * 2)):
        link = authd.connect("auth")
        try:
            link.sendall(data)
        except OSError:
            pass
        got = to_end(link)
        ok(got is not None and got.startswith(b"VERSION\t1\t1\n"), f"auth: {title} is dropped", got)
        link.close()
    for name in ("auth", "verify", "policy"):
        with open("/dev/urandom", "rb") as noise:
            for _ in range(50):
                link = authd.connect(name)
                try:
                    link.sendall(noise.read(3000))
                except OSError:
                    pass
                link.close()
    ok(verify(authd, username(0), password(0)).startswith("OK\t"), "it answers after noise on every socket")


def check_policy(authd):
    link = authd.connect("policy")
    ok(ask_policy(link, policy("RCPT", 8)) == "action=DUNNO", "policy: RCPT within the limits")
    ok(ask_policy(link, policy("DATA", 8, recipient="")) == "action=DUNNO", "policy: DATA")
    whole = policy("END-OF-MESSAGE", 8)
    answers = {ask_policy(link, whole[:cut]) if cut == len(whole) else
               (link.sendall(whole[:cut]), time.sleep(0.001), ask_policy(link, whole[cut:]))[2]
               for cut in range(0, len(whole) + 1, 7)}
    ok(answers == {"action=FILTER clean01:"}, "policy: one message, however cut and however often", answers)
    actions = [ask_policy(link, policy("END-OF-MESSAGE", 8, instance=f"1.2.3.{i}")) for i in range(1, 5)]
    ok(actions[:3] == ["action=FILTER clean01:"] * 3 and actions[3].startswith("action=450 4.7.1 "),
       "policy: four messages an hour and no more", actions)
    for number, what in ((1, "expired"), (2, "revoked"), (3, "not revealed"), (7777, "unknown")):
        action = ask_policy(link, policy("END-OF-MESSAGE", number))
        ok(action.startswith("action=550 5.7.1 "), f"policy: {what} is refused", action)
    ok(ask_policy(link, policy("MAIL", 9, sender="x@hosted.example")).startswith("action=550 5.7.1 "),
       "policy: another sender is refused")
    ok(ask_policy(link, policy("END-OF-MESSAGE", 9).replace(username(9).encode(), b"anna@hosted.example"))
       == "action=DUNNO", "policy: an ordinary login is none of our business")
    link.sendall(policy("RCPT", 10) * 20)
    line = Line(link)
    ok([line() for _ in range(40)] == ["action=DUNNO", ""] * 20, "policy: twenty requests in one write")
    link.close()


def check_life(authd):
    text = authd.journal()
    ok(text.count(f"\tmessage\t{username(8)}\t") == 4, "journal: each message once", text[-2000:])

    os.rename(authd.path("state/cleansmtp.db"), authd.path("aside"))
    time.sleep(1.1)
    ok(verify(authd, username(0), password(0)).startswith("TEMP\t"), "no database: TEMP")
    link = authd.connect("auth")
    link.sendall(auth_line(1, 0))
    got = to_end(link)
    ok(got is not None and b"\t1\t" not in got.split(b"DONE\n")[1], "no database: the auth connection is closed", got)
    link = authd.connect("policy")
    ok(ask_policy(link, policy("END-OF-MESSAGE", 11)).startswith("action=450 4.3.0 "), "no database: 450 4.3.0")
    os.rename(authd.path("aside"), authd.path("state/cleansmtp.db"))
    time.sleep(1.1)
    ok(verify(authd, username(0), password(0)).startswith("OK\t"), "the database is back: OK")

    authd.process.kill()
    authd.process.wait()
    authd.start()
    link = authd.connect("policy")
    ok(ask_policy(link, policy("END-OF-MESSAGE", 8)) == "action=FILTER clean01:"
       and ask_policy(link, policy("END-OF-MESSAGE", 8, instance="9.9.9.9")).startswith("action=450 4.7.1 "),
       "killed and started again: the counts are as they were")

    other = subprocess.run([f"{B}/cleansmtp-authd", "-c", authd.path("cleansmtp.conf")], capture_output=True,
                           timeout=10)
    ok(other.returncode == 1 and b"journal" in other.stderr, "a second one does not start", other.stderr)

    with open(authd.config, encoding="ascii") as file:
        text = file.read()
    with open(authd.config, "w", encoding="ascii") as file:
        file.write(text.replace("auth { ", "auth { peer = \"dovecot\" "))
    authd.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    os.rename(authd.path("state/cleansmtp.db"), authd.path("aside"))
    time.sleep(1.1)
    link = authd.connect("auth")
    link.sendall(auth_line(1, 0))
    line = Line(link)
    while line() != "DONE":
        pass
    answer = line()
    ok(answer is not None and answer.startswith(f"FAIL\t1\tuser={username(0)}\tcode=temp_fail"),
       "SIGHUP: peer dovecot hears temp_fail", answer)
    os.rename(authd.path("aside"), authd.path("state/cleansmtp.db"))
    with open(authd.path("cleansmtp.conf"), "a", encoding="ascii") as file:
        file.write("nonsense = 1\n")
    authd.process.send_signal(signal.SIGHUP)
    time.sleep(1.3)
    ok("config.refused" in authd.logged() and verify(authd, username(0), password(0)).startswith("OK\t"),
       "SIGHUP with a bad file: reported, and the old one stays")
    ok(password(0) not in authd.logged() and password(0).replace("-", "") not in authd.logged(),
       "no password in the log")
    ok(authd.stop() == 0 and not os.path.exists(authd.path("run/verify")), "SIGTERM: status 0, sockets removed")


def check_options(authd):
    program = f"{B}/cleansmtp-authd"
    version = subprocess.run([program, "--version"], capture_output=True, text=True)
    ok(version.returncode == 0 and version.stdout.startswith("cleansmtp-authd "), "--version")
    ok(subprocess.run([program, "--help"], capture_output=True).returncode == 0, "--help")
    ok(subprocess.run([program, "--nonsense"], capture_output=True).returncode == 2, "wrong usage: 2")
    ok(subprocess.run([program, "-c", authd.path("cleansmtp.conf"), "-t"], capture_output=True).returncode == 1,
       "-t refuses a bad configuration")


def main():
    authd = Daemon()
    authd.start()
    try:
        check_auth(authd)
        check_verify(authd)
        check_malformed(authd)
        check_policy(authd)
        check_life(authd)
        check_options(authd)
    finally:
        authd.end(keep=tap.failed)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
