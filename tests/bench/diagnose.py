#!/usr/bin/env python3
"""diagnose.py [BUILD] - from paste to verdict, and a check of all lists, against a real rbldnsd.

Two real cleansmtpd, one with 1 list and one with 12 of the catalogue, are asked in turns over their
API sockets; between them the same rbldnsd gets one raw DNS question. Medians and 95th percentiles
of ROUNDS, and ratios of the medians. A diagnosis asks the list that the bounce names, about the
blocked address and the pool's; `cleansmtp listing check` asks all lists about one address. A
listing is asked for twice (issuer/dnsbl/check.h), so listed and clear are measured apart.
"""
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, sys.argv[1] if len(sys.argv) > 1 else "build/release")
LISTS = 12
ROUNDS = 50
WARM_UP = 3
LISTED, CLEAR, RESERVED = "192.0.2.14", "192.0.2.13", "203.0.113.9"


def catalogue():
    """(zone, code) of the first lists that anyone may ask and that can ground a lease."""
    path = os.path.join(ROOT, "issuer/dnsbl/zones.tsv")
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    zones = [(row[0], row[6].split("=")[0].split("-")[0]) for row in rows
             if row[2:6] == ["address", "anyone", "alive", "yes"]]
    zones += [(row[0], row[6].split("=")[0]) for row in rows
              if row[2:6] == ["address", "registered", "alive", "yes"]]
    if len(zones) < LISTS:
        sys.exit(f"diagnose: the catalogue has {len(zones)} such lists")
    return zones[:LISTS]


def free_port():
    """Free for TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]
            except OSError:
                pass


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """A cleansmtpd with a state of its own, asked over its API socket."""

    def __init__(self, folder, zones, dns_port):
        self.folder = folder
        config = os.path.join(folder, "cleansmtp.conf")
        subprocess.run([os.path.join(BUILD, "cleansmtp"), "init", "--dir", folder, "--admin", "ana"],
                       check=True, capture_output=True)
        names = ", ".join(f'"{zone}"' for zone, _ in zones)
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
console {{ listen = "127.0.0.1:0" url = "http://127.0.0.1:8025" }}
customer {{ listen = "127.0.0.1:0" url = "http://127.0.0.1:8026" }}
dns {{ servers = {{ "127.0.0.1" }} port = {dns_port} timeout = "3s" }}
zones {{ use = {{ {names} }} }}
""")
        with open(os.path.join(folder, "log"), "wb") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, "cleansmtpd"), "-c", config],
                                            stderr=log, stdin=subprocess.DEVNULL)
        self.socket = os.path.join(folder, "run/api")

    def set_up(self):
        for _ in range(100):
            try:
                self.post("shared", {"network": "192.0.2.0/28"})
                break
            except OSError:
                time.sleep(0.1)
        self.post("pool", {"address": RESERVED, "lane": "clean1", "helo": "out9.hoster.example"})

    def post(self, path, body):
        connection = Unix(self.socket)
        connection.request("POST", f"/api/v1/{path}", json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            sys.exit(f"diagnose: {path}: {answer.status} {data.decode()}")
        return json.loads(data)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def start_lists(folder, zones):
    """rbldnsd with a file a zone; its port."""
    port = free_port()
    arguments = []
    for zone, code in zones:
        with open(os.path.join(folder, zone), "w", encoding="utf-8") as file:
            file.write(f"$SOA 1 ns.{zone} hostmaster.{zone} 1 1h 1h 1h 1\n"
                       f":{code}:Blocked - see the list\n127.0.0.2\n{LISTED}\n")
        arguments.append(f"{zone}:ip4set:{zone}")
    # It refuses to run as root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else ["-u", pwd.getpwuid(os.geteuid()).pw_name]
    process = subprocess.Popen(["rbldnsd", "-n", "-q", "-c", "1h", "-t", "1", "-w", folder, *user,
                                "-b", f"127.0.0.1/{port}", *arguments],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, port


def raw_question(port, zone):
    """One A question about LISTED by UDP, as little as can be asked; must be answered with a record."""
    name = ".".join(reversed(LISTED.split("."))) + "." + zone
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.settimeout(2)
        udp.connect(("127.0.0.1", port))
        udp.send(query)
        answer = udp.recv(512)
    if struct.unpack(">H", answer[6:8])[0] != 1:
        sys.exit("diagnose: the list does not answer as it should")


def wait_for_lists(port, zone):
    for _ in range(50):
        try:
            return raw_question(port, zone)
        except OSError:
            time.sleep(0.1)
    sys.exit("diagnose: rbldnsd does not start")


def diagnose(daemon, bounce):
    got = daemon.post("diagnoses", {"bounce": bounce})
    if got["verdict"] != "listed_now":
        sys.exit(f"diagnose: the verdict is {got['verdict']}")


def check_lists(daemon, address, state, count):
    got = daemon.post("listings/check", {"address": address})
    states = [row["state"] for row in got.get("items", got) if row["state"] == state]
    if len(states) != count:
        sys.exit(f"diagnose: {len(states)} of {count} lists say {state}: {got}")


def milliseconds(act):
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def measure(daemons, port, zone):
    with open(os.path.join(ROOT, "docs/examples/bounce.eml"), encoding="utf-8") as file:
        bounce = file.read()
    acts = {"raw": lambda: raw_question(port, zone)}
    for count, daemon in daemons.items():
        acts["diagnose", count] = lambda d=daemon: diagnose(d, bounce)
        acts["clear", count] = lambda d=daemon, n=count: check_lists(d, CLEAR, "clear", n)
        acts["listed", count] = lambda d=daemon, n=count: check_lists(d, LISTED, "listed", n)
    times = {name: [] for name in acts}
    for i in range(WARM_UP + ROUNDS):
        for name, act in acts.items():
            took = milliseconds(act)
            if i >= WARM_UP:
                times[name].append(took)
    return {name: sorted(values) for name, values in times.items()}


def report(times):
    def middle(name):
        return times[name][ROUNDS // 2]

    def late(name):
        return times[name][ROUNDS * 95 // 100]

    words = {"diagnose": "from paste to verdict", "clear": "listing check, all clear",
             "listed": "listing check, all listed"}
    print(f"one raw DNS question: {middle('raw'):.2f} ms, 95th percentile {late('raw'):.2f} ms"
          f" (of {ROUNDS}, as all that follow)")
    for name, word in words.items():
        many, one = (name, LISTS), (name, 1)
        print(f"{word}: {LISTS} lists {middle(many) / middle(one):.2f} times 1 list,"
              f" {middle(many) / middle('raw'):.0f} times a raw DNS question"
              f" (medians: {middle(many):.1f} and {middle(one):.1f} ms;"
              f" 95th percentiles: {late(many):.1f} and {late(one):.1f} ms)")


def main():
    if shutil.which("rbldnsd", path=os.environ["PATH"] + ":/usr/sbin") is None:
        print("diagnose: not measured, rbldnsd is not installed")
        return
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    zones = catalogue()
    daemons = {}
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        os.chmod(folder, 0o755)  # rbldnsd drops to its own user
        lists, port = start_lists(folder, zones)
        try:
            wait_for_lists(port, zones[0][0])
            for count in (1, LISTS):
                own = os.path.join(folder, str(count))
                os.mkdir(own)
                daemons[count] = Daemon(own, zones[:count], port)
                daemons[count].set_up()
            report(measure(daemons, port, zones[0][0]))
        finally:
            for daemon in daemons.values():
                daemon.stop()
            lists.terminate()
            lists.wait(10)


if __name__ == "__main__":
    main()
