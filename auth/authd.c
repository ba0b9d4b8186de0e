/*
 * authd.c - database, pepper and journal of cleansmtp-authd, and the answer to a login.
 */
#include "base/base.h"

#include "auth/authd.h"

#include <errno.h>
#include <sys/stat.h>

#include "auth/authd_internal.h"
#include "base/alloc.h"
#include "base/key_file.h"
#include "base/log.h"

const struct config *authd_config(const struct authd *authd)
{
    return authd->config;
}

int64_t authd_monotonic_ms(const struct authd *authd)
{
    return authd->has_turn ? authd->turn_ms : clock_monotonic_ms(&authd->clock);
}

int64_t authd_now(const struct authd *authd)
{
    return authd->has_turn ? authd->turn_now : clock_now(&authd->clock);
}

/* ---- database -------------------------------------------------------------------------------- */

static void close_store(struct authd *authd)
{
    if (authd->store != NULL)
        store_close(authd->store);
    authd->store = NULL;
    login_cache_empty(authd->logins);
}

void authd_store_failed(struct authd *authd, const struct error *err)
{
    log_event(LOG_LEVEL_ERROR, "database.unavailable", "error", err->text, NULL);
    close_store(authd);
}

/* Tell the journal how far cleansmtpd has come. */
static void follow_position(struct authd *authd)
{
    struct error err = {0};
    int64_t taken;

    if (authd->store == NULL)
        return;
    if (store_usage_position(authd->store, &taken, &err) != 0) {
        authd_store_failed(authd, &err);
        return;
    }
    if (journal_set_taken(authd->journal, taken, &err) != 0)
        log_event(LOG_LEVEL_ERROR, "journal.failed", "error", err.text, NULL);
    usage_window_forget(authd->window, taken, authd_now(authd));
}

struct store *authd_store(struct authd *authd)
{
    const char *path = authd->config->database;
    int64_t now_ms = authd_monotonic_ms(authd);
    struct error err = {0};
    struct stat file;

    if (now_ms < authd->store_next_look_ms)
        return authd->store;
    authd->store_next_look_ms = now_ms + RETRY_MS;
    if (stat(path, &file) != 0) {
        (void)error_set_errno(&err, ERROR_UNAVAILABLE, errno,
                              "could not find database \"%s\"", path);
        authd_store_failed(authd, &err);
        return NULL;
    }
    if (authd->store != NULL && file.st_dev == authd->store_device &&
        file.st_ino == authd->store_inode)
        return authd->store;
    close_store(authd);
    if (store_open(path, STORE_READ, &authd->store, &err) != 0) {
        authd->store = NULL;
        authd_store_failed(authd, &err);
        return NULL;
    }
    authd->store_device = file.st_dev;
    authd->store_inode = file.st_ino;
    log_event(LOG_LEVEL_INFO, "database.opened", "path", path, NULL);
    follow_position(authd);
    return authd->store;
}

void authd_begin_view(struct authd *authd)
{
    authd->has_turn = false;
    authd->turn_ms = authd_monotonic_ms(authd);
    authd->turn_now = authd_now(authd);
    authd->has_turn = true;
    struct store *store = authd_store(authd);
    struct error err = {0};

    if (store != NULL && login_cache_begin(authd->logins, store, &err) != 0)
        authd_store_failed(authd, &err);
}

void authd_end_view(struct authd *authd)
{
    authd->has_turn = false;
    if (authd->store != NULL)
        login_cache_end(authd->logins, authd->store);
}

void authd_read_ahead(struct authd *authd, size_t max)
{
    struct store *store = authd_store(authd);
    struct error err = {0};
    char count[24];

    if (store == NULL || login_cache_is_all_read(authd->logins))
        return;
    bool is_read = login_cache_begin(authd->logins, store, &err) == 0 &&
                   login_cache_read_ahead(authd->logins, store, authd_now(authd), max,
                                          &err) == 0;
    login_cache_end(authd->logins, store);
    if (!is_read)
        authd_store_failed(authd, &err);
    if (!login_cache_is_all_read(authd->logins))
        return;
    (void)snprintf(count, sizeof count, "%zu", login_cache_credentials(authd->logins));
    log_event(LOG_LEVEL_INFO, "logins.read", "count", count, NULL);
}

bool authd_has_more_to_read(const struct authd *authd)
{
    return authd->store != NULL && !login_cache_is_all_read(authd->logins);
}

