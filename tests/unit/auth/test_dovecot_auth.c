/*
 * test_dovecot_auth.c - the auth protocol: what Postfix and Exim send, in any pieces, and what
 * nobody should send.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/dovecot_auth.h"

#define HELLO                                                                 \
 "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t433\n" \
 "CUID\t39\nCOOKIE\t000102030405060708090a0b0c0d0e0f\nDONE\n"
/* As Postfix 3.7 sent them: \0cs-abcdefgh\0tok1, then LOGIN, then \0cs-abcdefgh\0bad. */
#define POSTFIX                                                               \
 "VERSION\t1\t0\nCPID\t2658\n"                                                \
 "AUTH\t1\tPLAIN\tservice=smtp\tnologin\tlip=198.51.100.10\trip=192.0.2.50\t" \
 "secured\tresp=AGNzLWFiY2RlZmdoAHRvazE=\n"                                   \
 "AUTH\t2\tlogin\tservice=smtp\tnologin\tlip=198.51.100.10\trip=192.0.2.50\t" \
 "secured\n"                                                                  \
 "CONT\t2\tY3MtYWJjZGVmZ2g=\n"                                                \
 "CONT\t2\tdG9rMQ==\n"                                                        \
 "AUTH\t3\tPLAIN\tservice=smtp\tnologin\tlip=198.51.100.10\trip=192.0.2.50\t" \
 "secured\tresp=AGNzLWFiY2RlZmdoAGJhZA==\n"

/* As Exim 4.96 sent them, a connection each: PLAIN and LOGIN with an initial response and without. */
#define EXIM "VERSION\t1\t0\nCPID\t22763\nAUTH\t1\t"
#define EXIM_WORDS "\tservice=smtp\trip=192.0.2.50\tlip=NULL\tnologin\tresp="
static const struct {
    const char *in, *want;
} exim[] = {
    {EXIM "PLAIN" EXIM_WORDS "AGNzLWFiY2RlZmdoAHRvazE=\n",                       "OK\t1\tuser=cs-abcdefgh\n"},
    {EXIM "PLAIN" EXIM_WORDS "\nCONT\t1\tAGNzLWFiY2RlZmdoAHRvazE=\n",
     "CONT\t1\t\nOK\t1\tuser=cs-abcdefgh\n"                                                                 },
    {EXIM "LOGIN" EXIM_WORDS "\nCONT\t1\tY3MtYWJjZGVmZ2g=\nCONT\t1\tdG9rMQ==\n",
     "CONT\t1\tVXNlcm5hbWU6\nCONT\t1\tUGFzc3dvcmQ6\nOK\t1\tuser=cs-abcdefgh\n"                              },
    {EXIM "LOGIN" EXIM_WORDS "Y3MtYWJjZGVmZ2g=\nCONT\t1\tdG9rMQ==\n",
     "CONT\t1\tUGFzc3dvcmQ6\nOK\t1\tuser=cs-abcdefgh\n"                                                     },
};

static const uint8_t cookie[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                   8, 9, 10, 11, 12, 13, 14, 15};

/* A machine, what it said, and a password check of the simplest kind. */
struct bench {
    struct dovecot_auth *auth;
    struct strbuf out;
    enum verdict wrong; /* verdict for any password but "tok1" */
    bool is_dropped, is_secured;
    unsigned attempts;
    char client[64], service[64];
};

static void start(struct bench *bench, enum config_peer peer)
{
    *bench = (struct bench){.wrong = VERDICT_WRONG_PASSWORD};
    strbuf_init(&bench->out, 100000);
    bench->auth = dovecot_auth_new(
        &(struct dovecot_auth_hello){
            .pid = 433, .connection = 39, .cookie = cookie, .peer = peer},
        &bench->out);
    assert_string_equal(bench->out.at, HELLO);
    strbuf_reset(&bench->out);
}

static void finish(struct bench *bench)
{
    dovecot_auth_free(bench->auth);
    strbuf_release(&bench->out);
}

static void keep(char *out, size_t size, struct slice text)
{
    assert_true(text.len < size);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
}

