#!/usr/bin/env python3
"""27-never-stale.t - a lease that is revoked or has expired is refused at every door and in every open session within a second.

Every door is asked about one login over and over, in connections that are kept and in new ones, while the real cleansmtpd
revokes its lease, and while another one expires. TAP.
"""
import os
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import authd  # noqa: E402
from authd import Auth, Daemon, Line, Policy, Socketmap  # noqa: E402

REVOKED, EXPIRED, OTHER = 10, 11, 12
NEVER_USED = range(20, 30)
LEASES = 50
LIMIT_S = 1.0
tap = authd.Tap()
ok = tap.ok


class Kept:
    """One connection for all questions."""

    def __init__(self, make):
        self.make, self.kept = make, None

    def __call__(self, daemon, number):
        if self.kept is None:
            self.kept = self.make(daemon)
        return self.kept(number)


def auth_anew(daemon, number):
    client = Auth(daemon)
    answer = client.plain(number, client="198.51.100.1")
    client.close()
    return answer


def auth_kept(daemon):
    client = Auth(daemon)
    return lambda number: client.plain(number, client="198.51.100.2")


def auth_login(daemon):
    client = Auth(daemon)
    return client.login


def verify_kept(daemon):
    link = daemon.connect("verify")
    line = Line(link)

    def ask(number):
        record = (authd.username(number), authd.password(number), "smtp", "198.51.100.3", "secured=yes", "\n")
        link.sendall("\0".join(record).encode())
        return line()
    return ask


def policy_kept(state):
    def make(daemon):
        client = Policy(daemon)
        return lambda number: client.ask(number, f"1.2.3.{number}", state)
    return make


def socketmap_kept(name, key):
    def make(daemon):
        client = Socketmap(daemon)
        return lambda number: client.ask(name, key(number))
    return make


# The doors: how to ask, and how a good answer and a refusal begin.
DOORS = {
    "auth, a new connection": (auth_anew, "OK\t", "FAIL\t"),
    "auth, PLAIN in one that is kept": (Kept(auth_kept), "OK\t", "FAIL\t"),
    "auth, LOGIN in one that is kept": (Kept(auth_login), "OK\t", "FAIL\t"),
    "verify, a new connection": (lambda daemon, number: authd.verify(daemon, number, client="198.51.100.4"), "OK\t", ("EXPIRED\t", "REVOKED\t")),
    "verify, one that is kept": (Kept(verify_kept), "OK\t", ("EXPIRED\t", "REVOKED\t")),
    "checkpassword": (lambda daemon, number: f"status {authd.checkpassword(daemon, number)}", "status 0", "status 1"),
    "saslauthd": (lambda daemon, number: authd.saslauthd(daemon, number, client="198.51.100.5;1"), "OK", "NO"),
    "nginx": (lambda daemon, number: authd.nginx(daemon, number, client="198.51.100.6"), "Auth-Port:", "Auth-Error-Code: 535"),
    "socketmap, egress": (Kept(socketmap_kept("egress", authd.username)), "OK FILTER clean01:", "OK 550 5.7.1 "),
    "socketmap, senders": (Kept(socketmap_kept("senders", authd.mailbox)), "OK cs-", "NOTFOUND"),
    "socketmap, lanes": (Kept(socketmap_kept("lanes", authd.mailbox)), "OK clean01:", "NOTFOUND"),
    "policy, a new connection": (lambda daemon, number: policy_kept("RCPT")(daemon)(number), "action=DUNNO", "action=550 5.7.1 "),
    "policy, MAIL": (Kept(policy_kept("MAIL")), "action=DUNNO", "action=550 5.7.1 "),
    "policy, RCPT": (Kept(policy_kept("RCPT")), "action=DUNNO", "action=550 5.7.1 "),
    "policy, DATA": (Kept(policy_kept("DATA")), "action=DUNNO", "action=550 5.7.1 "),
    "policy, END-OF-MESSAGE": (Kept(policy_kept("END-OF-MESSAGE")), "action=FILTER clean01:", "action=550 5.7.1 "),
}


