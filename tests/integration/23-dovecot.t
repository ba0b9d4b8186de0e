#!/usr/bin/env python3
"""23-dovecot.t - a real Dovecot 2.3 in front of cleansmtp-authd, by each of its roads: checkpassword as documented, with
--reply, Lua asking the socket, Lua running the helper. A burst of 300 logins; authd hanging and killed.

TAP. Root, for Dovecot drops to its own users. Makes one folder below /tmp and removes it.
"""
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from doors import (Authd, DovecotClient, Fake, Folder, GOOD, HELPER, NO_ANSWERS, Server, answers, check_ended, check_logins,
                   check_own_client, done, equal, kind, note, ok, packaged, password, skip_all, username, wait_for)

BURST = 300


def roads(folder, verify):
    """What stands in the passdb, by road."""
    helper = folder.path("helper")
    shutil.copy(HELPER, helper)
    lua = folder.write(f"{os.path.basename(verify)}.lua", packaged("dovecot/cleansmtp.lua", socket_path=verify))
    exec_lua = folder.write("exec.lua", packaged("dovecot/cleansmtp-exec.lua", program=f"{helper} --socket {verify}"))
    return {
        "checkpassword": f"driver = checkpassword\n args = {helper} --socket {verify}",
        "--reply": f"driver = checkpassword\n args = {helper} --socket {verify} --reply",
        "Lua": f"driver = lua\n args = file={lua} blocking=yes",
        "Lua and helper": f"driver = lua\n args = file={exec_lua} blocking=yes",
    }


