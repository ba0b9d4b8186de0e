/*
 * app.c - the one writer, the readers, and the configuration of now.
 */
#include "base/base.h"

#include "issuer/app.h"

#include <stdatomic.h>

#include "base/alloc.h"
#include "base/key_file.h"
#include "base/seal.h"
#include "issuer/dnsbl/monitor.h"
#include "issuer/dnsbl/resolver.h"
#include "issuer/dnsbl/zones.h"
#include "issuer/identity/guard.h"
#include "issuer/mtalog/intake.h"
#include "issuer/render/say.h"

enum {
    PATH_SIZE = 512,
    READERS_KEPT = 32 /* more are opened when needed, and closed when given back */
};

/* A configuration and what is made from it. Older ones stay until the end, because somebody may
 * still read them; reloads are rare and small. */
struct generation {
    struct config *config;
    struct resolver *resolver; /* NULL when one was handed in */
    struct zones *zones;
    struct generation *older;
};

struct app {
    struct clock clock;
    struct random random;
    const struct resolver *lent_resolver; /* of the parts, or NULL */
    struct pepper pepper;
    struct seal seal;
    struct templates *templates;
    struct guard *guard;
    _Atomic(struct generation *) generation;
    pthread_mutex_t reload_turn;
    struct store *writer;
    pthread_mutex_t writer_turn;
    struct store *readers[READERS_KEPT];
    size_t readers_count;
    pthread_mutex_t readers_turn;
    struct journal_mark journal;
    struct intake *intake;
    struct monitor *monitor;
    atomic_bool is_stopping;
};

/* The path of a file of keys in state_dir. */
static int key_path(const struct config *config, const char *name, char out[PATH_SIZE],
                    struct error *err)
{
    int len = snprintf(out, PATH_SIZE, "%s/%s", config->state_dir, name);

    if (len < 0 || len >= PATH_SIZE)
        return error_set(err, ERROR_INVALID, "the name of state_dir is too long");
    return 0;
}

static int read_pepper(const struct config *config, struct pepper *out,
                       struct error *err)
{
    char path[PATH_SIZE];
    struct secret text;

    if (key_path(config, "pepper", path, err) != 0 ||
        key_file_read(path, KEY_LINK_FOLLOWED, PEPPER_FILE_MAX, &text, err) != 0)
        return -1;
    int result = pepper_parse(slice_of(text.at, text.len), out, err);
    secret_free(&text);
    return result == 0 ? 0 : error_prefix(err, "\"%s\"", path);
}

static int read_seal(const struct app_parts *parts, struct seal *out, struct error *err)
{
    char path[PATH_SIZE];

    if (key_path(parts->config, "seal", path, err) != 0)
        return -1;
    return seal_open(path, &parts->random, out, err);
}

static void generation_free(struct generation *generation, bool with_config)
{
    if (generation == NULL)
        return;
    resolver_cares_free(generation->resolver);
    zones_free(generation->zones);
    if (with_config)
        config_free(generation->config);
    free(generation);
}

/* On failure config stays the caller's. */
static int generation_new(struct config *config, bool needs_resolver,
                          struct generation **out, struct error *err)
{
    struct generation *made = xcalloc(1, sizeof *made);

    made->config = config;
    if (zones_new(config, &made->zones, err) != 0 ||
        (needs_resolver &&
         resolver_cares_new(config->dns.servers.at, config->dns.servers.count,
                            config->dns.port, &made->resolver, err) != 0)) {
        generation_free(made, false);
        return -1;
    }
    *out = made;
    return 0;
}

static void mutex_start(pthread_mutex_t *mutex)
{
    if (pthread_mutex_init(mutex, NULL) != 0)
        abort();
}

int app_new(const struct app_parts *parts, struct app **out, struct error *err)
{
    struct app *app = xcalloc(1, sizeof *app);
    struct generation *generation = NULL;

    app->clock = parts->clock;
    app->random = parts->random;
    app->lent_resolver = parts->resolver;
    if (read_pepper(parts->config, &app->pepper, err) != 0 ||
        read_seal(parts, &app->seal, err) != 0 ||
        templates_load(parts->config->template_dir, &app->templates, err) != 0)
        goto fail;
    if (generation_new(parts->config, parts->resolver == NULL, &generation, err) != 0)
        goto fail;
    if (store_open(parts->config->database, STORE_WRITE, &app->writer, err) != 0)
        goto fail;
    atomic_init(&app->generation, generation);
    app->guard = guard_new(&app->random);
    app->intake = intake_new();
    app->monitor = monitor_new();
    mutex_start(&app->reload_turn);
    mutex_start(&app->writer_turn);
    mutex_start(&app->readers_turn);
    mutex_start(&app->journal.turn);
    *out = app;
    return 0;
fail:
    generation_free(generation, false);
    templates_free(app->templates);
    seal_close(&app->seal);
    pepper_release(&app->pepper);
    free(app);
    return -1;
}

void app_free(struct app *app)
{
    if (app == NULL)
        return;
    for (size_t i = 0; i < app->readers_count; i++)
        store_close(app->readers[i]);
    store_close(app->writer);
    struct generation *generation = atomic_load(&app->generation);
    while (generation != NULL) {
        struct generation *older = generation->older;
        generation_free(generation, true);
        generation = older;
    }
    guard_free(app->guard);
    intake_free(app->intake);
    monitor_free(app->monitor);
    templates_free(app->templates);
    seal_close(&app->seal);
    pepper_release(&app->pepper);
    pthread_mutex_destroy(&app->reload_turn);
    pthread_mutex_destroy(&app->writer_turn);
    pthread_mutex_destroy(&app->readers_turn);
    pthread_mutex_destroy(&app->journal.turn);
    free(app);
}

