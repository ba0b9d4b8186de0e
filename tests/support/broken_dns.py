#!/usr/bin/env python3
"""broken_dns.py PORT ADDRESS=MODE... - one name server an address, each broken in its own way.

All of them serve the block list bl.spamcop.net: it lists 192.0.2.14 and passes its own test. A mode
bends that. "ready" is printed when all listen. Standard library only.
"""
import os
import socket
import struct
import sys
import threading
import time

ZONE = "bl.spamcop.net"
LISTED = "14.2.0.192." + ZONE
TEST = "2.0.0.127." + ZONE
WORDS = b"Blocked - see the page"
A, CNAME, SOA, NS, TXT = 1, 5, 6, 2, 16
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
SEARCH_PAGE = "203.0.113.80"

asked_listed = {}  # address of the server: A questions about LISTED so far
lock = threading.Lock()


def name(text):
    return b"".join(bytes([len(p)]) + p.encode("latin-1") for p in text.split(".")) + b"\0"


def address(text):
    return socket.inet_aton(text)


def words(text):
    return b"".join(bytes([len(text[i : i + 255])]) + text[i : i + 255] for i in range(0, len(text), 255))


def record(owner, kind, data):
    return name(owner) + struct.pack(">HHIH", kind, 1, 0, len(data)) + data


def soa():
    return record(ZONE, SOA, name("ns.example") + name("hostmaster.example") + struct.pack(">5I", 1, 60, 60, 60, 1))