static void feed_at(struct bench *bench, struct slice input, int64_t now_ms)
{
    struct dovecot_auth_attempt attempt;
    enum dovecot_auth_step step;

    while (!bench->is_dropped &&
           (step = dovecot_auth_step(bench->auth, &input, now_ms, &bench->out,
                                     &attempt)) != DOVECOT_AUTH_MORE) {
        if (step == DOVECOT_AUTH_DROP) {
            bench->is_dropped = true;
            break;
        }
        bench->attempts++;
        bench->is_secured = attempt.request.secured;
        keep(bench->client, sizeof bench->client, attempt.request.client);
        keep(bench->service, sizeof bench->service, attempt.request.service);
        bool is_good = slice_is(attempt.request.login, "cs-abcdefgh") &&
                       slice_is(attempt.request.password, "tok1");
        if (!dovecot_auth_answer(bench->auth, attempt.ticket,
                                 is_good ? VERDICT_OK : bench->wrong,
                                 is_good ? "cs-abcdefgh" : "", &bench->out))
            bench->is_dropped = true;
    }
}

static void feed(struct bench *bench, struct slice input)
{
    feed_at(bench, input, 0);
}

static void postfix_gets_the_same_answers_however_its_lines_are_cut(void **state)
{
    static const char want[] = "OK\t1\tuser=cs-abcdefgh\n"
                               "CONT\t2\tVXNlcm5hbWU6\n"
                               "CONT\t2\tUGFzc3dvcmQ6\n"
                               "OK\t2\tuser=cs-abcdefgh\n"
                               "FAIL\t3\tuser=cs-abcdefgh\n";
    const struct slice text = SLICE(POSTFIX);

    (void)state;
    for (size_t split = 0; split <= text.len; split++) {
        struct bench bench;
        start(&bench, CONFIG_PEER_POSTFIX);
        feed(&bench, slice_take(text, split));
        feed(&bench, slice_skip(text, split));
        assert_false(bench.is_dropped);
        assert_string_equal(bench.out.at, want);
        assert_true(bench.is_secured);
        assert_string_equal(bench.client, "192.0.2.50");
        finish(&bench);
    }
    struct bench bench;
    start(&bench, CONFIG_PEER_POSTFIX);
    for (size_t i = 0; i < text.len; i++)
        feed(&bench, slice_of(text.at + i, 1));
    assert_string_equal(bench.out.at, want);
    finish(&bench);
}

static void exim_gets_the_same_answers_however_its_lines_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(exim); i++) {
        const struct slice text = slice_from(exim[i].in);
        for (size_t split = 0; split <= text.len; split++) {
            struct bench bench;
            start(&bench, CONFIG_PEER_EXIM);
            feed(&bench, slice_take(text, split));
            feed(&bench, slice_skip(text, split));
            assert_false(bench.is_dropped);
            assert_string_equal(bench.out.at, exim[i].want);
            assert_false(bench.is_secured);
            assert_string_equal(bench.client, "192.0.2.50");
            assert_string_equal(bench.service, "smtp");
            finish(&bench);
        }
    }
}

