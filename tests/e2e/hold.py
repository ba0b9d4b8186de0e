#!/usr/bin/env python3
"""hold.py - hold listening sockets for a program, as systemd does with a .socket unit.

    hold.py GROUP PATH... -- PROGRAM ARGUMENT...

Makes the sockets (mode 0660, that group) and starts the program on them. SIGHUP ends the program (SIGTERM) and
starts it anew, SIGTERM ends both. Says "started N" for each start, "ended STATUS" for each end.
"""
import os
import shutil
import signal
import socket
import sys

FIRST_FD = 3


def listen(path, group):
    link = socket.socket(socket.AF_UNIX)
    link.bind(path)
    shutil.chown(path, group=group)
    os.chmod(path, 0o660)
    link.listen(512)
    return link


def start(sockets, command):
    pid = os.fork()
    if pid == 0:
        aside = [os.dup2(link.fileno(), 100 + number) for number, link in enumerate(sockets)]
        for number, fd in enumerate(aside):
            os.dup2(fd, FIRST_FD + number)
        os.closerange(FIRST_FD + len(aside), 200)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(aside)))
        os.execvp(command[0], command)
    return pid


def main():
    group, *rest = sys.argv[1:]
    paths, command = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    signals = [signal.SIGHUP, signal.SIGTERM]
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    sockets = [listen(path, group) for path in paths]
    count = 0
    while True:
        pid = start(sockets, command)
        count += 1
        print(f"started {count}", flush=True)
        wanted = signal.sigwait(signals)
        os.kill(pid, signal.SIGTERM)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(f"ended {status}", flush=True)
        if wanted == signal.SIGTERM:
            return


main()
