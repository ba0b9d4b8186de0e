/*
 * test_lines.c - what the log lines of Postfix and Exim say, one row a form.
 *
 * Postfix's lines were written by Postfix 3.7.11, Exim's by Exim 4.96 (names and addresses
 * replaced), but for those that say otherwise.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "issuer/mtalog/line.h"

enum {
    NOW = 1795600000 /* 2026-11-25 */
};

/* The line in one text: kind, then what is said, in a fixed order. */
static const char *told(struct arena *mem, const struct delivery_event *event)
{
    static const char *const kinds[] = {
        [DELIVERY_RECEIVED] = "received",   [DELIVERY_DESCRIBED] = "described",
        [DELIVERY_ATTEMPTED] = "attempted", [DELIVERY_NOTIFIED] = "notified",
        [DELIVERY_ENDED] = "ended",
    };
    const struct delivery *d = &event->attempt;
    const struct {
        const char *name, *value;
    } fields[] = {
        {"origin", event->origin_queue_id},
        {"mid",    d->message_id         },
        {"from",   d->sender             },
        {"login",  d->login              },
        {"notice", d->notice_id          },
        {"to",     d->recipient          },
        {"by",     d->source             },
        {"out",    d->source_address     },
        {"relay",  d->relay              },
        {"ip",     d->relay_address      },
        {"dsn",    d->enhanced_code      },
        {"reply",  d->reply              },
    };
    const char *text = arena_printf(mem, "%s %s", kinds[event->kind], d->queue_id);

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].value != NULL)
            text = arena_printf(mem, "%s %s=%s", text, fields[i].name, fields[i].value);
    if (event->bytes != 0)
        text = arena_printf(mem, "%s bytes=%lld", text, (long long)event->bytes);
    if (event->recipients != 0)
        text = arena_printf(mem, "%s rcpts=%lld", text, (long long)event->recipients);
    if (event->kind == DELIVERY_ATTEMPTED)
        text = arena_printf(mem, "%s code=%u %s", text, d->code,
                            delivery_status_name(d->status));
    return text;
}

struct form {
    const char *line, *want; /* want "": nothing that we keep */
};

#define P "Nov 25 01:05:13 mail postfix/"
#define SMTP P "smtp[28079]: "
#define BLOCKED                                                              \
 "554 5.7.1 Service unavailable; Client host [198.51.100.10] blocked using " \
 "bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?198.51.100.10"
#define FROM_MX \
 "relay=mx.remote.example[203.0.113.25]:25, delay=0.03, delays=0.01/0/0/0, "

