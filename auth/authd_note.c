/*
 * authd_note.c - what is written down of a login, in the journal and in the log.
 *
 * Judging only keeps what the note needs; the text is made when the answers of the turn are out,
 * because nobody waits for it: a fifth of what a login costs.
 */
#include "base/base.h"

#include "auth/authd_internal.h"
#include "base/log.h"

bool authd_may_note_blindly(struct authd *authd)
{
    return throttle_count(authd->records, SLICE("blind"), authd_monotonic_ms(authd)) <=
           BLIND_RECORDS_A_MINUTE;
}

void authd_keep_note(struct authd *authd, const struct verify_request *request,
                     enum verdict verdict, const struct verify_result *result)
{
    if (authd->note_count == LOGIN_NOTES_MAX)
        authd_note_logins(authd);
    struct login_note *note = &authd->notes[authd->note_count++];
    note->verdict = verdict;
    note->is_known = result->is_known;
    note->is_secured = request->secured;
    note->is_tls_untold = request->is_tls_untold;
    note->socket = request->socket != NULL ? request->socket : "";
    note->at = authd_now(authd);
    note->refusal = result->refusal;
    memcpy(note->username, result->username, sizeof note->username);
    usage_copy(note->login, sizeof note->login, request->login);
    usage_copy(note->client, sizeof note->client, request->client);
    usage_copy(note->service, sizeof note->service, request->service);
    if (verdict == VERDICT_TEMPORARY)
        note->fault = result->fault;
}

static const char *tls_words(const struct login_note *note)
{
    if (note->is_tls_untold)
        return "TLS unknown";
    return note->is_secured ? "with TLS" : "without TLS";
}

/* "auth, smtp": which socket, for which service. */
static void describe_asker(const struct login_note *note, char *out, size_t size)
{
    usage_copy(out, size, slice_from(note->socket));
    size_t len = strlen(out);
    if (note->service[0] == '\0' || size - len < 3)
        return;
    if (len > 0) {
        memcpy(out + len, ", ", 3);
        len += 2;
    }
    usage_copy(out + len, size - len, slice_from(note->service));
}

/* A login that does not exist has no page to show it on. While we cannot know, it may exist. */
static bool may_exist(struct authd *authd, const struct login_note *note)
{
    if (note->is_known)
        return true;
    return note->verdict == VERDICT_TEMPORARY && note->username[0] != '\0' &&
           authd_may_note_blindly(authd);
}

static void record_login(struct authd *authd, const struct login_note *note)
{
    bool is_ok = note->verdict == VERDICT_OK;
    struct usage_line line = {
        .at = note->at,
        .kind = is_ok ? USAGE_LOGIN : USAGE_REFUSED_LOGIN,
    };

    if (!may_exist(authd, note))
        return;
    enum authd_noting noting = authd_noting(authd, line.kind, note->username);
    if (noting == NOTE_NOT)
        return;
    memcpy(line.username, note->username, sizeof line.username);
    memcpy(line.client, note->client, sizeof line.client);
    describe_asker(note, line.program, sizeof line.program);
    if (is_ok)
        usage_copy(line.detail, sizeof line.detail, slice_from(tls_words(note)));
    else if (noting == NOTE_LAST)
        refusal_format(&(struct refusal){.cause = REFUSAL_TOO_OFTEN}, line.detail,
                       sizeof line.detail);
    else
        refusal_format(&note->refusal, line.detail, sizeof line.detail);
    /* A login counts for nothing by itself: losing its record at a power cut is harmless. */
    (void)authd_record(authd, &line, false);
}

static void log_login(const struct login_note *note)
{
    const char *name = note->username[0] != '\0' ? note->username : note->login;

    if (note->verdict == VERDICT_OK)
        log_event(LOG_LEVEL_INFO, "auth.ok", "login", name, "client", note->client,
                  NULL);
    else if (note->verdict == VERDICT_TEMPORARY)
        log_event(LOG_LEVEL_ERROR, "auth.unavailable", "login", name, "client",
                  note->client, "error", note->fault.text, NULL);
    else
        log_event(LOG_LEVEL_INFO, "auth.refused", "login", name, "client", note->client,
                  "reason",
                  note->refusal.cause != REFUSAL_NONE
                      ? refusal_name(note->refusal.cause)
                      : verdict_answer(note->verdict)->name,
                  NULL);
}

void authd_note_logins(struct authd *authd)
{
    for (size_t i = 0; i < authd->note_count; i++) {
        record_login(authd, &authd->notes[i]);
        log_login(&authd->notes[i]);
    }
    authd->note_count = 0;
}
