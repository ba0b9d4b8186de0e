#!/usr/bin/env python3
"""22-saslauthd.t - the saslauthd socket of the real cleansmtp-authd, asked by hand and by Cyrus's testsaslauthd.

TAP. B is the build folder (build/release). Makes one folder below /tmp and removes it.
"""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authd import Daemon, REALM, Tap, password, username  # noqa: E402

tap = Tap()
ok = tap.ok
OK, NO = b"\0\2OK", b"\0\2NO"


class Mux(Daemon):
    """The daemon, and connections to its saslauthd socket."""

    def connect(self, name="saslauthd", timeout=15):
        return super().connect(name, timeout)


def to_end(link):
    """All bytes until the peer says no more; None when it does not within the time limit."""
    data = b""
    try:
        while piece := link.recv(65536):
            data += piece
    except socket.timeout:
        return None
    except ConnectionResetError:
        return data + b"(reset)"
    return data


def field(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("!H", len(value)) + value


def request(number, secret=None, service="smtp", realm="", client=None):
    fields = [username(number), password(number) if secret is None else secret, service, realm]
    return b"".join(field(value) for value in fields + ([] if client is None else [client]))


def ask(authd, data):
    with authd.connect() as link:
        link.sendall(data)
        return to_end(link)


def check_answers(authd):
    for name, data, want in (
            ("four fields", request(0), OK),
            ("five fields", request(0, client="192.0.2.70;4711"), OK),
            ("submission", request(0, service="submission"), OK),
            ("our realm apart", request(0, realm=REALM), OK),
            ("our realm in the login", field(username(0) + "@" + REALM) + request(0)[13:], OK),
            ("our realm twice", field(username(0) + "@" + REALM) + request(0, realm=REALM)[13:], OK),
            ("another realm", request(0, realm="other.example"), NO),
            ("our realm behind another", field(username(0) + "@other.example") + request(0, realm=REALM)[13:], NO),
            ("another service", request(0, service="imap"), NO),
            ("no service", request(0, service=""), NO),
            ("wrong", request(0, "wrong", client="192.0.2.71;1"), NO),
            ("unknown", request(7777, client="192.0.2.72;1"), NO),
            ("not revealed", request(3, client="192.0.2.73;1"), NO),
            ("expired", request(1, client="192.0.2.74;1"), NO),
            ("revoked", request(2, client="192.0.2.75;1"), NO),
            ("all empty", b"\0" * 8, NO),
            ("a password of 256 bytes", request(0, "x" * 256), NO),
            ("a password of 257 bytes", request(0, "x" * 257), NO),
            ("a login of 65535 bytes", field("x" * 65535) + request(0)[13:], NO),
            ("a realm of 65535 bytes is not none", request(0, realm="x" * 65535), NO),
    ):
        got = ask(authd, data)
        ok(got == want, name, got)


def check_pieces(authd):
    with authd.connect() as link:
        for byte in request(0):
            link.sendall(bytes([byte]))
            time.sleep(0.001)
        got = to_end(link)
    ok(got == OK, "byte by byte", got)

    # As Exim does: a write a field, and then it waits.
    with authd.connect() as link:
        for value in (username(4), password(4), "smtp", ""):
            link.sendall(field(value))
        start = time.monotonic()
        got = to_end(link)
        took = time.monotonic() - start
    ok(got == OK and took < 8, "four fields are answered without waiting for a fifth", f"{got} {took:.2f} s")

    # A fifth field that comes late finds the connection open.
    with authd.connect() as link:
        link.sendall(request(5))
        got = link.recv(4)
        try:
            link.sendall(field("192.0.2.76;1"))
            rest = to_end(link)
        except OSError as error:
            rest = error
    ok((got, rest) == (OK, b""), "a fifth field after the answer does no harm", f"{got} {rest}")

    with authd.connect() as link:
        link.sendall(request(0))
        link.shutdown(socket.SHUT_WR)
        got = to_end(link)
    ok(got == OK, "the writing side may be shut down", got)


def check_malformed(authd):
    whole = request(0, client="192.0.2.70;4711")
    for name, data in (("closed within a field", request(0)[:-1]),
                       ("closed within a length", b"\0"),
                       ("nothing", b""),
                       ("closed within the fifth", whole[:-1])):
        with authd.connect() as link:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            got = to_end(link)
        ok(got == b"", f"{name}: closed without an answer", got)
    # The peer may hear of bytes left unread (a reset), but no answer.
    got = ask(authd, whole + b"\0")
    ok(got in (b"", b"(reset)"), "bytes behind the fifth field: closed without an answer", got)
    ok(authd.wait_logged("saslauthd.protocol"), "that is logged")


def check_time(authd):
    slow, silent, done = authd.connect(), authd.connect(), authd.connect()
    start = time.monotonic()
    slow.sendall(request(0)[:20])
    done.sendall(request(0))
    got = to_end(done)
    ok(got == OK, "an unfinished request holds up nobody", got)
    for name, link in (("an unfinished request", slow), ("silence", silent)):
        got = to_end(link)
        took = time.monotonic() - start
        ok(got == b"" and 8 < took < 13, f"{name} is closed after 10 s", f"{got} {took:.1f} s")
    time.sleep(1)
    try:
        done.send(b"x")
        gone = False
    except BrokenPipeError:
        gone = True
    ok(gone, "a peer that has its answer and does not close is dropped")
    for link in (slow, silent, done):
        link.close()

    start = time.monotonic()
    got = ask(authd, request(6, "wrong", client="192.0.2.77;1"))
    took = time.monotonic() - start
    ok(got == NO and took >= 0.45, "a refusal is held back", f"{got} {took:.2f} s")
    start = time.monotonic()
    got = ask(authd, request(0, "x" * 257, client="192.0.2.78;1"))
    took = time.monotonic() - start
    ok(got == NO and took >= 0.45, "a refusal of what is too long is held back too", f"{got} {took:.2f} s")


def check_records(authd):
    ask(authd, request(8, client="192.0.2.79;99"))
    ask(authd, request(8, "wrong", client="192.0.2.79;99"))
    text = authd.journal()
    lines = [line for line in text.splitlines() if username(8) in line]
    ok(len(lines) == 2 and all("\t192.0.2.79\t" in line for line in lines)
       and "TLS unknown" in lines[0] and "wrong_password" in lines[1], "journal: login and refusal, with the client",
       "\n".join(lines))
    ok(password(8) not in authd.logged() and password(8) not in text, "no password in log or journal")


def check_cyrus(authd):
    tool = shutil.which("testsaslauthd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not ok(tool is not None, "testsaslauthd (Debian's sasl2-bin) is here"):
        return
    cases = (("good", username(0), password(0), "smtp", "", 0),
             ("good, with our realm", username(0), password(0), "smtp", REALM, 0),
             ("another realm", username(0), password(0), "smtp", "other.example", 1),
             ("another service", username(0), password(0), "imap", "", 1),
             ("wrong", username(0), "wrong", "smtp", "", 1),
             ("expired", username(1), password(1), "smtp", "", 1),
             ("revoked", username(2), password(2), "smtp", "", 1))
    for name, login, secret, service, realm, want in cases:
        name = "testsaslauthd: " + name
        command = [tool, "-u", login, "-p", secret, "-s", service, "-f", authd.socket("saslauthd")]
        done = subprocess.run(command + (["-r", realm] if realm else []), capture_output=True, text=True,
                              timeout=20, check=False)
        word = "OK" if want == 0 else "NO"
        ok((done.returncode == 0) == (want == 0) and f": {word}" in done.stdout, name,
           f"{done.returncode} {done.stdout} {done.stderr}")


def check_fault(authd):
    os.rename(authd.path("state/cleansmtp.db"), authd.path("aside"))
    time.sleep(1.1)
    got = ask(authd, request(0))
    ok(got == b"", "no database: closed without an answer", got)
    got = ask(authd, request(0, "wrong"))
    ok(got == b"", "no database, wrong password: the same", got)
    os.rename(authd.path("aside"), authd.path("state/cleansmtp.db"))
    time.sleep(1.1)
    got = ask(authd, request(0))
    ok(got == OK, "the database is back: good", got)
    mode = os.stat(authd.socket("saslauthd")).st_mode & 0o777
    ok(mode == 0o660, "the socket has mode 0660", oct(mode))
    authd.process.send_signal(signal.SIGTERM)
    ok(authd.process.wait(10) == 0 and not os.path.exists(authd.socket("saslauthd")), "SIGTERM: the socket is gone")


def main():
    authd = Mux(leases=20)
    authd.start()
    try:
        check_answers(authd)
        check_pieces(authd)
        check_malformed(authd)
        check_time(authd)
        check_records(authd)
        check_cyrus(authd)
        check_fault(authd)
    finally:
        authd.end(keep=tap.failed)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
