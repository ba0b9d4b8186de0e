#!/usr/bin/env python3
"""load.py - customers who log in and send, over and over, until SIGTERM.

    load.py HOST USER PASS FROM TO

Reads nothing. Each of its threads is one kind of customer. At the end a line "KIND COUNT" each, and before them a
line "wrong KIND ANSWER" for everything that was not the answer of a good day.
"""
import signal
import smtplib
import ssl
import sys
import threading
import time

is_over = threading.Event()


def connect(host, port):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if port == 465:
        smtp = smtplib.SMTP_SSL(host, port, timeout=40, context=context)
    else:
        smtp = smtplib.SMTP(host, port, timeout=40)
        smtp.starttls(context=context)
    smtp.ehlo()
    return smtp


def log_in(smtp, mechanism, user, password):
    smtp.user, smtp.password = user, password
    with_first = mechanism == "PLAIN"
    method = smtp.auth_plain if with_first else smtp.auth_login
    return smtp.auth(mechanism, method, initial_response_ok=with_first)


class Customer(threading.Thread):
    """One kind: its port, its mechanism, and whether it keeps its session."""

    def __init__(self, name, port, mechanism, is_kept):
        super().__init__(daemon=True)
        self.name, self.port, self.mechanism, self.is_kept = name, port, mechanism, is_kept
        self.count, self.wrong, self.smtp = 0, [], None

    def session(self, host, user, password):
        if self.smtp is None:
            self.smtp = connect(host, self.port)
            code, text = log_in(self.smtp, self.mechanism, user, password)
            if code != 235:
                raise ValueError(f"{code} {text}")

    def once(self, host, user, password, sender, recipient):
        self.session(host, user, password)
        if self.is_kept:
            self.smtp.sendmail(sender, [recipient], f"From: <{sender}>\r\nSubject: load-{self.name}\r\n\r\nHello.\r\n")
        else:
            self.smtp.quit()
            self.smtp = None
        self.count += 1

    def run(self):
        while not is_over.is_set():
            try:
                self.once(*sys.argv[1:])
            except (OSError, ValueError, smtplib.SMTPException) as error:
                self.wrong.append(repr(error))
                self.smtp = None
            time.sleep(0.05)


def main():
    customers = [Customer("new-plain-587", 587, "PLAIN", False), Customer("new-login-465", 465, "LOGIN", False),
                 Customer("held-587", 587, "PLAIN", True), Customer("held-465", 465, "LOGIN", True)]
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    for customer in customers:
        customer.start()
    while not is_over.wait(0.1):
        pass
    for customer in customers:
        customer.join(60)
        for answer in customer.wrong:
            print("wrong", customer.name, answer)
    for customer in customers:
        print(customer.name, customer.count)


main()
