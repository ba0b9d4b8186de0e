#!/usr/bin/env python3
"""bench_peers.py FOLDER COUNT - what a site would use instead of us, with COUNT users each.

Starts a real Dovecot with a passwd-file, one with an SQLite passdb, and a real saslauthd with
sasldb, all below FOLDER, with their own configurations and nothing of the system's. FOLDER/ready
says that they answer; the sockets are FOLDER/file/client, FOLDER/sqlite/client and
FOLDER/saslauthd/mux, where the programs are installed and we are root. SIGTERM ends them all.

The users are those of tests/support/seed.c. Passwords are stored as they are: no peer spends time
on a hash, which makes them as fast as they can be.
"""
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

ALPHABET = "abcdefghjkmnpqrstvwxyz23456789"
REALM = "clean.mail.example"
FOLDER, COUNT = sys.argv[1], int(sys.argv[2])

DOVECOT = """
base_dir = {folder}
state_dir = {folder}
log_path = {folder}/log
protocols =
ssl = no
auth_mechanisms = plain
auth_username_format = %u
auth_worker_max_count = 4
service auth {{
  client_limit = 2000
  unix_listener client {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = {driver}
  args = {args}
}}
"""
SQL = """
driver = sqlite
connect = {folder}/users.db
password_query = SELECT userid AS user, password FROM users WHERE userid = '%u'
"""
# saslauthd has no option for the path of its database, so it gets an /etc of its own.
SASLAUTHD = """
mount -t tmpfs tmpfs {folder}/layer &&
mkdir {folder}/layer/upper {folder}/layer/work &&
mount -t overlay overlay -o lowerdir=/etc,upperdir={folder}/layer/upper,workdir={folder}/layer/work /etc &&
cp {folder}/sasldb2 /etc/sasldb2 &&
exec saslauthd -a sasldb -m {folder} -n 5
"""
SASLDB = """
tie my %db, "DB_File", shift, O_RDWR | O_CREAT, 0600, $DB_HASH or die "$!";
while (<STDIN>) { chomp; my ($user, $password) = split / /; $db{"$user\\0REALM\\0userPassword"} = $password }
"""


def digits(number, length):
    text = ""
    for _ in range(length):
        text = ALPHABET[number % len(ALPHABET)] + text
        number //= len(ALPHABET)
    return text


def users():
    for number in range(COUNT):
        yield ("cs-" + digits(number, 8),
               "-".join(digits(7919 * number + group, 5) for group in range(5)))


def make(name):
    folder = os.path.join(FOLDER, name)
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    return folder


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def start(argv, folder):
    with open(os.path.join(folder, "out"), "ab") as out:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def dovecot(name, driver, args):
    folder = os.path.join(FOLDER, name)
    path = write(os.path.join(folder, "conf"),
                 DOVECOT.format(folder=folder, driver=driver, args=args))
    return start(["dovecot", "-F", "-c", path], folder)


def dovecot_file():
    folder = make("file")
    write(os.path.join(folder, "users"), "".join(f"{u}:{{PLAIN}}{p}\n" for u, p in users()))
    return dovecot("file", "passwd-file", os.path.join(folder, "users"))


def dovecot_sqlite():
    folder = make("sqlite")
    path = os.path.join(folder, "users.db")
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE users (userid TEXT PRIMARY KEY, password TEXT NOT NULL)")
    base.executemany("INSERT INTO users VALUES (?, ?)", ((u, "{PLAIN}" + p) for u, p in users()))
    base.commit()
    base.close()
    for owned in (folder, path):
        shutil.chown(owned, pwd.getpwnam("dovecot").pw_uid)
    return dovecot("sqlite", "sql", write(os.path.join(folder, "sql"), SQL.format(folder=folder)))


def saslauthd():
    folder = make("saslauthd")
    os.mkdir(os.path.join(folder, "layer"))
    subprocess.run(["perl", "-MDB_File", "-MFcntl", "-e", SASLDB.replace("REALM", REALM),
                    os.path.join(folder, "sasldb2")],
                   input="".join(f"{u} {p}\n" for u, p in users()).encode(), check=True)
    # It leaves for the background, and says in saslauthd.pid where it is.
    return start(["unshare", "--mount", "sh", "-c", SASLAUTHD.format(folder=folder)], folder)


PEERS = [(dovecot_file, "dovecot", "file/client"),
         (dovecot_sqlite, "dovecot", "sqlite/client"),
         (saslauthd, "saslauthd", "saslauthd/mux")]


def answers(path):
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(path)
            return True
        except OSError:
            return False


def stop(process, path):
    pid_file = os.path.join(os.path.dirname(path), "saslauthd.pid")
    if os.path.exists(pid_file):
        with open(pid_file, encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGTERM)
    if process.poll() is None:
        process.terminate()
    process.wait(10)


def main():
    os.chmod(FOLDER, 0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    running = []
    try:
        for begin, program, path in PEERS:
            if os.geteuid() == 0 and shutil.which(program) is not None:
                running.append((begin(), os.path.join(FOLDER, path)))
        for _, path in running:
            for _ in range(200):
                if answers(path):
                    break
                time.sleep(0.05)
        write(os.path.join(FOLDER, "ready"), "")
        signal.pause()
    finally:
        for process, path in running:
            stop(process, path)


main()