/* Everything a peer may say, and the lines we say to it. */
static const struct {
    const char *name, *in, *want; /* want NULL: dropped */
} dialogues[] = {
    {"Exim: empty resp= is none",
     "VERSION\t1\t0\nCPID\t7\nAUTH\t1\tPLAIN\tservice=smtp\tsecured\trip=192.0.2.1\t"
     "lip=192.0.2.2\tnologin\tresp=\nCONT\t1\tAGNzLWFiY2RlZmdoAHRvazE=\n",                                                "CONT\t1\t\nOK\t1\tuser=cs-abcdefgh\n"                                 },
    {"from 1.2 on it is an empty response",
     "VERSION\t1\t2\nAUTH\t1\tPLAIN\tservice=smtp\tresp=\n",                                                              "FAIL\t1\treason=malformed PLAIN message\n"                            },
    {"RFC 4954's = is an empty response",                 "AUTH\t1\tPLAIN\tservice=smtp\tresp==\n",
     "FAIL\t1\treason=malformed PLAIN message\n"                                                                                                                                                 },
    {"no resp",                                           "AUTH\t4\tPLAIN\tservice=smtp\n",                               "CONT\t4\t\n"                                                          },
    {"LOGIN with the user name",
     "AUTH\t1\tLOGIN\tservice=smtp\tresp=Y3MtYWJjZGVmZ2g=\nCONT\t1\tdG9rMQ==\n",                                          "CONT\t1\tUGFzc3dvcmQ6\nOK\t1\tuser=cs-abcdefgh\n"                     },
    {"LOGIN with two empty answers",
     "AUTH\t1\tLOGIN\tservice=smtp\nCONT\t1\t\nCONT\t1\t=\n",                                                             "CONT\t1\tVXNlcm5hbWU6\nCONT\t1\tUGFzc3dvcmQ6\nFAIL\t1\tuser=\n"       },
    {"protocol= is service=",
     "AUTH\t1\tPLAIN\tprotocol=smtp\tresp=AGNzLWFiY2RlZmdoAHRvazE=\n",                                                    "OK\t1\tuser=cs-abcdefgh\n"                                            },
    {"a login with TAB and LF is escaped",
     "AUTH\t1\tPLAIN\tservice=smtp\tresp=AGEJYgpjAHg=\n",                                                                 "FAIL\t1\tuser=a\001tb\001nc\n"                                        },
    {"authorization for another",
     "AUTH\t1\tPLAIN\tservice=smtp\tresp=cm9vdABjcy1hYmNkZWZnaAB0b2sx\n",                                                 "FAIL\t1\treason=malformed PLAIN message\n"                            },
    {"unknown mechanism",                                 "AUTH\t1\tCRAM-MD5\tservice=smtp\n",
     "FAIL\t1\treason=unsupported mechanism\n"                                                                                                                                                   },
    {"bad base64",                                        "AUTH\t1\tPLAIN\tservice=smtp\tresp=A\n",
     "FAIL\t1\tcode=invalid_base64\treason=invalid base64 data\n"                                                                                                                                },
    {"too long a user name for LOGIN is refused",
     "AUTH\t1\tLOGIN\tservice=smtp\tresp="
     "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
     "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
     "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
     "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
     "QUFBQUFBQUFBQUFBQUFBQUFB\n",                                                                                        "FAIL\t1\treason=user name is too long\n"                              },
    {"an unknown id is timed out",                        "CONT\t9\tAAAA\n",
     "FAIL\t9\treason=authentication request timed out\n"                                                                                                                                        },
    {"cancelled",                                         "AUTH\t1\tPLAIN\tservice=smtp\nCANCEL\t1\nCONT\t1\tAAAA\n",
     "CONT\t1\t\nFAIL\t1\treason=authentication request timed out\n"                                                                                                                             },
    {"an id may come again when it is answered",
     "AUTH\t1\tPLAIN\tservice=smtp\tresp=AGEAYg==\n"
     "AUTH\t1\tPLAIN\tservice=smtp\tresp=AGEAYg==\n",                                                                     "FAIL\t1\tuser=a\nFAIL\t1\tuser=a\n"                                   },
    {"two exchanges at once, their lines mixed",
     "AUTH\t1\tLOGIN\tservice=smtp\nAUTH\t2\tLOGIN\tservice=smtp\nCONT\t2\tYg==\n"
     "CONT\t1\tY3MtYWJjZGVmZ2g=\nCONT\t2\tdG9rMQ==\nCONT\t1\tdG9rMQ==\n",                                                 "CONT\t1\tVXNlcm5hbWU6\nCONT\t2\tVXNlcm5hbWU6\nCONT\t2\tUGFzc3dvcmQ6\n"
     "CONT\t1\tUGFzc3dvcmQ6\nFAIL\t2\tuser=b\nOK\t1\tuser=cs-abcdefgh\n"                                                },
    {"every parameter that Dovecot's own clients know",
     "VERSION\t1\t2\nCPID\t1\nAUTH\t4294967295\tplain\tservice=smtp\tnologin\tsecured=tls\t"
     "no-penalty\tvalid-client-cert\tcert_username=x\tlip=192.0.2.2\trip=192.0.2.1\tlport=1\t"
     "rport=2\tlocal_name=a.example\tsession=s\tdebug\tfinal-resp-ok\tclient_id=x\001ty\t"
     "forward_fields=x\ttransport=TLS\ttls_cipher=x\ttls_pfs=x\treal_rip=192.0.2.3\t"
     "ssl_ja3_hash=0\tsomething-new=1\tresp=AGNzLWFiY2RlZmdoAHRvazE=\n",                                                  "OK\t4294967295\tuser=cs-abcdefgh\n"                                   },
    {"a login with NUL is escaped",
     "AUTH\t1\tLOGIN\tservice=smtp\tresp=YQBi\nCONT\t1\teA==\n",                                                          "CONT\t1\tUGFzc3dvcmQ6\nFAIL\t1\tuser=a\0010b\n"                       },
    {"what was never asked is cancelled quietly",         "CANCEL\t7\n",                                                  ""                                                                     },
    {"base64 that is none is refused in an exchange too",
     "AUTH\t1\tPLAIN\tservice=smtp\nCONT\t1\t*\n",                                                                        "CONT\t1\t\nFAIL\t1\tcode=invalid_base64\treason=invalid base64 data\n"},
    {"RFC 4954's = for LOGIN is an empty user name",
     "AUTH\t1\tLOGIN\tservice=smtp\tresp==\nCONT\t1\teA==\n",                                                             "CONT\t1\tUGFzc3dvcmQ6\nFAIL\t1\tuser=\n"                              },
    {"unknown commands are nothing",                      "\nHELLO\tworld\nUSER\t1\n",                                    ""                                                                     },
    {"duplicate id",                                      "AUTH\t1\tPLAIN\tservice=smtp\nAUTH\t1\tPLAIN\tservice=smtp\n",
     NULL                                                                                                                                                                                        },
    {"no service",                                        "AUTH\t1\tPLAIN\tresp=AGEAYg==\n",                              NULL                                                                   },
    {"service behind resp= does not count",
     "AUTH\t1\tPLAIN\tresp=AGEAYg==\tservice=smtp\n",                                                                     NULL                                                                   },
    {"no id",                                             "AUTH\n",                                                       NULL                                                                   },
    {"id is no number",                                   "AUTH\tx\tPLAIN\tservice=smtp\n",                               NULL                                                                   },
    {"id beyond 32 bits",                                 "AUTH\t4294967296\tPLAIN\tservice=smtp\n",                      NULL                                                                   },
    {"no mechanism",                                      "AUTH\t1\n",                                                    NULL                                                                   },
    {"CONT without id",                                   "CONT\n",                                                       NULL                                                                   },
    {"CANCEL without id",                                 "CANCEL\n",                                                     NULL                                                                   },
    {"other major version",                               "VERSION\t2\t0\n",                                              NULL                                                                   },
    {"version without minor",                             "VERSION\t1\n",                                                 NULL                                                                   },
};

