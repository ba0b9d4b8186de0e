/*
 * app_fixture.h - a whole struct app in a folder of its own: real store, fake world.
 *
 * The folder holds cleansmtp.conf, pepper, the database, and bounce.sh, a stand-in for
 * cleansmtp-bounce that the test writes (app_fixture_bounce).
 */
#ifndef TESTS_SUPPORT_APP_FIXTURE_H
#define TESTS_SUPPORT_APP_FIXTURE_H

#include "issuer/app.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/issuer/fake_resolver.h"

#define FIXTURE_ZONE "bl.spamcop.net"
#define FIXTURE_SHARED "192.0.2.14"
#define FIXTURE_RESERVED "203.0.113.9"
#define FIXTURE_RESERVED_2 "203.0.113.10"
#define FIXTURE_MAILBOX "anna@kunde.example"

struct app_fixture {
    char folder[64];
    struct fake_clock clock;
    struct fake_random random;
    struct fake_resolver dns;
    struct resolver resolver;
    struct app *app;
    struct arena mem;
};

extern const struct actor fixture_agent; /* agent:ana, who mints */
extern const struct actor
    fixture_admin; /* local:root, an administrator on the local socket */

/* Any failure aborts: a test cannot go on without it. The zone is healthy, and nothing is there:
 * no shared address, no pool. options: more lines of configuration, or NULL. */
void app_fixture_start(struct app_fixture *fixture, const char *options);
void app_fixture_stop(struct app_fixture *fixture);
/* 192.0.2.0/24 shared, both reserved addresses in the pool with room for two leases each, and
 * the shared address FIXTURE_SHARED listed. */
void app_fixture_fill(struct app_fixture *fixture);
/* From now on bounce.sh is this shell script. */
void app_fixture_bounce(const struct app_fixture *fixture, const char *script);
/* bounce.sh prints evidence of FIXTURE_SHARED on FIXTURE_ZONE, sent by FIXTURE_MAILBOX. */
void app_fixture_bounce_listed(const struct app_fixture *fixture);
/* A case of that bounce; its number. */
int64_t app_fixture_case(struct app_fixture *fixture);

#endif