struct login_cache *authd_logins(struct authd *authd)
{
    return login_cache_has_turn(authd->logins) ? authd->logins : NULL;
}

/* ---- pepper ---------------------------------------------------------------------------------- */

static int read_pepper(const struct config *config, struct pepper *out,
                       struct error *err)
{
    struct strbuf path;
    struct secret text;

    strbuf_init(&path, FILE_MAX);
    strbuf_printf(&path, "%s/pepper", config->state_dir);
    int result = key_file_read(path.at, KEY_LINK_FOLLOWED, PEPPER_FILE_MAX, &text, err);
    if (result == 0) {
        result = pepper_parse(slice_of(text.at, text.len), out, err);
        secret_free(&text);
    }
    strbuf_release(&path);
    return result;
}

static void replace_pepper(struct authd *authd, const struct pepper *pepper)
{
    pepper_release(&authd->pepper);
    authd->pepper = *pepper;
    authd->is_pepper_doubtful = false;
}

/* The pepper or NULL. A key that is missing may have been added since. */
static const struct pepper *current_pepper(struct authd *authd)
{
    int64_t now_ms = authd_monotonic_ms(authd);
    struct error err = {0};
    struct pepper fresh = {0};

    if ((authd->pepper.count == 0 || authd->is_pepper_doubtful) &&
        now_ms >= authd->pepper_next_look_ms) {
        authd->pepper_next_look_ms = now_ms + RETRY_MS;
        if (read_pepper(authd->config, &fresh, &err) == 0)
            replace_pepper(authd, &fresh);
        else
            log_event(LOG_LEVEL_ERROR, "pepper.unavailable", "error", err.text, NULL);
    }
    return authd->pepper.count > 0 ? &authd->pepper : NULL;
}

/* ---- life ------------------------------------------------------------------------------------- */

static void remember(void *context, const struct usage_line *line)
{
    usage_window_add(context, line);
}

int authd_new(const struct authd_parts *parts, struct authd **out, struct error *err)
{
    struct authd *authd = xcalloc(1, sizeof *authd);
    struct strbuf folder;

    authd->clock = parts->clock;
    authd->window = usage_window_new();
    authd->logins = login_cache_new(LOGIN_CACHE_MAX);
    authd->notes = xcalloc(LOGIN_NOTES_MAX, sizeof *authd->notes);
    authd->failures = throttle_new(&parts->random, THROTTLE_WINDOW_MS);
    authd->records = throttle_new(&parts->random, THROTTLE_WINDOW_MS);
    authd->approved = throttle_new(&parts->random, TRANSACTION_MS);
    const struct journal_visitor visitor = {.visit = remember,
                                            .context = authd->window};
    strbuf_init(&folder, FILE_MAX);
    strbuf_printf(&folder, "%s/journal", parts->config->state_dir);
    int result = journal_open(folder.at, &visitor, &authd->journal, err);
    strbuf_release(&folder);
    if (result != 0) {
        authd_free(authd);
        return -1;
    }
    authd->config = parts->config;
    authd->committed_seq = journal_last_seq(authd->journal);
    usage_window_forget(authd->window, 0, authd_now(authd));
    (void)authd_store(authd);
    (void)current_pepper(authd);
    *out = authd;
    return 0;
}

void authd_free(struct authd *authd)
{
    if (authd == NULL)
        return;
    authd_note_logins(authd);
    close_store(authd);
    pepper_release(&authd->pepper);
    journal_close(authd->journal);
    usage_window_free(authd->window);
    login_cache_free(authd->logins);
    free(authd->notes);
    throttle_free(authd->failures);
    throttle_free(authd->records);
    throttle_free(authd->approved);
    config_free(authd->config);
    free(authd);
}

static bool differs(const char *old_value, const char *new_value)
{
    return strcmp(old_value, new_value) != 0;
}

/* The first option that differs and cannot, or NULL. */
static const char *fixed_difference(const struct config *a, const struct config *b)
{
    const struct {
        const char *name, *old_value, *new_value;
    } fixed[] = {
        {"state_dir",  a->state_dir,  b->state_dir },
        {"database",   a->database,   b->database  },
        {"auth.group", a->auth.group, b->auth.group},
    };

    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (differs(fixed[i].old_value, fixed[i].new_value))
            return fixed[i].name;
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++)
        if (differs(config_socket_path(a, (enum config_socket)i),
                    config_socket_path(b, (enum config_socket)i)))
            return config_sockets[i].name;
    return NULL;
}

