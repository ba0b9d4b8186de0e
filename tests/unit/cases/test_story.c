/*
 * test_story.c - the same bounce, and what our own mail log has to say about it.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/file.h"
#include "issuer/cases/diagnose.h"
#include "issuer/jobs/jobs.h"
#include "tests/support/issuer/app_fixture.h"

/* The fixture's bounce: 08:02:11 UTC. */
#define CLIENT "4jYBw46ZCvz1bgX3"
#define BEFORE \
 "2026-11-21T00:00:01.000000+00:00 mail postfix/anvil[9]: statistics: max cache 1\n"
#define ACCEPTED                                                              \
 "2026-11-24T08:02:09.100000+00:00 mail postfix/submission/smtpd[7]: " CLIENT \
 ": client=pc.example[198.51.100.7], sasl_method=PLAIN, sasl_username=anna\n" \
 "2026-11-24T08:02:09.200000+00:00 mail postfix/qmgr[8]: " CLIENT             \
 ": from=<anna@kunde.example>, size=812, nrcpt=1 (queue active)\n"
#define ATTEMPT(host, reply)                                                 \
 "2026-11-24T08:02:11.000000+00:00 mail postfix/smtp[11]: " CLIENT           \
 ": to=<info@empfaenger.example>, relay=" host                               \
 ":25, delay=1, delays=0.1/0/0.5/0.4, dsn=5.7.1, status=bounced (host " host \
 " said: " reply " (in reply to RCPT TO command))\n"
#define LATER \
 "2026-11-24T12:00:00.000000+00:00 mail postfix/anvil[9]: statistics: max cache 2\n"
#define REFUSED                                                           \
 "554 5.7.1 Service unavailable; Client host [192.0.2.14] blocked using " \
 "bl.spamcop.net"
#define MX "mx.empfaenger.example[203.0.113.77]"

enum {
    NOON = 1795521605 /* 2026-11-24 12:00:05 UTC */
};

struct lab {
    struct app_fixture f;
    char log[40];
    struct error err;
};

static void start(struct lab *lab, const char *policy, const char *lines)
{
    struct arena mem;

    *lab = (struct lab){.log = "/tmp/test-story.XXXXXX"};
    arena_init(&mem);
    int fd = mkstemp(lab->log);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write(lab->log, slice_from(lines), 0600, &lab->err), 0);
    app_fixture_start(
        &lab->f, arena_printf(&mem, "%s mta_log { file = \"%s\" }", policy, lab->log));
    app_fixture_fill(&lab->f);
    app_fixture_bounce_listed(&lab->f);
    lab->f.clock.now = NOON;
    arena_release(&mem);
    if (job_delivery(lab->f.app, &lab->err) != 0)
        fail_msg("%s", lab->err.text);
}

static struct diagnosis ask(struct lab *lab)
{
    const struct diagnosis_request request = {.bounce = SLICE("554 blocked")};
    struct diagnosis diagnosis;

    if (diagnose(lab->f.app, &lab->f.mem, &request, &diagnosis, &lab->err) != 0)
        fail_msg("%s", lab->err.text);
    return diagnosis;
}

static void stop(struct lab *lab)
{
    (void)unlink(lab->log);
    app_fixture_stop(&lab->f);
}

/* clang-format 14 does not survive this table. */
/* clang-format off */
static const struct {
    const char *name, *policy, *log;
    doubts doubts;
    enum check_result happened;
} stories[] = {
    {"it is there", "", BEFORE ACCEPTED ATTEMPT(MX, REFUSED) LATER, 0, CHECK_YES},
    {"another reply", "",
     BEFORE ACCEPTED ATTEMPT(MX, "550 5.1.1 No such user here, sorry about that") LATER,
     DOUBT(DOUBT_LOG_DIFFERS), CHECK_NO},
    {"it is not there", "", BEFORE LATER, DOUBT(DOUBT_LOG_ABSENT), CHECK_NO},
    {"the log begins later", "", LATER, DOUBT(DOUBT_LOG_UNKNOWN), CHECK_UNKNOWN},
    {"an empty log", "", "", DOUBT(DOUBT_LOG_UNKNOWN), CHECK_UNKNOWN},
    {"not wanted", "policy { log_proof = off }", BEFORE LATER, 0, CHECK_NO},
    {"refused by ourselves", "",
     BEFORE ACCEPTED ATTEMPT("mx.empfaenger.example[192.0.2.99]", REFUSED) LATER,
     DOUBT(DOUBT_OWN_SERVER), CHECK_YES},
};
/* clang-format on */