static const struct form postfix_forms[] = {
    {P
     "submission/smtpd[28072]: 4jZ1gY6kNwz1bw0F: client=pc.customer.example[192.0.2.50], "
     "sasl_method=PLAIN, sasl_username=Anna@hosted.example",                              "received 4jZ1gY6kNwz1bw0F login=anna@hosted.example"                  },
    {P "smtpd[1]: 4jZ1gY757nz1bw9M: client=localhost[127.0.0.1], "
       "orig_queue_id=4jYBw43fvVz1bgWv, orig_client=unknown[192.0.2.51]",                 "received 4jZ1gY757nz1bw9M origin=4jYBw43fvVz1bgWv"                    },
    {P "pickup[9]: 3C1B12A0F3: uid=0 from=<root>",                                             "received 3C1B12A0F3 from=root"                                        },
    {P "cleanup[28075]: 4jZ1gY6kNwz1bw0F: message-id=<m1@pc.customer.example>",
     "described 4jZ1gY6kNwz1bw0F mid=m1@pc.customer.example"                                                                                                          },
    {P "cleanup[28075]: 4jZ1gY6kNwz1bw0F: message-id=<>",                                      "described 4jZ1gY6kNwz1bw0F"                                           },
 /* a message id that would like to be a delivery */
    {P "cleanup[1]: 4jZ1gY6r0sz1bw9J: message-id=<m3, 4jYBw43fvVz1bgWv: to=<x@y>, "
       "status=bounced?(x)@pc>",                                                          "described 4jZ1gY6r0sz1bw9J mid=m3, 4jYBw43fvVz1bgWv: to=<x@y>, "
     "status=bounced?(x)@pc"                                                                                                     },
    {P
     "qmgr[28001]: 4jZ1gY6kNwz1bw0F: from=<anna@hosted.example>, size=307, nrcpt=2 (queue "
     "active)",                                                                           "described 4jZ1gY6kNwz1bw0F from=anna@hosted.example bytes=307 rcpts=2"},
    {P "qmgr[28001]: 4jZ1gY6sgdz1bw9M: from=<>, size=2605, nrcpt=1 (queue active)",
     "described 4jZ1gY6sgdz1bw9M from= bytes=2605 rcpts=1"                                                                                                            },
    {P "qmgr[28001]: 4jZ1gY6kNwz1bw0F: removed",                                               "ended 4jZ1gY6kNwz1bw0F"                                               },
    {P
     "qmgr[1]: 4jZ1gY6kNwz1bw0F: from=<a@b.example>, status=expired, returned to sender",
     ""                                                                                                                                                               },
    {P "bounce[28082]: 4jZ1gY6kNwz1bw0F: sender non-delivery notification: "
       "4jZ1gY6sgdz1bw9M",                                                                "notified 4jZ1gY6kNwz1bw0F notice=4jZ1gY6sgdz1bw9M"                    },
    {SMTP
     "4jZ1gY6kNwz1bw0F: to=<Block@remote.example>, " FROM_MX
     "dsn=5.7.1, status=bounced (host mx.remote.example[203.0.113.25] said: " BLOCKED
     " (in reply to RCPT TO command))",                                                   "attempted 4jZ1gY6kNwz1bw0F to=block@remote.example by=smtp relay=mx.remote.example "
     "ip=203.0.113.25 dsn=5.7.1 reply=" BLOCKED " code=554 bounced"                                                       },
    {P
     "clean1/smtp[28092]: 4jZ1gY6wP6z1bwCS: to=<grey@remote.example>, " FROM_MX
     "dsn=4.7.1, status=deferred (host mx.remote.example[203.0.113.25] said: 450 4.7.1 "
     "<x>: Greylisted (try later), status=sent (yes) (in reply to RCPT TO command))",     "attempted 4jZ1gY6wP6z1bwCS to=grey@remote.example by=clean1 relay=mx.remote.example "
     "ip=203.0.113.25 dsn=4.7.1 reply=450 4.7.1 <x>: Greylisted (try later), status=sent "
     "(yes) code=450 deferred"                                              },
 /* a relay that would like to say what it was told */
    {SMTP
     "3C1B12A0F3: to=<a@remote.example>, " FROM_MX
     "dsn=5.0.0, status=bounced (host mx.remote.example[203.0.113.25] said: 550 no (in "
     "reply to me) (in reply to RCPT TO command))",                                       "attempted 3C1B12A0F3 to=a@remote.example by=smtp relay=mx.remote.example "
     "ip=203.0.113.25 dsn=5.0.0 reply=550 no (in reply to me) code=550 bounced"                               },
    {SMTP
     "4jZ1gY6lrlz1bvwC: to=<multi@remote.example>, " FROM_MX
     "dsn=5.7.1, status=bounced (host mx.remote.example[203.0.113.25] said: 550-5.7.1 "
     "[198.51.100.10] likely unsolicited mail, status=sent (250 ok). 550 5.7.1 "
     "to=<x@y>, relay=z (in reply to RCPT TO command))",                                  "attempted 4jZ1gY6lrlz1bvwC to=multi@remote.example by=smtp relay=mx.remote.example "
     "ip=203.0.113.25 dsn=5.7.1 reply=550-5.7.1 [198.51.100.10] likely unsolicited mail, "
     "status=sent (250 ok). 550 5.7.1 to=<x@y>, relay=z code=550 bounced"                                },
 /* a local part that would like to be a delivery */
    {SMTP "4jZ1gY6r0sz1bw9J: to=<\"a>, relay=evil[192.0.2.9]:25, status=sent (250 "
          "ok)\"@remote.example>, " FROM_MX
          "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as "
          "4jYBw43fvVz1bgWw)",                                                            "attempted 4jZ1gY6r0sz1bw9J to=\"a>, relay=evil[192.0.2.9]:25, status=sent (250 "
     "ok)\"@remote.example by=smtp relay=mx.remote.example ip=203.0.113.25 dsn=2.0.0 "
     "reply=250 2.0.0 Ok: queued as 4jYBw43fvVz1bgWw code=250 sent"                                                                },
    {SMTP
     "4jZ1gY6zDvz1bw0F: to=<k\xc3\xa4se@remote.example>, orig_to=<\"x>, y\"@a.example>, " FROM_MX
     "dsn=2.0.0, status=sent (250 2.0.0 Ok)",                                             "attempted 4jZ1gY6zDvz1bw0F to=k\xc3\xa4se@remote.example by=smtp "
     "relay=mx.remote.example ip=203.0.113.25 dsn=2.0.0 reply=250 2.0.0 Ok code=250 sent"                           },
    {P
     "clean1/smtp[1]: 4jZ1gY6wP6z1bwCS: to=<grey@remote.example>, relay=none, delay=39, "
     "delays=39/0/0/0, dsn=4.4.1, status=deferred (connect to "
     "mx.remote.example[203.0.113.25]:25: Connection refused)",                           "attempted 4jZ1gY6wP6z1bwCS to=grey@remote.example by=clean1 dsn=4.4.1 reply=connect to "
     "mx.remote.example[203.0.113.25]:25: Connection refused code=0 deferred"                     },
 /* error(8), for a destination that was refused at the greeting before */
    {P
     "error[7]: 3C1B12A0F3: to=<a@remote.example>, relay=none, delay=1, delays=1/0/0/0, "
     "dsn=4.0.0, status=deferred (delivery temporarily suspended: host "
     "mx.remote.example[203.0.113.25] refused to talk to me: 554 no)",                    "attempted 3C1B12A0F3 to=a@remote.example by=error relay=mx.remote.example "
     "ip=203.0.113.25 dsn=4.0.0 reply=554 no code=554 deferred"                            },
 /* syslog_name = clean1; IPv6; rsyslog's time; a line that was cut */
    {"2026-11-25T02:05:13.000001+01:00 mail clean1/smtp[1]: 3C1B12A0F3: to=<a@b.example>, "
     "relay=mx.b.example[2001:DB8::0:1]:25, conn_use=2, delay=1, dsn=2.0.0, status=sent (250 "
     "2.0.0 O",                                                                           "attempted 3C1B12A0F3 to=a@b.example by=clean1 relay=mx.b.example ip=2001:db8::1 "
     "dsn=2.0.0 reply=250 2.0.0 O code=250 sent"                                                                                                  },
 /* nothing to keep, or not believed */
    {P
     "submission/smtpd[1]: NOQUEUE: reject: RCPT from pc[192.0.2.50]: 454 4.7.1 <x>: "
     "Relay access denied; from=<a@b.example> to=<x> proto=ESMTP helo=<4jZ1gY6kNwz1bw0F: "
     "removed>",                                                                          ""                                                                     },
    {P "smtpd[1]: warning: hostname x does not resolve",                                       ""                                                                     },
    {P "smtp[1]: connect to mx[203.0.113.25]:25: Connection refused",                          ""                                                                     },
    {P
     "smtp[1]: 4jZ1gY6kNwz1bw0F: host mx[203.0.113.25] said: 450 wait (in reply to x)",   ""                                                                     },
    {P "local[1]: 3C1B12A0F3: to=<a@b.example>, relay=local, delay=1, delays=1/0/0/0, "
       "dsn=2.0.0, status=sent (delivered to maildir)",                                   ""                                                                     },
    {P "smtp[1]: 3C1B12A0F3: to=<a@b.example>, " FROM_MX
       "dsn=2.0.0, status=deliverable (250 "
       "ok)",                                                                             ""                                                                     },
    {SMTP "3C1B12A0F3: to=<\"a@b.example>, " FROM_MX "status=sent (250 ok)",                   ""                                                                     },
    {SMTP "3C1B12A0F3: to=<>, " FROM_MX "status=sent (250 ok)",                                ""                                                                     },
    {SMTP "3C1B12A0F3: to=<a@b.example>, " FROM_MX,                                            ""                                                                     },
    {SMTP "3c1b12: to=<a@b.example>, " FROM_MX "status=sent (250 ok)",                         ""                                                                     },
    {"Nov 25 01:05:13 mail myapp[1]: Nov 25 01:05:13 mail postfix/qmgr[1]: "
     "4jZ1gY6kNwz1bw0F: removed",                                                         ""                                                                     },
    {"Nov 25 01:05:13 mail smtp[1]: 4jZ1gY6kNwz1bw0F: removed",                                ""                                                                     },
    {"postfix/qmgr[1]: 4jZ1gY6kNwz1bw0F: removed",                                             ""                                                                     },
    {"",                                                                                       ""                                                                     },
};

