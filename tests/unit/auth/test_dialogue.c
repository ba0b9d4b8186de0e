/*
 * test_dialogue.c - one connection's dialogue: requests cut anywhere, malformed, and many.
 */
#include "base/base.h"

#include "auth/dialogue.h"

#include "base/log.h"
#include "tests/unit/auth/authd_lab.h"

/* A host that keeps what was delayed. */
struct host {
    unsigned count;
    uint64_t tickets[64];
    struct authd_login logins[64];
};

static void keep(void *context, uint64_t ticket, const struct authd_login *login)
{
    struct host *host = context;

    assert_true(host->count < ARRAY_LEN(host->tickets));
    host->tickets[host->count] = ticket;
    host->logins[host->count++] = *login;
}

/* Feed, and answer what was held back at once, in order. */
static enum dialogue_fate talk(struct dialogue *dialogue, struct host *host,
                               struct slice input)
{
    enum dialogue_fate fate = dialogue_take(dialogue, input);

    for (unsigned i = 0; fate == DIALOGUE_GO_ON && i < host->count; i++)
        fate = dialogue_answer(dialogue, host->tickets[i], &host->logins[i]);
    host->count = 0;
    return fate;
}

static void verify_records_are_answered_however_they_are_cut(void **state)
{
    struct authd *authd = start();
    char text[512], password[PASSWORD_SHOWN_LEN + 1];

    (void)state;
    seed_password(0, password);
    int len = snprintf(text, sizeof text,
                       "cs-aaaaaaaa\t%s\tsmtp\t192.0.2.50\ncs-aaaaaaaa\twrong\n"
                       "CS-AAAAAAAA\t%s\tsubmission\t\tsecured=yes\n",
                       password, password);
    const struct slice input = slice_of(text, (size_t)len);
    static const char ok[] = "OK\tuser=cs-aaaaaaaa\tlane=" SEED_LANE
                             "\taddress=" SEED_ADDRESS "\n";
    for (size_t split = 0; split <= input.len; split++) {
        struct host host = {0};
        struct dialogue *dialogue = dialogue_new(authd, CONFIG_SOCKET_VERIFY, 1,
                                                 &(struct dialogue_host){keep, &host});
        struct strbuf want;
        assert_int_equal(talk(dialogue, &host, slice_take(input, split)),
                         DIALOGUE_GO_ON);
        assert_int_equal(talk(dialogue, &host, slice_skip(input, split)),
                         DIALOGUE_GO_ON);
        strbuf_init(&want, 1000);
        strbuf_printf(&want, "%sNO\n%s", ok, ok);
        assert_string_equal(dialogue_out(dialogue)->at, want.at);
        strbuf_release(&want);
        dialogue_free(dialogue);
    }
    authd_free(authd);
}

static void malformed_records_are_told_and_closed(void **state)
{
    static const struct {
        const char *name, *at;
        size_t len;
    } cases[] = {
        {"one field",     "hello\n",    6},
        {"empty",         "\n",         1},
        {"broken escape", "a\t\001x\n", 6},
    };
    struct authd *authd = start();
    char filler[4000];

    (void)state;
    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i <= ARRAY_LEN(cases); i++) {
        struct slice input = i < ARRAY_LEN(cases) ? slice_of(cases[i].at, cases[i].len)
                                                  : slice_of(filler, sizeof filler);
        struct host host = {0};
        struct dialogue *dialogue = dialogue_new(authd, CONFIG_SOCKET_VERIFY, 1,
                                                 &(struct dialogue_host){keep, &host});
        assert_int_equal(talk(dialogue, &host, input), DIALOGUE_CLOSE);
        assert_string_equal(dialogue_out(dialogue)->at,
                            "TEMP\treason=malformed request\n");
        dialogue_free(dialogue);
    }
    authd_free(authd);
}

static void three_hundred_verify_requests_on_one_connection(void **state)
{
    struct authd *authd = start();
    struct host host = {0};
    struct dialogue *dialogue = dialogue_new(authd, CONFIG_SOCKET_VERIFY, 1,
                                             &(struct dialogue_host){keep, &host});
    char text[128], password[PASSWORD_SHOWN_LEN + 1];
    unsigned good = 0;

    (void)state;
    seed_password(0, password);
    for (int i = 0; i < 300; i++) {
        int len = snprintf(text, sizeof text, "cs-aaaaaaaa\t%s\n", password);
        assert_int_equal(talk(dialogue, &host, slice_of(text, (size_t)len)),
                         DIALOGUE_GO_ON);
        good += slice_starts(strbuf_slice(dialogue_out(dialogue)), "OK\t");
        strbuf_reset(dialogue_out(dialogue));
    }
    assert_int_equal(good, 300);
    dialogue_free(dialogue);
    authd_free(authd);
}

/* Requests that Postfix would not send at once: each has its answer when its record is on the disk, and
 * not before, whatever becomes of the other's. */
static void messages_in_one_piece_are_told_one_by_one(void **state)
{
#define END(instance)                                           \
 "request=smtpd_access_policy\nprotocol_state=END-OF-MESSAGE\n" \
 "sasl_username=cs-aaaaaaaa\nsender=customer0@hosted.example\n" \
 "recipient_count=1\ninstance=" instance "\n\n"
    static const char fine[] = "action=FILTER " SEED_LANE ":\n\n";
    struct authd *authd = start();
    struct host host = {0};
    struct dialogue *dialogue = dialogue_new(authd, CONFIG_SOCKET_POLICY, 1,
                                             &(struct dialogue_host){keep, &host});
    struct strbuf want;

    (void)state;
    authd_begin_view(authd);
    assert_int_equal(dialogue_take(dialogue, SLICE(END("i0") END("i1") END("i2"))),
                     DIALOGUE_GO_ON);
    authd_end_view(authd);
    strbuf_init(&want, 1000);
    for (int i = 0; i < 3; i++) {
        assert_true(dialogue_has_promise(dialogue));
        strbuf_puts(&want, fine);
        assert_string_equal(dialogue_out(dialogue)->at, want.at);
        bool is_committed = i != 1;
        assert_int_equal(authd_commit(authd), 0);
        assert_int_equal(dialogue_committed(dialogue, is_committed), DIALOGUE_GO_ON);
        if (!is_committed) {
            strbuf_truncate(&want, want.len - (sizeof fine - 1));
            authd_fault(&want);
            strbuf_puts(&want, fine);
            assert_string_equal(dialogue_out(dialogue)->at, want.at);
            strbuf_truncate(&want, want.len - (sizeof fine - 1));
        }
    }
    assert_false(dialogue_has_promise(dialogue));
    assert_false(dialogue_is_waiting(dialogue));
    strbuf_release(&want);
    dialogue_free(dialogue);
    authd_free(authd);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, make_state, remove_state)
    const struct CMUnitTest tests[] = {
        FRESH(verify_records_are_answered_however_they_are_cut),
        FRESH(malformed_records_are_told_and_closed),
        FRESH(three_hundred_verify_requests_on_one_connection),
        FRESH(messages_in_one_piece_are_told_one_by_one),
    };

    secret_startup();
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
