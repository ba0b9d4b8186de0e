#!/usr/bin/env python3
"""29-adapters.t - the adapters for PAM, Haraka and KumoMTA against the real cleansmtp-authd, and with none.

PAM is real (pamtester, with a folder of ours over /etc/pam.d in a mount namespace). Haraka's and KumoMTA's scripts run under
node and plain Lua, called as those programs document it. TAP. Makes one folder below /tmp and removes it.
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from doors import (Authd, EXPIRED, Fake, Folder, GOOD, HELPER, NO_ANSWERS, NOT_REVEALED, REALM, REVOKED, TOP, UNKNOWN, done, equal, note,
                   ok, packaged, password, username)

# name, login, password, and whether it is right
LOGINS = (("good", username(GOOD), password(GOOD), True),
          ("good, as people type", username(GOOD).upper(), password(GOOD).upper().replace("-", " "), True),
          ("wrong", username(GOOD), "wrong", False),
          ("for a shell", username(GOOD), "'; exit 0 #", False),
          ("unknown", username(UNKNOWN), password(GOOD), False),
          ("not revealed", username(NOT_REVEALED), password(NOT_REVEALED), False),
          ("expired", username(EXPIRED), password(EXPIRED), False),
          ("revoked", username(REVOKED), password(REVOKED), False))


# ---- PAM ----------------------------------------------------------------------------------------

def pam_stack(folder, verify):
    """The adapter in front of a stack that takes everybody, as services smtp and imap."""
    with open(f"{TOP}/packaging/pam/cleansmtp", encoding="utf-8") as file:
        text = file.read()
    path = "/usr/local/libexec/cleansmtp/cleansmtp-checkpassword"
    assert text.count(path) == 2
    text = text.replace(path, f"{HELPER} --socket {verify}") + "auth required pam_permit.so\naccount required pam_permit.so\n"
    for service in ("smtp", "imap"):
        folder.write(f"pam.d/{service}", text)


def pam(folder, service, login, secret):
    """What PAM says."""
    shell = f'mount --bind {folder.path("pam.d")} /etc/pam.d && exec pamtester "$0" "$1" authenticate acct_mgmt'
    done_ = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", shell, service, login],
                           input=secret + "\n", capture_output=True, text=True, timeout=30, check=False)
    for words, meaning in (("successfully authenticated", "good"), ("Authentication failure", "refused"),
                           ("System error", "temporary")):
        if words in done_.stdout + done_.stderr:
            return meaning
    return done_.stdout + done_.stderr


def check_pam(folder, authd):
    if os.getuid() != 0:
        note("not root: no PAM")
        return
    pam_stack(folder, authd.verify)
    for name, login, secret, is_right in LOGINS:
        if login.isupper():
            continue  # pam_succeed_if's pattern is in lower case
        equal(pam(folder, "smtp", login, secret), "good" if is_right else "refused", f"PAM: {name}")
    equal(pam(folder, "imap", username(GOOD), password(GOOD)), "refused", "PAM: another service")
    equal(pam(folder, "smtp", "carol", "anything"), "good", "PAM: another name goes on below")


def check_pam_without(folder, name):
    if os.getuid() == 0:
        for what, secret in (("right", password(GOOD)), ("wrong", "wrong")):
            equal(pam(folder, "smtp", username(GOOD), secret), "temporary", f"PAM, {name}, {what} password: not a refusal")


# ---- Haraka -------------------------------------------------------------------------------------

LANE = {"ip4": "198.51.100.21", "helo": "out21.example.net"}


def haraka(verify, policy, *calls, lanes=None, order=""):
    config = {"main": {"verify": verify, "policy": policy}} | ({"clean01": LANE} if lanes is None else lanes)
    done_ = subprocess.run(["node", f"{TOP}/tests/support/haraka.js", f"{TOP}/packaging/haraka/cleansmtp.js", json.dumps(config), order],
                           input=json.dumps(calls), capture_output=True, text=True, timeout=120, check=False)
    if done_.returncode != 0:
        raise SystemExit("Bail out! " + done_.stderr)
    return json.loads(done_.stdout)


def check_haraka_logins(authd):
    logins = LOGINS + (("with our realm", f"{username(GOOD)}@{REALM}", password(GOOD), True),
                       ("with a line end", username(GOOD), password(GOOD) + "\n", False))
    found = haraka(authd.verify, "", ["capabilities"], ["plain"], *(["login", login, secret] for _, login, secret, _ in logins))
    equal(found[0], [["AUTH PLAIN LOGIN"], ["PLAIN", "LOGIN"]], "Haraka: offers what can be checked")
    equal(found[1], [[], None], "Haraka: and nothing without TLS")
    for (name, _, _, is_right), got in zip(logins, found[2:]):
        equal(got[:3], [True, 235, username(GOOD)] if is_right else [False, 535, None], f"Haraka: {name}")
        why = "have expired" if name == "expired" else "have been ended" if name == "revoked" else ""
        ok(got[3].startswith("2.7.0 " if is_right else "5.7.8 ") and why in got[3], f"Haraka: {name}: the words", got[3])


def check_haraka_messages(authd):
    policy = authd.home.path("run/policy")

    def message(number, uuid, recipients=("bob@remote.example",), sender=None):
        return ["message", username(number), sender or f"customer{number}@hosted.example", list(recipients), uuid]

    number = GOOD + 4
    found = haraka(authd.verify, policy, message(number, "A.1"), message(number, "A.1"),
                   message(number, "A.2", sender="other@hosted.example"),
                   message(EXPIRED, "A.3"), message(REVOKED, "A.4"), message(number, "A.5", ("a@remote.example", "b@remote.example")),
                   ["message", None, "carol@hosted.example", ["bob@remote.example"], "A.6"],
                   message(number, "A.7"), message(number, "A.8"), message(number, "A.9"))
    bound = {"cleansmtp_user": username(number), "cleansmtp_lane": "clean01", "outbound_ip4": LANE["ip4"], "outbound_helo": LANE["helo"]}
    equal(found[0], ["CONT", None, bound], "Haraka: a message gets its lane")
    equal(found[1], found[0], "Haraka: and asked again the same")
    for place, name in ((2, "another sender"), (3, "expired"), (4, "revoked")):
        ok(found[place][0] == "DENY" and found[place][1].startswith("5.7.1 ") and "cleansmtp_lane" not in found[place][2], f"Haraka: {name} is refused",
           found[place])
    equal(found[5], ["CONT", None, bound], "Haraka: a message to two is one message")
    equal(found[6], ["CONT", None, {}], "Haraka: a message without our login is none of ours")
    ok([one[0] for one in found[7:]] == ["CONT", "CONT", "DENYSOFT"] and found[9][1].startswith("4.7.1 "),
       "Haraka: four messages an hour and no more", found[7:])
    found = haraka(authd.verify, policy, message(number, "A.1"), lanes={})
    ok(found[0][0] == "DENYSOFT" and "cleansmtp_lane" not in found[0][2], "Haraka: a lane that is not in the file: deferred", found)


def check_haraka_recipients(authd):
    """A lease for one domain's recipients."""
    number = GOOD + 5
    with sqlite3.connect(authd.home.path("state/cleansmtp.db")) as database:
        database.execute("INSERT INTO lease_recipient_domain SELECT id, 'remote.example' FROM lease WHERE username = ?",
                         (username(number),))
    found = haraka(authd.verify, authd.home.path("run/policy"),
                   *(["message", username(number), f"customer{number}@hosted.example", recipients, f"C.{len(recipients)}"]
                     for recipients in (["bob@remote.example"], ["a@remote.example", "b@remote.example"],
                                        ["a@remote.example", "b@remote.example", "eve@other.example"])))
    equal([one[0] for one in found], ["CONT", "CONT", "DENY"], "Haraka: each recipient is asked about, of several as well")


