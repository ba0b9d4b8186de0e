/*
 * test_postfix_policy.c - policy requests out of bytes, in any pieces.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/postfix_policy.h"

#define END_OF_MESSAGE                                                            \
 "request=smtpd_access_policy\nprotocol_state=END-OF-MESSAGE\n"                   \
 "protocol_name=ESMTP\nclient_address=192.0.2.50\nclient_name=pc.customer.test\n" \
 "client_port=16314\nreverse_client_name=pc.customer.test\n"                      \
 "server_address=198.51.100.10\nserver_port=2587\nhelo_name=pc.customer.test\n"   \
 "sender=alice@hosted.test\nrecipient=\nrecipient_count=2\n"                      \
 "queue_id=4jYBxQ1fCXz1bgb6\ninstance=667.6b0470ea.2dbcc.0\nsize=257\n"           \
 "etrn_domain=\nstress=\nsasl_method=PLAIN\nsasl_username=cs-abcdefgh\n"          \
 "sasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\n"              \
 "ccert_pubkey_fingerprint=\nencryption_protocol=TLSv1.3\n"                       \
 "encryption_cipher=TLS_AES_256_GCM_SHA384\nencryption_keysize=256\n"             \
 "policy_context=\n\n"
#define MAIL                                                                  \
 "request=smtpd_access_policy\nprotocol_state=MAIL\nsender=a=b@hosted.test\n" \
 "sasl_username=u1\nunheard_of=1\n\n"

/* As Exim 4.96 sends it by the printed recipe. */
#define EXIM                                                                 \
 "request=smtpd_access_policy\npolicy_context=lane\n"                        \
 "protocol_state=END-OF-MESSAGE\ninstance=exim.16162.1795720352644833\n"     \
 "queue_id=1xWetU-0004Cg-25\nclient_address=192.0.2.50\n"                    \
 "helo_name=pc.customer.test\nsasl_username=cs-r9tygtch\n"                   \
 "sender=anna@customer.test\nrecipient=eve@remote.test\nrecipient_count=1\n" \
 "size=200\n\n"

static void check_end_of_message(const struct policy_request *request)
{
    assert_int_equal(request->state, POLICY_END_OF_MESSAGE);
    assert_true(slice_is(request->sasl_username, "cs-abcdefgh"));
    assert_true(slice_is(request->sender, "alice@hosted.test"));
    assert_int_equal(request->recipient.len, 0);
    assert_int_equal(request->recipient_count, 2);
    assert_int_equal(request->size_bytes, 257);
    assert_true(slice_is(request->instance, "667.6b0470ea.2dbcc.0"));
    assert_true(slice_is(request->client, "192.0.2.50"));
    assert_true(slice_is(request->queue_id, "4jYBxQ1fCXz1bgb6"));
    assert_true(slice_is(request->helo, "pc.customer.test"));
}

static void two_requests_are_read_however_they_are_cut(void **state)
{
    const struct slice text = SLICE(END_OF_MESSAGE MAIL);
    struct policy_request request;

    (void)state;
    for (size_t split = 0; split <= text.len; split++) {
        struct slice pieces[] = {slice_take(text, split), slice_skip(text, split)};
        struct policy_reader reader;
        unsigned seen = 0;
        policy_reader_init(&reader);
        for (size_t i = 0; i < 2; i++)
            while (policy_reader_take(&reader, &pieces[i], &request) == POLICY_READY) {
                if (seen++ == 0) {
                    check_end_of_message(&request);
                    continue;
                }
                assert_int_equal(request.state, POLICY_MAIL);
                assert_true(slice_is(request.sender, "a=b@hosted.test"));
                assert_int_equal(request.recipient_count, 0);
            }
        assert_int_equal(seen, 2);
        assert_false(policy_reader_is_partial(&reader));
        policy_reader_release(&reader);
    }
}

static void exims_request_is_read_however_it_is_cut(void **state)
{
    const struct slice text = SLICE(EXIM);
    struct policy_request request;

    (void)state;
    for (size_t split = 0; split < text.len; split++) {
        struct slice first = slice_take(text, split), rest = slice_skip(text, split);
        struct policy_reader reader;
        policy_reader_init(&reader);
        assert_int_equal(policy_reader_take(&reader, &first, &request), POLICY_MORE);
        assert_int_equal(policy_reader_take(&reader, &rest, &request), POLICY_READY);
        assert_int_equal(request.state, POLICY_END_OF_MESSAGE);
        assert_true(slice_is(request.context, POLICY_CONTEXT_LANE));
        assert_true(slice_is(request.queue_id, "1xWetU-0004Cg-25"));
        assert_true(slice_is(request.recipient, "eve@remote.test"));
        assert_int_equal(request.size_bytes, 200);
        policy_reader_release(&reader);
    }
}

