/*
 * test_delivery.c - what Postfix and Exim really logged, taken in by the job and asked about.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/jobs/jobs.h"
#include "issuer/mtalog/testimony.h"
#include "tests/support/issuer/app_fixture.h"

enum {
    AFTER_POSTFIX = 1795570000, /* 2026-11-25 01:26:40 UTC, minutes after the log */
    AFTER_EXIM = 1795453300
};
#define REPLY                                                                \
 "554 5.7.1 Service unavailable; Client host [198.51.100.10] blocked using " \
 "bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?198.51.100.10"

struct lab {
    struct app_fixture f;
    char log[48];
    struct store *store;
    struct error err;
};

static void start_lab(struct lab *lab, const char *golden, const char *format,
                      int64_t now)
{
    struct slice text = {0};
    struct arena mem;

    *lab = (struct lab){.log = "/tmp/test-delivery.XXXXXX"};
    arena_init(&mem);
    int fd = mkstemp(lab->log);
    assert_true(fd >= 0);
    close(fd);
    app_fixture_start(&lab->f, arena_printf(&mem,
                                            "mta_log { file = \"%s\" format = \"%s\" "
                                            "keep = \"2d\" }",
                                            lab->log, format));
    lab->f.clock.now = now;
    if (golden != NULL) {
        assert_int_equal(file_read(&mem, golden, 100000, &text, &lab->err), 0);
        assert_int_equal(file_write(lab->log, text, 0600, &lab->err), 0);
    }
    arena_release(&mem);
}

static void run(struct lab *lab)
{
    if (job_delivery(lab->f.app, &lab->err) != 0)
        fail_msg("%s", lab->err.text);
}

static struct witness ask(struct lab *lab, const struct evidence *evidence)
{
    struct witness witness;
    struct store *store;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(testimony_of_bounce(store, &lab->f.mem, evidence, lab->f.clock.now,
                                         &witness, &lab->err),
                     0);
    app_give_back(lab->f.app, store);
    return witness;
}

static struct standing_report standing(struct lab *lab, const char *who)
{
    struct standing_report report;
    struct store *store;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        testimony_of_customer(store, who, lab->f.clock.now, &report, &lab->err), 0);
    app_give_back(lab->f.app, store);
    return report;
}

static void stop_lab(struct lab *lab)
{
    (void)unlink(lab->log);
    app_fixture_stop(&lab->f);
}

static void postfix_knows_its_rejection(void **state UNUSED)
{
    struct lab lab;
    struct evidence e = {.blocked_ip = "198.51.100.10",
                         .list = "bl.spamcop.net",
                         .recipient = "block@remote.example",
                         .queue_id = "4jZ1gY6kNwz1bw0F",
                         .smtp_code = 554,
                         .excerpt = REPLY,
                         .bounced_at = AFTER_POSTFIX - 1200};

    start_lab(&lab, "tests/golden/mtalog/postfix-3.7.log", "postfix", AFTER_POSTFIX);
    run(&lab);
    run(&lab);
    struct witness w = ask(&lab, &e);
    assert_int_equal(w.answer, WITNESS_CONFIRMS);
    assert_string_equal(w.row->login, "anna@hosted.example");
    assert_string_equal(w.row->sender, "anna@hosted.example");
    assert_string_equal(w.row->message_id, "m1@pc.customer.example");
    assert_string_equal(w.row->source, "smtp");
    assert_string_equal(w.row->notice_id, "4jZ1gY6sgdz1bw9M");
    e.queue_id = "4jZ1gY6sgdz1bw9M"; /* the notice that the customer has got */
    assert_int_equal(ask(&lab, &e).answer, WITNESS_CONFIRMS);
    e.queue_id = NULL;
    e.message_id = "<m1@pc.customer.example>";
    assert_int_equal(ask(&lab, &e).answer, WITNESS_CONFIRMS);
    e.blocked_ip = "198.51.100.11";
    e.excerpt = "554 Client host [198.51.100.11] blocked using bl.spamcop.net";
    assert_int_equal(ask(&lab, &e).answer, WITNESS_DIFFERS);
    e.message_id = NULL;
    e.recipient = "nobody@remote.example";
    e.bounced_at = AFTER_POSTFIX;
    assert_int_equal(ask(&lab, &e).answer, WITNESS_UNKNOWN); /* the log began later */
    /* A message that came back from a filter has the login of the one that went there. */
    e = (struct evidence){.queue_id = "4jZ1gY6wP6z1bwCS"};
    w = ask(&lab, &e);
    assert_string_equal(w.row->login, "cs-abcdefgh");
    assert_string_equal(w.row->source, "clean1");
    assert_int_equal(w.row->status, DELIVERY_DEFERRED);
    stop_lab(&lab);
}

