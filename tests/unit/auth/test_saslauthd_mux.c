/*
 * test_saslauthd_mux.c - requests of the saslauthd socket, whole, cut and broken, and its answers.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/saslauthd_mux.h"

enum {
    REQUEST_MAX = 400000
};

static void put_length(struct strbuf *out, size_t len)
{
    strbuf_putc(out, (char)(len >> 8));
    strbuf_putc(out, (char)(len & 0xff));
}

static void put_field(struct strbuf *out, const char *value)
{
    put_length(out, strlen(value));
    strbuf_puts(out, value);
}

static void put_filler(struct strbuf *out, size_t len)
{
    put_length(out, len);
    for (size_t i = 0; i < len; i++)
        strbuf_putc(out, 'x');
}

/* client NULL: four fields. Returns where the fourth ends. */
static size_t put_request(struct strbuf *out, const char *const field[4],
                          const char *client)
{
    for (size_t i = 0; i < 4; i++)
        put_field(out, field[i]);
    size_t end = out->len;
    if (client != NULL)
        put_field(out, client);
    return end;
}

static void requests_are_read(void **state)
{
    static const struct {
        const char *name, *field[4], *client;
        const char *login, *told_client;
    } cases[] = {
        {"four fields",            {"cs-a", "pw", "smtp", ""},      NULL,             "cs-a",                       ""           },
        {"five fields",
         {"cs-a", "pw", "smtp", ""},
         "192.0.2.1;4711",                                                            "cs-a",
         "192.0.2.1"                                                                                                             },
        {"IPv6",                   {"cs-a", "pw", "smtp", ""},      "2001:db8::1;25", "cs-a",                       "2001:db8::1"},
        {"no port",                {"cs-a", "pw", "smtp", ""},      "192.0.2.1",      "cs-a",                       "192.0.2.1"  },
        {"empty fifth",            {"cs-a", "pw", "smtp", ""},      "",               "cs-a",                       ""           },
        {"realm apart",
         {"cs-a", "pw", "smtp", "r.example"},
         NULL,                                                                        "cs-a@r.example",
         ""                                                                                                                      },
        {"realm in the login",
         {"cs-a@r.example", "pw", "smtp", ""},
         NULL,                                                                        "cs-a@r.example",
         ""                                                                                                                      },
        {"the same realm twice",
         {"cs-a@R.example", "pw", "smtp", "r.example"},
         NULL,                                                                        "cs-a@R.example",
         ""                                                                                                                      },
        {"two realms",
         {"cs-a@q.example", "pw", "smtp", "r.example"},
         NULL,                                                                        "cs-a@q.example@r.example",
         ""                                                                                                                      },
        {"a realm that is an end",
         {"cs-a@q.r.example", "pw", "smtp", "r.example"},
         NULL,                                                                        "cs-a@q.r.example@r.example",
         ""                                                                                                                      },
        {"realm alone",            {"", "pw", "smtp", "r.example"}, NULL,             "@r.example",                 ""           },
        {"other service",          {"cs-a", "pw", "imap", ""},      NULL,             "cs-a",                       ""           },
        {"all empty",              {"", "", "", ""},                NULL,             "",                           ""           },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct saslauthd_reader reader;
        struct verify_request request;
        struct strbuf bytes;
        strbuf_init(&bytes, REQUEST_MAX);
        (void)put_request(&bytes, cases[i].field, cases[i].client);
        saslauthd_reader_init(&reader);
        if (saslauthd_reader_take(&reader, strbuf_slice(&bytes), &request) !=
                SASLAUTHD_READY ||
            !slice_is(request.login, cases[i].login) ||
            !slice_is(request.password, cases[i].field[SASLAUTHD_PASSWORD]) ||
            !slice_is(request.service, cases[i].field[SASLAUTHD_SERVICE]) ||
            !slice_is(request.client, cases[i].told_client) || request.secured ||
            !request.is_tls_untold || saslauthd_reader_is_partial(&reader))
            fail_msg("%s", cases[i].name);
        strbuf_release(&bytes);
    }
}

/* Cut in two at every byte. Only a cut exactly behind the fourth field loses the client: there is no
 * telling that more will come. */
