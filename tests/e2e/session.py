#!/usr/bin/env python3
"""session.py - an SMTP client that keeps its session open and does one step at a time.

    session.py HOST PORT

Reads a command a line and answers each with one line, "CODE text":
    open            connect, STARTTLS (or TLS at once on port 465), EHLO
    auth USER PASS  AUTH PLAIN
    mail FROM TO SUBJECT    (TO: addresses with commas between them)
    bdat FROM TO SUBJECT    the same by BDAT (RFC 3030), in two chunks
    begin FROM TO           MAIL to DATA; 354 when the message may come
    end SUBJECT             the message and its dot
"000 ..." means that there was no SMTP answer (connection lost).
"""
import smtplib
import ssl
import sys


def connect(host, port):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if port == 465:
        smtp = smtplib.SMTP_SSL(host, port, timeout=20, context=context)
    else:
        smtp = smtplib.SMTP(host, port, timeout=20)
        smtp.starttls(context=context)
    return smtp, smtp.ehlo()


def chunks(smtp, message):
    """BDAT: the first half, then the last; the first refusal is the answer."""
    half = len(message) // 2
    for piece, last in ((message[:half], ""), (message[half:], " LAST")):
        smtp.send(f"BDAT {len(piece)}{last}\r\n".encode() + piece)
        code, text = smtp.getreply()
        if code >= 400:
            break
    return code, text


def send(smtp, command, sender, recipients, subject):
    """MAIL to end of data; the first refusal is the answer."""
    answers = [smtp.mail(sender)] + [smtp.rcpt(one) for one in recipients.split(",")]
    for code, text in answers:
        if code >= 400:
            smtp.rset()
            return code, text
    to = recipients.replace(",", ">, <")
    message = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\nHello.\r\n"
    try:
        return chunks(smtp, message.encode()) if command == "bdat" else smtp.data(message)
    except smtplib.SMTPDataError as refused:
        return refused.smtp_code, refused.smtp_error


def begin(smtp, sender, recipient):
    for code, text in (smtp.mail(sender), smtp.rcpt(recipient)):
        if code >= 400:
            return code, text
    return smtp.docmd("DATA")


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    smtp = None
    for line in sys.stdin:
        command, *words = line.split()
        try:
            if command == "open":
                smtp, (code, text) = connect(host, port)
            elif command == "auth":
                smtp.user, smtp.password = words
                code, text = smtp.auth("PLAIN", smtp.auth_plain)
            elif command == "begin":
                code, text = begin(smtp, *words)
            elif command == "end":
                smtp.send(f"Subject: {words[0]}\r\n\r\nHello.\r\n.\r\n")
                code, text = smtp.getreply()
            else:
                code, text = send(smtp, command, *words)
        except smtplib.SMTPResponseException as refused:
            code, text = refused.smtp_code, refused.smtp_error
        except (OSError, smtplib.SMTPException) as lost:
            code, text = 0, str(lost).encode()
        text = b" ".join(text.splitlines()).decode("utf-8", "replace")
        print(f"{code:03d} {text}", flush=True)


main()