def check_haraka_ways():
    names = {"resolveMx r.test": [{"exchange": "mx1.r.test", "priority": 10}, {"exchange": "mx2.r.test", "priority": 20}],
             "resolve4 mx1.r.test": ["192.0.2.1"], "resolve6 mx1.r.test": ["2001:db8::1"], "resolve6 mx2.r.test": ["2001:db8::2"],
             "resolveMx six.test": [{"exchange": "mx2.r.test", "priority": 1}], "resolve4 a.test": ["192.0.2.3"],
             "resolveMx null.test": [{"exchange": "", "priority": 0}], "resolveMx late.test": "ETIMEOUT"}
    bound = {"cleansmtp_lane": "clean01"}
    found = haraka("", "", *(["mx", bound, domain, names] for domain in ("r.test", "six.test", "a.test", "null.test", "late.test")),
                   ["mx", {}, "r.test", names], ["mx", {"cleansmtp_lane": "gone"}, "r.test", names],
                   ["mx", {"cleansmtp_user": username(GOOD)}, "r.test", names])
    four = {"bind": LANE["ip4"], "port": 25, "bind_helo": LANE["helo"]}
    equal(found[0], ["OK", [four | {"exchange": "192.0.2.1", "priority": 10}]], "Haraka: only addresses that the lane can reach, bound to it")
    ok(found[1][0] == "DENYSOFT", "Haraka: an IPv6-only recipient with an IPv4 lane: deferred", found[1])
    equal(found[2], ["OK", [four | {"exchange": "192.0.2.3", "priority": 0}]], "Haraka: a domain without MX")
    ok(found[3][0] == found[4][0] == found[6][0] == "DENYSOFT", "Haraka: no mail there, no DNS, no such lane: deferred", found[3:])
    ok(found[7][0] == "DENYSOFT", "Haraka: a message of a lease that has no lane, however that came: deferred", found[7])
    equal(found[5], ["CONT", None], "Haraka: other mail goes its own way")
    both = haraka("", "", ["mx", bound, "r.test", names], lanes={"clean01": LANE | {"ip6": "2001:db8:9::21"}})[0][1]
    ok([(one["exchange"], one["bind"]) for one in both] == [("2001:db8::1", "2001:db8:9::21"), ("192.0.2.1", LANE["ip4"]),
                                                             ("2001:db8::2", "2001:db8:9::21")],
       "Haraka: each family by its own address of the lane", both)


