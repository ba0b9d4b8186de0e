#!/usr/bin/env python3
"""40-http.t - what the HTTP server refuses, by raw sockets against a real cleansmtpd.

The forms of request smuggling that the library lets through, control characters, %00, sizes, and
clients that are slow on purpose. Everything is local and has its own state folder and ports.
"""
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from issuer import Issuer, check, done  # noqa: E402


def connect(port, timeout=20.0):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def read_all(s):
    data = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return data
            data += piece
    except OSError:
        return data


def ask(port, raw):
    """The whole answer to raw bytes; our side is shut after sending."""
    with connect(port) as s:
        try:
            s.sendall(raw)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return read_all(s)


def status(answer):
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(found.group(1)) if found else 0


def get(target, *headers, version="HTTP/1.1", method="GET", body=b""):
    lines = [f"{method} {target} {version}".encode("latin-1")]
    if not any(h.lower().startswith("host") for h in headers) and "no-host" not in headers:
        lines.append(b"Host: console.example")
    lines += [h.encode("latin-1") for h in headers if h != "no-host"]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


FORM = "Content-Type: application/x-www-form-urlencoded"


def smuggling(port):
    post = dict(method="POST", body=b"name=a")
    rows = [
        ("an ordinary request", get("/healthz"), 200),
        ("an HTTP/1.0 request", get("/healthz", "no-host", version="HTTP/1.0"), 200),
        ("HEAD", get("/healthz", method="HEAD"), 200),
        ("two Content-Lengths", get("/sign-in", FORM, "Content-Length: 6",
                                    "Content-Length: 5", **post), 400),
        ("the same Content-Length twice", get("/sign-in", FORM, "Content-Length: 6",
                                              "Content-Length: 6", **post), 400),
        ("Content-Length with chunked", get("/sign-in", FORM, "Content-Length: 6",
                                            "Transfer-Encoding: chunked", method="POST",
                                            body=b"0\r\n\r\n"), 400),
        ("an unknown transfer coding", get("/sign-in", FORM, "Transfer-Encoding: xchunked",
                                           method="POST", body=b"0\r\n\r\n"), 400),
        ("two transfer codings", get("/sign-in", FORM, "Transfer-Encoding: chunked",
                                     "Transfer-Encoding: chunked", method="POST",
                                     body=b"0\r\n\r\n"), 400),
        ("Content-Length with a sign", get("/sign-in", FORM, "Content-Length: +6", **post), 400),
        ("a negative Content-Length", get("/sign-in", FORM, "Content-Length: -1", **post), 400),
        ("no Host", get("/healthz", "no-host"), 400),
        ("two Hosts", get("/healthz", "Host: a.example", "Host: b.example"), 400),
        ("a control character in a header", get("/healthz", "X-A: a\x01b"), 400),
        ("%00 in the path", get("/static/app%00.css"), 400),
        ("a broken escape in the path", get("/static/app%zz.css"), 400),
        ("bytes beyond ASCII in the path", get("/static/\xe4.css"), 400),
        ("a path of 3000 bytes", get("/" + "a" * 3000), 400),
        ("another server's URL as target", get("http://other.example/"), 400),
        ("an unknown method", get("/", method="BREW"), 501),
        ("a control character in the method", get("/", method="G\x01T"), 501),
        ("another HTTP version", get("/healthz", version="HTTP/3.7"), 505),
        ("80 headers", get("/healthz", *[f"X-{i}: y" for i in range(80)]), 431),
        ("a header of 20 KB", get("/healthz", "X-A: " + "a" * 20000), 431),
        ("a method the page does not take", get("/healthz", "Content-Length: 0", method="POST"), 405),
        ("a page that does not exist", get("/nothing"), 404),
        ("a GET with a body", get("/", "Content-Length: 5", body=b"hello"), 413),
    ]
    for name, raw, wanted in rows:
        got = status(ask(port, raw))
        # A version that nobody knows may be answered by the library, or just closed.
        good = got == wanted or (wanted == 505 and got in (0, 400, 505))
        check(f"{name}: {wanted}", good, f"got {got}")
    check("a refused connection is closed, what follows is not read",
          ask(port, get("/healthz", "Host: a.example", "Host: b.example") + get("/healthz"))
          .count(b"HTTP/1.1 ") == 1)
    check("two good requests on one connection are both answered",
          ask(port, get("/healthz") + get("/healthz")).count(b"HTTP/1.1 200") == 2)


