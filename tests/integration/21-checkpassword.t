#!/usr/bin/env python3
"""21-checkpassword.t - cleansmtp-checkpassword as its callers see it: descriptors, environment, exits.

TAP. B is the build folder (build/release). The real authd answers, except where a broken one is
the point. Makes one folder below /tmp and removes it.
"""
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authd import B, Daemon, Tap, password, username  # noqa: E402

tap = Tap()
ok = tap.ok
HELPER = f"{B}/cleansmtp-checkpassword"


def record(number, secret=None):
    return f"{username(number)}\0{password(number) if secret is None else secret}\0\0".encode()


SHOW = ["/bin/sh", "-c", "env; echo fds:$(ls /proc/$$/fd | tr '\\n' ' ')"]


def helper(data, args=None, env=None, on=3, keep_open=False):
    """Run the helper with data on descriptor `on` (None: closed); (status, stdout, stderr)."""
    environment = {"PATH": "/usr/bin:/bin"}
    environment.update(env or {})
    reading, writing = os.pipe()
    if data is not None:
        os.write(writing, data)
    if not keep_open:
        os.close(writing)

    def arrange():
        if data is None:
            os.closerange(3, 10)
            return
        os.dup2(reading, 200)
        os.dup2(200, on)

    process = subprocess.Popen([HELPER] + (args if args is not None else SHOW), env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=arrange, close_fds=False)
    out, err = process.communicate(timeout=20)
    os.close(reading)
    if keep_open:
        os.close(writing)
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


class Fake:
    """A verify socket that answers what it is told to, after a while."""

    def __init__(self, path, answer, wait_s=0.0):
        self.answer, self.wait_s, self.asked = answer, wait_s, []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(400)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            link, _ = self.server.accept()
            threading.Thread(target=self.one, args=(link,), daemon=True).start()

    def one(self, link):
        try:
            self.asked.append(link.recv(4096))
            time.sleep(self.wait_s)
            link.sendall(self.answer)
        except OSError:
            pass
        link.close()


def check_good(env):
    status, out, err = helper(record(0), env=env | {"ORIG_UID": "105", "SERVICE": "smtp", "EXTRA": "other",
                                                    "TCPREMOTEIP": "192.0.2.50", "USER": "nobody"})
    lines = out.splitlines()
    ok(status == 0 and f"USER={username(0)}" in lines and "USER=nobody" not in lines, "good: PROG runs with USER", out + err)
    ok("EXTRA=userdb_uid userdb_gid" in lines and "userdb_uid=65534" in lines and "userdb_gid=65534" in lines
       and "EXTRA=other" not in lines, "good: EXTRA", out)
    alone = helper(record(0), env=env | {"EXTRA": "other", "USER": "nobody", "userdb_uid": "0", "userdb_gid": "0"}, args=["/usr/bin/env"])[1]
    ok(all(alone.count(f"\n{name}=") + alone.startswith(f"{name}=") == 1 for name in ("USER", "EXTRA", "userdb_uid", "userdb_gid"))
       and "nobody" not in alone and "userdb_uid=65534" in alone, "good: what was there of ours is gone, not behind", alone)
    ok("ORIG_UID=105" in lines and "SERVICE=smtp" in lines, "good: ORIG_UID and the rest stay", out)
    ok(err == "" and password(0) not in out, "good: nothing on standard error, no password in the environment", err)
    fds = lines[-1].split(":")[1].split()
    ok(all(int(fd) < 5 or int(fd) == 10 for fd in fds), "good: descriptors from 5 up are closed", fds)
    status, out, err = helper(record(0), env=env, args=["/bin/sh", "-c", "exit 7"])
    ok(status == 7, "good: the status is PROG's", status)
    status, out, err = helper(record(0), env=env, args=["/bin/sh", "-c", "[ ! -e /proc/self/fd/3 ]"])
    ok(status == 0, "good: descriptor 3 is closed in PROG", (status, out, err))
    status, out, err = helper(record(0), env=env, args=[sys.executable, "-c", "import signal; print(signal.alarm(0))"])
    ok((status, out) == (0, "0\n"), "good: its own time limit does not outlive it in PROG", (status, out, err))
    status, out, err = helper(f"{username(4).upper()}@Clean.Mail.Example\0{password(4).replace('-', ' ').upper()}\0\0".encode(),
                              env=env)
    ok(status == 0 and f"USER={username(4)}" in out, "good: as people type it", err)
    start = time.monotonic()
    status, out, err = helper(record(0), env=env, keep_open=True)
    ok(status == 0 and time.monotonic() - start < 6, "good: it stops at the third NUL", err)
    status, out, err = helper(f"{username(0)}\0{password(0)}\0".encode(), env=env)
    ok(status == 0, "good: without a timestamp", err)


