/*
 * test_nginx_auth.c - what nginx asks, in any pieces, what nobody should ask, and what is answered.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/nginx_auth.h"

/* As nginx 1.22 sent it over TLS: the login "cs-Ab c%@x", the password "p w+/=", an a with two dots in
 * UTF-8, ":x". */
#define NGINX                        \
 "GET /login HTTP/1.0\r\n"           \
 "Host: localhost\r\n"               \
 "Auth-Method: plain\r\n"            \
 "Auth-User: cs-Ab%20c%25@x\r\n"     \
 "Auth-Pass: p%20w+/=\xc3\xa4:x\r\n" \
 "Auth-Protocol: smtp\r\n"           \
 "Auth-Login-Attempt: 1\r\n"         \
 "Client-IP: 192.0.2.50\r\n"         \
 "Client-Host: [UNAVAILABLE]\r\n"    \
 "Auth-SSL: on\r\n"                  \
 "Auth-SSL-Protocol: TLSv1.2\r\n"    \
 "Auth-SSL-Cipher: ECDHE-RSA-AES256-GCM-SHA384\r\n\r\n"
#define FIRST "GET / HTTP/1.0\r\n"
#define PLAIN FIRST "Auth-Method: plain\r\n"

static void assert_slice(struct slice got, const char *want)
{
    if (!slice_is(got, want))
        fail_msg("got \"%.*s\", wanted \"%s\"", (int)got.len, got.at, want);
}

static void what_nginx_sends_is_read_however_it_is_cut(void **state)
{
    static const char text[] = NGINX;
    struct slice whole = SLICE(text);

    (void)state;
    for (size_t cut = 0; cut < whole.len; cut++) {
        struct verify_request request;
        struct nginx_reader reader;
        nginx_reader_init(&reader);
        assert_false(nginx_reader_is_partial(&reader));
        assert_int_equal(nginx_reader_take(&reader, slice_take(whole, cut), &request),
                         NGINX_MORE);
        assert_true(nginx_reader_is_partial(&reader) == (cut > 0));
        assert_int_equal(nginx_reader_take(&reader, slice_skip(whole, cut), &request),
                         NGINX_READY);
        assert_false(nginx_reader_is_partial(&reader));
        assert_slice(request.login, "cs-Ab c%@x");
        assert_slice(request.password, "p w+/=\xc3\xa4:x");
        assert_slice(request.service, "smtp");
        assert_slice(request.client, "192.0.2.50");
        assert_true(request.secured);
        assert_int_equal(reader.attempt, 1);
        /* One request a connection. */
        assert_int_equal(nginx_reader_take(&reader, SLICE(""), &request), NGINX_MORE);
        assert_int_equal(nginx_reader_take(&reader, SLICE("G"), &request),
                         NGINX_BROKEN);
        nginx_reader_release(&reader);
    }
}

static void byte_by_byte_is_the_same(void **state)
{
    static const char text[] = NGINX;
    struct verify_request request;
    struct nginx_reader reader;
    size_t len = sizeof text - 1;

    (void)state;
    nginx_reader_init(&reader);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(nginx_reader_take(&reader, slice_of(text + i, 1), &request),
                         i + 1 < len ? NGINX_MORE : NGINX_READY);
    assert_slice(request.login, "cs-Ab c%@x");
    nginx_reader_release(&reader);
}