static void each_dialogue_has_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(dialogues); i++) {
        struct bench bench;
        start(&bench, CONFIG_PEER_POSTFIX);
        feed(&bench, slice_from(dialogues[i].in));
        if (bench.is_dropped != (dialogues[i].want == NULL))
            fail_msg("%s: dropped %d, said \"%s\"", dialogues[i].name, bench.is_dropped,
                     bench.out.at);
        if (dialogues[i].want != NULL && strcmp(bench.out.at, dialogues[i].want) != 0)
            fail_msg("%s: \"%s\"", dialogues[i].name, bench.out.at);
        finish(&bench);
    }
}

static void each_peer_hears_each_verdict_in_its_words(void **state)
{
#define LOGIN_LINE "AUTH\t1\tPLAIN\tservice=smtp\tresp=AGNzLWFiY2RlZmdoAGJhZA==\n"
    static const struct {
        enum config_peer peer;
        enum verdict verdict;
        const char *starts, *holds; /* starts NULL: dropped */
    } cases[] = {
        {CONFIG_PEER_POSTFIX, VERDICT_NO_SUCH_LOGIN,  "FAIL\t1\tuser=cs-abcdefgh\n", ""       },
        {CONFIG_PEER_POSTFIX, VERDICT_WRONG_PASSWORD, "FAIL\t1\tuser=cs-abcdefgh\n",
         ""                                                                                   },
        {CONFIG_PEER_POSTFIX, VERDICT_EXPIRED,
         "FAIL\t1\tuser=cs-abcdefgh\treason=",                                       "expired"},
        {CONFIG_PEER_POSTFIX, VERDICT_REVOKED,
         "FAIL\t1\tuser=cs-abcdefgh\treason=",                                       "ended"  },
        {CONFIG_PEER_POSTFIX, VERDICT_TEMPORARY,      NULL,                          ""       },
        {CONFIG_PEER_EXIM,    VERDICT_TEMPORARY,      NULL,                          ""       },
        {CONFIG_PEER_DOVECOT, VERDICT_WRONG_PASSWORD, "FAIL\t1\tuser=cs-abcdefgh\n",
         ""                                                                                   },
        {CONFIG_PEER_DOVECOT, VERDICT_EXPIRED,
         "FAIL\t1\tuser=cs-abcdefgh\tcode=pass_expired",                             "reason="},
        {CONFIG_PEER_DOVECOT, VERDICT_REVOKED,
         "FAIL\t1\tuser=cs-abcdefgh\tcode=user_disabled",                            "reason="},
        {CONFIG_PEER_DOVECOT, VERDICT_TEMPORARY,
         "FAIL\t1\tuser=cs-abcdefgh\tcode=temp_fail",                                ""       },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench bench;
        start(&bench, cases[i].peer);
        bench.wrong = cases[i].verdict;
        feed(&bench, SLICE(LOGIN_LINE));
        if (bench.is_dropped != (cases[i].starts == NULL))
            fail_msg("case %zu: dropped %d", i, bench.is_dropped);
        if (cases[i].starts != NULL &&
            (!slice_starts(strbuf_slice(&bench.out), cases[i].starts) ||
             slice_find(strbuf_slice(&bench.out), slice_from(cases[i].holds)) < 0))
            fail_msg("case %zu: \"%s\"", i, bench.out.at);
        finish(&bench);
    }
}