static void a_covered_time_makes_absence_known(void **state UNUSED)
{
    struct lab lab;
    const struct evidence e = {.recipient = "nobody@remote.example",
                               .excerpt = REPLY,
                               .bounced_at = AFTER_POSTFIX + 3 * 3600};

    start_lab(&lab, "tests/golden/mtalog/postfix-3.7.log", "postfix", AFTER_POSTFIX);
    run(&lab);
    lab.f.clock.now = AFTER_POSTFIX + 4 * 3600;
    run(&lab);
    assert_int_equal(ask(&lab, &e).answer, WITNESS_ABSENT);
    assert_int_equal(unlink(lab.log), 0);
    lab.f.clock.now += 7200;
    run(&lab);
    const struct evidence later = {.recipient = "nobody@remote.example",
                                   .excerpt = REPLY,
                                   .bounced_at = lab.f.clock.now - 60};
    assert_int_equal(ask(&lab, &later).answer, WITNESS_UNKNOWN);
    stop_lab(&lab);
}

static void exim_knows_its_rejection_and_its_address(void **state UNUSED)
{
    struct lab lab;
    struct evidence e = {.blocked_ip = "198.51.100.10",
                         .list = "bl.spamcop.net",
                         .recipient = "user@remote.example",
                         .queue_id = "1xVXOS-0000ee-32",
                         .excerpt = REPLY};

    start_lab(&lab, "tests/golden/mtalog/exim-4.96.log", "exim", AFTER_EXIM);
    run(&lab);
    struct witness w = ask(&lab, &e);
    assert_int_equal(w.answer, WITNESS_CONFIRMS);
    assert_string_equal(w.row->login, "alice@hosted.example");
    assert_string_equal(w.row->source_address, "198.51.100.10");
    e.queue_id = "1xVXOV-0000gi-32"; /* the notice */
    assert_int_equal(ask(&lab, &e).answer, WITNESS_CONFIRMS);
    e.queue_id = "1xVXOR-0000eB-2b"; /* deferred first, accepted then */
    w = ask(&lab, &e);
    assert_int_equal(w.answer, WITNESS_DIFFERS);
    assert_int_equal(w.row->status, DELIVERY_DEFERRED);
    stop_lab(&lab);
}