def check_haraka_without(verify, policy, name):
    found = haraka(verify, policy, ["login", username(GOOD), password(GOOD)], ["login", username(GOOD), "wrong"],
                   ["message", username(GOOD), "a@b.example", ["bob@remote.example"], "B.1"], order="together")
    equal(found[:2], [[False, 454, None, "4.7.0 Temporary authentication failure"]] * 2,
          f"Haraka, {name}: a login is temporary, right or wrong")
    ok(found[2][0] == "DENYSOFT" and "cleansmtp_lane" not in found[2][2], f"Haraka, {name}: a message is deferred", found[2])


# ---- KumoMTA ------------------------------------------------------------------------------------

def kumo(folder, verify, login, secret, authz="", client="192.0.2.50:4711", more=()):
    """[what became of the login, of the message, its tenant, its pool]"""
    path = folder.write("kumo.lua", packaged("kumomta/cleansmtp.lua", program=f"{HELPER} --socket {verify}"))
    done_ = subprocess.run(["lua5.4", f"{TOP}/tests/support/kumomta.lua", path, authz, login, client, *more], input=secret,
                           capture_output=True, text=True, timeout=30, check=False, env={"TMPDIR": folder.root, "PATH": os.environ["PATH"]})
    return done_.stdout.split() if done_.returncode == 0 else done_.stderr


