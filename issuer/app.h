/*
 * app.h - what a use case works with: configuration, clock, randomness, store, resolver.
 *
 * One struct app a process. Threads share it: the configuration and the pepper never change
 * under a reader (a reload swaps the pointer and keeps the old one until the end), reading
 * handles are lent one a thread, and the one writing handle is taken in turn.
 */
#ifndef ISSUER_APP_H
#define ISSUER_APP_H

#include <pthread.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/random.h"
#include "core/role.h"
#include "core/sentence.h"
#include "core/verifier.h"
#include "db/store.h"

struct resolver;
struct guard;
struct zones;
struct intake;
struct monitor;
struct monitor_times;
struct seal;
struct templates;
struct app;

/* Who acts: for permission and for the audit log. */
struct actor {
    const char
        *name; /* "agent:ana", "local:root", "customer", "system" (core/actor.h) */
    enum role role;
    bool is_local; /* came by the unix socket, vouched for by the kernel */
    unsigned
        withheld; /* bits 1 << enum act: what the role may, but this token of its owner not */
};

/* resolver is borrowed, or NULL to have one made from the configuration's dns section. */
struct app_parts {
    struct config *config; /* taken over on success */
    struct clock clock;
    struct random random;
    const struct resolver *resolver;
};
/* Opens the store for writing, reads the pepper and the templates. app_free ends it. */
NODISCARD int app_new(const struct app_parts *parts, struct app **out,
                      struct error *err);
void app_free(struct app *app);

const struct config *app_config(const struct app *app);
/* Swap in a configuration (taken over); the old one stays readable. State folder, database and
 * listeners do not change without a restart: refused with ERROR_INVALID. */
NODISCARD int app_reload(struct app *app, struct config *config, struct error *err);
int64_t app_now(const struct app *app);
const struct random *app_random(const struct app *app);
const struct pepper *app_pepper(const struct app *app);
/* For secrets that must be read again (base/seal.h). */
const struct seal *app_seal(const struct app *app);
const struct resolver *app_resolver(const struct app *app);
/* The block lists of the configuration of now (issuer/dnsbl/zones.h). */
const struct zones *app_zones(const struct app *app);

/* Pages, mails and texts (issuer/render/template.h): those of the start, also after a reload. */
const struct templates *app_templates(const struct app *app);
/* A sentence in English, as errors and the command line have it; lives in mem. */
const char *app_say(const struct app *app, struct arena *mem, struct sentence sentence);

/* How often who tried to sign in (issuer/identity/guard.h). */
struct guard *app_guard(struct app *app);
/* How far authd's journal was taken in: one thread at a time, and where to read on. The offset is
 * a hint, good while the store's position is still `seq` (issuer/jobs/usage.c). */
struct journal_mark {
    pthread_mutex_t turn;
    int64_t segment, offset, seq;
};
struct journal_mark *app_journal(struct app *app);

/* The mail server's log as it is read (issuer/jobs/delivery.c); of the jobs' thread alone. */
struct intake *app_intake(struct app *app);

/* The rounds over the block lists (issuer/jobs/watch.c runs it). */
struct monitor *app_monitor(const struct app *app);
/* By the clocks of now and the configuration. */
void app_monitor_times(const struct app *app, struct monitor_times *out);

/* The process is about to end: who waits for somebody else gives up. */
void app_stop(struct app *app);
bool app_is_stopping(const struct app *app);

/* A read-only handle for this thread until app_give_back. */
NODISCARD int app_take_reader(struct app *app, struct store **out, struct error *err);
void app_give_back(struct app *app, struct store *store);
/* One transaction on the writing handle, others wait (db/store.h store_transaction). */
NODISCARD int app_write(struct app *app,
                        int (*act)(struct store *store, void *context,
                                   struct error *err),
                        void *context, struct error *err);

/* ERROR_DENIED, with a sentence, unless the actor's role allows it, and the token does. */
NODISCARD int app_allow(const struct actor *actor, enum act act, struct error *err);

#endif