def check_refused(env):
    for name, data, extra in (("wrong", record(0, "wrong"), {}), ("unknown", record(7777), {}),
                              ("expired", record(1), {}), ("revoked", record(2), {}), ("not revealed", record(3), {}),
                              ("IMAP", record(0), {"SERVICE": "imap"}),
                              ("another realm", f"{username(0)}@x.example\0{password(0)}\0\0".encode(), {}),
                              ("a password with LF", record(0, "a\nb"), {}), ("empty login", b"\0x\0\0", {}),
                              ("nothing but NULs", b"\0\0\0", {})):
        status, out, err = helper(data, env=env | extra)
        ok(status == 1 and out == "" and err == "", f"refused: {name}: 1, and silent", (status, out, err))
    for name in ("AUTHORIZED", "CREDENTIALS_LOOKUP"):
        ok(helper(record(0), env=env | {name: "1"})[0] == 3, f"{name}: 3")


def check_misuse(env):
    cases = (("no second NUL", b"login\0password", None), ("nothing", b"", None), ("513 bytes", b"x" * 513, None),
             ("a record of 513 bytes", b"login\0" + b"x" * 506 + b"\0", None), ("descriptor 3 closed", None, None),
             ("no PROG", record(0), []), ("only --socket", record(0), ["--socket", "/x"]),
             ("an unknown option", record(0), ["--nonsense", "/bin/true"]))
    for name, data, args in cases:
        status, out, err = helper(data, env=env, args=args)
        ok(status == 2 and out == "" and err != "", f"misuse: {name}: 2, and says so", (status, out, err))
    data = b"login\0" + b"x" * 505 + b"\0"
    ok(len(data) == 512 and helper(data, env=env)[0] == 1, "512 bytes are no misuse")


def check_trouble(folder, env):
    status, out, err = helper(record(0), env={"CLEANSMTP_VERIFY": f"{folder}/nowhere"})
    ok(status == 111 and out == "" and "nowhere" in err, "authd is down: 111, and says so", (status, out, err))
    ok(password(0) not in err, "the message holds no password")
    status, out, err = helper(record(0), env={"CLEANSMTP_VERIFY": "x" * 200})
    ok(status == 111, "a path that is too long: 111", (status, err))
    for name, answer in (("TEMP", b"TEMP\treason=later\n"), ("closed", b""), ("half a line", b"OK\tuser=cs-abc"),
                         ("nonsense", b"HELLO\n"), ("OK without user", b"OK\n"), ("endless", b"O" * 5000)):
        path = f"{folder}/fake-{name.replace(' ', '-')}"
        Fake(path, answer)
        status, out, err = helper(record(0), args=["--socket", path] + SHOW)
        ok(status == 111 and out == "", f"authd says {name}: 111", (status, out, err))
    path = f"{folder}/fake-silent"
    Fake(path, b"OK\tuser=cs-abcdefgh\n", wait_s=15)
    start = time.monotonic()
    status, out, err = helper(record(0), args=["--socket", path] + SHOW)
    took = time.monotonic() - start
    ok(status == 111 and 5 < took < 9, "authd is silent: 111 within 8 s", (status, took, err))
    status, out, err = helper(record(0), env=env, args=["/nonexistent/program"])
    ok(status == 111 and "nonexistent" in err, "PROG cannot run: 111", (status, err))
    path = f"{folder}/fake-asked"
    fake = Fake(path, b"NO\n")
    helper(record(0), args=["--socket", path, "/bin/true"], env={"AUTH_SECURED": "secured", "TCPREMOTEIP": "192.0.2.9",
                                                               "SERVICE": "submission"})
    ok(fake.asked == [f"{username(0)}\0{password(0)}\0submission\x00192.0.2.9\0secured=yes\0\n".encode()],
       "what is asked", fake.asked)
    fake.asked.clear()
    for client in ("192.0.2.9", "x" * 100, "192.0.2.9\tx"):
        subprocess.run([HELPER, "--socket", path, "--stdin"], input=b"secret\0", check=False, timeout=20,
                       env={"PAM_USER": username(0), "PAM_RHOST": client})
    asked = [f"{username(0)}\0secret\0smtp\0{client}\0\n".encode() for client in ("192.0.2.9", "", "")]
    ok(fake.asked == asked, "what is asked under pam_exec: the client's address, or none", fake.asked)


