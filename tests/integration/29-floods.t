#!/usr/bin/env python3
"""29-floods.t - a peer that writes and never reads, on each socket of the real authd: it is held back or dropped,
memory stays as it was, and other clients notice nothing.

TAP. B is the build folder (build/release). Makes one folder below /tmp and removes it.
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authd import B, Daemon, Policy, Tap, password, plain, username, verify  # noqa: E402

tap = Tap()
BYTES = 20_000_000
GROWTH_KB = 4096  # of what all these floods together may take
HELD_S = 1.0  # nothing was taken for so long: it is held back
OTHER_S = 0.5


def memory_kb(authd):
    with open(f"/proc/{authd.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def descriptors(authd):
    return len(os.listdir(f"/proc/{authd.process.pid}/fd"))


def flood(authd, name, piece):
    """Bytes that were taken, and what became of the rest: dropped, held back, or all was taken."""
    taken = 0
    with authd.connect(name, HELD_S) as link:
        try:
            while taken < BYTES:
                taken += link.send(piece)
        except TimeoutError:
            return taken, "held back"
        except (BrokenPipeError, ConnectionResetError):
            return taken, "dropped"
        finally:
            start = time.monotonic()
            answer = verify(authd, 0)
            took = time.monotonic() - start
            tap.ok(answer.startswith("OK\t") and took < OTHER_S, f"{name}: another client is answered meanwhile", f"{answer} {took}")
    return taken, "taken"


def attempts(count, secret, behind=""):
    return "".join(f"AUTH\t{i}\tPLAIN\tservice=smtp\tresp={plain(0, secret)}\n{behind.format(i)}" for i in range(1, count + 1)).encode()


def pieces(policy):
    """Each with what becomes of it."""
    return (
        ("policy", "questions about nothing", policy.request(5, "i", "EHLO") * 100, "dropped"),
        ("policy", "messages", b"".join(policy.request(6, f"x{i}") for i in range(100)), "dropped"),
        ("policy", "a request without an end", b"sender=anna@hosted.example\n" * 1000, "dropped"),
        ("socketmap", "keys", b"18:egress cs-aaaaaaaa," * 1000, "dropped"),
        ("socketmap", "a key without an end", b"9999:" + b"x" * 5000, "dropped"),
        ("verify", "good logins", f"{username(0)}\0{password(0)}\0\n".encode() * 1000, "dropped"),
        ("verify", "wrong logins", f"{username(0)}\0wrong\0\n".encode() * 1000, "held back"),
        ("verify", "a record without an end", b"x" * 65536, "dropped"),
        ("auth", "words that are none", b"FOO\tbar\n" * 10000, "taken"),
        ("auth", "logins that are never finished", b"".join(b"AUTH\t%d\tLOGIN\tservice=smtp\n" % i for i in range(1, 5001)), "dropped"),
        ("auth", "good logins", attempts(1000, None), "dropped"),
        ("auth", "wrong logins", attempts(1000, "wrong"), "dropped"),
        ("auth", "wrong logins, each cancelled", attempts(1000, "wrong", "CANCEL\t{0}\n"), "dropped"),
        ("auth", "lines for nobody", b"CONT\t9\tAAAA\n" * 5000, "dropped"),
        ("auth", "a line without an end", b"x" * 65536, "dropped"),
        ("saslauthd", "values without an end", b"\xff\xff" + b"a" * 65535, "dropped"),
        ("nginx", "headers without an end", b"GET / HTTP/1.0\r\n" + b"A: b\r\n" * 5000, "dropped"),
    )


def main():
    authd = Daemon()
    authd.start()
    try:
        verify(authd, 0)
        tap.ok("login" in authd.journal(), "the journal is open")  # it comes a little behind the answer, and stays
        open_before = descriptors(authd)
        before = memory_kb(authd)
        for name, title, piece, want in pieces(Policy(authd)):
            taken, got = flood(authd, name, piece)
            tap.ok(got == want, f"{name}: {title}: {want}", f"{got} after {taken} bytes")
        after = memory_kb(authd)
        # A sanitizer keeps what was freed for a while.
        tap.ok(after - before < GROWTH_KB or not B.endswith("release"), "memory is what it was", f"{before} KB before, {after} KB behind")
        for _ in range(100):
            if descriptors(authd) <= open_before:
                break
            time.sleep(0.1)
        tap.ok(descriptors(authd) <= open_before, "no connection is left over", f"{open_before} before, {descriptors(authd)} behind")
        tap.ok(authd.stop() == 0, "it ends well")
    finally:
        authd.end(keep=tap.failed)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