static void a_line_has_a_ceiling(void **state)
{
    struct bench bench;
    static char line[AUTH_LINE_MAX + 2];
    static const char begins[] = "AUTH\t1\tPLAIN\tservice=smtp\tforward_fields=";
    static const char ends[] = "\tresp=AGNzLWFiY2RlZmdoAHRvazE=";

    (void)state;
    /* The longest line, and one byte more. */
    for (size_t len = AUTH_LINE_MAX; len <= AUTH_LINE_MAX + 1; len++) {
        memset(line, 'x', len);
        memcpy(line, begins, sizeof begins - 1);
        memcpy(line + len - (sizeof ends - 1), ends, sizeof ends - 1);
        line[len] = '\n';
        start(&bench, CONFIG_PEER_POSTFIX);
        feed(&bench, slice_of(line, len + 1));
        assert_true(bench.is_dropped == (len > AUTH_LINE_MAX));
        assert_string_equal(bench.out.at,
                            bench.is_dropped ? "" : "OK\t1\tuser=cs-abcdefgh\n");
        finish(&bench);
    }
}

/* Postfix says nothing when its client gives up: old requests make room, quietly. */
static void abandoned_requests_make_room(void **state)
{
    struct bench bench;
    char line[64];

    (void)state;
    start(&bench, CONFIG_PEER_POSTFIX);
    for (int id = 1; id <= 1000; id++) {
        int len = snprintf(line, sizeof line, "AUTH\t%d\tPLAIN\tservice=smtp\n", id);
        feed(&bench, slice_of(line, (size_t)len));
        strbuf_reset(&bench.out);
    }
    assert_false(bench.is_dropped);
    feed(&bench, SLICE("CONT\t1000\tAGNzLWFiY2RlZmdoAHRvazE=\n"));
    assert_string_equal(bench.out.at, "OK\t1000\tuser=cs-abcdefgh\n");
    finish(&bench);
}

static void a_request_is_forgotten_when_its_time_is_over(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench, CONFIG_PEER_POSTFIX);
    feed(&bench, SLICE("AUTH\t1\tLOGIN\tservice=smtp\nAUTH\t2\tLOGIN\tservice=smtp\n"
                       "AUTH\t3\tLOGIN\tservice=smtp\n"));
    strbuf_reset(&bench.out);
    feed_at(&bench, SLICE("CONT\t1\tYg==\n"), DOVECOT_AUTH_ABANDONED_MS - 1);
    assert_string_equal(bench.out.at, "CONT\t1\tUGFzc3dvcmQ6\n");
    strbuf_reset(&bench.out);
    feed_at(&bench, SLICE("CONT\t2\tYg==\n"), DOVECOT_AUTH_ABANDONED_MS);
    assert_string_equal(bench.out.at,
                        "FAIL\t2\treason=authentication request timed out\n");
    strbuf_reset(&bench.out);
    /* And its number is free again. */
    feed_at(&bench, SLICE("AUTH\t3\tPLAIN\tservice=smtp\n"), DOVECOT_AUTH_ABANDONED_MS);
    assert_false(bench.is_dropped);
    assert_string_equal(bench.out.at, "CONT\t3\t\n");
    finish(&bench);
}