def check_stdin(env):
    def run(data, extra=None):
        done = subprocess.run([HELPER, "--stdin"], input=data, env=env | (extra or {}), capture_output=True, timeout=20)
        return done.returncode, done.stdout
    ok(run(record(0)) == (0, b""), "--stdin: good: 0")
    ok(run(record(0, "wrong")) == (1, b""), "--stdin: wrong: 1")
    ok(run(b"x")[0] == 2, "--stdin: misuse: 2")
    ok(run(record(0), {"CLEANSMTP_VERIFY": "/nonexistent"})[0] == 111, "--stdin: authd is down: 111")
    ok(run(password(0).encode() + b"\0", {"PAM_USER": username(0), "PAM_RHOST": "192.0.2.50"}) == (0, b""),
       "--stdin under pam_exec: good: 0")
    ok(run(b"wrong\0", {"PAM_USER": username(0)}) == (1, b""), "--stdin under pam_exec: wrong: 1")
    ok(run(b"x" * 511 + b"\0", {"PAM_USER": username(0)}) == (1, b"") and run(b"x" * 512 + b"\0", {"PAM_USER": username(0)}) == (2, b""),
       "--stdin under pam_exec: more than 512 bytes: 2")


    ok(run(record(0), {"PAM_SERVICE": "submission"}) == (0, b"")
       and run(record(0), {"PAM_SERVICE": "sshd"}) == (1, b""), "--stdin under pam_exec: for our services only")


def check_refused_manner(folder, env):
    """The second line of a PAM stack: 0 only when the login is refused for certain."""
    def run(data, extra=None):
        done = subprocess.run([HELPER, "--refused"], input=data, env=env | (extra or {}), capture_output=True, timeout=20)
        return done.returncode, done.stdout
    path = f"{folder}/fake-refused"
    Fake(path, b"TEMP\treason=later\n")
    for name, data, extra, want in (("wrong", record(0, "wrong"), {}, 0), ("expired", record(1), {}, 0),
                                    ("another service", record(0), {"SERVICE": "imap"}, 0),
                                    ("good", record(0), {}, 1), ("misuse", b"x", {}, 2),
                                    ("a lookup", record(0), {"AUTHORIZED": "1"}, 3),
                                    ("authd is down", record(0), {"CLEANSMTP_VERIFY": "/nonexistent"}, 111),
                                    ("authd says TEMP", record(0, "wrong"), {"CLEANSMTP_VERIFY": path}, 111)):
        got = run(data, extra)
        ok(got == (want, b""), f"--refused: {name}: {want}", got)


def check_show(env):
    def run(data, extra=None):
        done = subprocess.run([HELPER, "--show"], input=data, env=env | (extra or {}), capture_output=True, timeout=20)
        return done.returncode, done.stdout.decode()
    got = run(record(0))
    ok(got == (0, f"user={username(0)}\tlane=clean01\taddress=198.51.100.21\n"), "--show: good: 0, and the fields", got)
    for name, data, extra, want in (("wrong", record(0, "wrong"), {}, 1), ("expired", record(1), {}, 1), ("misuse", b"x", {}, 2),
                                    ("authd is down", record(0), {"CLEANSMTP_VERIFY": "/nonexistent"}, 111)):
        got = run(data, extra)
        ok(got == (want, ""), f"--show: {name}: {want}, and nothing", got)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([HELPER, "--show"], input=record(0), env=env, stdout=full, stderr=subprocess.PIPE, check=False)
    ok(done.returncode == 111, "--show: nobody takes it: 111", done)