class Dovecot(Server):
    """Its auth service alone. With checkpassword the cache is on: nothing of ours may be kept in it."""

    def __init__(self, folder, road, passdb):
        self.base = folder.path("dovecot-" + "".join(letter for letter in road if letter.isalpha()))
        os.makedirs(self.base)
        self.socket = self.base + "/door"
        name = os.path.basename(self.base)
        folder.write(name + ".users", "carol:{PLAIN}ordinary-secret\n")
        folder.write(name + ".conf", f"""
base_dir = {self.base}/base
state_dir = {self.base}/state
log_path = {folder.path(name + ".messages")}
protocols =
ssl = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
auth_cache_size = {"0" if "Lua" in road else "1M"}
auth_cache_ttl = 1 hour
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {self.socket} {{
    mode = 0666
  }}
}}
passdb {{
 {passdb}
 username_filter = cs-*
 result_failure = return-fail
}}
passdb {{
  driver = passwd-file
  args = {folder.path(name + ".users")}
}}
userdb {{
  driver = prefetch
}}
""")
        super().__init__(folder, name, ["dovecot", "-F", "-c", folder.path(name + ".conf")], lambda: answers(self.socket))

    def auth_pid(self):
        """The process that has the pipes of the helpers."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-x", "auth"], capture_output=True, text=True,
                               check=False).stdout.split()
        return int(found[0]) if found else None


def burst(path, secret_of, count=BURST):
    """All at once on one connection; [(number, answer)] in the order of the answers, and the time of each."""
    client = DovecotClient(path, 60)
    start = time.monotonic()
    client.link.sendall(b"".join(DovecotClient.request(number + 1, username(GOOD + number), secret_of(number))
                                 for number in range(count)))
    answers_, times = [], []
    while len(answers_) < count:
        line = client.line()
        if not line:
            break
        answers_.append((int(line.split("\t")[1]) - 1, kind(line)))
        times.append(time.monotonic() - start)
    client.close()
    return answers_, times


def in_order(found):
    """Rank correlation of asking and answering: 1 first come first served, -1 last in first out."""
    positions = [ident for ident, _ in found]
    mean = statistics.mean(positions)
    above = sum((place - mean) * (ident - mean) for place, ident in enumerate(positions))
    return above / sum((ident - mean) ** 2 for ident in positions)


def check_burst(road, dovecot, authd):
    def count():
        # Those of Dovecot's workers come and go with the workers.
        return 0 if "Lua" in road else dovecot.descriptors(dovecot.auth_pid()), authd.descriptors()

    before = count()
    # Three hundred processes have 8 seconds each. A machine that is busy with something else gets another try.
    for _ in range(3):
        found, times = burst(dovecot.socket, lambda number: password(GOOD + number))
        if not any(answer == "temporary" for _, answer in found):
            break
        note(f"{road}: {sum(answer == 'temporary' for _, answer in found)} of {BURST} were too late after {times[-1]:.1f} s")
    ok(len(found) == BURST and all(answer == "ok:" + username(GOOD + ident) for ident, answer in found),
       f"{road}: {BURST} logins at once, each answered right", [one for one in found if not one[1].startswith("ok:")][:5])
    correlation = in_order(found)
    # Dovecot hands the logins to its Lua workers as it likes.
    ok(correlation > (0 if "Lua" in road else 0.9), f"{road}: first come, first served",
       f"{correlation:.3f} {[ident for ident, _ in found[:20]]}")
    note(f"{road}: {BURST} logins in {times[-1]:.2f} s, the first after {times[0]:.2f} s, order {correlation:.3f}")
    found, _ = burst(dovecot.socket, lambda number: password(GOOD + number) if number % 5 else "wrong", 60)
    ok(len(found) == 60 and all((answer == "refused") == (ident % 5 == 0) for ident, answer in found),
       f"{road}: right and wrong ones mixed, each answered right", found)
    ok(wait_for(5, lambda: all(now <= then for now, then in zip(count(), before))), f"{road}: no descriptor is left over",
       f"{before} before, {count()} after")


def bursts(running, count, secret_of):
    """A burst on each road at the same time: {road: (answers, seconds)}."""
    results = {}

    def one(road):
        start = time.monotonic()
        found, _ = burst(running[road].socket, secret_of, count)
        results[road] = ([answer for _, answer in found], time.monotonic() - start)

    threads = [threading.Thread(target=one, args=(road,)) for road in running]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def check_hanging(running, authd):
    authd.signal(signal.SIGSTOP)
    results = bursts(running, 20, lambda number: password(GOOD + number) if number % 2 else "wrong")
    authd.signal(signal.SIGCONT)
    for road, (found, took) in results.items():
        ok(found == ["temporary"] * 20 and took < 9.5, f"{road}: authd hangs: temporary answers only, before Postfix gives up",
           f"{took:.1f} s {found}")
        client = DovecotClient(running[road].socket)
        equal(client.ask(1, username(GOOD), password(GOOD)), "ok:" + username(GOOD), f"{road}: authd goes on, and so do logins")
        client.close()


def check_killed(running, authd):
    """In the middle of a burst, and down."""
    timer = threading.Timer(0.2, authd.kill)
    timer.start()
    results = bursts(running, BURST, lambda number: password(GOOD + number))
    timer.join()
    for road, (found, _) in results.items():
        kinds = {answer.split(":")[0] for answer in found}
        ok(len(found) == BURST and kinds <= {"ok", "temporary"},
           f"{road}: authd is killed within a burst: good or temporary, never refused", kinds)
        client = DovecotClient(running[road].socket)
        got = [client.ask(1, username(GOOD), password(GOOD)), client.ask(2, username(GOOD), "wrong"),
               client.ask(3, "carol", "ordinary-secret")]
        equal(got, ["temporary", "temporary", "ok:carol"],
              f"{road}: authd is gone: temporary, and the ordinary customer has his login")
        client.close()
    ok(any("temporary" in found for found, _ in results.values()), "the burst was still going on when it was killed")


def check_no_answers(folder, road):
    """A socket that answers something else."""
    with Dovecot(folder, road + " no answer", roads(folder, folder.path("no-answer"))[road]) as dovecot:
        client = DovecotClient(dovecot.socket)
        for number, (name, answer) in enumerate(NO_ANSWERS):
            with Fake(folder, "no-answer", answer):
                equal(client.ask(number + 1, username(GOOD), password(GOOD)), "temporary",
                      f"{road}: authd says {name}: temporary")
        client.close()


def measure(dovecot, logins=100):
    """Milliseconds a login, one after the other."""
    client = DovecotClient(dovecot.socket)
    client.ask(9999, username(GOOD), password(GOOD))
    times = []
    for number in range(logins):
        start = time.monotonic()
        client.ask(number + 1, username(GOOD + number), password(GOOD + number))
        times.append((time.monotonic() - start) * 1000)
    client.close()
    return statistics.median(times)


def doveadm(words):
    done_ = subprocess.run(["doveadm", *words], capture_output=True, text=True, timeout=30, check=False)
    return done_.returncode, done_.stdout + done_.stderr


def main():
    if os.getuid() != 0:
        skip_all("Dovecot drops to its own users, which needs root")
    with Folder("dovecot") as folder, contextlib.ExitStack() as stack:
        authd = stack.enter_context(Authd(folder, 'auth { group = "dovecot" failure_delay = "20ms" }\n'))
        running = {}
        for road, passdb in roads(folder, authd.verify).items():
            running[road] = stack.enter_context(Dovecot(folder, road, passdb))
        for road, dovecot in running.items():
            client = DovecotClient(dovecot.socket)
            check_logins(road, client, says_why=road == "Lua")
            check_ended(road, folder, client, says_why=road == "Lua")
            client.close()
        config = folder.path("dovecot-checkpassword.conf")
        check_own_client("doveadm 2.3", folder.path("run/auth"), lambda words: doveadm(["-c", config, *words]))
        note("one login, median of 100: " + ", ".join(f"{road} {measure(dovecot):.2f} ms" for road, dovecot in running.items()))
        for road in ("checkpassword", "--reply", "Lua"):
            check_burst(road, running[road], authd)
        check_hanging(running, authd)
        check_killed(running, authd)
        check_no_answers(folder, "Lua")
        logs = "".join(folder.read(name) for name in os.listdir(folder.root) if name.endswith(".messages"))
        ok(password(GOOD) not in logs and password(GOOD + 1) not in logs, "no password in Dovecot's log")
        for server in running.values():
            server.signal(signal.SIGTERM)
    done()


if __name__ == "__main__":
    main()