class Watch(threading.Thread):
    """Asks one door about one login; what it heard, and when it had asked."""

    def __init__(self, daemon, number, name):
        super().__init__()
        self.daemon_, self.number, self.name = daemon, number, name
        self.is_over, self.heard = False, []
        self.ask, self.good, self.bad = DOORS[name]

    def kind(self, answer):
        if answer is None:
            return "lost"
        if answer.startswith(self.good):
            return "good"
        words = ("EXPIRED\t", "REVOKED\t") if self.bad == ("EXPIRED\t", "REVOKED\t") else (self.bad,)
        return "refused" if answer.startswith(words) else answer

    def run(self):
        while not self.is_over:
            asked = time.time()
            try:
                answer = self.ask(self.daemon_, self.number)
            except OSError as error:
                answer = repr(error)
            self.heard.append((asked, time.time(), self.kind(answer)))
            time.sleep(0.02)


def watch(daemon, number, act):
    """Ask at every door until two and a half seconds after act() says when it happened."""
    watches = [Watch(daemon, number, name) for name in DOORS]
    for one in watches:
        one.start()
    time.sleep(0.5)
    moment = act()
    time.sleep(max(0.0, moment + 2.5 - time.time()))
    for one in watches:
        one.is_over = True
    for one in watches:
        one.join()
    return moment, watches


def judge(what, began, moment, watches):
    """good until began, refused from a second after moment on, and nothing else ever."""
    for one in watches:
        before = [kind for _, answered, kind in one.heard if answered < began]
        late = [kind for asked, _, kind in one.heard if asked > moment + LIMIT_S]
        last_good = max([asked for asked, _, kind in one.heard if kind == "good"], default=0)
        kinds = {kind for _, _, kind in one.heard}
        ok(before and set(before) == {"good"} and late and set(late) == {"refused"} and kinds == {"good", "refused"},
           f"{what}: {one.name}", f"{before[-3:]} {late[:3]} {kinds}")
        print(f"# asked and good until {(last_good - moment) * 1000:.0f} ms after")


def check_never_used(daemon):
    """authd holds all logins in memory, asked about or not (docs/decisions/login-cache.md)."""
    ok(daemon.wait_logged(f"event=logins.read count={LEASES - 3}"), "all logins that may log in are read in", daemon.logged())
    answers = []
    for number in NEVER_USED:
        status, said = daemon.command("lease", "revoke", str(number + 1))
        answers.append(said if status != 0 else authd.verify(daemon, number).split("\t")[0])
    ok(set(answers) == {"REVOKED"}, "a login that was never used is refused from its revocation on", answers)


def main():
    daemon = Daemon(LEASES)
    try:
        expires_at = int(time.time()) + 12
        with sqlite3.connect(daemon.path("state/cleansmtp.db")) as database:  # its writer is not there yet
            database.execute("UPDATE lease SET expires_at = ? WHERE id = ?", (expires_at, EXPIRED + 1))
        daemon.start_issuer()
        daemon.start()

        def revoke():
            nonlocal began
            began = time.time()
            status, said = daemon.command("lease", "revoke", str(REVOKED + 1))
            ok(status == 0, "the lease is revoked", said)
            return time.time()

        began = 0.0
        moment, watches = watch(daemon, REVOKED, revoke)
        judge("revoked", began, moment, watches)

        ok(time.time() < expires_at - 1, "the other lease is good still", expires_at - time.time())
        moment, watches = watch(daemon, EXPIRED, lambda: float(expires_at))
        judge("expired", moment - 0.1, moment, watches)
        ok(authd.verify(daemon, OTHER).startswith("OK\t"), "a third one was not touched")
        check_never_used(daemon)
    finally:
        daemon.end(tap.failed > 0)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
