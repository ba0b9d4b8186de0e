#!/usr/bin/env python3
"""29-opensmtpd.t - the table and the filter for OpenSMTPD against the real cleansmtp-authd, against none, and against one that says
what nobody understands. The lines are those of OpenSMTPD 7.6; tests/e2e/35 and 36 have the real one. TAP. Makes one folder below
/tmp and removes it.
"""
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from doors import Authd, EXPIRED, Fake, Folder, GOOD, NO_ANSWERS, NOT_REVEALED, REALM, REVOKED, TOP, UNKNOWN, done, equal, ok, username

REFUSED = (("unknown", username(UNKNOWN)), ("not revealed", username(NOT_REVEALED)), ("expired", username(EXPIRED)),
           ("revoked", username(REVOKED)))
# What a socketmap may say without finding anything.
NO_NETSTRINGS = NO_ANSWERS + (("TEMP in a netstring", "10:TEMP later,"), ("PERM", "6:PERM x,"), ("another word", "8:OK DUNNO,"),
                              ("half a netstring", "18:OK FILT"), ("a long one", "999999:x"), ("an empty one", "0:,"))
NO_ACTIONS = NO_ANSWERS + (("half an action", "action=FILTER clean01:\\n"), ("another action", "action=PREPEND x: y\\n\\n"),
                           ("a lane too early", "action=HOLD\\n\\n"), ("an action with a bar", "action=DUNNO|x\\n\\n"))


