#!/usr/bin/env python3
"""pages.py [BUILD] - the server's time for each page of the console at 10,000 cases.

A real cleansmtpd, its database filled by copying: one case with its lease, made over the API, becomes
CASES of them over 90 days (each with checks, an audit record, and for each lease logins and messages),
and POOL reserved addresses get a history on their list. The copied audit records keep their hash, so the
chain would not verify; nothing here asks. Then every page is fetched in turns with a static file of the
same daemon, ROUNDS times over one connection. Medians, 99th percentiles, ratios of the medians.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, sys.argv[1] if len(sys.argv) > 1 else "build/release")
CASES, POOL, LIVE, ROUNDS, WARM_UP = 10000, 20, 200, 100, 3
DAY_S = 24 * 3600
PASSWORD = "correct horse battery staple"
STATIC = "/static/app.css"
PAGES = [STATIC, "/", "/cases", "/cases?q=customer77%40", "/cases?q=nobody", f"/cases/{CASES // 2}", "/leases",
         "/leases?q=customer77%40", "/pool", "/pool/203.0.113.1", "/listings", "/audit", "/audit?q=nobody", "/keys"]


def free_port():
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        return tcp.getsockname()[1]


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.conf = os.path.join(folder, "cleansmtp.conf")
        made = subprocess.run([os.path.join(BUILD, "cleansmtp"), "init", "--dir", folder, "--admin", "ana"],
                              check=True, capture_output=True, text=True)
        self.set_up_path = urllib.parse.urlsplit(made.stdout.strip()).path
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(f"""state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
console {{ listen = "127.0.0.1:{self.port}" url = "http://127.0.0.1:{self.port}" }}
customer {{ listen = "127.0.0.1:{free_port()}" url = "http://127.0.0.1:8026" }}
dns {{ servers = {{ "127.0.0.1" }} port = {free_port()} timeout = "1s" }}
zones {{ use = {{ "bl.spamcop.net" }} }}
""")
        self.process = None

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, "cleansmtpd"), "-c", self.conf],
                                            stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(200):
            try:
                return self.api("GET", "health")
            except OSError:
                time.sleep(0.05)
        sys.exit("pages: cleansmtpd does not start")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)

    def api(self, method, path, body=None):
        connection = Unix(os.path.join(self.folder, "run/api"))
        connection.request(method, f"/api/v1/{path}", json.dumps(body) if body else None,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            sys.exit(f"pages: {path}: {answer.status} {data.decode()}")
        return json.loads(data)


class Browser:
    """One connection, one session."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {}

    def fetch(self, path, fields=None):
        body = urllib.parse.urlencode(fields) if fields else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        self.connection.request("POST" if fields else "GET", path, body, {**self.headers, **kind})
        answer = self.connection.getresponse()
        data = answer.read().decode("utf-8", "replace")
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self.headers["Cookie"] = cookie.split(";")[0]
        return answer.status, data

    def sign_in(self, set_up_path):
        _, page = self.fetch(set_up_path)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        names = re.findall(r'<input[^>]* name="(\w+)"[^>]* type="password"', page)
        status, page = self.fetch(set_up_path, {**fields, **dict.fromkeys(names, PASSWORD)})
        if status == 303 and "Cookie" not in self.headers:
            status, page = self.fetch("/sign-in", {"name": "ana", "password": PASSWORD, "next": "/"})
        if status != 303 or "Cookie" not in self.headers:
            sys.exit(f"pages: nobody could sign in: {status}\n{page}")


def copies(db, table, rows):
    """Inserts dictionaries."""
    names = list(rows[0])
    db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                   [[row[name] for name in names] for row in rows])


def first(db, table):
    return dict(db.execute(f"SELECT * FROM {table} ORDER BY 1 LIMIT 1").fetchone())


