/*
 * app_fixture.c - set up and cleared away.
 */
#include "base/base.h"

#include "tests/support/issuer/app_fixture.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/cases/diagnose.h"
#include "issuer/leases/change.h"

const struct actor fixture_agent = {.name = "agent:ana", .role = ROLE_AGENT};
const struct actor fixture_admin = {
    .name = "local:root", .role = ROLE_ADMIN, .is_local = true};

static void must(int result, const struct error *err)
{
    if (result == 0)
        return;
    (void)fprintf(stderr, "app_fixture: %s\n", err->text);
    abort();
}

static void write_file(const struct app_fixture *fixture, const char *name,
                       const char *text, mode_t mode)
{
    struct error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    must(file_write(path, slice_from(text), mode, &err), &err);
}

static void write_config(struct app_fixture *fixture, const char *options)
{
    const char *text = arena_printf(&fixture->mem,
                                    "state_dir = \"%s\"\n"
                                    "runtime_dir = \"%s\"\n"
                                    "database = \"sqlite:%s/cleansmtp.db\"\n"
                                    "bounce_program = \"%s/bounce.sh\"\n"
                                    "%s\n",
                                    fixture->folder, fixture->folder, fixture->folder,
                                    fixture->folder, options != NULL ? options : "");

    write_file(fixture, "cleansmtp.conf", text, 0600);
}

void app_fixture_start(struct app_fixture *fixture, const char *options)
{
    struct error err = {0};
    struct store *store = NULL;
    struct config *config = NULL;
    char path[128];

    *fixture = (struct app_fixture){.folder = "/tmp/cleansmtp-test-XXXXXX"};
    secret_startup();
    arena_init(&fixture->mem);
    if (mkdtemp(fixture->folder) == NULL)
        abort();
    fixture->clock.now = FAKE_CLOCK_START;
    fixture->random.state = 1;
    fixture->resolver = fake_resolver(&fixture->dns);
    fake_resolver_healthy(&fixture->dns, FIXTURE_ZONE);
    write_config(fixture, options);
    write_file(fixture, "pepper",
               "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
               0600);
    (void)snprintf(path, sizeof path, "%s/cleansmtp.conf", fixture->folder);
    must(config_load(path, &config, &err), &err);
    must(store_open(config->database, STORE_CREATE, &store, &err), &err);
    store_close(store);
    const struct app_parts parts = {.config = config,
                                    .clock = fake_clock(&fixture->clock),
                                    .random = fake_random(&fixture->random),
                                    .resolver = &fixture->resolver};
    must(app_new(&parts, &fixture->app, &err), &err);
}

static int remove_one(const char *path, const struct stat *info UNUSED, int type UNUSED,
                      struct FTW *where UNUSED)
{
    return remove(path);
}

void app_fixture_stop(struct app_fixture *fixture)
{
    app_free(fixture->app);
    arena_release(&fixture->mem);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the threads of the test have ended */
    if (nftw(fixture->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
        abort();
}

void app_fixture_fill(struct app_fixture *fixture)
{
    struct error err = {0};
    const struct pool_address pool[] = {
        {.address = FIXTURE_RESERVED,
         .lane = "clean1",
         .helo = "clean1.mail.example",
         .capacity = 2},
        {.address = FIXTURE_RESERVED_2,
         .lane = "clean2",
         .helo = "clean2.mail.example",
         .capacity = 2},
    };

    must(shared_add(fixture->app, &fixture_admin, "192.0.2.0/24", "round robin", &err),
         &err);
    for (size_t i = 0; i < ARRAY_LEN(pool); i++)
        must(pool_add(fixture->app, &fixture->mem, &fixture_admin, &pool[i], &err),
             &err);
    fake_resolver_list(&fixture->dns, FIXTURE_ZONE, FIXTURE_SHARED, "127.0.0.2",
                       "Blocked - see the list");
}

void app_fixture_bounce(const struct app_fixture *fixture, const char *script)
{
    write_file(fixture, "bounce.sh", script, 0700);
}

void app_fixture_bounce_listed(const struct app_fixture *fixture)
{
    app_fixture_bounce(
        fixture,
        "#!/bin/sh\n"
        "cat >/dev/null\n"
        "cat <<'END'\n"
        "{\"is_bounce\":true,\"ip_block\":\"yes\",\"class\":\"dnsbl\","
        "\"blocked_ip\":\"" FIXTURE_SHARED "\",\"candidates\":[],"
        "\"list\":\"" FIXTURE_ZONE "\",\"lookup_url\":null,"
        "\"sender\":\"" FIXTURE_MAILBOX "\",\"recipient\":\"info@empfaenger.example\","
        "\"recipients\":[],\"smtp_code\":554,\"enhanced_code\":\"5.7.1\","
        "\"reporting_mta\":\"mail.example\",\"remote_mta\":\"mx.empfaenger.example\","
        "\"time\":\"2026-11-24T08:02:11Z\",\"message_id\":null,"
        "\"queue_id\":\"4jYBw46ZCvz1bgX3\",\"client\":null,\"grantable\":true,"
        "\"flags\":[\"pasted\"],\"excerpt\":\"554 5.7.1 Service unavailable\"}\n"
        "END\n");
}

int64_t app_fixture_case(struct app_fixture *fixture)
{
    const struct diagnosis_request request = {.bounce = SLICE("554 5.7.1 blocked")};
    struct error err = {0};
    struct diagnosis diagnosis;

    app_fixture_bounce_listed(fixture);
    must(case_open(fixture->app, &fixture->mem, &fixture_agent, &request, &diagnosis,
                   &err),
         &err);
    return diagnosis.row.id;
}