static void what_is_no_policy_request_is_broken(void **state)
{
    static const struct {
        const char *name, *at;
        size_t len;
    } cases[] = {
#define CASE(name, text) {name, text, sizeof(text) - 1}
        CASE("nothing", "\n"),
        CASE("no request", "protocol_state=RCPT\n\n"),
        CASE("other request", "request=junk\nprotocol_state=RCPT\n\n"),
        CASE("no state", "request=smtpd_access_policy\n\n"),
        CASE("no equals sign", "request=smtpd_access_policy\nprotocol_state=RCPT\n"
                               "rubbish\n\n"),
        CASE("NUL",
             "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a\0b\n\n"),
        CASE("twice", "request=smtpd_access_policy\nprotocol_state=RCPT\n"
                      "sasl_username=a\nsasl_username=b\n\n"),
        CASE("count", "request=smtpd_access_policy\nprotocol_state=RCPT\n"
                      "recipient_count=-1\n\n"),
        CASE("HTTP", "GET / HTTP/1.0\n\n"),
#undef CASE
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice text = slice_of(cases[i].at, cases[i].len);
        struct policy_request request;
        struct policy_reader reader;
        policy_reader_init(&reader);
        if (policy_reader_take(&reader, &text, &request) != POLICY_BROKEN)
            fail_msg("%s", cases[i].name);
        policy_reader_release(&reader);
    }
}

static void a_request_has_a_ceiling(void **state)
{
    struct policy_request request;
    struct policy_reader reader;
    enum policy_result result = POLICY_MORE;
    size_t sent = 0;

    (void)state;
    policy_reader_init(&reader);
    while (result == POLICY_MORE && sent < (size_t)4 * POLICY_REQUEST_MAX) {
        struct slice text = SLICE("name=value\n");
        sent += text.len;
        result = policy_reader_take(&reader, &text, &request);
    }
    assert_int_equal(result, POLICY_BROKEN);
    assert_true(sent <= (size_t)POLICY_REQUEST_MAX + 16);
    policy_reader_release(&reader);
}

/* In one piece, too: the longest one, and one byte more. */
static void a_request_in_one_piece_has_the_same_ceiling(void **state)
{
    static const char begins[] = "request=smtpd_access_policy\nprotocol_state=RCPT\nx=";
    static char whole[POLICY_REQUEST_MAX + 3];
    struct policy_request request;
    struct policy_reader reader;

    (void)state;
    for (size_t len = POLICY_REQUEST_MAX; len <= POLICY_REQUEST_MAX + 1; len++) {
        memset(whole, 'y', sizeof whole);
        memcpy(whole, begins, sizeof begins - 1);
        whole[len - 1] = whole[len] = '\n';
        struct slice text = slice_of(whole, len + 1);
        policy_reader_init(&reader);
        assert_int_equal(policy_reader_take(&reader, &text, &request),
                         len > POLICY_REQUEST_MAX ? POLICY_BROKEN : POLICY_READY);
        policy_reader_release(&reader);
    }
}

static void an_unfinished_request_is_seen_as_such(void **state)
{
    struct slice text = SLICE("request=smtpd_access_policy\n");
    struct policy_request request;
    struct policy_reader reader;

    (void)state;
    policy_reader_init(&reader);
    assert_false(policy_reader_is_partial(&reader));
    assert_int_equal(policy_reader_take(&reader, &text, &request), POLICY_MORE);
    assert_true(policy_reader_is_partial(&reader));
    policy_reader_release(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_requests_are_read_however_they_are_cut),
        cmocka_unit_test(exims_request_is_read_however_it_is_cut),
        cmocka_unit_test(what_is_no_policy_request_is_broken),
        cmocka_unit_test(a_request_has_a_ceiling),
        cmocka_unit_test(a_request_in_one_piece_has_the_same_ceiling),
        cmocka_unit_test(an_unfinished_request_is_seen_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