def reply(data, env, fd4=None):
    """Run with --reply; (status, what came on descriptor 4, stdout, stderr)."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    answer, answering = os.pipe()

    def arrange():
        os.dup2(reading, 200)
        os.dup2(answering if fd4 is None else fd4, 201)
        os.dup2(200, 3)
        os.dup2(201, 4)
        if fd4 == -1:
            os.close(4)

    process = subprocess.Popen([HELPER, "--reply", "/nonexistent/checkpassword-reply"], env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=arrange, close_fds=False)
    os.close(answering)
    out, err = process.communicate(timeout=20)
    said = os.read(answer, 4096)
    os.close(answer)
    os.close(reading)
    return process.returncode, said.decode(), out.decode(), err.decode()


def check_reply(env):
    ours = {"ORIG_UID": str(os.getuid()), "SERVICE": "smtp"}
    status, said, out, err = reply(record(0), env | ours)
    ok((status, said, out, err) == (0, f"user={username(0)}\tuserdb_uid=65534\tuserdb_gid=65534\t", "", ""),
       "--reply: good: 0, and the line that checkpassword-reply would write", (status, said, out, err))
    for name, data, extra, want in (("wrong", record(0, "wrong"), {}, 1), ("expired", record(1), {}, 1),
                                    ("IMAP", record(0), {"SERVICE": "imap"}, 1), ("a lookup", record(0), {"AUTHORIZED": "1"}, 3),
                                    ("misuse", b"x", {}, 2),
                                    ("authd is down", record(0), {"CLEANSMTP_VERIFY": "/nonexistent"}, 111),
                                    ("another ORIG_UID", record(0), {"ORIG_UID": "12345"}, 111),
                                    ("no ORIG_UID", record(0), {"ORIG_UID": ""}, 111)):
        status, said, out, err = reply(data, env | ours | extra)
        ok((status, said, out) == (want, "", ""), f"--reply: {name}: {want}, and nothing said", (status, said, out, err))
    with open("/dev/full", "wb") as full:
        status, said, out, err = reply(record(0), env | ours, fd4=full.fileno())
    ok((status, out) == (111, "") and "descriptor 4" in err, "--reply: descriptor 4 takes nothing: 111", (status, err))


def writable_memory(pid):
    """All that the process could have kept a secret in."""
    found = b""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if match and "[v" not in line:
                start, end = (int(text, 16) for text in match.groups())
                memory.seek(start)
                found += memory.read(end - start)
    return found


def full_pipe():
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        fcntl.fcntl(writing, fcntl.F_SETFL, 0)
    return reading, writing


def check_wiped(env):
    """PROG cannot run, and the complaint about it finds a full pipe: there the process stands still,
    with everything in memory that PROG would have been started over."""
    reading, writing = os.pipe()
    # The timestamp is no secret, but lies beside the password: of so long a one some piece would be left over.
    os.write(writing, record(0)[:-1] + b"part of the record, " * 22 + b"\0")
    os.close(writing)
    taken, standing = full_pipe()

    def arrange():
        os.dup2(reading, 200)
        os.dup2(standing, 201)
        os.dup2(200, 3)
        os.dup2(201, 2)

    process = subprocess.Popen([HELPER, "/nonexistent/program"], env=env | {"MARK": "a word to look for"},
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=arrange, close_fds=False)
    state = ""
    for _ in range(100):
        time.sleep(0.05)
        with open(f"/proc/{process.pid}/wchan", encoding="ascii") as file:
            state = file.read()
        if "pipe_w" in state or "write" in state:
            break
    memory = writable_memory(process.pid)
    ok(b"a word to look for" in memory and f"USER={username(0)}".encode() in memory
       and password(0).encode() not in memory and password(0)[:11].encode() not in memory and b"of the record" not in memory,
       "before PROG runs, the password is nowhere in memory", f"{len(memory)} bytes, in {state}")
    process.kill()
    process.wait()
    for fd in (reading, taken, standing):
        os.close(fd)


def check_alarm(folder):
    """Its own limit holds even where the caller blocked the signal and authd drips."""
    path = f"{folder}/fake-drip"
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(1)

    def drip():
        link, _ = server.accept()
        try:
            while True:
                link.sendall(b"O")
                time.sleep(0.5)
        except OSError:
            link.close()

    threading.Thread(target=drip, daemon=True).start()
    start = time.monotonic()
    process = subprocess.Popen([HELPER, "--socket", path, "--stdin"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]))
    process.communicate(record(0), timeout=20)
    took = time.monotonic() - start
    ok(process.returncode == 111 and 7 < took < 9.5, "an answer that drips: 111 after 8 s, SIGALRM blocked or not",
       (process.returncode, took))


def check_weight():
    """What is its own: objects and code, apart from libc's, whichever it was compiled against."""
    build = os.path.dirname(HELPER)
    if os.path.isdir(f"{build}/musl"):
        build = f"{build}/musl"
    objects = [f"{build}/auth/checkpassword_main.o", f"{build}/auth/checkpassword_record.o", f"{build}/base/error.o",
               f"{build}/base/slice.o", f"{build}/base/socket.o"]
    names = subprocess.run(["nm", "--undefined-only"] + objects, capture_output=True, text=True, check=True).stdout
    ok(not re.search(r"\b(malloc|calloc|realloc|reallocarray|free|strdup|asprintf|fopen)\b", names), "it allocates nothing",
       names)
    table = subprocess.run(["size"] + objects, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    own = sum(int(line.split()[0]) + int(line.split()[1]) for line in table)
    ok(own < 32 * 1024, "its own code and data are less than 32 KB", f"{own} bytes")


def check_burst(env):
    """Dovecot forks helpers that inherit each other's pipes: nobody may wait for the others."""
    results = []

    def one(number):
        results.append(helper(record(4 + number % 40), env=env, args=["/bin/true"])[0])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ok(results == [0] * 100, "a hundred at once", results)


def main():
    authd = Daemon()
    authd.start()
    folder = authd.folder
    env = {"CLEANSMTP_VERIFY": authd.socket("verify")}
    try:
        if B.endswith("release"):
            linked = subprocess.run(["ldd", HELPER], capture_output=True, text=True)
            ok("static" in linked.stdout + linked.stderr, "it is static", linked.stdout + linked.stderr)
            check_weight()
        check_good(env)
        check_refused(env)
        check_misuse(env)
        check_trouble(folder, env)
        check_stdin(env)
        check_refused_manner(folder, env)
        check_show(env)
        check_reply(env)
        check_wiped(env)
        check_alarm(folder)
        check_burst(env)
    finally:
        authd.end()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
