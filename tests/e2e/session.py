#!/usr/bin/env python3
"""session.py - an SMTP client that keeps its session open and does one step at a time.

    session.py HOST PORT

Reads a command a line and answers each with one line, "CODE text":
    open            connect, STARTTLS (or TLS at once on port 465), EHLO
    auth USER PASS  AUTH PLAIN
    mail FROM TO SUBJECT
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


def send(smtp, sender, recipient, subject):
    """MAIL to end of data; the first refusal is the answer."""
    for code, text in (smtp.mail(sender), smtp.rcpt(recipient)):
        if code >= 400:
            smtp.rset()
            return code, text
    try:
        return smtp.data(
            f"From: <{sender}>\nTo: <{recipient}>\nSubject: {subject}\n\nHello.\n"
        )
    except smtplib.SMTPDataError as refused:
        return refused.smtp_code, refused.smtp_error


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
            else:
                code, text = send(smtp, *words)
        except smtplib.SMTPResponseException as refused:
            code, text = refused.smtp_code, refused.smtp_error
        except (OSError, smtplib.SMTPException) as lost:
            code, text = 0, str(lost).encode()
        text = b" ".join(text.splitlines()).decode("utf-8", "replace")
        print(f"{code:03d} {text}", flush=True)


main()