static void requests_may_be_cut_anywhere(void **state)
{
    static const char *const field[4] = {"cs-a", "pw", "submission", "r.example"};
    static const char *const clients[] = {NULL, "192.0.2.1;4711"};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(clients); k++) {
        struct strbuf bytes;
        strbuf_init(&bytes, REQUEST_MAX);
        size_t end = put_request(&bytes, field, clients[k]);
        for (size_t cut = 0; cut < bytes.len; cut++) {
            struct saslauthd_reader reader;
            struct verify_request request;
            struct slice all = strbuf_slice(&bytes);
            bool is_early = cut == end;
            saslauthd_reader_init(&reader);
            assert_int_equal(
                saslauthd_reader_take(&reader, slice_take(all, cut), &request),
                is_early ? SASLAUTHD_READY : SASLAUTHD_MORE);
            assert_int_equal(saslauthd_reader_is_partial(&reader),
                             cut > 0 && !is_early);
            assert_int_equal(
                saslauthd_reader_take(&reader, slice_skip(all, cut), &request),
                is_early ? SASLAUTHD_MORE : SASLAUTHD_READY);
            assert_true(slice_is(request.login, "cs-a@r.example"));
            assert_true(slice_is(request.password, "pw"));
            assert_true(slice_is(request.service, "submission"));
            assert_true(slice_is(request.client,
                                 clients[k] != NULL && !is_early ? "192.0.2.1" : ""));
        }
        strbuf_release(&bytes);
    }
}

/* All fields "abc" but one, which is len bytes. */
static void read_filled(struct saslauthd_reader *reader, unsigned which, size_t len,
                        struct verify_request *request)
{
    struct strbuf bytes;

    strbuf_init(&bytes, REQUEST_MAX);
    for (unsigned field = 0; field < SASLAUTHD_FIELD_COUNT; field++) {
        if (field == which)
            put_filler(&bytes, len);
        else
            put_field(&bytes, "abc");
    }
    saslauthd_reader_init(reader);
    assert_int_equal(saslauthd_reader_take(reader, strbuf_slice(&bytes), request),
                     SASLAUTHD_READY);
    strbuf_release(&bytes);
}

static void the_longest_values_are_read_whole(void **state)
{
    /* "abc@abc" with one half of the longest */
    enum {
        JOINED = 3 + 1 + SASLAUTHD_FIELD_MAX
    };
    static const struct {
        size_t login, password, service, client;
    } lengths[] = {
        [SASLAUTHD_LOGIN] = {JOINED, 3,                   3,                   3                  },
        [SASLAUTHD_PASSWORD] = {7,      SASLAUTHD_FIELD_MAX, 3,                   3                  },
        [SASLAUTHD_SERVICE] = {7,      3,                   SASLAUTHD_FIELD_MAX, 3                  },
        [SASLAUTHD_REALM] = {JOINED, 3,                   3,                   3                  },
        [SASLAUTHD_CLIENT] = {7,      3,                   3,                   SASLAUTHD_FIELD_MAX},
    };

    (void)state;
    for (unsigned which = 0; which < SASLAUTHD_FIELD_COUNT; which++) {
        struct saslauthd_reader reader;
        struct verify_request request;
        read_filled(&reader, which, SASLAUTHD_FIELD_MAX, &request);
        assert_int_equal(request.login.len, lengths[which].login);
        assert_int_equal(request.password.len, lengths[which].password);
        assert_int_equal(request.service.len, lengths[which].service);
        assert_int_equal(request.client.len, lengths[which].client);
    }
}

/* Whichever of the first four is too long, the request has no login; a client that is too long is
 * not told. */
static void too_long_values_are_none_of_ours(void **state)
{
    static const size_t lengths[] = {SASLAUTHD_FIELD_MAX + 1, 65535};

    (void)state;
    for (unsigned which = 0; which < SASLAUTHD_FIELD_COUNT; which++) {
        bool is_client = which == SASLAUTHD_CLIENT;
        for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
            struct saslauthd_reader reader;
            struct verify_request request;
            read_filled(&reader, which, lengths[i], &request);
            assert_true(slice_is(request.login, is_client ? "abc@abc" : ""));
            assert_true(slice_is(request.password, is_client ? "abc" : ""));
            assert_true(slice_is(request.service, is_client ? "abc" : ""));
            assert_true(slice_is(request.client, is_client ? "" : "abc"));
        }
    }
}