def fill(db, now):
    case, lease, record = first(db, "support_case"), first(db, "lease"), first(db, "audit")
    checks = [dict(row) for row in db.execute("SELECT * FROM diagnosis_check WHERE case_id = ?", [case["id"]])]
    last = db.execute("SELECT max(seq) FROM audit").fetchone()[0]
    step = 90 * DAY_S // CASES
    at = {n: now - (CASES - n) * step for n in range(2, CASES + 1)}
    copies(db, "support_case", [{**case, "id": n, "created_at": t, "diagnosed_at": t, "bounce_sha": f"{n:064x}",
                                 "mailbox": f"customer{n}@hosted{n % 500}.example", "ticket": str(40000 + n),
                                 "created_by": f"agent{n % 10}", "message_id": f"m{n}@x", "queue_id": f"q{n}"}
                                for n, t in at.items()])
    copies(db, "diagnosis_check", [{**check, "case_id": n, "checked_at": t} for n, t in at.items() for check in checks])
    copies(db, "lease", [{**lease, "id": n, "case_id": n, "mailbox": f"customer{n}@hosted{n % 500}.example",
                          "username": f"cs-{n:08d}", "link_id": f"{n:013d}", "created_at": t, "revealed_at": t + 60,
                          "first_login_at": t + 120, "created_by": f"agent{n % 10}", "pool_address_id": n % POOL + 1,
                          "expires_at": t + DAY_S if n <= CASES - LIVE else now + DAY_S,
                          "ended_at": t + DAY_S // 2 if n % 3 == 0 and n <= CASES - LIVE else 0,
                          "end_how": 1 if n % 3 == 0 and n <= CASES - LIVE else 0} for n, t in at.items()])
    copies(db, "usage_event", [{"seq": 3 * n + k, "lease_id": n, "at": t + 120 + k, "kind": kind, "detail": "",
                                "client": "192.0.2.50", "recipients": k, "program": "postfix"}
                               for n, t in at.items() for k, kind in enumerate(("login", "message", "message"))])
    copies(db, "audit", [{**record, "seq": last + n, "at": t, "actor": f"agent{n % 10}", "action": "case.open",
                          "object": f"case:{n}", "detail": f"customer{n}@hosted{n % 500}.example"}
                         for n, t in at.items()])
    copies(db, "listing", [{"address": f"203.0.113.{a + 1}", "zone": "bl.spamcop.net",
                            "state": ("clear", "listed", "unknown")[k % 3], "code": "", "why": "", "since": now - (90 - k) * DAY_S,
                            "checked_at": now - (89 - k) * DAY_S - 60, "until_at": now - (89 - k) * DAY_S}
                           for a in range(POOL) for k in range(90)])
    db.execute("UPDATE journal_position SET seq = ?", [3 * CASES + 3])
    db.commit()


def seed(daemon):
    daemon.start()
    daemon.api("POST", "shared", {"network": "192.0.2.0/28"})
    for n in range(1, POOL + 1):
        daemon.api("POST", "pool", {"address": f"203.0.113.{n}", "lane": f"clean{n}", "capacity": 50,
                                    "helo": f"out{n}.hoster.example"})
    bounce = subprocess.run([os.path.join(ROOT, "tools/example-bounce.sh")], check=True, capture_output=True, text=True)
    case = daemon.api("POST", "cases", {"bounce": bounce.stdout})
    daemon.stop()
    db = sqlite3.connect(os.path.join(daemon.folder, "state/cleansmtp.db"))
    db.row_factory = sqlite3.Row
    now = int(time.time())
    # A lease of its own needs a list that answers; the row is what matters here.
    db.execute("INSERT INTO lease (case_id, pool_address_id, mailbox, username, delivery, messages_max, messages_per_hour, link_id,"
               " link_hash, reveal_tries_left, reveal_until, created_at, created_by, expires_at) VALUES (?, 1, 'anna@kunde.example',"
               " 'cs-00000001', 'login', 100, 50, '0000000000001', zeroblob(32), 5, ?, ?, 'ana', ?)",
               [case["id"] if "id" in case else case["case"]["id"], now + DAY_S, now, now + DAY_S])
    fill(db, now)
    db.close()
    daemon.start()


def measure(daemon):
    browser = Browser(daemon.port)
    browser.sign_in(daemon.set_up_path)
    times = {page: [] for page in PAGES}
    for i in range(WARM_UP + ROUNDS):
        for page in PAGES:
            start = time.perf_counter()
            status, _ = browser.fetch(page)
            took = (time.perf_counter() - start) * 1000
            if status != 200:
                sys.exit(f"pages: {page}: {status}")
            if i >= WARM_UP:
                times[page].append(took)
    return {page: sorted(values) for page, values in times.items()}


def report(times):
    floor = times[STATIC][ROUNDS // 2]
    print(f"pages at {CASES:,} cases; a static file of the same daemon: {floor:.2f} ms, "
          f"99th percentile {times[STATIC][ROUNDS * 99 // 100]:.2f} ms")
    for page in PAGES[1:]:
        values = times[page]
        print(f"  {page}: {values[ROUNDS // 2]:.2f} ms, 99th percentile {values[ROUNDS * 99 // 100]:.2f} ms, "
              f"{values[ROUNDS // 2] / floor:.1f} times the static file")


def main():
    folder = tempfile.mkdtemp(prefix="cleansmtp-bench-")
    daemon = Daemon(folder)
    try:
        seed(daemon)
        report(measure(daemon))
    finally:
        daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
