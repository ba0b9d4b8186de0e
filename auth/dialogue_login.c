/*
 * dialogue_login.c - the protocols that ask whether a login is right.
 */
#include "base/base.h"

#include "auth/dialogue_internal.h"

#include <unistd.h>

#include "auth/dovecot_auth.h"
#include "auth/nginx_auth.h"
#include "auth/saslauthd_mux.h"
#include "auth/verify_record.h"
#include "base/alloc.h"

enum {
    COOKIE_BYTES = 16
};

/* ---- Dovecot's auth protocol ------------------------------------------------------------------- */

static void *begin_dovecot(struct dialogue *dialogue, uint64_t number)
{
    uint8_t cookie[COOKIE_BYTES];

    random_fill(&random_system, cookie, sizeof cookie);
    return dovecot_auth_new(
        &(struct dovecot_auth_hello){
            .pid = getpid(),
            .connection = number,
            .cookie = cookie,
            .peer = authd_config(dialogue->authd)->auth.peer,
        },
        &dialogue->out);
}

static void end_dovecot(void *state)
{
    dovecot_auth_free(state);
}

static bool is_dovecot_partial(const void *state)
{
    return dovecot_auth_is_partial(state);
}

static bool is_dovecot_busy(const void *state)
{
    return dovecot_auth_is_busy(state);
}

static enum dialogue_fate take_dovecot(struct dialogue *dialogue, struct slice *input)
{
    struct dovecot_auth_attempt attempt;
    enum dialogue_fate fate = DIALOGUE_GO_ON;

    while (fate == DIALOGUE_GO_ON) {
        switch (dovecot_auth_step(dialogue->state, input,
                                  authd_monotonic_ms(dialogue->authd), &dialogue->out,
                                  &attempt)) {
        case DOVECOT_AUTH_MORE: return DIALOGUE_GO_ON;
        case DOVECOT_AUTH_DROP:
            dialogue_log_foreign(dialogue, "auth.protocol");
            return DIALOGUE_DROP;
        case DOVECOT_AUTH_ATTEMPT: break;
        }
        fate = dialogue_judge(dialogue, attempt.ticket, &attempt.request);
    }
    return fate;
}

static enum dialogue_fate answer_dovecot(struct dialogue *dialogue, uint64_t ticket,
                                         const struct authd_login *login)
{
    return dovecot_auth_answer(dialogue->state, ticket, login->verdict, login->username,
                               &dialogue->out)
               ? DIALOGUE_GO_ON
               : DIALOGUE_DROP;
}

static enum dialogue_fate hear_dovecot_end(struct dialogue *dialogue)
{
    (void)dialogue;
    return DIALOGUE_DROP;
}

/* Postfix keeps its connection for as long as the smtpd lives. */
const struct protocol protocol_dovecot = {
    .kind = {"auth", .idle_ms = 0, .partial_ms = 30000},
    .begin = begin_dovecot,
    .end = end_dovecot,
    .is_partial = is_dovecot_partial,
    .is_busy = is_dovecot_busy,
    .take = take_dovecot,
    .answer = answer_dovecot,
    .hear_end = hear_dovecot_end,
};

/* ---- verify records ---------------------------------------------------------------------------- */

static void *begin_verify(struct dialogue *dialogue, uint64_t number)
{
    struct line_reader *records = xcalloc(1, sizeof *records);

    (void)dialogue;
    (void)number;
    line_reader_init(records, VERIFY_RECORD_MAX);
    return records;
}

static void end_verify(void *state)
{
    line_reader_release(state);
    free(state);
}

static bool is_verify_partial(const void *state)
{
    return line_reader_is_partial(state);
}

static enum dialogue_fate take_record(struct dialogue *dialogue, struct slice record)
{
    enum dialogue_fate fate = DIALOGUE_GO_ON;
    struct verify_request request;
    struct strbuf space;

    strbuf_init(&space, VERIFY_RECORD_MAX);
    switch (verify_record_parse(record, &space, &request)) {
    case VERIFY_RECORD_GOOD: fate = dialogue_judge(dialogue, 0, &request); break;
    case VERIFY_RECORD_FOREIGN: verify_record_foreign(&dialogue->out); break;
    case VERIFY_RECORD_MALFORMED:
        verify_record_malformed(&dialogue->out);
        fate = DIALOGUE_CLOSE;
        break;
    }
    strbuf_wipe(&space);
    return fate;
}

static enum dialogue_fate take_verify(struct dialogue *dialogue, struct slice *input)
{
    enum dialogue_fate fate = DIALOGUE_GO_ON;
    struct slice record;

    while (fate == DIALOGUE_GO_ON && dialogue->delayed == 0) {
        enum line_result result = line_reader_take(dialogue->state, input, &record);
        if (result == LINE_MORE)
            return DIALOGUE_GO_ON;
        if (result == LINE_TOO_LONG) {
            verify_record_malformed(&dialogue->out);
            return DIALOGUE_CLOSE;
        }
        fate = take_record(dialogue, record);
    }
    return fate;
}

