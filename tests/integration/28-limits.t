#!/usr/bin/env python3
"""28-limits.t - limits at a real Postfix, counters that survive kill -9, and why a login was refused.

TAP. B is the build folder (build/release).
"""
import json
import os
import re
import signal
import smtplib
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import authd  # noqa: E402
from authd import Auth, Daemon, Policy, Tap, mailbox, password, plain, username  # noqa: E402
from postfix import Postfix, open_to_postfix  # noqa: E402

MESSAGES_PER_HOUR = 4  # as tests/support/seed.h
ROUNDS = 12            # kills
MESSAGES = 800         # of the lease that is sent with meanwhile

POLICY = """
CLEAN_POLICY = {{ unix:{run}/policy, timeout=5s, default_action=DEFER }}
smtpd_sender_restrictions = check_policy_service $CLEAN_POLICY
smtpd_data_restrictions = check_policy_service $CLEAN_POLICY
smtpd_end_of_data_restrictions = check_policy_service $CLEAN_POLICY
"""
# What somebody may leave out: then nobody asks about each recipient.
NOT_AT_RCPT = ("smtpd_sender_restrictions=",)
ONLY_AT_THE_END = NOT_AT_RCPT + ("smtpd_data_restrictions=",)
NOT_ALL_AT_RCPT = ("smtpd_sender_restrictions=", "{ smtpd_recipient_restrictions = check_recipient_access "
                   "inline:{ {amy@other.example = permit} }, check_policy_service $CLEAN_POLICY }")


def rows(daemon, statement):
    """One statement on the database, while no daemon runs."""
    with sqlite3.connect(daemon.path("state/cleansmtp.db")) as db:
        return db.execute(statement).fetchall()


def prepare(daemon):
    """Lease 1 (login 0) gets the limits that the seeded ones do not have, lease 5 a recipients' domain."""
    rows(daemon, "UPDATE lease SET recipients_max = 5, recipients_per_message = 3, message_size_max = 20480 WHERE id = 1")
    rows(daemon, "INSERT INTO lease_recipient_domain VALUES (5, 'remote.example')")
    rows(daemon, "UPDATE lease SET messages_max = 20, messages_per_hour = 20 WHERE id = 5")
    rows(daemon, f"UPDATE lease SET messages_max = {MESSAGES}, messages_per_hour = {MESSAGES} WHERE id = 7")