static void the_log_confirms_or_raises_a_doubt(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct lab lab;
        char text[DOUBTS_TEXT_MAX + 1];
        start(&lab, stories[i].policy, stories[i].log);
        struct diagnosis d = ask(&lab);
        doubts_format(d.row.doubts, text);
        if (d.row.verdict != DIAGNOSIS_LISTED_NOW ||
            d.row.doubts != stories[i].doubts ||
            d.row.checks[2].result != stories[i].happened)
            fail_msg("%s: %s, \"%s\", %s", stories[i].name,
                     diagnosis_row(d.row.verdict)->name, text,
                     d.row.checks[2].answer.line);
        stop(&lab);
    }
}

/* A pasted reply: it names no sender. */
#define ANONYMOUS                                                                 \
 "#!/bin/sh\ncat >/dev/null\ncat <<'END'\n"                                       \
 "{\"is_bounce\":true,\"ip_block\":\"yes\",\"class\":\"dnsbl\","                  \
 "\"blocked_ip\":\"192.0.2.14\",\"candidates\":[],\"list\":\"bl.spamcop.net\","   \
 "\"lookup_url\":null,\"sender\":null,\"recipient\":\"info@empfaenger.example\"," \
 "\"recipients\":[],\"smtp_code\":554,\"enhanced_code\":\"5.7.1\","               \
 "\"reporting_mta\":null,\"remote_mta\":null,\"time\":null,"                      \
 "\"message_id\":null,\"queue_id\":\"" CLIENT "\",\"client\":null,"               \
 "\"grantable\":true,\"flags\":[\"pasted\"],\"excerpt\":\"" REFUSED "\"}\nEND\n"

static void a_bounce_without_a_sender_is_of_whom_our_log_names(void **state UNUSED)
{
    static const struct {
        const char *given, *customer;
        doubts doubts;
    } rows[] = {
        {NULL,                  "anna@kunde.example",  0                        },
        {"bo@kunde.example",    "bo@kunde.example",    0                        },
        {"eve@anderer.example", "eve@anderer.example", DOUBT(DOUBT_OTHER_SENDER)},
    };
    struct lab lab;

    start(&lab, "", BEFORE ACCEPTED ATTEMPT(MX, REFUSED) LATER);
    app_fixture_bounce(&lab.f, ANONYMOUS);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct diagnosis_request request = {.bounce = SLICE("554 blocked"),
                                                  .mailbox = rows[i].given};
        struct diagnosis d;
        if (diagnose(lab.f.app, &lab.f.mem, &request, &d, &lab.err) != 0)
            fail_msg("%s", lab.err.text);
        assert_int_equal(d.row.verdict, DIAGNOSIS_LISTED_NOW);
        assert_string_equal(d.row.mailbox, rows[i].customer);
        assert_int_equal(d.row.doubts, rows[i].doubts);
    }
    stop(&lab);
}

static void a_customer_who_is_refused_as_spam_is_the_cause(void **state UNUSED)
{
    struct lab lab;
    struct strbuf log;

    strbuf_init(&log, 65536);
    strbuf_puts(&log, BEFORE ACCEPTED ATTEMPT(MX, REFUSED));
    for (int i = 0; i < 8; i++)
        strbuf_printf(&log,
                      "2026-11-24T09:00:0%d.000000+00:00 mail postfix/submission/"
                      "smtpd[7]: 4jZ%dgY6kNwz1bw0F: client=pc[198.51.100.7], "
                      "sasl_method=PLAIN, sasl_username=anna\n"
                      "2026-11-24T09:00:0%d.000000+00:00 mail postfix/qmgr[8]: "
                      "4jZ%dgY6kNwz1bw0F: from=<anna@kunde.example>, size=812, nrcpt=1 "
                      "(queue active)\n"
                      "2026-11-24T09:00:0%d.000000+00:00 mail postfix/smtp[11]: "
                      "4jZ%dgY6kNwz1bw0F: to=<u%d@ziel.example>, "
                      "relay=mx.ziel.example[203.0.113.78]:25, delay=1, "
                      "delays=0.1/0/0.5/0.4, dsn=5.7.1, status=bounced (host "
                      "mx.ziel.example[203.0.113.78] said: 550 5.7.1 Message content "
                      "rejected as spam (in reply to end of DATA command))\n",
                      i, i, i, i, i, i, i);
    strbuf_puts(&log, LATER);
    start(&lab, "", log.at);
    struct diagnosis d = ask(&lab);
    assert_int_equal(d.row.verdict, DIAGNOSIS_CAUSE);
    assert_int_equal(d.row.checks[3].result, CHECK_YES);
    assert_non_null(
        strstr(d.row.checks[3].answer.line, "{said.cause.refused|count+8}"));
    stop(&lab);
    strbuf_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_confirms_or_raises_a_doubt),
        cmocka_unit_test(a_bounce_without_a_sender_is_of_whom_our_log_names),
        cmocka_unit_test(a_customer_who_is_refused_as_spam_is_the_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
