#!/usr/bin/env python3
"""28-killed.t - the counters of the limits survive kill -9: no message is counted twice, and none is free.

Mail servers ask about the end of messages without pause, each as Postfix does (a lost answer is asked for again, with the
same instance), while cleansmtp-authd is killed and started at random moments, and the real cleansmtpd takes its journal
in. At the end a lease has let go exactly as many messages as it may, and the counts agree with what was answered. TAP.
"""
import json
import os
import random
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import authd  # noqa: E402
from authd import Daemon, Policy  # noqa: E402

KILLS = 120
LIMITED, LIMIT = 10, 700  # a lease of so many messages; its servers ask until they have an answer
IMPATIENT = 11  # a lease without such a limit; its servers give up after two tries, as Postfix
SERVERS = 4
tap = authd.Tap()
ok = tap.ok


class Server(threading.Thread):
    """One smtpd: message after message until it is told to stop, or the lease has no more."""

    def __init__(self, daemon, number, name, gives_up):
        super().__init__()
        self.daemon_, self.number, self.name, self.gives_up = daemon, number, name, gives_up
        self.is_over = self.is_refused = False
        self.sent, self.unanswered, self.strange, self.retried = [], [], [], 0

    def run(self):
        client, serial = Policy(self.daemon_), 0
        while not self.is_over and not self.is_refused:
            serial += 1
            instance = f"{self.name}.5f3a.1b2c.{serial}"
            tries, action = 0, None
            while action is None and not (self.gives_up and tries == 2):
                tries += 1
                action = client.ask(self.number, instance, tries=1)
            self.retried += tries > 1
            self.note(instance, action)
            time.sleep(random.uniform(0, 0.02))

    def note(self, instance, action):
        if action is None:
            self.unanswered.append(instance)
        elif action == "action=FILTER clean01:":
            self.sent.append(instance)
        elif action.startswith("action=550 5.7.1 "):
            self.is_refused = True
        else:
            self.strange.append(action)


def used(daemon, number):
    """messages_used of the lease, as the command line says it."""
    _, said = daemon.command("lease", "show", str(number + 1), "--json")
    lease = json.loads(said)
    return lease.get("lease", lease)["messages_used"]


def settled(daemon, number, want):
    """What messages_used comes to: cleansmtpd takes the journal in a moment later."""
    until = time.monotonic() + 20
    while (count := used(daemon, number)) < want and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(1.5)  # and not beyond it
    return used(daemon, number)


def kill_often(daemon):
    """Kill it so often; the moments are spread over all that a request goes through."""
    for _ in range(KILLS):
        time.sleep(random.uniform(0, 0.08))
        daemon.process.kill()
        daemon.process.wait()
        daemon.start()


def main():
    random.seed(20261126)
    daemon = Daemon()
    try:
        with sqlite3.connect(daemon.path("state/cleansmtp.db")) as database:  # its writer is not there yet
            database.execute("UPDATE lease SET messages_per_hour = 1000000, messages_max = 1000000")
            database.execute("UPDATE lease SET messages_max = ? WHERE id = ?", (LIMIT, LIMITED + 1))
        daemon.start_issuer()
        daemon.start()
        patient = [Server(daemon, LIMITED, f"1{n}", False) for n in range(SERVERS)]
        impatient = [Server(daemon, IMPATIENT, f"2{n}", True) for n in range(SERVERS)]
        for server in patient + impatient:
            server.start()
        kill_often(daemon)
        for server in impatient:
            server.is_over = True
        for server in patient:
            server.join(120)
        for server in impatient:
            server.join(30)

        everybody = patient + impatient
        ok(not any(server.is_alive() for server in everybody), f"after {KILLS} kills every server has its answers")
        ok(not [action for server in everybody for action in server.strange], "each is FILTER, or a refusal for the limit",
           [server.strange[:3] for server in everybody])
        retried = sum(server.retried for server in everybody)
        ok(retried >= KILLS / 4, "the kills hit requests", retried)
        sent = sum(len(server.sent) for server in patient)
        ok(all(server.is_refused for server in patient) and sent == LIMIT,
           f"a lease of {LIMIT} messages let go {LIMIT}, no more and no fewer", sent)
        count = settled(daemon, LIMITED, LIMIT)
        ok(count == LIMIT, "... and that is its count", count)
        sent = sum(len(server.sent) for server in impatient)
        lost = sum(len(server.unanswered) for server in impatient)
        count = settled(daemon, IMPATIENT, sent)
        ok(sent <= count <= sent + lost, "where Postfix gave up, an unanswered message may be counted, an answered one is, once",
           f"{sent} sent, {lost} unanswered, {count} counted")
        print(f"# {retried} requests were asked again, {lost} were given up, {count} and {LIMIT} messages were counted")
    finally:
        daemon.end(tap.failed > 0)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