const struct config *app_config(const struct app *app)
{
    return atomic_load(&app->generation)->config;
}

static int check_unchanged(const char *option, const char *old, const char *new,
                           struct error *err)
{
    if (strcmp(old, new) == 0)
        return 0;
    return error_set(err, ERROR_INVALID,
                     "cannot change %s from \"%s\" to \"%s\" without a restart", option,
                     old, new);
}

int app_reload(struct app *app, struct config *config, struct error *err)
{
    struct generation *made = NULL;
    int result = -1;

    pthread_mutex_lock(&app->reload_turn);
    struct generation *old = atomic_load(&app->generation);
    if (check_unchanged("state_dir", old->config->state_dir, config->state_dir, err) !=
        0)
        goto out;
    if (check_unchanged("runtime_dir", old->config->runtime_dir, config->runtime_dir,
                        err) != 0)
        goto out;
    if (check_unchanged("database", old->config->database, config->database, err) != 0)
        goto out;
    if (check_unchanged("console.listen", old->config->console.listen,
                        config->console.listen, err) != 0)
        goto out;
    if (check_unchanged("customer.listen", old->config->customer.listen,
                        config->customer.listen, err) != 0)
        goto out;
    if (generation_new(config, app->lent_resolver == NULL, &made, err) != 0)
        goto out;
    made->older = old;
    atomic_store(&app->generation, made);
    result = 0;
out:
    pthread_mutex_unlock(&app->reload_turn);
    return result;
}

int64_t app_now(const struct app *app)
{
    return clock_now(&app->clock);
}

const struct random *app_random(const struct app *app)
{
    return &app->random;
}

const struct pepper *app_pepper(const struct app *app)
{
    return &app->pepper;
}

const struct seal *app_seal(const struct app *app)
{
    return &app->seal;
}

const struct resolver *app_resolver(const struct app *app)
{
    if (app->lent_resolver != NULL)
        return app->lent_resolver;
    return atomic_load(&app->generation)->resolver;
}

const struct zones *app_zones(const struct app *app)
{
    return atomic_load(&app->generation)->zones;
}

const struct templates *app_templates(const struct app *app)
{
    return app->templates;
}

const char *app_say(const struct app *app, struct arena *mem, struct sentence sentence)
{
    const struct speaker speaker = {
        .templates = app->templates, .mem = mem, .lang = "en", .now = app_now(app)};

    return say(&speaker, sentence);
}

struct guard *app_guard(struct app *app)
{
    return app->guard;
}

struct journal_mark *app_journal(struct app *app)
{
    return &app->journal;
}

struct intake *app_intake(struct app *app)
{
    return app->intake;
}

struct monitor *app_monitor(const struct app *app)
{
    return app->monitor;
}

void app_monitor_times(const struct app *app, struct monitor_times *out)
{
    *out = (struct monitor_times){.now = app_now(app),
                                  .now_ms = clock_monotonic_ms(&app->clock),
                                  .every_s = app_config(app)->zones.check_every_s};
}

void app_stop(struct app *app)
{
    atomic_store(&app->is_stopping, true);
}

bool app_is_stopping(const struct app *app)
{
    return atomic_load(&app->is_stopping);
}

int app_take_reader(struct app *app, struct store **out, struct error *err)
{
    struct store *reader = NULL;

    pthread_mutex_lock(&app->readers_turn);
    if (app->readers_count > 0)
        reader = app->readers[--app->readers_count];
    pthread_mutex_unlock(&app->readers_turn);
    if (reader == NULL &&
        store_open(app_config(app)->database, STORE_READ, &reader, err) != 0)
        return -1;
    *out = reader;
    return 0;
}

void app_give_back(struct app *app, struct store *store)
{
    if (store == NULL)
        return;
    pthread_mutex_lock(&app->readers_turn);
    if (app->readers_count < READERS_KEPT) {
        app->readers[app->readers_count++] = store;
        store = NULL;
    }
    pthread_mutex_unlock(&app->readers_turn);
    store_close(store);
}

int app_write(struct app *app,
              int (*act)(struct store *store, void *context, struct error *err),
              void *context, struct error *err)
{
    pthread_mutex_lock(&app->writer_turn);
    int result = store_transaction(app->writer, act, context, err);
    pthread_mutex_unlock(&app->writer_turn);
    return result;
}

int app_allow(const struct actor *actor, enum act act, struct error *err)
{
    static const char *const words[] = {
        [ACT_VIEW_CASES] = "see cases",
        [ACT_DIAGNOSE] = "diagnose a bounce",
        [ACT_MINT] = "give a lease",
        [ACT_REVOKE] = "revoke a lease",
        [ACT_REVEAL] = "reveal a credential",
        [ACT_VIEW_POOL] = "see the pool",
        [ACT_CHANGE_POOL] = "change the pool or the shared addresses",
        [ACT_VIEW_AUDIT] = "see the audit log",
        [ACT_CHANGE_PEOPLE] = "change who may sign in",
        [ACT_CHANGE_WEBHOOKS] = "change webhooks",
    };
    _Static_assert(ARRAY_LEN(words) == ACT_COUNT, "words for each act");

    if (role_may(actor->role, act) && (actor->withheld & 1U << act) != 0)
        return error_set(err, ERROR_DENIED, "this token has no scope to %s",
                         words[act]);
    if (role_may(actor->role, act))
        return 0;
    return error_set(err, ERROR_DENIED, "the role \"%s\" may not %s",
                     role_name(actor->role), words[act]);
}
