"""forged_bounces.py - rejections that a mail server lived, what customers may hand in about them, and
forgeries of that.

A Rejection knows its lines in Postfix's log; a form makes a bounce of it; a Forgery is a bounce
that says otherwise than the log, with what must stop it. Everything is made up, from the forms in
tests/golden/bounces. Standard library only.
"""
import re
import time
from email.utils import formatdate

SPAMCOP, PSBL = "bl.spamcop.net", "psbl.surriel.com"
HOUR, DAY = 3600, 86400
NOW = int(time.time())


# ---- rejections and our log of them ---------------------------------------------------------

BASE52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"


class Rejection:
    """A message of a customer that really was refused, as our mail server lived it."""
    made = []

    def __init__(self, ago=3 * HOUR, **changes):
        n = len(Rejection.made)
        self.customer = f"anna@kunde{n}.example"
        self.address = f"192.0.2.{1 + n % 14}"
        self.list = SPAMCOP
        self.recipient = f"info{n}@ziel{n % 7}.example"
        self.server, self.server_address = f"mx.ziel{n % 7}.example", "198.51.100.25"
        self.at = NOW - ago - 7 * n
        self.queue_id = "4jY" + BASE52[n // 52 % 52] + BASE52[n % 52] + "6ZCvz1bgX3"
        self.notice_id = "4jY" + BASE52[n // 52 % 52] + BASE52[n % 52] + "7ZCvz1bgX4"
        self.message_id = f"m{n}.{self.at}@pc.kunde{n}.example"
        self.code, self.status = "554 5.7.1", "bounced"
        self.words = ("{code} Service unavailable; Client host [{address}] blocked using {list}; "
                      "Blocked - see https://lists.example/q?{address}")
        for name, value in changes.items():
            setattr(self, name, value)
        Rejection.made.append(self)

    def copy(self, **changes):
        """The same, told otherwise: no line of the log is of it."""
        other = object.__new__(Rejection)
        other.__dict__.update(self.__dict__)
        other.__dict__.update(changes)
        return other

    @property
    def reply(self):
        return self.words.format(code=self.code, address=self.address, list=self.list)

    @property
    def date(self):
        return formatdate(self.at)

    def log(self):
        """(time, text) of Postfix's lines about it."""
        q = self.queue_id
        outcome = ("sent (250 2.0.0 Ok: queued as 4jYBw43fvVz1bgWw)" if self.status == "sent" else
                   f"bounced (host {self.server}[{self.server_address}] said: {self.reply} "
                   "(in reply to RCPT TO command))")
        rows = [(-2, "submission/smtpd[7]", f"{q}: client=pc.example[198.51.100.7], "
                 f"sasl_method=PLAIN, sasl_username={self.customer}"),
                (-2, "cleanup[9]", f"{q}: message-id=<{self.message_id}>"),
                (-1, "qmgr[8]", f"{q}: from=<{self.customer}>, size=812, nrcpt=1 (queue active)"),
                (0, "smtp[11]", f"{q}: to=<{self.recipient}>, relay={self.server}"
                 f"[{self.server_address}]:25, delay=1, delays=0.1/0/0.5/0.4, dsn=5.7.1, "
                 f"status={outcome}"),
                (0, "bounce[12]", f"{q}: sender non-delivery notification: {self.notice_id}"),
                (0, "qmgr[8]", f"{q}: removed")]
        return [(self.at + after, f"mail postfix/{tag}: {text}") for after, tag, text in rows
                if not (self.status == "sent" and "notification" in text)]


def log_text():
    """Twenty-five days without a gap, until now."""
    rows = [(NOW - 25 * DAY + hour * HOUR, "mail postfix/anvil[5]: statistics: max cache size 1")
            for hour in range(25 * 24)]
    for rejection in Rejection.made:
        rows += rejection.log()
    rows.append((NOW, "mail postfix/anvil[5]: statistics: max cache size 2"))
    rows.sort(key=lambda row: row[0])
    return "".join(time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", time.gmtime(at)) + f" {text}\n"
                   for at, text in rows)


# ---- what a customer may hand in -------------------------------------------------------------

def report(r, *others, reply=None):
    """The machine's part, as Postfix writes it."""
    rows = "".join(f"\nFinal-Recipient: rfc822; {o.recipient}\nAction: failed\nStatus: 5.7.1\n"
                   f"Remote-MTA: dns; {o.server}\nDiagnostic-Code: smtp; {reply or o.reply}\n"
                   for o in (r, *others))
    return (f"Reporting-MTA: dns; mail.hoster.example\nX-Postfix-Queue-ID: {r.queue_id}\n"
            f"X-Postfix-Sender: rfc822; {r.customer}\nArrival-Date: {r.date}\n{rows}")


def said(r):
    return (f"<{r.recipient}>: host {r.server}[{r.server_address}] said: {r.reply}\n"
            "    (in reply to RCPT TO command)\n")


def postfix(r, *others, reply=None):
    prose = "\n".join(said(o) for o in (r, *others))
    return f"""Return-Path: <>
Date: {r.date}
From: Mail Delivery System <MAILER-DAEMON@hoster.example>
Subject: Undelivered Mail Returned to Sender
To: {r.customer}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b/mail"
Message-Id: <{r.notice_id}@mail.hoster.example>

--b/mail
Content-Type: text/plain; charset=utf-8

This is the mail system at host mail.hoster.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

{prose}
--b/mail
Content-Type: message/delivery-status

{report(r, *others, reply=reply)}
--b/mail
Content-Type: message/rfc822

Return-Path: <{r.customer}>
Received: from pc.example (pc.example [198.51.100.7])
\tby mail.hoster.example (Postfix) with ESMTPSA id {r.queue_id};
\t{r.date}
Date: {r.date}
To: {r.recipient}
From: {r.customer}
Subject: Offer
Message-Id: <{r.message_id}>

Good morning

--b/mail--
"""


def several(r):
    """Three recipients of one message: ours is the first."""
    return postfix(r, r.copy(recipient="bo@ziel5.example", server="mx.ziel5.example"),
                   r.copy(recipient="cy@ziel6.example", server="mx.ziel6.example"))


def exim(r):
    return f"""X-Failed-Recipients: {r.recipient}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@hoster.example>
To: {r.customer}
References: <{r.message_id}>
Content-Type: multipart/report; report-type=delivery-status; boundary=eximdsn
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Date: {r.date}

--eximdsn
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {r.recipient}
    host {r.server} [{r.server_address}]
    SMTP error from remote mail server after RCPT TO:<{r.recipient}>:
    {r.reply}

--eximdsn
Content-type: message/delivery-status

Reporting-MTA: dns; mail.hoster.example

Action: failed
Final-Recipient: rfc822;{r.recipient}
Status: 5.0.0
Remote-MTA: dns; {r.server}
Diagnostic-Code: smtp; {r.reply}

--eximdsn
Content-type: message/rfc822

Return-path: <{r.customer}>
Date: {r.date}
To: {r.recipient}
From: {r.customer}
Subject: Offer
Message-Id: <{r.message_id}>

Good morning

--eximdsn--
"""


def attached(r):
    """Forwarded to support as an attachment, a quarter of an hour later."""
    inner = postfix(r).replace("b/mail", "inner")
    return (f"From: {r.customer}\nTo: support@hoster.example\nSubject: Fwd: my mail came back\n"
            f"Date: {formatdate(r.at + 900)}\nMIME-Version: 1.0\n"
            'Content-Type: multipart/mixed; boundary="out"\n\n--out\nContent-Type: text/plain\n\n'
            "See the attached. Can you help?\n\n--out\nContent-Type: message/rfc822\n\n"
            f"{inner}\n--out--\n")


def inline(r):
    """Forwarded to support as text."""
    return (f"From: {r.customer}\nTo: support@hoster.example\n"
            f"Subject: Fwd: Undelivered Mail Returned to Sender\nDate: {formatdate(r.at + 900)}\n"
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nPlease help.\n\n"
            "---------- Forwarded message ---------\n"
            "From: Mail Delivery System <MAILER-DAEMON@hoster.example>\n"
            f"Subject: Undelivered Mail Returned to Sender\nTo: <{r.customer}>\n\n"
            f"This is the mail system at host mail.hoster.example.\n\n{said(r)}")


def pasted_report(r):
    return report(r)


def pasted(r):
    return said(r)


def pasted_answer(r):
    """As a mail program quotes it, with the customer's words around."""
    quoted = "".join(f"> {line}\n" for line in said(r).splitlines())
    return f"Hello, since this morning I cannot write to my customer:\n\n{quoted}\nPlease help!\n"


def log_line(r):
    return next(f"{text}\n" for _, text in r.log() if "status=" in text)


def html(r):
    text = said(r).replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>\n")
    return (f"From: Mail Delivery System <MAILER-DAEMON@hoster.example>\nTo: {r.customer}\n"
            f"Subject: Undelivered Mail Returned to Sender\nDate: {r.date}\nMIME-Version: 1.0\n"
            "Content-Type: text/html; charset=utf-8\n\n<html><body><p>Your message could not be "
            f"delivered.</p><p>{text}</p></body></html>\n")


FORMS = [postfix, several, exim, attached, inline, pasted_report, pasted, pasted_answer, log_line,
         html]
WHOLE = [postfix, several, exim, attached]  # with ids, and a sender
DATED = [postfix, several, exim, html]


# ---- forgeries ---------------------------------------------------------------------------------

class Forgery:
    """want: words of which the verdict, a doubt, or what mint said must have one. first: bounces
    that are turned into a lease, and that revoked, before it. is_by_case: the case is opened
    without a customer, who is named when the lease is asked for."""
    def __init__(self, kind, name, text, mailbox, want, first=(), is_by_case=False):
        self.kind, self.name, self.text, self.mailbox = kind, name, text, mailbox
        self.want, self.first, self.is_by_case = set(want.split()), first, is_by_case


def changed(text, old, new):
    assert old in text, (old, text)
    return text.replace(old, new)


def without(text, pattern):
    """Lines that begin so, gone."""
    kept = re.sub(rf"(?im)^(?:{pattern})[^\n]*\n(?:[ \t][^\n]*\n)*", "", text)
    assert kept != text, (pattern, text)
    return kept


def another_address(r, offset=1):
    return f"192.0.2.{1 + (int(r.address.rsplit('.', 1)[1]) - 1 + offset) % 14}"


def of_address():
    rows = [("another shared address", another_address, "log_differs log_absent"),
            ("a third shared address", lambda r: another_address(r, 5), "log_differs log_absent"),
            ("a foreign address", lambda r: "198.51.100.77", "not_ours"),
            ("a reserved address", lambda r: "203.0.113.9", "reserved")]
    for form in FORMS:
        for name, choose, want in rows:
            r = Rejection()
            yield Forgery("address", f"{form.__name__}: {name}",
                          form(r.copy(address=choose(r))), r.customer, want)
    for name, choose, _ in rows:
        r = Rejection()
        yield Forgery("address", f"postfix: {name}, in the report alone",
                      postfix(r, reply=r.copy(address=choose(r)).reply), r.customer,
                      "log_differs contradicts not_ours reserved cannot_tell")


def of_time():
    for form in DATED:
        for name, at in [("thirty days old", NOW - 30 * DAY), ("a year old", NOW - 365 * DAY),
                         ("of tomorrow", NOW + DAY), ("of next month", NOW + 30 * DAY)]:
            r = Rejection()
            yield Forgery("time", f"{form.__name__}: {name}", form(r.copy(at=at)), r.customer,
                          "odd_time" if at > NOW else "old")
    for form in WHOLE:
        for days in (4, 20):
            r = Rejection(ago=days * DAY)
            yield Forgery("time", f"{form.__name__}: really {days} days old", form(r), r.customer,
                          "old")
            r = Rejection(ago=days * DAY)
            yield Forgery("time", f"{form.__name__}: {days} days old, dated anew",
                          form(r.copy(at=NOW - HOUR)), r.customer, "old")
            r = Rejection(ago=days * DAY)
            yield Forgery("time", f"{form.__name__}: {days} days old, date removed",
                          without(form(r), "date|arrival-date"), r.customer, "old")
            r = Rejection(ago=days * DAY)
            yield Forgery("time", f"{form.__name__}: {days} days old, dated anew, other ids",
                          form(r.copy(at=NOW - HOUR, queue_id="4jYzz6ZCvz1bgX3",
                                      message_id=f"new.{r.message_id}")), r.customer,
                          "log_absent")


def of_message():
    for form in FORMS:
        r = Rejection()
        yield Forgery("message", f"{form.__name__}: never sent",
                      form(r.copy(recipient="never@ziel1.example", queue_id="4jYzy6ZCvz1bgX3",
                                  message_id=f"never.{r.message_id}")), r.customer, "log_absent")
    for form in WHOLE:
        r = Rejection()
        yield Forgery("message", f"{form.__name__}: of the ids of this, another recipient",
                      form(r.copy(recipient="other@ziel1.example")), r.customer, "log_absent")
        r = Rejection(status="sent")
        yield Forgery("message", f"{form.__name__}: was accepted", form(r), r.customer,
                      "log_differs log_absent")


def of_customer():
    for form in FORMS:
        r, own = Rejection(), Rejection()
        yield Forgery("customer", f"{form.__name__}: somebody else's", form(r), own.customer,
                      "other_sender")
        r, own = Rejection(), Rejection()
        yield Forgery("customer", f"{form.__name__}: somebody else's, sender changed",
                      form(r.copy(customer=own.customer)), own.customer, "other_sender")
        r, own = Rejection(), Rejection()
        yield Forgery("customer", f"{form.__name__}: the customer changed in the case", form(r),
                      own.customer, "other_sender", is_by_case=True)
    for form in WHOLE:
        r, own = Rejection(), Rejection()
        yield Forgery("customer", f"{form.__name__}: somebody else's ids on an own bounce",
                      form(own.copy(queue_id=r.queue_id, message_id=r.message_id,
                                    recipient=r.recipient, server=r.server)),
                      own.customer, "other_sender log_differs")
        r = Rejection()
        yield Forgery("customer", f"{form.__name__}: a colleague's, used by him", form(r),
                      f"bo@{r.customer.split('@')[1]}", "used_before", [(form(r), r.customer)])


def of_list():
    rows = [(PSBL, "log_differs log_absent"), ("multi.surbl.org", "not_address"),
            ("dbl.spamhaus.org", "not_address"), ("rbl.unknown.example", "cannot_tell"),
            ("bl.spamcop.net.evil.example", "cannot_tell"), ("evil.example", "cannot_tell")]
    for form in FORMS:
        for name, want in rows:
            r = Rejection()
            yield Forgery("list", f"{form.__name__}: {name}", form(r.copy(list=name)), r.customer,
                          want + " log_differs log_absent")


def right_server(r):
    return "mx." + r.recipient.split("@")[1]


def of_server():
    for form in WHOLE:
        n = len(Rejection.made)
        r = Rejection(recipient=f"info@kunde{n}.example", server=f"mx.kunde{n}.example")
        yield Forgery("server", f"{form.__name__}: recipient of the customer's own", form(r),
                      r.customer, "own_server")
        n = len(Rejection.made)
        r = Rejection(server=f"mx.kunde{n}.example")
        yield Forgery("server", f"{form.__name__}: refused by the customer's server", form(r),
                      r.customer, "own_server")
        n = len(Rejection.made)
        r = Rejection(server=f"mx.kunde{n}.example")
        yield Forgery("server", f"{form.__name__}: the same, hidden by the right name",
                      form(r.copy(server=right_server(r))), r.customer,
                      "own_server")
        n = len(Rejection.made)
        r = Rejection(server=f"mx.kunde{n}.example")
        yield Forgery("server", f"{form.__name__}: the same, server not named",
                      without(form(r), "remote-mta"), r.customer, "own_server")
        r = Rejection(server="mx.elsewhere.example")
        yield Forgery("server", f"{form.__name__}: no mail server of the recipient", form(r),
                      r.customer, "odd_server")
        r = Rejection(server="mx.elsewhere.example")
        yield Forgery("server", f"{form.__name__}: the same, hidden by the right name",
                      form(r.copy(server=right_server(r))), r.customer,
                      "odd_server")
        r = Rejection(server_address="192.0.2.3")
        yield Forgery("server", f"{form.__name__}: refused by ourselves", form(r), r.customer,
                      "own_server")


def of_use():
    for form in FORMS:
        r = Rejection()
        yield Forgery("use", f"{form.__name__}: the same again", form(r), r.customer,
                      "used_before", [(form(r), r.customer)])
        r = Rejection()
        yield Forgery("use", f"{form.__name__}: the same and a blank", form(r) + " \n", r.customer,
                      "used_before", [(form(r), r.customer)])
    for form in WHOLE:
        r = Rejection()
        yield Forgery("use", f"{form.__name__}: again with other ids",
                      form(r.copy(queue_id="4jYzx6ZCvz1bgX3", message_id=f"x.{r.message_id}")),
                      r.customer, "used_before", [(form(r), r.customer)])
        r = Rejection()
        yield Forgery("use", f"{form.__name__}: again with another message id",
                      form(r.copy(message_id=f"y.{r.message_id}")), r.customer, "used_before",
                      [(form(r), r.customer)])
    for form in FORMS[1:]:
        r = Rejection()
        yield Forgery("use", f"again as {form.__name__}", form(r), r.customer, "used_before",
                      [(postfix(r), r.customer)])


def of_reply():
    was = [("an unknown user", "550 5.1.1", "{code} No such user here, sorry about that"),
           ("a full mailbox", "552 5.2.2", "{code} The mailbox of the recipient is full"),
           ("spam", "554 5.7.1", "{code} Message rejected, its content was found offensive")]
    for form in FORMS:
        for name, code, words in was:
            r = Rejection(code=code, words=words)
            yield Forgery("reply", f"{form.__name__}: was {name}",
                          form(r.copy(code="554 5.7.1", words=Rejection.made[0].words)),
                          r.customer, "log_differs log_absent")
        r = Rejection(list=PSBL)
        yield Forgery("reply", f"{form.__name__}: was {PSBL}", form(r.copy(list=SPAMCOP)),
                      r.customer, "log_differs log_absent")


def of_two():
    two = "{code} blocked using {list}: [{address}] and [%s]"
    for form in FORMS:
        r = Rejection()
        yield Forgery("two addresses", f"{form.__name__}: in one reply",
                      form(r.copy(words=two % another_address(r))), r.customer,
                      "contradicts log_differs log_absent cannot_tell")
    for form in (postfix, exim, attached, html, inline):
        r = Rejection()
        other = r.copy(address=another_address(r))
        yield Forgery("two addresses", f"{form.__name__}: the other in the returned reply",
                      changed(form(r), r.reply, f"{other.reply}\n    {r.reply}"),
                      r.customer, "contradicts log_differs log_absent cannot_tell")


KINDS = [of_address, of_time, of_message, of_customer, of_list, of_server, of_use, of_reply, of_two]