def check_kumo(folder, authd):
    bound = ["true", "true", "cleansmtp-lane-clean01", "clean01"]
    for name, login, secret, is_right in LOGINS:
        # A message without a lane cannot come behind a refused login, and would be deferred.
        equal(kumo(folder, authd.verify, login, secret), bound if is_right else ["false", "451", "nil", "nil"], f"KumoMTA: {name}")
    equal(kumo(folder, authd.verify, username(GOOD), password(GOOD), client="[2001:db8::50]:4711"), bound, "KumoMTA: by IPv6")
    equal(kumo(folder, authd.verify, username(GOOD), password(GOOD), client="$(exit 1)"), bound, "KumoMTA: a client for a shell")
    equal(kumo(folder, authd.verify, username(GOOD), password(GOOD), authz="carol")[0], "false", "KumoMTA: acting for another")
    equal(kumo(folder, authd.verify, username(GOOD), password(GOOD), authz=username(GOOD)), bound, "KumoMTA: acting for himself")
    equal(kumo(folder, authd.verify, "carol", "x")[1:], ["false", "nil", "nil"], "KumoMTA: a message without our login is none of ours")
    for more, name in (("queue=bulk@remote.example", "queue, which is stronger than a tenant"), ("campaign=spring:sale", "campaign with a colon"),
                       ("campaign=spring@sale", "campaign with an @")):
        got = kumo(folder, authd.verify, username(GOOD), password(GOOD), more=[more])
        ok(got[:2] == ["true", "451"] and got[3] == "nil", f"KumoMTA: a message that has a {name}: deferred", got)
    equal(kumo(folder, authd.verify, username(GOOD), password(GOOD), more=["campaign=spring"]), bound, "KumoMTA: another campaign keeps the lane")
    equal(kumo(folder, authd.verify, "carol", "x", more=["queue=bulk@remote.example"])[1], "false",
          "KumoMTA: who is none of ours may have any queue")
    log = authd.home.read("authd.log")
    ok("client=192.0.2.50" in log and "client=2001:db8::50" in log, "KumoMTA: authd is told the client", log[-500:])


def check_kumo_without(folder, verify, name):
    for what, secret in (("right", password(GOOD)), ("wrong", "wrong")):
        equal(kumo(folder, verify, username(GOOD), secret), ["454", "451", "nil", "nil"], f"KumoMTA, {name}, {what} password: temporary")


# ---- an answer that comes byte by byte -------------------------------------------------------------

def check_pieces(folder):
    with Fake(folder, "pieces", rf"OK\tuser={username(GOOD)}\tlane=clean01\tip=198.51.100.21\n", in_pieces=True) as fake:
        equal(haraka(fake.path, "", ["login", username(GOOD), password(GOOD)])[0][:3], [True, 235, username(GOOD)], "Haraka: a login, in pieces")
        equal(kumo(folder, fake.path, username(GOOD), password(GOOD))[0], "true", "KumoMTA: a login, in pieces")
    with Fake(folder, "pieces", r"EXPIRED\treason=These details have expired.\n", in_pieces=True) as fake:
        equal(haraka(fake.path, "", ["login", username(GOOD), password(GOOD)])[0],
              [False, 535, None, "5.7.8 These details have expired."], "Haraka: a refusal, in pieces")
        equal(kumo(folder, fake.path, username(GOOD), password(GOOD))[0], "false", "KumoMTA: a refusal, in pieces")
    with Fake(folder, "pieces", r"action=450 4.7.1 Later.\n\n", in_pieces=True) as fake:
        found = haraka("", fake.path, ["message", username(GOOD), "a@b.example", ["bob@remote.example"], "D.1"])
        equal(found[0][:2], ["DENYSOFT", "4.7.1 Later."], "Haraka: a message's answer, in pieces")


# ---- all ----------------------------------------------------------------------------------------

def main():
    with Folder("adapters") as folder, Authd(folder, 'auth { failure_delay = "50ms" }\n', leases=50) as authd:
        check_pam(folder, authd)
        check_haraka_logins(authd)
        check_haraka_messages(authd)
        check_haraka_recipients(authd)
        check_haraka_ways()
        check_kumo(folder, authd)
        check_pieces(folder)
        authd.signal(signal.SIGSTOP)
        start = time.monotonic()
        check_haraka_without(authd.verify, folder.path("run/policy"), "authd hangs")
        ok(time.monotonic() - start < 25, "Haraka, authd hangs: it is told in time", time.monotonic() - start)
        equal(kumo(folder, authd.verify, username(GOOD), password(GOOD))[0], "454", "KumoMTA, authd hangs: temporary")
        authd.signal(signal.SIGCONT)
        authd.kill()
        check_pam_without(folder, "authd is gone")
        check_haraka_without(authd.verify, folder.path("run/policy"), "authd is gone")
        check_kumo_without(folder, authd.verify, "authd is gone")
        for name, answer in NO_ANSWERS:
            with Fake(folder, "fake", answer) as fake:
                pam_stack(folder, fake.path)
                check_pam_without(folder, "authd says " + name)
                check_haraka_without(fake.path, fake.path, "authd says " + name)
                check_kumo_without(folder, fake.path, "authd says " + name)
    done()


if __name__ == "__main__":
    main()