static void a_line_for_a_request_that_is_being_answered_is_nothing(void **state)
{
    struct slice input = SLICE("AUTH\t1\tPLAIN\tservice=smtp\tresp=AGEAYg==\n"
                               "CONT\t1\tAGEAYg==\nCONT\t1\t*\n");
    struct dovecot_auth_attempt attempt, another;
    struct bench bench;

    (void)state;
    start(&bench, CONFIG_PEER_POSTFIX);
    assert_int_equal(dovecot_auth_step(bench.auth, &input, 0, &bench.out, &attempt),
                     DOVECOT_AUTH_ATTEMPT);
    assert_int_equal(dovecot_auth_step(bench.auth, &input, 0, &bench.out, &another),
                     DOVECOT_AUTH_MORE);
    assert_string_equal(bench.out.at, "");
    assert_true(
        dovecot_auth_answer(bench.auth, attempt.ticket, VERDICT_OK, "a", &bench.out));
    assert_string_equal(bench.out.at, "OK\t1\tuser=a\n");
    finish(&bench);
}

static void answers_may_come_in_any_order_and_late(void **state)
{
    struct slice input = SLICE("AUTH\t1\tPLAIN\tservice=smtp\tresp=AGEAYg==\n"
                               "AUTH\t2\tPLAIN\tservice=smtp\tresp=AGMAZA==\n"
                               "AUTH\t3\tPLAIN\tservice=smtp\tresp=AGUAZg==\n"
                               "CANCEL\t2\n"
                               "AUTH\t2\tPLAIN\tservice=smtp\tresp=AGcAaA==\n");
    struct dovecot_auth_attempt attempts[4];
    struct bench bench;

    (void)state;
    start(&bench, CONFIG_PEER_POSTFIX);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            dovecot_auth_step(bench.auth, &input, 0, &bench.out, &attempts[i]),
            DOVECOT_AUTH_ATTEMPT);
    /* The cancelled one must not answer for the new request of the same id. */
    assert_true(dovecot_auth_answer(bench.auth, attempts[1].ticket, VERDICT_OK, "x",
                                    &bench.out));
    assert_string_equal(bench.out.at, "");
    assert_true(dovecot_auth_answer(bench.auth, attempts[3].ticket,
                                    VERDICT_WRONG_PASSWORD, "", &bench.out));
    assert_true(dovecot_auth_answer(bench.auth, attempts[0].ticket, VERDICT_OK, "a",
                                    &bench.out));
    assert_string_equal(bench.out.at, "FAIL\t2\tuser=g\nOK\t1\tuser=a\n");
    finish(&bench);
}

static void too_many_at_once_are_dropped(void **state)
{
    struct dovecot_auth_attempt attempt;
    struct bench bench;
    char line[64];

    (void)state;
    start(&bench, CONFIG_PEER_DOVECOT);
    for (int id = 1; id <= DOVECOT_AUTH_PENDING_MAX + 1; id++) {
        int len = snprintf(line, sizeof line,
                           "AUTH\t%d\tPLAIN\tservice=smtp\tresp=AGEAYg==\n", id);
        struct slice input = slice_of(line, (size_t)len);
        assert_int_equal(dovecot_auth_step(bench.auth, &input, 0, &bench.out, &attempt),
                         id <= DOVECOT_AUTH_PENDING_MAX ? DOVECOT_AUTH_ATTEMPT
                                                        : DOVECOT_AUTH_DROP);
    }
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_gets_the_same_answers_however_its_lines_are_cut),
        cmocka_unit_test(exim_gets_the_same_answers_however_its_lines_are_cut),
        cmocka_unit_test(each_dialogue_has_its_answer),
        cmocka_unit_test(each_peer_hears_each_verdict_in_its_words),
        cmocka_unit_test(a_line_has_a_ceiling),
        cmocka_unit_test(abandoned_requests_make_room),
        cmocka_unit_test(a_request_is_forgotten_when_its_time_is_over),
        cmocka_unit_test(a_line_for_a_request_that_is_being_answered_is_nothing),
        cmocka_unit_test(answers_may_come_in_any_order_and_late),
        cmocka_unit_test(too_many_at_once_are_dropped),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