int authd_reload(struct authd *authd, struct config *config, struct error *err)
{
    const char *fixed = fixed_difference(authd->config, config);
    struct pepper fresh = {0};

    if (fixed != NULL)
        return error_set(err, ERROR_INVALID, "%s cannot change without a restart",
                         fixed);
    if (read_pepper(config, &fresh, err) != 0)
        return -1;
    replace_pepper(authd, &fresh);
    config_free(authd->config);
    authd->config = config;
    return 0;
}

void authd_tidy(struct authd *authd)
{
    if (authd_store(authd) != NULL)
        follow_position(authd);
}

/* ---- journal ---------------------------------------------------------------------------------- */

static void log_journal_failed(const struct error *err)
{
    log_event(LOG_LEVEL_ERROR, "journal.failed", "error", err->text, NULL);
}

int authd_record(struct authd *authd, const struct usage_line *line, bool is_durable)
{
    struct usage_line written = *line;
    struct error err = {0};

    if (journal_append(authd->journal, &written, &err) != 0) {
        log_journal_failed(&err);
        authd->is_commit_broken = true; /* what was pending went with it */
        return -1;
    }
    usage_window_add(authd->window, &written);
    authd->has_promises |= is_durable;
    return 0;
}

int authd_commit(struct authd *authd)
{
    bool is_broken = authd->is_commit_broken;
    struct error err = {0};

    if (!authd->has_promises)
        return 0;
    if (!is_broken && journal_flush(authd->journal, true, &err) != 0) {
        log_journal_failed(&err);
        is_broken = true;
    }
    if (is_broken)
        usage_window_take_back(authd->window, authd->committed_seq);
    authd->has_promises = authd->is_commit_broken = false;
    authd->committed_seq = journal_last_seq(authd->journal);
    return is_broken ? -1 : 0;
}

void authd_write_notes(struct authd *authd)
{
    struct error err = {0};

    authd_note_logins(authd);
    if (journal_flush(authd->journal, false, &err) != 0)
        log_journal_failed(&err);
    if (!authd->has_promises)
        authd->is_commit_broken = false;
    log_flush();
}

enum authd_noting authd_noting(struct authd *authd, enum usage_kind kind,
                               const char *username)
{
    struct slice rest = slice_from(username);
    char name[1 + USERNAME_LEN];

    assert(rest.len <= USERNAME_LEN);
    name[0] = (char)('0' + (int)kind);
    memcpy(name + 1, rest.at, rest.len);
    unsigned count = throttle_count(authd->records, slice_of(name, 1 + rest.len),
                                    authd_monotonic_ms(authd));

    if (count < RECORDS_A_MINUTE)
        return NOTE;
    return count == RECORDS_A_MINUTE ? NOTE_LAST : NOTE_NOT;
}

/* ---- logins ----------------------------------------------------------------------------------- */

void authd_login(struct authd *authd, const struct verify_request *request,
                 struct authd_login *out)
{
    struct store *store = authd_store(authd); /* it may be another one now */
    const struct verify_context context = {
        .store = store,
        .logins = authd_logins(authd),
        .pepper = current_pepper(authd),
        .realm = slice_from(authd->config->submission.realm),
    };
    struct verify_result result;
    struct arena mem;

    arena_init(&mem);
    enum verdict verdict = verify_login(&context, request, authd_now(authd), &mem,
                                        &result);
    if (verdict == VERDICT_TEMPORARY && result.has_lost_key)
        authd->is_pepper_doubtful = true;
    else if (verdict == VERDICT_TEMPORARY && context.store != NULL &&
             context.pepper != NULL && !result.is_known)
        authd_store_failed(authd, &result.fault);

    *out = (struct authd_login){.verdict = verdict};
    memcpy(out->username, result.username, sizeof out->username);
    if (verdict == VERDICT_OK) {
        usage_copy(out->lane, sizeof out->lane, slice_from(result.login.lease.lane));
        usage_copy(out->address, sizeof out->address,
                   slice_from(result.login.lease.reserved_address));
    } else if (verdict != VERDICT_TEMPORARY) {
        out->delay_ms = throttle_failure_delay_ms(authd->failures, request->client,
                                                  authd->config->auth.failure_delay_ms,
                                                  authd_monotonic_ms(authd));
    }
    authd_keep_note(authd, request, verdict, &result);
    arena_release(&mem);
}