#define E "2026-11-23 16:59:55 "
#define HOST "H=mx.remote.example [203.0.113.25]"
#define TLS "X=TLS1.3:ECDHE_SECP256R1__ECDSA_SECP256R1_SHA256__AES_256_GCM:256 CV=no"

static const struct form exim_forms[] = {
    {E "1xVXOR-0000eB-2b <= Carol@eximhost.example H=pc.customer.example [192.0.2.10] "
       "I=[198.51.100.40]:587 P=esmtpsa " TLS " A=dovecot_plain:u1@clean.example S=490 "
       "id=20261123165951.002489@vm for user@remote.example",                               "received 1xVXOR-0000eB-2b mid=20261123165951.002489@vm from=carol@eximhost.example "
     "login=u1@clean.example bytes=490"                             },
 /* written by hand: +pid +millisec, an id of 4.97, a HELO and a subject that lie */
    {"2026-11-23 16:59:55.123 [77] 1rXyZa-000000012Ab-3cDe <= \"a b\"@x.example "
     "H=(A=plain:victim [192.0.2.9]) [192.0.2.10]:4711 P=esmtpa A=plain:me@x.example S=1 "
     "id=x T=\"A=plain:victim\" from <z> for b@c.example",                                  "received 1rXyZa-000000012Ab-3cDe mid=x from=\"a b\"@x.example login=me@x.example "
     "bytes=1"                                                         },
    {E "1xVXOV-0000gi-32 <= <> R=1xVXOS-0000ee-32 U=Debian-exim P=local S=2167 for "
       "carol@eximhost.example",                                                            "received 1xVXOV-0000gi-32 from= bytes=2167 + notified 1xVXOS-0000ee-32 "
     "notice=1xVXOV-0000gi-32"                                                                   },
    {E "1xVXOR-0000eB-2b => user@remote.example R=remote T=remote_smtp " HOST
       " I=[198.51.100.21] " TLS
       " K C=\"250 2.0.0 Ok: 507 bytes queued as 4jYBy31RDmz1bgfD\"",                       "attempted 1xVXOR-0000eB-2b to=user@remote.example by=remote_smtp out=198.51.100.21 "
     "relay=mx.remote.example ip=203.0.113.25 dsn=2.0.0 reply=250 2.0.0 Ok: 507 bytes queued "
     "as 4jYBy31RDmz1bgfD code=250 sent"                    },
    {E "1xVXOO-0000c1-2P -> User@remote.example R=remote T=remote_smtp " HOST
       "* I=[198.51.100.21]:25 " TLS " K C=\"250 say \\\"hi\\\"\"",
     "attempted 1xVXOO-0000c1-2P to=user@remote.example by=remote_smtp out=198.51.100.21 "
     "relay=mx.remote.example ip=203.0.113.25 reply=250 say \\\"hi\\\" code=250 sent"                                                 },
    {E "1xVXOS-0000ee-32 ** user@remote.example R=remote T=remote_smtp " HOST
       " I=[198.51.100.10] " TLS ": SMTP error from remote mail server after RCPT "
       "TO:<user@remote.example>: " BLOCKED,
     "attempted 1xVXOS-0000ee-32 to=user@remote.example by=remote_smtp out=198.51.100.10 "
     "relay=mx.remote.example ip=203.0.113.25 dsn=5.7.1 reply=" BLOCKED
     " code=554 bounced"                                                                                                              },
 /* a local part that would like to be a reply; F= of +sender_on_delivery (by hand) */
    {E "1xVXOS-0000ee-32 ** \"x: 250 ok\"@remote.example F=<\"y> T=z\"@h.example> R=r "
       "T=remote_smtp " HOST
       ": SMTP error from remote mail server after RCPT TO:<\"x: 250 "
       "ok\"@remote.example>: 550 no",                                                      "attempted 1xVXOS-0000ee-32 from=\"y> t=z\"@h.example to=\"x: 250 ok\"@remote.example "
     "by=remote_smtp relay=mx.remote.example ip=203.0.113.25 reply=550 no code=550 bounced"},
    {E
     "1xVXOR-0000eB-2b == user@remote.example R=remote T=remote_smtp defer (111): Connection "
     "refused",                                                                             "attempted 1xVXOR-0000eB-2b to=user@remote.example by=remote_smtp reply=Connection "
     "refused code=0 deferred"                                                                                    },
 /* Exim 4.96's form for a temporary refusal (source: deliver.c), several lines */
    {E
     "1xVXOR-0000eB-2b == user@remote.example R=remote T=remote_smtp defer (-44) " HOST
     ": SMTP error from remote mail server after RCPT TO:<user@remote.example>: "
     "450-4.2.1 slow\\n450 4.2.1 down",                                                     "attempted 1xVXOR-0000eB-2b to=user@remote.example by=remote_smtp "
     "relay=mx.remote.example ip=203.0.113.25 dsn=4.2.1 reply=450-4.2.1 slow\\n450 4.2.1 down "
     "code=450 deferred"                                                                  },
 /* before 4.83 (by hand) */
    {E
     "1xVXOR-0000eB-2b ** user@remote.example R=remote T=remote_smtp: SMTP error from remote "
     "mail server after initial connection: host mx.remote.example [203.0.113.25]: 554 no",
     "attempted 1xVXOR-0000eB-2b to=user@remote.example by=remote_smtp "
     "relay=mx.remote.example ip=203.0.113.25 reply=554 no code=554 bounced"                                                          },
    {E "1xVXOR-0000eB-2b ** a@b.example: Unrouteable address",
     "attempted 1xVXOR-0000eB-2b to=a@b.example by= reply=Unrouteable address code=0 "
     "bounced"                                                                                                                        },
    {E "1xVXOR-0000eB-2b ** carol <carol@b.example>: retry timeout exceeded",
     "attempted 1xVXOR-0000eB-2b to=carol@b.example by= reply=retry timeout exceeded code=0 "
     "bounced"                                                                                                                        },
    {E "1xVXOR-0000eB-2b Completed",                                                             "ended 1xVXOR-0000eB-2b"             },
    {E "1xVXOR-0000eB-2b Completed QT=1s",                                                       "ended 1xVXOR-0000eB-2b"             },
    {E "1xVXOV-0000gi-32 => carol <carol@eximhost.example> R=local T=local_maildir",
     ""                                                                                                                               },
    {E "1xVXOR-0000eB-2b " HOST " Connection refused",                                           ""                                   },
    {E "1xVXOR-0000eB-2b ** \"a@b.example: no",                                                  ""                                   },
    {E "Start queue run: pid=1",                                                                 ""                                   },
    {E "1xVXOR-0000eB Completed",                                                                ""                                   },
    {"1xVXOR-0000eB-2b Completed",                                                               ""                                   },
};