static enum dialogue_fate answer_verify(struct dialogue *dialogue, uint64_t ticket,
                                        const struct authd_login *login)
{
    const struct verify_line line = {.verdict = login->verdict,
                                     .username = login->username,
                                     .lane = login->lane,
                                     .address = login->address};

    (void)ticket;
    verify_record_answer(&line, &dialogue->out);
    return DIALOGUE_GO_ON;
}

static enum dialogue_fate hear_verify_end(struct dialogue *dialogue)
{
    if (!is_verify_partial(dialogue->state))
        return DIALOGUE_GO_ON;
    verify_record_malformed(&dialogue->out);
    return DIALOGUE_CLOSE;
}

const struct protocol protocol_verify = {
    .kind = {"verify", .idle_ms = 300000, .partial_ms = 10000},
    .is_in_order = true,
    .begin = begin_verify,
    .end = end_verify,
    .is_partial = is_verify_partial,
    .take = take_verify,
    .answer = answer_verify,
    .hear_end = hear_verify_end,
};

/* ---- Cyrus saslauthd ----------------------------------------------------------------------------- */

static void *begin_saslauthd(struct dialogue *dialogue, uint64_t number)
{
    struct saslauthd_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    saslauthd_reader_init(reader);
    return reader;
}

static void end_saslauthd(void *state)
{
    saslauthd_reader_forget(state);
    free(state);
}

static bool is_saslauthd_partial(const void *state)
{
    return saslauthd_reader_is_partial(state);
}

static enum dialogue_fate take_saslauthd(struct dialogue *dialogue, struct slice *input)
{
    struct verify_request request;

    switch (saslauthd_reader_take(dialogue->state, *input, &request)) {
    case SASLAUTHD_MORE: return DIALOGUE_GO_ON;
    case SASLAUTHD_BROKEN:
        dialogue_log_foreign(dialogue, "saslauthd.protocol");
        return DIALOGUE_DROP;
    case SASLAUTHD_READY: break;
    }
    enum dialogue_fate fate = dialogue_judge(dialogue, 0, &request);
    saslauthd_reader_forget(dialogue->state);
    return fate;
}

static enum dialogue_fate answer_saslauthd(struct dialogue *dialogue, uint64_t ticket,
                                           const struct authd_login *login)
{
    (void)ticket;
    return saslauthd_answer(login->verdict, &dialogue->out) ? DIALOGUE_HANG_UP
                                                            : DIALOGUE_DROP;
}

const struct protocol protocol_saslauthd = {
    .kind = {"saslauthd", .idle_ms = 10000, .partial_ms = 10000},
    .begin = begin_saslauthd,
    .end = end_saslauthd,
    .is_partial = is_saslauthd_partial,
    .take = take_saslauthd,
    .answer = answer_saslauthd,
};

/* ---- nginx --------------------------------------------------------------------------------------- */

static void *begin_nginx(struct dialogue *dialogue, uint64_t number)
{
    struct nginx_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    nginx_reader_init(reader);
    return reader;
}

static void end_nginx(void *state)
{
    nginx_reader_release(state);
    free(state);
}

static bool is_nginx_partial(const void *state)
{
    return nginx_reader_is_partial(state);
}

static enum dialogue_fate take_nginx(struct dialogue *dialogue, struct slice *input)
{
    struct verify_request request;

    switch (nginx_reader_take(dialogue->state, *input, &request)) {
    case NGINX_MORE: return DIALOGUE_GO_ON;
    case NGINX_BROKEN:
        dialogue_log_foreign(dialogue, "nginx.protocol");
        return DIALOGUE_DROP;
    case NGINX_READY: break;
    }
    *input = slice_skip(*input, input->len);
    return dialogue_judge(dialogue, 0, &request);
}

static enum dialogue_fate answer_nginx(struct dialogue *dialogue, uint64_t ticket,
                                       const struct authd_login *login)
{
    const struct nginx_reader *reader = dialogue->state;
    const struct config *config = authd_config(dialogue->authd);

    (void)ticket;
    nginx_auth_answer(
        &(struct nginx_answer){
            .verdict = login->verdict,
            .username = login->username,
            .address = config->auth.nginx_address,
            .port = config->auth.nginx_port,
            .attempt = reader->attempt,
        },
        &dialogue->out);
    return DIALOGUE_CLOSE;
}

const struct protocol protocol_nginx = {
    .kind = {"nginx", .idle_ms = 10000, .partial_ms = 10000},
    .begin = begin_nginx,
    .end = end_nginx,
    .is_partial = is_nginx_partial,
    .take = take_nginx,
    .answer = answer_nginx,
};