static void other_logins_are_read_too(void **state)
{
    static const struct {
        const char *name, *text, *login, *password, *service;
        bool secured;
    } cases[] = {
        {"no TLS",
         PLAIN "Auth-User: cs-a\r\nAuth-Pass: p\r\nAuth-Protocol: smtp\r\n\r\n",    "cs-a",
         "p",                                                                                     "smtp", false},
        {"names in any case",
         FIRST "auth-METHOD: plain\r\nAUTH-user:cs-a\r\nauth-pass:  p\r\n\r\n",     "cs-a",
         "p",                                                                                     "",     false},
        {"another protocol",
         PLAIN "Auth-User: a\r\nAuth-Pass: p\r\nAuth-Protocol: imap\r\n\r\n",       "a",    "p",
         "imap",                                                                                          false},
        {"no login",                 PLAIN "\r\n",                                  "",     "",   "",     false},
        {"an empty password",        PLAIN "Auth-User: cs-a\r\nAuth-Pass:\r\n\r\n", "cs-a", "",
         "",                                                                                              false},
        {"CRAM-MD5 has no password",
         FIRST "Auth-Method: cram-md5\r\nAuth-User: cs-a\r\nAuth-Salt: <1@x>\r\n"
               "Auth-Pass: 00\r\n\r\n",                                             "",     "00", "",     false},
        {"mail without a login",
         FIRST "Auth-Method: none\r\nAuth-SMTP-From: MAIL FROM: <a@b>\r\n\r\n",     "",     "",
         "",                                                                                              false},
        {"a foreign word about TLS", PLAIN "Auth-User: a\r\nAuth-SSL: off\r\n\r\n", "a",
         "",                                                                                      "",     false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verify_request request;
        struct nginx_reader reader;
        nginx_reader_init(&reader);
        if (nginx_reader_take(&reader, slice_from(cases[i].text), &request) !=
            NGINX_READY)
            fail_msg("%s", cases[i].name);
        assert_slice(request.login, cases[i].login);
        assert_slice(request.password, cases[i].password);
        assert_slice(request.service, cases[i].service);
        assert_true(request.secured == cases[i].secured);
        nginx_reader_release(&reader);
    }
}

static void what_is_too_long_is_no_login_of_ours(void **state)
{
    char text[2000], long_value[NGINX_VALUE_MAX + 2];
    struct verify_request request;
    struct nginx_reader reader;

    (void)state;
    memset(long_value, 'x', sizeof long_value);
    for (int extra = 0; extra <= 1; extra++) {
        int len = snprintf(text, sizeof text,
                           PLAIN "Auth-User: %.*s\r\nAuth-Pass: %.*s%%41\r\n\r\n",
                           NGINX_VALUE_MAX + extra, long_value,
                           NGINX_VALUE_MAX - 1 + extra, long_value);
        nginx_reader_init(&reader);
        assert_int_equal(
            nginx_reader_take(&reader, slice_of(text, (size_t)len), &request),
            NGINX_READY);
        assert_int_equal(request.login.len, extra == 0 ? NGINX_VALUE_MAX : 0);
        assert_int_equal(request.password.len, extra == 0 ? NGINX_VALUE_MAX : 0);
        nginx_reader_release(&reader);
    }
}

static void what_is_not_nginx_is_closed(void **state)
{
    static const char *const cases[] = {
        "\r\n\r\n",
        "GET / HTTP/1.1\r\nAuth-Method: plain\r\n\r\n",
        "POST / HTTP/1.0\r\nAuth-Method: plain\r\n\r\n",
        "GET login HTTP/1.0\r\nAuth-Method: plain\r\n\r\n",
        "GET / HTTP/1.0 x\r\nAuth-Method: plain\r\n\r\n",
        "GET /\r\nAuth-Method: plain\r\n\r\n",
        "GET / HTTP/1.0\nAuth-Method: plain\r\n\r\n",
        FIRST "\r\n", /* no method */
        FIRST "Auth-Method\r\n\r\n",
        FIRST ": plain\r\n\r\n",
        PLAIN "Auth-User : cs-a\r\n\r\n",
        PLAIN "Auth-User: cs-a\r\nauth-user: cs-b\r\n\r\n", /* twice */
        PLAIN "Auth-Pass: p\r\nAuth-Pass: p\r\n\r\n",
        PLAIN "Auth-User: cs-a\nAuth-Pass: p\r\n\r\n",
        PLAIN "Auth-User: cs-a\tb\r\n\r\n",
        PLAIN "Auth-User: cs a\r\n\r\n", /* nginx would have escaped these */
        PLAIN "Auth-User: 50%\r\n\r\n",
        PLAIN "Auth-User: 50%4\r\n\r\n",
        PLAIN "Auth-User: 50%4x\r\n\r\n",
        PLAIN "Auth-User: %%41\r\n\r\n",
        PLAIN "Auth-Login-Attempt: one\r\n\r\n",
        PLAIN "Auth-Login-Attempt: 4294967296\r\n\r\n",
        PLAIN "\r\nbody",
        PLAIN "\r\nGET / HTTP/1.0\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verify_request request;
        struct nginx_reader reader;
        nginx_reader_init(&reader);
        if (nginx_reader_take(&reader, slice_from(cases[i]), &request) != NGINX_BROKEN)
            fail_msg("\"%s\"", cases[i]);
        nginx_reader_release(&reader);
    }
}

static void a_request_has_a_ceiling(void **state)
{
    static const char first[] = PLAIN "X: ";
    struct verify_request request;
    struct nginx_reader reader;
    size_t sent = sizeof first - 1;

    (void)state;
    nginx_reader_init(&reader);
    assert_int_equal(nginx_reader_take(&reader, SLICE(first), &request), NGINX_MORE);
    while (nginx_reader_take(&reader, SLICE("x"), &request) == NGINX_MORE)
        sent++;
    assert_int_equal(sent, NGINX_REQUEST_MAX);
    nginx_reader_release(&reader);
}

static void each_verdict_has_its_answer(void **state)
{
    static const struct {
        enum verdict verdict;
        unsigned attempt;
        const char *want;
    } cases[] = {
        {VERDICT_OK,             1,
         "HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-User: cs-abcdefgh\r\n"
         "Auth-Server: 192.0.2.1\r\nAuth-Port: 10587\r\n\r\n"                      },
        {VERDICT_NO_SUCH_LOGIN,  1,
         "HTTP/1.0 200 OK\r\nAuth-Status: Error: authentication failed\r\n"
         "Auth-Error-Code: 535 5.7.8\r\nAuth-Wait: 1\r\n\r\n"                      },
        {VERDICT_WRONG_PASSWORD, 1,
         "HTTP/1.0 200 OK\r\nAuth-Status: Error: authentication failed\r\n"
         "Auth-Error-Code: 535 5.7.8\r\nAuth-Wait: 1\r\n\r\n"                      },
        {VERDICT_WRONG_PASSWORD, 3,
         "HTTP/1.0 200 OK\r\nAuth-Status: Error: authentication failed\r\n"
         "Auth-Error-Code: 535 5.7.8\r\n\r\n"                                      },
        {VERDICT_EXPIRED,        3,
         "HTTP/1.0 200 OK\r\nAuth-Status: These temporary sending details have expired."
         " Please switch back to your usual outgoing server.\r\n"
         "Auth-Error-Code: 535 5.7.8\r\n\r\n"                                      },
        {VERDICT_REVOKED,        3,
         "HTTP/1.0 200 OK\r\nAuth-Status: These temporary sending details have been "
         "ended. Please switch back to your usual outgoing server.\r\n"
         "Auth-Error-Code: 535 5.7.8\r\n\r\n"                                      },
        {VERDICT_TEMPORARY,      1,
         "HTTP/1.0 200 OK\r\nAuth-Status: The login cannot be checked at the moment. "
         "Please try again in a few minutes.\r\nAuth-Error-Code: 454 4.7.0\r\n\r\n"},
    };
    struct strbuf out;

    (void)state;
    strbuf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        strbuf_reset(&out);
        nginx_auth_answer(&(struct nginx_answer){.verdict = cases[i].verdict,
                                                 .username = "cs-abcdefgh",
                                                 .address = "192.0.2.1",
                                                 .port = 10587,
                                                 .attempt = cases[i].attempt},
                          &out);
        assert_string_equal(out.at, cases[i].want);
    }
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nginx_sends_is_read_however_it_is_cut),
        cmocka_unit_test(byte_by_byte_is_the_same),
        cmocka_unit_test(other_logins_are_read_too),
        cmocka_unit_test(what_is_too_long_is_no_login_of_ours),
        cmocka_unit_test(what_is_not_nginx_is_closed),
        cmocka_unit_test(a_request_has_a_ceiling),
        cmocka_unit_test(each_verdict_has_its_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