def sizes(port):
    big = 7 * 1024 * 1024
    answer = ask(port, get("/sign-in", FORM, f"Content-Length: {big}", method="POST",
                           body=b"a" * big))
    check("a form above the ceiling is 413, and the sender hears it", status(answer) == 413)
    check("the refusal is a page of ours", b"more than this page takes" in answer)
    check("a stated petabyte is refused at once",
          status(ask(port, get("/sign-in", FORM, "Content-Length: 1125899906842624",
                               method="POST", body=b"a"))) == 413)
    chunks = b"".join(b"10000\r\n" + b"a" * 65536 + b"\r\n" for _ in range(112)) + b"0\r\n\r\n"
    check("the same in chunks is 413",
          status(ask(port, get("/sign-in", FORM, "Transfer-Encoding: chunked", method="POST",
                               body=chunks))) == 413)
    check("rubbish for a form is 400",
          status(ask(port, get("/sign-in", FORM, "Content-Length: 3", method="POST",
                               body=b"%zz"))) == 400)
    check("bytes that are no HTTP are answered or closed, and nobody dies",
          status(ask(port, bytes(range(256)) * 10 + b"\r\n\r\n")) in (0, 400, 501))


def drip(port, first, out, index):
    """One byte every half second; how long until the server closes."""
    started = time.monotonic()
    with connect(port, 0.5) as s:
        s.sendall(first)
        while time.monotonic() - started < 30:
            try:
                s.sendall(b"a")
                if s.recv(4096) == b"":
                    break
            except socket.timeout:
                continue
            except OSError:
                break
    out[index] = time.monotonic() - started


def slow(port):
    kinds = {
        "nothing at all": b"G",
        "header bytes that drip": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ",
        "body bytes that drip": get("/sign-in", FORM, "Content-Length: 1000", method="POST"),
    }
    took = [99.0] * len(kinds)
    threads = [threading.Thread(target=drip, args=(port, first, took, i))
               for i, first in enumerate(kinds.values())]
    many = []
    for thread in threads:
        thread.start()
    for _ in range(100):
        s = connect(port)
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        many.append(s)
    started = time.monotonic()
    good = status(ask(port, get("/healthz"))) == 200 and time.monotonic() - started < 5
    check("with 100 half requests open, a whole one is answered at once", good)
    for thread in threads:
        thread.join()
    for s in many:
        s.close()
    for name, seconds in zip(kinds, took):
        check(f"{name}: closed within 15 s", 5 < seconds <= 15, f"took {seconds:.1f} s")


def headers(console, customer):
    wanted = [b"Content-Security-Policy: default-src 'none'", b"Referrer-Policy: no-referrer",
              b"X-Content-Type-Options: nosniff", b"Cache-Control: no-store"]
    for name, port, target in [("console", console, "/sign-in"), ("customer", customer, "/r/x"),
                               ("a refusal", console, "/nothing")]:
        answer = ask(port, get(target))
        check(f"{name}: every security header is there", all(w in answer for w in wanted),
              answer[:600])
    answer = ask(console, get("/static/app.css"))
    etag = re.search(rb"ETag: (\S+)", answer)
    check("a static file has an ETag", etag is not None)
    again = ask(console, get("/static/app.css", f"If-None-Match: {etag.group(1).decode()}"))
    check("asked for again with it: 304 without a body",
          status(again) == 304 and again.endswith(b"\r\n\r\n"))
    check("the customer's site has no console page", status(ask(customer, get("/sign-in"))) == 404)
    check("X-Forwarded-For changes nothing",
          status(ask(console, get("/healthz", "X-Forwarded-For: 192.0.2.1, \"evil"))) == 200)
    head = ask(console, get("/sign-in", method="HEAD"))
    check("HEAD has the length and no body",
          re.search(rb"Content-Length: [1-9]", head) is not None and
          head.endswith(b"\r\n\r\n"))


def main():
    with Issuer("http") as daemon:
        smuggling(daemon.console)
        sizes(daemon.console)
        headers(daemon.console, daemon.customer)
        slow(daemon.console)
        check("cleansmtpd is alive after all that", daemon.process.poll() is None)
    check("and ends cleanly", daemon.status == 0, f"status {daemon.status}")
    done()


main()