static void what_follows_a_request_is_bounded(void **state)
{
    static const char *const field[4] = {"cs-a", "pw", "smtp", ""};
    struct saslauthd_reader reader;
    struct verify_request request;
    struct strbuf bytes;
    char more[SASLAUTHD_SURPLUS_MAX] = {0};

    (void)state;
    strbuf_init(&bytes, REQUEST_MAX);
    (void)put_request(&bytes, field, "192.0.2.1;1");
    strbuf_putc(&bytes, '\0');
    saslauthd_reader_init(&reader);
    assert_int_equal(saslauthd_reader_take(&reader, strbuf_slice(&bytes), &request),
                     SASLAUTHD_BROKEN);

    strbuf_reset(&bytes);
    (void)put_request(&bytes, field, NULL);
    saslauthd_reader_init(&reader);
    assert_int_equal(saslauthd_reader_take(&reader, strbuf_slice(&bytes), &request),
                     SASLAUTHD_READY);
    assert_int_equal(
        saslauthd_reader_take(&reader, slice_of(more, sizeof more), &request),
        SASLAUTHD_MORE);
    assert_int_equal(saslauthd_reader_take(&reader, slice_of(more, 1), &request),
                     SASLAUTHD_BROKEN);
    strbuf_release(&bytes);
}

static void values_are_wiped(void **state)
{
    static const char *const field[4] = {"cs-a", "sesame", "smtp", "r.example"};
    static const char zeros[sizeof(struct saslauthd_reader)];
    struct saslauthd_reader reader;
    struct verify_request request;
    struct strbuf bytes;

    (void)state;
    strbuf_init(&bytes, REQUEST_MAX);
    (void)put_request(&bytes, field, "192.0.2.1;1");
    saslauthd_reader_init(&reader);
    assert_int_equal(saslauthd_reader_take(&reader, strbuf_slice(&bytes), &request),
                     SASLAUTHD_READY);
    assert_memory_equal(request.password.at, "sesame", 6);
    saslauthd_reader_forget(&reader);
    assert_memory_equal(reader.login, zeros, sizeof reader.login);
    assert_memory_equal(reader.others, zeros, sizeof reader.others);
    assert_int_equal(saslauthd_reader_take(&reader, strbuf_slice(&bytes), &request),
                     SASLAUTHD_MORE);
    strbuf_release(&bytes);
}

static void each_verdict_has_its_answer(void **state)
{
    static const struct {
        enum verdict verdict;
        const char *word; /* NULL: none, close */
    } cases[] = {
        {VERDICT_OK,             "OK"},
        {VERDICT_NO_SUCH_LOGIN,  "NO"},
        {VERDICT_WRONG_PASSWORD, "NO"},
        {VERDICT_EXPIRED,        "NO"},
        {VERDICT_REVOKED,        "NO"},
        {VERDICT_TEMPORARY,      NULL},
    };
    _Static_assert(ARRAY_LEN(cases) == VERDICT_COUNT, "a row a verdict");
    struct strbuf out;

    (void)state;
    strbuf_init(&out, 100);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        strbuf_reset(&out);
        assert_int_equal(saslauthd_answer(cases[i].verdict, &out),
                         cases[i].word != NULL);
        assert_int_equal(out.len, cases[i].word != NULL ? 4 : 0);
        if (cases[i].word != NULL) {
            assert_memory_equal(out.at, "\0\2", 2);
            assert_string_equal(out.at + 2, cases[i].word);
        }
    }
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_read),
        cmocka_unit_test(requests_may_be_cut_anywhere),
        cmocka_unit_test(the_longest_values_are_read_whole),
        cmocka_unit_test(too_long_values_are_none_of_ours),
        cmocka_unit_test(what_follows_a_request_is_bounded),
        cmocka_unit_test(values_are_wiped),
        cmocka_unit_test(each_verdict_has_its_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