class Program:
    """One of ours, as smtpd runs it."""

    def __init__(self, name, *arguments):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([f"{TOP}/packaging/opensmtpd/{name}", *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        ok(self.process.wait(10) == 0, "it ends when OpenSMTPD does, and not before", self.process.returncode)

    def tell(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines).encode())
        self.process.stdin.flush()

    def line(self, timeout=15):
        while b"\n" not in self.data:
            if not select.select([self.process.stdout], [], [], timeout)[0]:
                return "nothing"
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                return "ended"
            self.data += piece
        line, self.data = self.data.split(b"\n", 1)
        return line.decode("latin-1")

    def registered(self):
        self.tell("config|smtpd-version|7.6.0-portable", "config|protocol|0.7", "config|ready")
        lines = []
        while not lines or lines[-1] not in ("register|ready", "nothing", "ended"):
            lines.append(self.line())
        return lines


# ---- the table ----------------------------------------------------------------------------------
class Table(Program):
    def __init__(self, socketmap):
        super().__init__("table-cleansmtp", socketmap)
        equal(self.registered(), ["register|string", "register|mailaddr", "register|ready"], "table: it answers for names")

    def check(self, table, login):
        kind = "mailaddr" if "@" in login else "string"
        self.tell(f"table|0.1|1713795103.314423|{table}|check|{kind}|e5862859|{login}")
        line = self.line()
        return line.removeprefix("check-result|e5862859|") if line.startswith("check-result|e5862859|") else line


def check_table(authd):
    with Table(authd.home.path("run/socketmap")) as table:
        login = username(GOOD)
        lane = next((one for one in ("clean01", "clean02") if table.check(one, login) == "found"), "none")
        other = "clean02" if lane == "clean01" else "clean01"
        for name, one in (("a login", login), ("in capitals", login.upper()), ("with our realm", f"{login}@{REALM}")):
            equal([table.check(lane, one), table.check(other, one), table.check("cleansmtp_rest", one)],
                  ["found", "not-found", "error"], f"table: {name} is in its lane's table alone, and without that deferred")
        for name, one in REFUSED:
            equal([table.check(lane, one), table.check("cleansmtp_rest", one)], ["not-found", "found"], f"table: {name}: refused")
        for one in ("carol", "carol@customer.test", "", "a|b", "x" * 9000):
            equal([table.check(lane, one), table.check("cleansmtp_rest", one)], ["not-found"] * 2,
                  f"table: {one[:20]!r} is none of ours")
        table.tell(f"table|0.1|1.2|{lane}|update|77", f"table|0.1|1.2|{lane}|lookup|string|78|{login}", f"table|0.1|1.2|{lane}|fetch|source|79")
        equal([table.line() for _ in range(3)], ["update-result|77|ok", "lookup-result|78|error", "fetch-result|79|error"],
              "table: it has an answer to all that a table may be asked")
        authd.signal(signal.SIGSTOP)
        start = time.monotonic()
        equal(table.check(lane, login), "error", "table: authd hangs: temporary")
        ok(time.monotonic() - start < 4, "... and it is told soon, for OpenSMTPD waits", time.monotonic() - start)
        authd.signal(signal.SIGCONT)
        equal(table.check(lane, login), "found", "table: it goes on afterwards")


def check_table_without(socketmap, name):
    with Table(socketmap) as table:
        equal([table.check(one, username(GOOD)) for one in ("clean01", "cleansmtp_rest")], ["error"] * 2, f"table, {name}: temporary")


# ---- the filter ---------------------------------------------------------------------------------
LATER = "reject|450 4.3.0 Temporary failure of the sending service, please try again later"


class Filter(Program):
    def __init__(self, policy):
        super().__init__("filter-cleansmtp", policy)
        lines = self.registered()
        ok({"register|filter|smtp-in|mail-from", "register|filter|smtp-in|rcpt-to", "register|filter|smtp-in|commit",
            "register|filter|smtp-in|data-line"} < set(lines) and lines[-1] == "register|ready", "filter: it wants to be asked", lines)

    def report(self, event, session, *fields):
        self.tell("|".join(("report", "0.7", "1576146008.006099", "smtp-in", event, session, *fields)))

    def put(self, phase, session, *fields):
        self.tell("|".join(("filter", "0.7", "1576146008.006099", "smtp-in", phase, session, "1ef1", *fields)))

    def ask(self, phase, session, *fields):
        self.put(phase, session, *fields)
        start = f"filter-result|{session}|1ef1|"
        line = self.line()
        return line.removeprefix(start) if line.startswith(start) else line

    def begin(self, session, login, result="pass", client="192.0.2.50:4711"):
        self.report("link-connect", session, "pc.customer.test", "pass", client, "198.51.100.11:587")
        if login:
            self.report("link-auth", session, result, login)

    def message(self, session, sender, recipients, lines=("Subject: x", "", "Hello | you", ".."), size=""):
        """What each step hears, up to the first refusal, and the lines that came back."""
        heard = [self.ask("mail-from", session, f"<{sender}>{size}")]
        for one in recipients:
            heard.append(self.ask("rcpt-to", session, f"<{one}>"))
            self.report("tx-rcpt", session, "9ed0", "ok" if heard[-1] == "proceed" else "permfail", one)
        if set(heard) != {"proceed"}:
            return heard, []
        back = []
        for line in (*lines, "."):
            self.put("data-line", session, line)
            back.append(self.line().removeprefix(f"filter-dataline|{session}|1ef1|"))
        return heard + [self.ask("commit", session)], back


def check_filter(authd):
    policy = authd.home.path("run/policy")
    number = GOOD + 6
    with Filter(policy) as program:
        program.begin("aa", username(number))
        sender = f"customer{number}@hosted.example"
        equal(program.message("aa", sender, ["bob@remote.example"]),
              (["proceed"] * 3, ["Subject: x", "", "Hello | you", "..", "."]), "filter: a message goes, as it came")
        heard = program.message("aa", "other@hosted.example", ["bob@remote.example"])[0]
        ok(heard[0].startswith("reject|550 5.7.1 "), "filter: another sender is refused", heard)
        equal(program.message("aa", sender, ["a@remote.example", "b@remote.example"])[0], ["proceed"] * 4, "filter: a message to two is one")
        heard = [program.message("aa", sender, ["bob@remote.example"])[0] for _ in range(3)]
        ok(heard[1][-1] == "proceed" and heard[2][0].startswith("reject|450 4.7.1 "), "filter: four messages an hour and no more", heard)
        check_filter_size(authd, program)
        for place, (name, login) in enumerate(REFUSED):
            program.begin(f"b{place}", login)
            heard = program.message(f"b{place}", sender, ["bob@remote.example"])[0]
            ok(heard[0].startswith("reject|550 5.7.1 "), f"filter: {name} is refused", heard)
        for session, login, result in (("c1", "carol", "pass"), ("c2", username(number), "fail"), ("c3", None, "")):
            program.begin(session, login, result)
            equal(program.message(session, "carol@hosted.example", ["bob@remote.example"])[0], ["proceed"] * 3,
                  f"filter: a session without a login of ours goes on ({result or 'none'})")
        check_filter_hanging(authd, program)
        # Before the last line nothing is heard that could end it.
        program.tell("", "|", "filter", "report|0.7|1|smtp-in|link-connect|g1", "report|0.7|1|smtp-in|link-auth|g1", "nonsense|x|y",
                     "report|0.7|1|smtp-in|link-connect|g1|pc|pass|[fe80::1%lo]:1|x", "report|0.7|1|smtp-in|link-auth|g1|fail|x",
                     "filter|0.7|1|smtp-in|nothing|g1|7", "filter|0.7|1|smtp-in|mail-from|g2|last|<a@b.example>")
        heard = ""
        while heard not in ("nothing", "ended", "filter-result|g2|last|proceed"):
            heard = program.line()
        equal(heard, "filter-result|g2|last|proceed", "filter: what it does not understand does not end it")


def check_filter_size(authd, program):
    number = GOOD + 9
    sender = f"customer{number}@hosted.example"
    with sqlite3.connect(authd.home.path("state/cleansmtp.db")) as database:
        database.execute("UPDATE lease SET message_size_max = 100000 WHERE username = ?", (username(number),))
    program.begin("e1", username(number))
    heard = program.message("e1", sender, ["bob@remote.example"], size=" SIZE=100001 BODY=8BITMIME")[0]
    ok(heard[0].startswith("reject|550 5.7.1 "), "filter: too large as it is declared", heard)
    heard = program.message("e1", sender, ["bob@remote.example"], lines=["x" * 900] * 112, size=" SIZE=99999")[0]
    ok(heard[-1].startswith("reject|550 5.7.1 "), "filter: too large as it is", heard)
    equal(program.message("e1", sender, ["bob@remote.example"], lines=["x" * 900] * 110)[0], ["proceed"] * 3, "filter: not too large")


def check_filter_hanging(authd, program):
    """Sessions do not wait for each other, and each is told."""
    program.begin("d1", username(GOOD + 7))
    program.begin("d2", username(GOOD + 8))
    authd.signal(signal.SIGSTOP)
    start = time.monotonic()
    for session, number in (("d1", GOOD + 7), ("d2", GOOD + 8)):
        program.put("mail-from", session, f"<customer{number}@hosted.example>")
    program.begin("d3", "carol")
    equal(program.ask("mail-from", "d3", "<carol@hosted.example>"), "proceed", "filter: authd hangs: others go on meanwhile")
    ok(time.monotonic() - start < 2, "... at once", time.monotonic() - start)
    program.report("link-disconnect", "d2")
    equal(sorted(program.line() for _ in range(2)), [f"filter-result|{one}|1ef1|{LATER}" for one in ("d1", "d2")],
          "filter: authd hangs: temporary")
    ok(time.monotonic() - start < 12, "... and it is told in time", time.monotonic() - start)
    authd.signal(signal.SIGCONT)
    equal(program.ask("mail-from", "d1", f"<customer{GOOD + 7}@hosted.example>"), "proceed", "filter: it goes on afterwards")


def check_guessing(authd):
    """Who fails often waits before the next try, and nobody else does."""
    with Filter(authd.home.path("run/policy")) as program:
        for client, neighbour, other in (("192.0.2.51:4711", "192.0.2.51:4712", "192.0.2.52:4711"),
                                         ("[2001:db8:1::51]:4711", "[2001:db8:1::52]:4711", "[2001:db8:2::51]:4711")):
            for number in range(10):
                program.begin(f"f{number}", username(GOOD), "fail", client)
            program.begin("f1", None, client=neighbour)
            equal(program.ask("auth", "f1", "PLAIN"), "proceed", f"filter: {client} failed ten times: the next try is free")
            for _ in range(2):
                program.begin("f2", username(GOOD), "fail", client)
            start = time.monotonic()
            program.begin("f3", None, client=neighbour)
            program.put("auth", "f3", "PLAIN")
            program.begin("f4", None, client=other)
            equal(program.ask("auth", "f4", "LOGIN"), "proceed", f"filter: twelve times: {other} goes on")
            ok(time.monotonic() - start < 0.9, "... at once", time.monotonic() - start)
            equal(program.line(), "filter-result|f3|1ef1|proceed", f"filter: ... and {neighbour} a little later")
            ok(0.9 < time.monotonic() - start < 4, "... but not at once", time.monotonic() - start)


def check_filter_without(policy, name):
    with Filter(policy) as program:
        program.begin("aa", username(GOOD))
        equal([program.ask("mail-from", "aa", "<a@b.example>"), program.ask("rcpt-to", "aa", "<c@d.example>"),
               program.ask("commit", "aa")], [LATER] * 3, f"filter, {name}: deferred")


def main():
    with Folder("opensmtpd") as folder, Authd(folder, "", leases=50) as authd:
        check_table(authd)
        check_filter(authd)
        check_guessing(authd)
        check_table_without(folder.path("nobody"), "no socket")
        check_filter_without(folder.path("nobody"), "no socket")
        for name, answer in NO_NETSTRINGS:
            with Fake(folder, "fake", answer) as fake:
                check_table_without(fake.path, "authd says " + name)
        for name, answer in NO_ACTIONS:
            with Fake(folder, "fake", answer) as fake:
                check_filter_without(fake.path, "authd says " + name)
    done()


if __name__ == "__main__":
    main()
