/*
 * test_socketmap.c - netstrings of socketmap tables.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/socketmap.h"

#define EGRESS "18:egress cs-abcdefgh,"
#define SENDERS "27:senders @customer.example x,"

static void check_egress(const struct socketmap_request *request)
{
    assert_true(slice_is(request->map, "egress"));
    assert_true(slice_is(request->key, "cs-abcdefgh"));
}

static void check_senders(const struct socketmap_request *request)
{
    assert_true(slice_is(request->map, "senders"));
    assert_true(
        slice_is(request->key, "@customer.example x")); /* keys may have blanks */
}

static void two_requests_are_read_however_they_are_cut(void **state)
{
    const struct slice text = SLICE(EGRESS SENDERS);

    (void)state;
    for (size_t cut = 0; cut <= text.len; cut++) {
        struct socketmap_reader reader;
        struct socketmap_request request;
        struct slice pieces[] = {slice_take(text, cut), slice_skip(text, cut)};
        unsigned count = 0;
        socketmap_reader_init(&reader);
        for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
            while (socketmap_reader_take(&reader, &pieces[i], &request) ==
                   SOCKETMAP_READY)
                count++ == 0 ? check_egress(&request) : check_senders(&request);
            assert_int_equal(pieces[i].len, 0);
            if (i == 0)
                assert_int_equal(socketmap_reader_is_partial(&reader),
                                 cut != 0 && cut != strlen(EGRESS) && cut != text.len);
        }
        assert_int_equal(count, 2);
        socketmap_reader_release(&reader);
    }
}

static enum socketmap_result read_one(const char *text, size_t len,
                                      struct socketmap_request *out)
{
    struct socketmap_reader reader;
    struct slice input = slice_of(text, len);

    socketmap_reader_init(&reader);
    enum socketmap_result result = socketmap_reader_take(&reader, &input, out);
    socketmap_reader_release(&reader);
    return result;
}

static void what_is_no_netstring_is_broken(void **state)
{
    static const struct {
        const char *text;
        enum socketmap_result want;
    } cases[] = {
        {"0:,",         SOCKETMAP_READY },
        {"3:a b,",      SOCKETMAP_READY },
        {"003:a b,",    SOCKETMAP_READY },
        {"3:a b",       SOCKETMAP_MORE  },
        {"3:a ",        SOCKETMAP_MORE  },
        {"3",           SOCKETMAP_MORE  },
        {"",            SOCKETMAP_MORE  },
        {"10000:a",     SOCKETMAP_MORE  },
        {"10001:a",     SOCKETMAP_BROKEN},
        {"00003:a b,",  SOCKETMAP_READY },
        {"000003:a b,", SOCKETMAP_BROKEN},
        {"99999999999", SOCKETMAP_BROKEN},
        {":a,",         SOCKETMAP_BROKEN},
        {"3:a b;",      SOCKETMAP_BROKEN},
        {"3:a bc,",     SOCKETMAP_BROKEN},
        {"-3:a b,",     SOCKETMAP_BROKEN},
        {" 3:a b,",     SOCKETMAP_BROKEN},
        {"3 :a b,",     SOCKETMAP_BROKEN},
        {"get a\n",     SOCKETMAP_BROKEN},
    };
    struct socketmap_request request;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (read_one(cases[i].text, strlen(cases[i].text), &request) != cases[i].want)
            fail_msg("\"%s\": another result", cases[i].text);
}

static void the_longest_request_is_read(void **state)
{
    char text[SOCKETMAP_REQUEST_MAX + 8];
    struct socketmap_reader reader;
    struct socketmap_request request;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "10000:lanes ", 12); // NOLINT(bugprone-not-null-terminated-result)
    text[6 + SOCKETMAP_REQUEST_MAX] = ',';
    struct slice input = slice_of(text, 6 + SOCKETMAP_REQUEST_MAX + 1);
    socketmap_reader_init(&reader);
    assert_int_equal(socketmap_reader_take(&reader, &input, &request), SOCKETMAP_READY);
    assert_int_equal(request.key.len, SOCKETMAP_REQUEST_MAX - 6);
    socketmap_reader_release(&reader);
}

static void a_request_without_a_key_says_so(void **state)
{
    struct socketmap_reader reader;
    struct socketmap_request request;
    struct slice input = SLICE("6:egress,7:egress ,");

    (void)state;
    socketmap_reader_init(&reader);
    assert_int_equal(socketmap_reader_take(&reader, &input, &request), SOCKETMAP_READY);
    assert_true(slice_is(request.map, "egress"));
    assert_null(request.key.at);
    assert_int_equal(socketmap_reader_take(&reader, &input, &request), SOCKETMAP_READY);
    assert_non_null(request.key.at);
    assert_int_equal(request.key.len, 0);
    socketmap_reader_release(&reader);
}

static void each_status_has_its_reply(void **state)
{
    static const struct {
        enum socketmap_status status;
        const char *text, *want;
    } cases[] = {
        {SOCKETMAP_OK,        "FILTER clean01:", "18:OK FILTER clean01:,"},
        {SOCKETMAP_NOTFOUND,  "",                "9:NOTFOUND ,"          },
        {SOCKETMAP_TEMPORARY, "why",             "8:TEMP why,"           },
        {SOCKETMAP_PERMANENT, "why",             "8:PERM why,"           },
    };
    char huge[SOCKETMAP_REPLY_MAX];
    struct strbuf out;

    (void)state;
    strbuf_init(&out, 2 * (size_t)SOCKETMAP_REPLY_MAX);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        strbuf_reset(&out);
        socketmap_answer(cases[i].status, slice_from(cases[i].text), &out);
        assert_string_equal(out.at, cases[i].want);
    }
    memset(huge, 'x', sizeof huge);
    strbuf_reset(&out);
    socketmap_answer(SOCKETMAP_OK, slice_of(huge, sizeof huge), &out);
    assert_string_equal(out.at, "27:TEMP the answer is too long,");
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_requests_are_read_however_they_are_cut),
        cmocka_unit_test(what_is_no_netstring_is_broken),
        cmocka_unit_test(the_longest_request_is_read),
        cmocka_unit_test(a_request_without_a_key_says_so),
        cmocka_unit_test(each_status_has_its_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