def question_of(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1").lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1 : at + 3])[0], query[12 : at + 5]


def message(query, answers=(), rcode=NOERROR, authority=(), flags=0x8180, question=None, ident=None):
    ident = query[:2] if ident is None else ident
    question = question_of(query)[2] if question is None else question
    return (
        ident
        + struct.pack(">5H", flags | rcode, 1, len(answers), len(authority), 0)
        + question
        + b"".join(answers)
        + b"".join(authority)
    )


def none(query):
    return message(query, rcode=NXDOMAIN, authority=[soa()])


def healthy(query, listed=(LISTED, TEST)):
    owner, kind, _ = question_of(query)
    if owner not in listed:
        return none(query)
    if kind == A:
        return message(query, [record(owner, A, address("127.0.0.2"))])
    return message(query, [record(owner, TXT, words(WORDS))])


def with_answers(query, codes):
    owner, kind, _ = question_of(query)
    if owner != LISTED or kind != A:
        return healthy(query)
    return message(query, [record(owner, A, address(c)) for c in codes])


def with_chain(query, length, last):
    owner, kind, _ = question_of(query)
    if owner != LISTED or kind != A:
        return healthy(query)
    names = [owner] + ["n%d.example" % i for i in range(length)]
    answers = [record(a, CNAME, name(b)) for a, b in zip(names, names[1:])]
    answers.append(last(names[-1]))
    return message(query, answers)


def changing(query, server, first_listed):
    """Listed at the first A question and not later, or the other way round."""
    owner, kind, _ = question_of(query)
    if owner == LISTED and kind == A:
        with lock:
            asked_listed[server] = asked_listed.get(server, 0) + 1
            is_first = asked_listed[server] == 1
        if is_first != first_listed:
            return none(query)
    return healthy(query)


def rewriting(query):
    owner, kind, _ = question_of(query)
    if owner in (LISTED, TEST):
        return healthy(query)
    return message(query, [record(owner, A, address(SEARCH_PAGE))] if kind == A else [])


def wrong_question(query):
    _, kind, _ = question_of(query)
    other = name("2.0.0.127.other.example") + struct.pack(">HH", kind, 1)
    return message(query, [record("2.0.0.127.other.example", A, address("127.0.0.2"))], question=other)


def only_listed(query, answer):
    """answer for the A question about LISTED, the healthy one for others."""
    owner, kind, _ = question_of(query)
    return answer if owner == LISTED and kind == A else healthy(query)


def everything_listed(query):
    owner, kind, _ = question_of(query)
    return message(query, [record(owner, A, address("127.0.0.2"))] if kind == A else [record(owner, TXT, words(WORDS))])


def control_bytes(query):
    owner, kind, _ = question_of(query)
    if owner == LISTED and kind == TXT:
        return message(query, [record(owner, TXT, words(b"\x1b[31mBlocked\x07\0 <b>\r\n\x9f here"))])
    return healthy(query)


# What a mode says over UDP and TCP: a message, or None for silence.
MODES = {
    "healthy": lambda q, s: healthy(q),
    "silent": lambda q, s: None,
    "late": lambda q, s: (time.sleep(2.6), healthy(q))[1],
    "slow": lambda q, s: (time.sleep(1.7), healthy(q))[1],
    "tardy": lambda q, s: (time.sleep(0.2), healthy(q))[1],
    "servfail": lambda q, s: message(q, rcode=SERVFAIL),
    "refused": lambda q, s: message(q, rcode=REFUSED),
    "rewriting": lambda q, s: rewriting(q),
    "world": lambda q, s: everything_listed(q),
    "nothing": lambda q, s: none(q),
    "delisted": lambda q, s: healthy(q, (TEST,)),
    "delisting": lambda q, s: changing(q, s, True),
    "listing": lambda q, s: changing(q, s, False),
    "wrong_id": lambda q, s: message(q, [record(LISTED, A, address("127.0.0.2"))], ident=bytes([q[0] ^ 1, q[1]])),
    "wrong_question": lambda q, s: wrong_question(q),
    "wrong_owner": lambda q, s: only_listed(q, message(q, [record("x.example", A, address("127.0.0.2"))])),
    "chain": lambda q, s: with_chain(q, 3, lambda o: record(o, A, address("127.0.0.2"))),
    "long_chain": lambda q, s: with_chain(q, 12, lambda o: record(o, A, address("127.0.0.2"))),
    "loop": lambda q, s: with_chain(q, 2, lambda o: record(o, CNAME, name(LISTED))),
    "dangling": lambda q, s: with_chain(q, 2, lambda o: record("x.example", A, address("127.0.0.2"))),
    "flood": lambda q, s: with_answers(q, ["127.0.0.%d" % (2 + i) for i in range(200)]),
    "oversized": lambda q, s: with_answers(q, ["127.0.0.2"] * 1500),
    "refusing": lambda q, s: with_answers(q, ["127.0.0.2", "127.255.255.254"]),
    "odd": lambda q, s: with_answers(q, ["127.0.0.99"]),
    "elsewhere": lambda q, s: with_answers(q, ["127.0.0.2", "203.0.113.80"]),
    "referral": lambda q, s: only_listed(q, message(q, authority=[record("spamcop.net", NS, name("ns.example"))])),
    "liar": lambda q, s: only_listed(q, message(q, [record(LISTED, A, address("127.0.0.2"))], rcode=NXDOMAIN)),
    "noise": lambda q, s: q[:2] + b"\x81\x80\0\1\0\x09\0\0\0\0" + q[12:] + os.urandom(40),
    "control_bytes": lambda q, s: control_bytes(q),
    "truncated": lambda q, s: healthy(q),
    "truncated_no_tcp": lambda q, s: healthy(q),
    "truncated_silent_tcp": lambda q, s: None,
    "truncated_twice": lambda q, s: message(q, flags=0x8380),
}
NO_TCP = {"truncated_no_tcp"}


def over_udp(mode, query, server):
    if mode.startswith("truncated"):
        return message(query, flags=0x8380)
    answer = MODES[mode](query, server)
    # As a name server does for a client without EDNS (RFC 1035 4.2.1); "oversized" sends what fits UDP.
    if answer is not None and len(answer) > 512:
        return answer[:4000] if mode == "oversized" else message(query, flags=0x8380)
    return answer


def serve_udp(sock, mode, server):
    def one(query, peer):
        answer = over_udp(mode, query, server)
        if answer is not None:
            sock.sendto(answer, peer)

    while True:
        query, peer = sock.recvfrom(4096)
        threading.Thread(target=one, args=(query, peer), daemon=True).start()


def serve_client(client, mode, server):
    stream = client.makefile("rwb")
    while True:
        head = stream.read(2)
        if len(head) < 2:
            return
        answer = MODES[mode](stream.read(struct.unpack(">H", head)[0]), server)
        if answer is not None:
            stream.write(struct.pack(">H", len(answer)) + answer)
            stream.flush()


def serve_tcp(sock, mode, server):
    while True:
        client, _ = sock.accept()
        threading.Thread(target=serve_client, args=(client, mode, server), daemon=True).start()


def main():
    port = int(sys.argv[1])
    for pair in sys.argv[2:]:
        server, mode = pair.split("=")
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((server, port))
        threading.Thread(target=serve_udp, args=(udp, mode, server), daemon=True).start()
        if mode in NO_TCP:
            continue
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((server, port))
        tcp.listen(64)
        threading.Thread(target=serve_tcp, args=(tcp, mode, server), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


main()
