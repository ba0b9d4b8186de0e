#!/usr/bin/env python3
"""27-socketmap.t - the maps of the socketmap socket, asked by postmap and by a real Postfix.

TAP. B is the build folder (build/release).
"""
import os
import smtplib
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authd import REALM, Daemon, Tap, mailbox, plain, username  # noqa: E402
from postfix import Postfix, open_to_postfix  # noqa: E402


def check_postmap(tap, postfix):
    for name, key, status, want in (
            ("egress", username(0), 0, "FILTER clean01:"),
            ("egress", f"{username(0).upper()}@{REALM}", 0, "FILTER clean01:"),
            ("egress", username(1), 0, "550 5.7.1 These temporary sending details have expired."),
            ("egress", username(2), 0, "550 5.7.1 These temporary sending details have been ended."),
            ("egress", username(3), 0, "550 5.7.1 This login is not for temporary sending."),
            ("egress", "cs-zzzzzzzz", 0, "550 5.7.1 "),
            ("egress", "anna@hosted.example", 1, ""),
            ("senders", mailbox(0), 0, f"{username(0)},{username(0)}@{REALM}"),
            ("senders", mailbox(1), 1, ""),
            ("senders", "@hosted.example", 1, ""),
            ("lanes", mailbox(0), 0, "clean01:"),
            ("lanes", "anna@hosted.example", 1, "")):
        got = postfix.postmap(name, key)
        good = got[0] == status and (got[1].startswith(want) if want else got[1] == "")
        tap.ok(good, f"postmap -q {key} {name}: {want or 'not found'}", got)
    got = postfix.postmap("lines", mailbox(0))
    tap.ok(got[0] != 0 and got[1] == "" and "there is no map" in got[2], "a map that we do not have is an error", got)


def check_egress(tap, daemon, postfix):
    """check_sasl_access at the end of the message, and unionmap for who owns a sender."""
    run = postfix.run
    postfix.reload(f"""
smtpd_sender_login_maps = unionmap:{{inline:{{ anna@hosted.example=anna, {mailbox(4)}=four }},
    socketmap:unix:{run}/socketmap:senders}}
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_end_of_data_restrictions = check_sasl_access socketmap:unix:{run}/socketmap:egress
""")
    tap.ok(postfix.went_by(postfix.send(plain(0), mailbox(0))) == "clean01", "egress: a lease's mail takes its lane")
    tap.ok(postfix.went_by(postfix.send(plain(4), mailbox(4))) == "clean01",
           "unionmap: a sender that the site lists for another login is the lease's, too")
    reply = postfix.send(plain(0), "anna@hosted.example")
    tap.ok(reply[0] == 553 and "not owned by user" in reply[1], "unionmap: a sender of somebody else's is refused", reply)
    reply = postfix.send(plain(0), mailbox(5))
    tap.ok(reply[0] == 553, "unionmap: another lease's sender is refused", reply)

    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as smtp:
        smtp.ehlo("pc.hosted.example")
        smtp.docmd("AUTH PLAIN", plain(6))
        smtp.mail(mailbox(6))
        smtp.rcpt("bob@remote.example")
        daemon.start_issuer()
        status, said = daemon.command("lease", "revoke", "7")
        tap.ok(status == 0, "the lease is revoked while its session is open", said)
        reply = smtp.data(b"Subject: x\r\n\r\nHello.\r\n")
        tap.ok(reply[0] == 550 and b"have been ended" in reply[1], "egress: and its message is refused", reply)

    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as smtp:
        smtp.ehlo("pc.hosted.example")
        smtp.docmd("AUTH PLAIN", plain(0))
        smtp.mail(mailbox(0))
        code, text = smtp.rcpt("bob@remote.example")
        daemon.stop()
        reply = smtp.data(b"Subject: x\r\n\r\nHello.\r\n")
        tap.ok(code == 250 and reply[0] == 451, "authd goes down in a session: its message is deferred", (code, text, reply))
    daemon.start()
    os.rename(daemon.path("state/cleansmtp.db"), daemon.path("state/aside"))
    time.sleep(1.1)
    code, text, complaint = postfix.postmap("egress", username(0))
    tap.ok(code != 0 and text == "" and "cannot be found out now" in complaint, "no database: a temporary fault", complaint)
    code, text, _ = postfix.postmap("egress", "anna@hosted.example")
    tap.ok(code == 1 and text == "", "no database: an ordinary login is still not ours")
    os.rename(daemon.path("state/aside"), daemon.path("state/cleansmtp.db"))
    time.sleep(1.1)


def check_lanes(tap, postfix):
    """sender_dependent_default_transport_maps alone."""
    postfix.reload(f"""
sender_dependent_default_transport_maps = socketmap:unix:{postfix.run}/socketmap:lanes
""")
    tap.ok(postfix.went_by(postfix.send(plain(0), mailbox(0))) == "clean01", "lanes: the sender's mail takes the lane")
    tap.ok(postfix.went_by(postfix.send(plain(0), "other@hosted.example")) == "ordinary",
           "lanes: another sender's does not, whoever logged in (as documented)")


def check_wire(tap, daemon):
    """What Postfix does not send."""
    request = f"{7 + len(username(0))}:egress {username(0)},".encode()
    with daemon.connect("socketmap") as link:
        for byte in request:
            link.sendall(bytes([byte]))
        tap.ok(link.recv(100) == b"18:OK FILTER clean01:,", "a request of single bytes")
        link.sendall(request * 200)
        answers = b""
        while len(answers) < 200 * 22:
            answers += link.recv(65536)
        tap.ok(answers == b"18:OK FILTER clean01:," * 200, "two hundred requests in a row")
    for text in (b"get anna\n", b"10001:x", b"3:abcd,"):
        with daemon.connect("socketmap") as link:
            link.sendall(text)
            tap.ok(link.recv(100) == b"", f"{text!r}: closed without a reply")
    tap.ok(daemon.wait_logged("socketmap.protocol", 3), "and logged")


def main():
    tap = Tap()
    if os.getuid() != 0:
        print("1..0 # SKIP a Postfix of its own needs root")
        return 0
    daemon = Daemon(leases=10)
    open_to_postfix(daemon)
    postfix = None
    try:
        daemon.start()
        postfix = Postfix(daemon)
        postfix.start()
        check_postmap(tap, postfix)
        check_wire(tap, daemon)
        check_egress(tap, daemon, postfix)
        check_lanes(tap, postfix)
        return tap.done()
    finally:
        if postfix is not None:
            postfix.end()
        daemon.end()


if __name__ == "__main__":
    sys.exit(main())
