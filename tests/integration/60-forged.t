#!/usr/bin/env python3
"""60-forged.t - bounces forged from real ones, against the real programs: none of them may give a
lease on one person's word.

rbldnsd serves two lists that pass their own tests and list every shared address, so that the list
never stops a forgery; a name server in front of it knows the recipients' mail servers and keeps
what it was asked. cleansmtpd reads a Postfix log without a gap. Every forgery starts from a
rejection of its own that stands in that log, has not been used, and whose unchanged bounce would
be good for a lease (the controls mint such ones, form by form); it is of a customer of its own. So
what stops a forgery is what was forged, and that it is, is asserted by name.

Forged is, by definition: a bounce that says what did not happen (address, list, reply, message,
time), that is somebody else's, that was used, or that the customer's own server made. Not forged
is what an honest server could have written and our log confirms: other prose around the reply, a
form without ids or without a date. Two mailboxes of one domain are one customer.
"""
import json
import os
import re
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from issuer import TOP, Issuer, check, done, free_port, wait_for  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tests", "support"))
from forged_bounces import FORMS, KINDS, PSBL, SPAMCOP, Rejection, log_text, postfix  # noqa: E402

SOA, MX = 6, 15


# ---- name server --------------------------------------------------------------------------------

def dns_name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


class Names(threading.Thread):
    """The lists by rbldnsd, mail servers by itself; nothing else exists."""
    def __init__(self, lists_port):
        super().__init__(daemon=True)
        self.lists = ("127.0.0.1", lists_port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = set()
        self.start()

    def run(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            threading.Thread(target=self.one, args=(query, peer), daemon=True).start()

    def one(self, query, peer):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += 1 + query[at]
        owner, kind = ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0]
        self.asked.add((owner, kind))
        if owner.endswith(("." + SPAMCOP, "." + PSBL)):
            answer = self.from_lists(query)
        else:
            answer = self.own(query[:2], query[12:at + 5], owner, kind)
        self.socket.sendto(answer, peer)

    def from_lists(self, query):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(5)
            s.sendto(query, self.lists)
            return s.recv(4096)

    @staticmethod
    def own(ident, question, owner, kind):
        if kind == MX and re.fullmatch(r"(ziel|kunde)\d+\.example", owner):
            data = struct.pack(">H", 10) + dns_name("mx." + owner)
            record = b"\xc0\x0c" + struct.pack(">HHIH", MX, 1, 60, len(data)) + data
            return ident + struct.pack(">5H", 0x8180, 1, 1, 0, 0) + question + record
        data = dns_name("ns.example") * 2 + struct.pack(">5I", 1, 60, 60, 60, 1)
        record = dns_name("example") + struct.pack(">HHIH", SOA, 1, 60, len(data)) + data
        return ident + struct.pack(">5H", 0x8183, 1, 0, 1, 0) + question + record


# ---- the real programs --------------------------------------------------------------------------

class House(Issuer):
    def __init__(self):
        super().__init__("forged")
        self.bounce = self.path("bounce")
        self.lists = self.names = None

    def end(self):
        super().end()
        if self.lists is not None:
            self.lists.terminate()
            self.lists.wait()

    def start_lists(self):
        os.mkdir(self.path("dns"), 0o755)
        for zone in (SPAMCOP, PSBL):
            with open(self.path(f"dns/{zone}"), "w", encoding="ascii") as f:
                f.write(f"$SOA 1 ns.{zone} hostmaster.{zone} 1 1h 1h 1h 1\n"
                        ":127.0.0.2:Blocked - see https://lists.example/q?$\n"
                        "127.0.0.2\n192.0.2.0/28\n")
            os.chmod(self.path(f"dns/{zone}"), 0o644)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        for _ in range(10):
            port = free_port(socket.SOCK_DGRAM)
            self.lists = self.spawn("rbldnsd", "-n", "-q", "-c", "1h", "-t", "1", "-w", self.path("dns"), *user,
                                    "-b", f"127.0.0.1/{port}", *[f"{zone}:ip4set:{zone}" for zone in (SPAMCOP, PSBL)])
            time.sleep(0.4)
            if self.lists.poll() is None:
                return port
        raise RuntimeError("rbldnsd does not start")

    def start(self):
        self.names = Names(self.start_lists())
        with open(self.path("mail.log"), "w", encoding="ascii") as f:
            f.write(log_text())
        self.configure(f'dns {{ servers = {{ "127.0.0.1" }} port = {self.names.port} }}\n'
                       f'zones {{ use = {{ "{SPAMCOP}", "{PSBL}" }} }}\n'
                       "policy { leases_per_week = 1000 leases_per_month = 1000 }\n"
                       f'mta_log {{ file = "{self.path("mail.log")}" format = "postfix" }}\n')
        super().start()
        for words in (["shared", "add", "192.0.2.0/28"],
                      ["pool", "add", "203.0.113.9", "--lane", "clean1", "--helo",
                       "out9.hoster.example", "--capacity", "100"],
                      ["pool", "add", "203.0.113.10", "--lane", "clean2", "--helo",
                       "out10.hoster.example", "--capacity", "100"]):
            self.json(*words)

    def keep(self, text):
        with open(self.bounce, "w", encoding="utf-8") as f:
            f.write(text)

    def doubts(self, text, mailbox):
        self.keep(text)
        return json.loads(self.cli("--json", "diagnose", self.bounce, "--mailbox", mailbox)[1])["doubts"]

    def mint(self, text, mailbox, is_by_case=False):
        """Exit status, what it says, the lease if there is one, and the case it opened."""
        self.keep(text)
        customer = ["--mailbox", mailbox]
        # More messages than policy allows: the case is kept, and there is no lease.
        status, out, err = self.cli("--json", "mint", "--bounce", self.bounce,
                                    *(["--messages", "100000"] if is_by_case else customer))
        found = re.search(r"^case (\d+): ", err, re.M)
        case = self.json("case", "show", found[1]) if found else {}
        if is_by_case and found:
            status, out, err = self.cli("--json", "mint", "--case", found[1], *customer)
        lease = json.loads(out)["lease"] if out else None
        return status, err, lease, case

    def live(self):
        return [lease for lease in self.json("lease", "list")
                if lease["state"] in ("offered", "revealed", "in_use", "pending_approval")]

    def revoke(self, lease):
        self.json("lease", "revoke", str(lease["id"]), "--reason", "test")


def in_words(status, said_by_mint, case):
    doubts = ",".join(case.get("doubts", []))
    checks = "; ".join(f"{c['question']} {c['answer']}" for c in case.get("checks", []))
    return f"exit {status}, {case.get('verdict')}, doubts [{doubts}], {checks}\n{said_by_mint}"


def controls(house, genuine):
    for form, r in genuine:
        status, words, lease, case = house.mint(form(r), r.customer)
        good = status == 0 and lease is not None and lease["state"] == "offered"
        check(f"genuine, {form.__name__}: a lease without a second person", good,
              in_words(status, words, case) + form(r))
        if lease is not None:
            house.revoke(lease)


def use(house, forgery):
    """Leases that come before it; False when one was not given."""
    for text, mailbox in forgery.first:
        status, _, lease, _ = house.mint(text, mailbox)
        if status != 0:
            return False
        house.revoke(lease)
    return True


def try_one(house, forgery):
    name = f"{forgery.kind}, {forgery.name}"
    if not use(house, forgery):
        check(name, False, "the genuine bounce before it gave no lease")
        return
    status, words, lease, case = house.mint(forgery.text, forgery.mailbox, forgery.is_by_case)
    live = house.live()
    given = [one for one in live if one["state"] != "pending_approval"]
    why = {case.get("verdict"), *case.get("doubts", [])}
    if lease is not None and lease.get("approval"):
        why |= {one.get("name") for one in lease["approval"].get("why", [])}
    story = in_words(status, words, case)
    stopped = status in (4, 5, 8) and not given and why & forgery.want
    # What it said of the lease before is why only where that was tried.
    check(name, bool(stopped) and "has lease" not in words,
          f"{story}want one of {sorted(forgery.want)}, found {sorted(map(str, why))}\n"
          f"{forgery.text}")
    if stopped:
        print(f"# {status}: {' '.join(sorted(map(str, why)))}")
    for one in live:
        house.revoke(one)


# What is asked besides the lists: the recipient's mail servers, and whether the address that would be
# given next works for the customer (its name both ways, his SPF and DMARC).
ASKED = re.compile(r"(ziel|kunde)\d+\.example type 15|(_dmarc\.)?kunde\d+\.example type 16|"
                   r"(9|10)\.113\.0\.203\.in-addr\.arpa type 12|out\d+\.hoster\.example type (1|28)")


def questions_were_ours(house):
    for owner, kind in sorted(house.names.asked):
        is_list = owner.endswith(("." + SPAMCOP, "." + PSBL))
        if is_list or ASKED.fullmatch(f"{owner} type {kind}"):
            continue
        yield f"{owner} type {kind}"


def main():
    genuine = [(form, Rejection()) for form in FORMS]
    forgeries = [forgery for kind in KINDS for forgery in kind()]
    started = time.monotonic()
    with House() as house:
        # Genuine, and not minted: it only tells when the log was taken in.
        last = Rejection.made[-1]
        first = postfix(Rejection.made[0])
        if not wait_for(lambda: house.doubts(first, Rejection.made[0].customer) == [] and
                        "log_unknown" not in house.doubts(postfix(last), last.customer)):
            raise RuntimeError("the log is not taken in")
        controls(house, genuine)
        for forgery in forgeries:
            try_one(house, forgery)
        strays = list(questions_were_ours(house))
        check("no question but about our lists, the recipients' servers and the customers' senders", not strays,
              "\n".join(strays))
        check("mail servers were asked about", any(kind == MX for _, kind in house.names.asked))
        audit = house.json("audit", "verify")
        check("the audit log is whole", bool(audit.get("intact")), audit)
        check("cleansmtpd is alive after all that", house.process.poll() is None)
    check("and ends cleanly", house.status == 0, f"status {house.status}")
    check("200 forgeries or more", len(forgeries) >= 200, len(forgeries))
    print(f"# {len(forgeries)} forgeries in {time.monotonic() - started:.1f} s")
    done()


main()
