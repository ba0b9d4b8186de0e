/*
 * doctor_caches.c - who else keeps answers about logins: Dovecot's auth_cache, saslauthd -c.
 *
 * A cache that answers for us makes a revoked login good until it forgets. Which of its logins
 * such a cache holds cannot be seen from outside, so one that is on is a finding.
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include <dirent.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/number.h"
#include "issuer/cli/doctor/caches.h"
#include "issuer/mtacheck/run.h"

enum {
    CMDLINE_MAX = 4096
};

/* ---- Dovecot ---- */

/* What "doveconf WHAT" prints. */
static int doveconf(struct doctor *doctor, const char *what, struct slice *out,
                    struct error *err)
{
    const char *const argv[] = {"doveconf", what, NULL};

    return run_program_well(doctor->mem, argv, out, err);
}

/* config: "doveconf -n"; at NULL when that failed. */
static void tell_cache(struct doctor *doctor, struct slice size, struct slice config)
{
    /* clang-format off */
    static const struct {
        enum finding_result result;
        const char *what, *todo;
    } told[] = {
        [DOVECOT_CACHE_NOT_OURS] = {FINDING_WARNING, "and keeps no passdb of ours",
            "auth_cache_size = 0 before our logins come by a passdb that is kept in it"},
        [DOVECOT_CACHE_UNSEEN] = {FINDING_WARNING,
            "and whether the pam or lua that it keeps asks us cannot be seen here",
            "auth_cache_size = 0, if our logins come by one of these; or leave that out (2.4: use_cache = no)"},
        [DOVECOT_CACHE_OURS] = {FINDING_PROBLEM, "and Dovecot may answer for an ended login as long",
            "auth_cache_size = 0, or keep our passdb out of it: \"cleansmtp mta dovecot\" (dovecot24) prints how"},
    };
    /* clang-format on */
    enum dovecot_cache kept = config.at != NULL ? dovecot_caches_us(config)
                                                : DOVECOT_CACHE_OURS;
    struct error ignored = {0};
    struct slice ttl = {0};

    if (doveconf(doctor, "auth_cache_ttl", &ttl, &ignored) == 0)
        ttl = dovecot_value(ttl);
    if (ttl.len == 0)
        ttl = SLICE("some time");
    findings_add(&doctor->found, told[kept].result, "Dovecot auth_cache",
                 told[kept].todo, "it is %.*s for %.*s, %s", (int)size.len, size.at,
                 (int)ttl.len, ttl.at, told[kept].what);
}

static void check_dovecot(struct doctor *doctor)
{
    struct findings *found = &doctor->found;
    static const char check[] = "Dovecot auth_cache";
    struct slice size = {0};
    struct slice config = {0};
    struct error why = {0};

    if (doveconf(doctor, "auth_cache_size", &size, &why) != 0) {
        if (why.kind == ERROR_NOT_FOUND)
            findings_add(found, FINDING_OK, check, NULL, "no Dovecot on this host");
        else
            findings_add(found, FINDING_UNKNOWN, check,
                         "run \"doveconf -n\" and mend it", "%s", why.text);
        return;
    }
    size = dovecot_value(size);
    if (size.len == 0) {
        findings_add(found, FINDING_UNKNOWN, check, "run \"doveconf auth_cache_size\"",
                     "doveconf does not tell its size");
        return;
    }
    if (doveconf(doctor, "-n", &config, &why) != 0)
        config = (struct slice){0};
    if (dovecot_keys_us(config))
        findings_add(
            found, FINDING_PROBLEM, "Dovecot cache_key",
            "take cache_key= out of our passdb's args, and set "
            "auth_cache_size = 0",
            "our passdb has a cache_key=: when it is empty, the auth process of "
            "2.3.19 crashes at each login by it, and with it everybody's");
    if (dovecot_size_is_on(size))
        tell_cache(doctor, size, config);
    else
        findings_add(found, FINDING_OK, check, NULL, "off");
}

/* ---- saslauthd ---- */

static void tell(struct doctor *doctor, const char *where,
                 const struct saslauthd_cache *cache)
{
    if (cache->is_on)
        findings_add(
            &doctor->found, FINDING_WARNING, "saslauthd -c",
            "take -c out of OPTIONS and restart saslauthd, if our logins reach "
            "it by PAM; our own socket in its place caches nothing",
            "%s has -c: it answers for an ended login for %u s", where, cache->seconds);
}

/* A running one, into *out; false: this is none. */
static bool look_at_process(struct doctor *doctor, const char *pid,
                            struct saslauthd_cache *out)
{
    struct error ignored = {0};
    struct slice words = {0};

    if (file_read(doctor->mem, arena_printf(doctor->mem, "/proc/%s/comm", pid), 64,
                  &words, &ignored) != 0 ||
        !slice_is(slice_trim(words), "saslauthd") ||
        file_read(doctor->mem, arena_printf(doctor->mem, "/proc/%s/cmdline", pid),
                  CMDLINE_MAX, &words, &ignored) != 0)
        return false;
    saslauthd_read(words, out);
    return true;
}

/* How many run; its workers are all alike, so the first one with a cache is told. */
static size_t look_at_processes(struct doctor *doctor)
{
    DIR *folder = opendir("/proc");
    struct saslauthd_cache cache = {0};
    const struct dirent *entry;
    bool was_told = false;
    size_t count = 0;
    int64_t pid;

    if (folder == NULL)
        return 0;
    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while ((entry = readdir(folder)) != NULL) {
        if (!number_i64(slice_from(entry->d_name), 1, INT64_MAX, &pid) ||
            !look_at_process(doctor, entry->d_name, &cache))
            continue;
        count++;
        if (cache.is_on && !was_told)
            tell(doctor, arena_printf(doctor->mem, "process %s", entry->d_name),
                 &cache);
        was_told = was_told || cache.is_on;
    }
    closedir(folder);
    return count;
}

static void check_saslauthd(struct doctor *doctor)
{
    static const char path[] = "/etc/default/saslauthd";
    size_t before = findings_of(&doctor->found, FINDING_WARNING);
    struct saslauthd_cache cache = {0};
    struct error why = {0};
    struct slice file = {0};

    size_t running = look_at_processes(doctor);
    if (file_read(doctor->mem, path, FILE_MAX, &file, &why) == 0) {
        saslauthd_read(saslauthd_options(file), &cache);
        tell(doctor, path, &cache);
    }
    if (findings_of(&doctor->found, FINDING_WARNING) == before)
        findings_add(&doctor->found, FINDING_OK, "saslauthd -c", NULL, "%s",
                     running > 0 ? "it runs without"
                                 : "no saslauthd with -c on this host");
}

void doctor_check_caches(struct doctor *doctor)
{
    check_dovecot(doctor);
    check_saslauthd(doctor);
}