static void check_form(void (*read)(struct slice, int64_t, struct mtalog_line *),
                       const struct form *form)
{
    struct mtalog_line line;
    struct delivery_event events[MTALOG_EVENTS_MAX];
    struct arena mem;
    const char *got = "";

    arena_init(&mem);
    read(slice_from(form->line), NOW, &line);
    size_t count = mtalog_events(&mem, &line, events);
    for (size_t i = 0; i < count; i++)
        got = arena_printf(&mem, "%s%s%s", got, i == 0 ? "" : " + ",
                           told(&mem, &events[i]));
    if (strcmp(got, form->want) != 0)
        fail_msg("%s\n got: %s\nwant: %s", form->line, got, form->want);
    arena_release(&mem);
}

static void postfix_lines_say_what_they_say(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(postfix_forms); i++)
        check_form(mtalog_read_postfix, &postfix_forms[i]);
}

static void exim_lines_say_what_they_say(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(exim_forms); i++)
        check_form(mtalog_read_exim, &exim_forms[i]);
}

/* Whatever stands in a line, what is kept is whole UTF-8 without controls, and bounded. */
static void what_is_kept_is_plain(void **state UNUSED)
{
    static const char override[] = {'\xe2', '\x80', '\xae', '\0'}; /* right to left */
    struct strbuf text;
    struct mtalog_line line;
    struct delivery_event events[MTALOG_EVENTS_MAX];
    struct arena mem;

    arena_init(&mem);
    mtalog_read_postfix(
        slice_from(arena_printf(
            &mem,
            "Nov 25 01:05:13 mail postfix/smtp[1]: 3C1B12A0F3: to=<a@b.example>, "
            "relay=mx\x1b[203.0.113.25]:25, dsn=5.0.0, status=bounced (550 a\xff\x01\tb%sc)",
            override)),
        NOW, &line);
    assert_int_equal(mtalog_events(&mem, &line, events), 1);
    assert_string_equal(events[0].attempt.reply,
                        "550 a\xef\xbf\xbd\xef\xbf\xbd b\xef\xbf\xbd"
                        "c");
    strbuf_init(&text, 40000);
    strbuf_puts(&text, "Nov 25 01:05:13 mail postfix/smtp[1]: 3C1B12A0F3: "
                       "to=<a@b.example>, relay=none, status=bounced (550 ");
    for (int i = 0; i < 3000; i++)
        strbuf_puts(&text, "\xc3\xa4");
    strbuf_puts(&text, ")");
    mtalog_read_postfix(strbuf_slice(&text), NOW, &line);
    assert_int_equal(mtalog_events(&mem, &line, events), 1);
    assert_int_equal(strlen(events[0].attempt.reply), DELIVERY_REPLY_MAX);
    assert_true(slice_is_utf8(slice_from(events[0].attempt.reply)));
    strbuf_release(&text);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_lines_say_what_they_say),
        cmocka_unit_test(exim_lines_say_what_they_say),
        cmocka_unit_test(what_is_kept_is_plain),
    };

    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (setenv("TZ", "UTC", 1) != 0)
        return 1;
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