/* As a mail server does: at the end of the file that is there. */
static void log_it(struct lab *lab, struct strbuf *text)
{
    int fd = open(lab->log, O_WRONLY | O_APPEND | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(file_write_fd(fd, strbuf_slice(text), &lab->err), 0);
    close(fd);
    strbuf_reset(text);
    run(lab);
}

/* 28 days of log, so that "usual" can be said; then a campaign. */
static void a_customer_who_sends_spam_is_the_cause(void **state UNUSED)
{
    struct lab lab;
    struct strbuf text;

    start_lab(&lab, NULL, "postfix", AFTER_POSTFIX);
    strbuf_init(&text, 1000000);
    for (int i = 0; i < 30; i++) { /* three messages a day, hex queue ids */
        for (int j = 0; j < 3; j++)
            strbuf_printf(&text,
                          "2026-10-%02dT01:00:00Z mail postfix/smtpd[1]: A00%02X%02X: "
                          "client=x[192.0.2.1], sasl_username=kim@hosted.example\n",
                          i + 1, i, j);
    }
    lab.f.clock.now = 1793404800; /* 2026-10-31 00:00 */
    log_it(&lab, &text);
    struct standing_report r = standing(&lab, "Kim@hosted.example");
    assert_int_equal(r.standing, STANDING_OK);
    assert_int_equal(r.messages_24h, 3);
    assert_true(r.has_usual);
    assert_int_equal(r.usual, 3);
    for (int i = 0; i < 21; i++)
        strbuf_printf(&text,
                      "2026-10-30T20:00:00Z mail postfix/smtpd[1]: B00%04X: "
                      "client=x[192.0.2.1], sasl_username=kim@hosted.example\n",
                      i);
    log_it(&lab, &text);
    assert_int_equal(standing(&lab, "kim@hosted.example").standing, STANDING_UNUSUAL);
    for (int i = 0; i < 6; i++)
        strbuf_printf(&text,
                      "2026-10-30T20:00:01Z mail postfix/smtp[1]: B00%04X: "
                      "to=<a@b.example>, relay=mx[203.0.113.25]:25, dsn=5.7.1, "
                      "status=bounced (host mx[203.0.113.25] said: 550 5.7.1 this is "
                      "spam (in reply to end of DATA command))\n",
                      i);
    log_it(&lab, &text);
    r = standing(&lab, "kim@hosted.example");
    assert_int_equal(r.standing, STANDING_CAUSE);
    assert_int_equal(r.refused_24h, 6);
    assert_int_equal(standing(&lab, "somebody@hosted.example").standing, STANDING_OK);
    strbuf_release(&text);
    stop_lab(&lab);
}

static void what_is_too_old_goes_and_is_not_covered(void **state UNUSED)
{
    struct lab lab;
    struct evidence e = {.recipient = "block@remote.example",
                         .queue_id = "4jZ1gY6kNwz1bw0F",
                         .excerpt = REPLY,
                         .bounced_at = AFTER_POSTFIX};

    start_lab(&lab, "tests/golden/mtalog/postfix-3.7.log", "postfix", AFTER_POSTFIX);
    run(&lab);
    assert_int_equal(job_delivery_prune(lab.f.app, &lab.err), 0);
    assert_non_null(ask(&lab, &e).row);
    lab.f.clock.now = AFTER_POSTFIX + 2 * 86400 + 3600; /* keep = 2d */
    run(&lab);
    assert_int_equal(job_delivery_prune(lab.f.app, &lab.err), 0);
    assert_null(ask(&lab, &e).row);
    assert_int_equal(ask(&lab, &e).answer, WITNESS_UNKNOWN);
    e.bounced_at = lab.f.clock.now - 3600;
    assert_int_equal(ask(&lab, &e).answer, WITNESS_ABSENT);
    stop_lab(&lab);
}

static void no_log_is_no_fault_and_knows_nothing(void **state UNUSED)
{
    struct lab lab;
    const struct evidence e = {.recipient = "a@b.example", .bounced_at = 1};

    start_lab(&lab, NULL, "postfix", AFTER_POSTFIX);
    assert_int_equal(unlink(lab.log), 0);
    run(&lab);
    assert_int_equal(ask(&lab, &e).answer, WITNESS_UNKNOWN);
    assert_int_equal(standing(&lab, "a@b.example").standing, STANDING_UNKNOWN);
    stop_lab(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_knows_its_rejection),
        cmocka_unit_test(a_covered_time_makes_absence_known),
        cmocka_unit_test(exim_knows_its_rejection_and_its_address),
        cmocka_unit_test(a_customer_who_sends_spam_is_the_cause),
        cmocka_unit_test(what_is_too_old_goes_and_is_not_covered),
        cmocka_unit_test(no_log_is_no_fault_and_knows_nothing),
    };

    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (setenv("TZ", "UTC", 1) != 0)
        return 1;
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