class Session:
    """One SMTP session that is logged in."""

    def __init__(self, port, number):
        self.smtp = smtplib.SMTP("127.0.0.1", port, timeout=30)
        self.smtp.ehlo("pc.hosted.example")
        self.smtp.docmd("AUTH PLAIN", plain(number))
        self.number = number

    def send(self, recipients, size=100, declared=None):
        """(stage, code, text) of the first refusal, or of the end."""
        options = [] if declared is None else [f"SIZE={declared}"]
        code, text = self.smtp.mail(mailbox(self.number), options)
        if code != 250:
            return self.over("MAIL", code, text)
        for address in recipients:
            code, text = self.smtp.rcpt(address)
            if code != 250:
                return self.over("RCPT", code, text)
        code, text = self.smtp.docmd("DATA")
        if code != 354:
            return self.over("DATA", code, text)
        self.smtp.send(b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * (size // 72) + b".\r\n")
        return self.over("END", *self.smtp.getreply())

    def over(self, stage, code, text):
        if code != 250:
            self.smtp.rset()
        return stage, code, text.decode()


def people(count):
    return [f"bob{number}@remote.example" for number in range(count)]


def check_postfix(tap, postfix):
    session = Session(postfix.port, 0)
    for name, (stage, code, part), got in (
            # With smtpd_delay_reject, as it is by default, MAIL is judged at the first RCPT.
            ("size as declared", ("RCPT", 550, "at most 20KB"), session.send(people(1), declared=20481)),
            ("size as it is", ("END", 550, "at most 20KB"), session.send(people(1), size=22000)),
            ("four recipients", ("DATA", 550, "at most 3 recipients"), session.send(people(4))),
            ("three recipients", ("END", 250, "queued as"), session.send(people(3), size=15000, declared=16000)),
            ("three more of five", ("DATA", 550, "for 5 recipients in all"), session.send(people(3))),
            ("the two that are left", ("END", 250, "queued as"), session.send(people(2))),
            ("none is left", ("RCPT", 550, "for 5 recipients in all"), session.send(people(1)))):
        tap.ok(got[0] == stage and got[1] == code and part in got[2], f"{name}: {code} at {stage}, \"{part}\"", got)
    session = Session(postfix.port, 4)
    for name, recipients, want in (("the lease's domain", people(2), ("END", 250)),
                                   ("another domain", ["eve@other.example"], ("RCPT", 550)),
                                   ("the same mailbox twice", people(1) * 2, ("END", 250)),
                                   ("another domain among them", people(2) + ["eve@other.example"], ("RCPT", 550))):
        got = session.send(recipients)
        tap.ok(got[:2] == want, f"{name}: {want[1]} at {want[0]}", got)
    session = Session(postfix.port, 5)
    got = [session.send(people(1))[:2] for _ in range(MESSAGES_PER_HOUR + 1)]
    tap.ok(got == [("END", 250)] * MESSAGES_PER_HOUR + [("RCPT", 450)], "messages an hour: the next is told to come later", got)


def check_unasked(tap, services):
    """A lease for one domain's recipients, where the mail server does not ask about each of them."""
    for name, service, recipients, want in (
            ("RCPT not asked: one recipient", NOT_AT_RCPT, people(1), ("END", 250)),
            ("RCPT not asked: one of another domain", NOT_AT_RCPT, ["eve@other.example"], ("DATA", 550)),
            ("RCPT not asked: two", NOT_AT_RCPT, people(2), ("DATA", 450)),
            ("RCPT not asked: one of another domain among them", NOT_AT_RCPT, people(1) + ["eve@other.example"], ("DATA", 450)),
            ("RCPT and DATA not asked: one recipient", ONLY_AT_THE_END, people(1), ("END", 250)),
            ("RCPT and DATA not asked: two", ONLY_AT_THE_END, people(2), ("END", 450)),
            ("a recipient whom another table permits", NOT_ALL_AT_RCPT, people(1) + ["amy@other.example"], ("DATA", 450)),
            ("all recipients asked about", NOT_ALL_AT_RCPT, people(2), ("END", 250))):
        got = Session(services[service], 4).send(recipients)
        tap.ok(got[:2] == want and (want[1] != 450 or "let smtpd_recipient_restrictions ask" in got[2]),
               f"{name}: {want[1]} at {want[0]}", got)


def check_journal(tap, daemon):
    """What the records of it say."""
    text = daemon.journal()
    lines = [line.split("\t") for line in text.splitlines()]
    sent = [line for line in lines if line[2] == "message" and line[3] == username(0)]
    tap.ok([line[7] for line in sent] == ["3", "2"], "the journal has the recipients of each message", text)
    tap.ok(all(" " in line[5] for line in sent), "and names it by instance and queue id", sent)
    tap.ok(all(line[8] == "policy, HELO pc.hosted.example" for line in sent), "and who asked", sent)
    refused = [line[6].split(",")[0] for line in lines if line[2] == "refused_message" and line[3] == username(0)]
    tap.ok(refused == ["size", "size", "recipients", "recipients_used", "recipients_used"],
           "each refused message is one record with its reason", refused)


class Sender(threading.Thread):
    """Sends messages of one login until that is refused for good; asks about each until it is answered."""

    def __init__(self, daemon, number, name):
        super().__init__()
        self.daemon, self.number, self.name, self.sent, self.last = daemon, number, name, [], ""

    def run(self):
        policy = Policy(self.daemon)
        count = 0
        while not self.last.startswith("action=550 "):
            count += 1
            instance = f"{self.name}.{count}"
            self.last = ""
            while self.last == "" or self.last.startswith("action=450 4.3.0 "):
                self.last = policy.ask(self.number, instance, tries=20) or ""
            if self.last.startswith("action=FILTER "):
                self.sent.append(instance)
        policy.close()


def check_kills(tap, daemon):
    """authd is killed again and again, between record and answer, too."""
    senders = [Sender(daemon, 6, f"s{number}") for number in range(4)]
    for sender in senders:
        sender.start()
    for number in range(ROUNDS):
        time.sleep(0.05 + number * 0.013)
        daemon.stop(signal.SIGKILL)
        daemon.start()
    for sender in senders:
        sender.join()
    sent = [instance for sender in senders for instance in sender.sent]
    records = [line.split("\t")[5].split(" ")[0] for line in daemon.journal().splitlines()
               if line.split("\t")[2:4] == ["message", username(6)]]
    tap.ok(len(sent) == MESSAGES and all(f"limit of {MESSAGES} messages" in sender.last for sender in senders),
           f"{ROUNDS} times kill -9: just the {MESSAGES} messages of the lease are sent", len(sent))
    tap.ok(len(set(records)) == len(records), "no message was counted twice", len(records))
    tap.ok(set(sent) <= set(records), "no message was free", sorted(set(sent) - set(records)))
    tap.ok(len(set(records) - set(sent)) == 0, "and none was counted that was refused", sorted(set(records) - set(sent)))
    daemon.start_issuer()
    for _ in range(100):
        status, said = daemon.command("--json", "lease", "show", "7")
        if f'"messages_used": {len(records)},' in said or f'"messages_used":{len(records)},' in said:
            break
        time.sleep(0.05)
    tap.ok(status == 0 and re.search(rf'"messages_used": ?{len(records)}\b', said) is not None, "the lease has them all", said)


def check_why(tap, daemon):
    """The answer to "why was I refused?"."""
    status, said = daemon.command("lease", "reveal", "8")
    second = re.search(r"^password +(\S+)$", said, re.M)
    tap.ok(status == 0 and second is not None, "the details are shown again", said)
    auth = Auth(daemon)
    before = auth.plain(7, "aaaaa-aaaaa-aaaaa-aaaaa-zzzzz")
    after = auth.plain(7, password(7))
    fields = [answer.split("\t", 2)[0:1] + answer.split("\t", 2)[2:] for answer in (before, after)]
    tap.ok(before.startswith("FAIL\t") and fields[0] == fields[1], "the first password hears what a wrong one hears", fields)
    status, said = daemon.command("lease", "show", "8")
    tap.ok(re.search(r"^last refused +535 at \d\d:\d\d: the password of the first reveal, replaced at \d\d:\d\d$", said, re.M),
           "lease show says why", said)
    tap.ok(re.search(r"refused_login +192\.0\.2\.50 +auth, smtp +535: a wrong password", said), "and who asked from where", said)
    status, said = daemon.command("case", "show", "1")
    tap.ok(re.search(r"^lease 8 was last refused: 535 at \d\d:\d\d: the password of the first reveal, replaced at \d\d:\d\d"
                     r" \(192\.0\.2\.50, auth, smtp\)$", said, re.M), "case show says it, and who asked from where, too", said)
    tap.ok(auth.plain(7, second.group(1)).startswith("OK\t"), "the second password is good")
    auth.close()
    with daemon.connect("verify") as link:
        client = "192.0.2.60"
        link.sendall(f"{username(7)}\0{second.group(1)}\0imap\0{client}\0\n".encode())
        tap.ok(authd.Line(link)() == "NO", "for IMAP it is not")
    status, said = daemon.command("--json", "lease", "show", "8")
    tap.ok('the login is for sending only, and \\"imap\\" was asked for' in said, "and that is told as well", said)


def refuse_at_each_door(daemon):
    """A wrong password at every door that takes one, and two messages; what is to be recorded of each: kind, client, detail,
    program."""
    Auth(daemon).plain(8, "wrong", client="198.51.100.1")
    authd.verify(daemon, 8, "wrong", client="198.51.100.2")
    authd.checkpassword(daemon, 8, "wrong")
    authd.saslauthd(daemon, 8, "wrong", client="198.51.100.3;1")
    authd.nginx(daemon, 8, "wrong", client="198.51.100.4")
    Policy(daemon).ask(8, "6.7.8.9", "MAIL", sender="eve@other.example")
    os.rename(daemon.path("state/cleansmtp.db"), daemon.path("state/aside.db"))
    time.sleep(1.2)  # authd looks once a second
    authd.verify(daemon, 8, client="198.51.100.5")
    os.rename(daemon.path("state/aside.db"), daemon.path("state/cleansmtp.db"))
    time.sleep(1.2)
    wrong = "a wrong password, and none that was shown before"
    return (("refused_login", "198.51.100.1", f"535: {wrong}", "auth, smtp"),
            ("refused_login", "198.51.100.2", f"535: {wrong}", "verify, smtp"),
            ("refused_login", "192.0.2.80", f"535: {wrong}", "verify, smtp"),
            ("refused_login", "198.51.100.3", f"535: {wrong}", "saslauthd, smtp"),
            ("refused_login", "198.51.100.4", f"535: {wrong}", "nginx, smtp"),
            ("refused_message", "192.0.2.50", "550: the details are for other senders (from eve@other.example)", "policy"),
            ("refused_login", "198.51.100.5", "454: our own fault: the login could not be checked", "verify, smtp"))


def check_doors(tap, daemon):
    """Each refusal has its reason, the client's address and the program, whichever door it was."""
    want = refuse_at_each_door(daemon)
    got = []
    for _ in range(100):
        _, said = daemon.command("--json", "lease", "show", "9")
        usage = json.loads(said)
        usage = usage.get("lease", usage)["usage"]
        got = [(one["kind"], one["client"], one["text"], one["program"]) for one in reversed(usage)]
        if len(got) >= len(want):
            break
        time.sleep(0.05)
    for number, one in enumerate(want):
        tap.ok(number < len(got) and got[number] == one, f"refused by {one[3]}, told to {one[1]}: {one[2]}", got)


def main():
    tap = Tap()
    if os.getuid() != 0:
        print("1..0 # SKIP a Postfix of its own needs root")
        return 0
    daemon = Daemon(leases=10)
    open_to_postfix(daemon)
    with open(daemon.config, "a", encoding="ascii") as file:
        file.write("policy { console_reveal = yes }\n")
    prepare(daemon)
    postfix = None
    try:
        daemon.start()
        postfix = Postfix(daemon)
        postfix.configure(POLICY.format(run=postfix.run))
        services = {options: postfix.serve(options) for options in (NOT_AT_RCPT, ONLY_AT_THE_END, NOT_ALL_AT_RCPT)}
        postfix.start()
        check_postfix(tap, postfix)
        check_unasked(tap, services)
        check_journal(tap, daemon)
        check_kills(tap, daemon)
        check_why(tap, daemon)
        check_doors(tap, daemon)
        return tap.done()
    finally:
        if postfix is not None:
            postfix.end()
        daemon.end()


if __name__ == "__main__":
    sys.exit(main())
