/*
 * doctor_host.c - the configuration, our files, the clock, the room on the disk.
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/timetext.h"
#include "issuer/cli/output.h"

enum {
    ROOM_LOW_MIB = 1024,
    ROOM_GONE_MIB = 100,
    INODES_LOW = 10000,
    MIB = 1024 * 1024
};

void doctor_check_config(struct doctor *doctor)
{
    struct findings *found = &doctor->found;
    struct error err = {0};

    if (cli_config(doctor->cli, &doctor->config, &err) != 0) {
        doctor->config = NULL;
        findings_add(found, FINDING_PROBLEM, "file",
                     err.kind == ERROR_NOT_FOUND ? NULL : "mend the line that it names",
                     "%s", err.text);
        return;
    }
    findings_add(found, FINDING_OK, "file", NULL, "%s is good", doctor->config->path);
    if (slice_ends_nocase(slice_from(doctor->config->submission.host), ".example"))
        findings_add(
            found, FINDING_PROBLEM, "submission.host",
            "set submission.host to the name that customers' mail programs use",
            "\"%s\" is the default, and nobody's", doctor->config->submission.host);
}

/* What lies in the state folder, and how closed it must be. */
struct file_rule {
    const char *check, *path;
    bool is_folder;
    mode_t forbidden; /* of the mode */
    const char *todo; /* when it is not there */
};
static const char todo_init[] = "run `cleansmtp init`, or mend state_dir and database";
static const char todo_start[] = "start cleansmtpd and cleansmtp-authd: they make it";

static void check_file(struct doctor *doctor, const struct file_rule *rule)
{
    struct findings *found = &doctor->found;
    struct stat about;
    struct error why = {0};

    if (stat(rule->path, &about) != 0 || access(rule->path, R_OK) != 0) {
        bool is_denied = errno == EACCES;
        error_set_errno(&why, ERROR_UNAVAILABLE, errno, "\"%s\" cannot be read",
                        rule->path);
        findings_add(found, is_denied ? FINDING_UNKNOWN : FINDING_PROBLEM, rule->check,
                     is_denied
                         ? "run doctor as root or as the owner of the state folder"
                         : rule->todo,
                     "%s", why.text);
        return;
    }
    if (S_ISDIR(about.st_mode) != rule->is_folder)
        findings_add(found, FINDING_PROBLEM, rule->check, "move it away",
                     "\"%s\" is %sa folder", rule->path, rule->is_folder ? "not " : "");
    else if ((about.st_mode & rule->forbidden) != 0)
        findings_add(found, FINDING_PROBLEM, rule->check,
                     arena_printf(doctor->mem, "chmod %o %s",
                                  (unsigned)(about.st_mode & 07777 & ~rule->forbidden),
                                  rule->path),
                     "\"%s\" has mode %04o: others may use it", rule->path,
                     (unsigned)(about.st_mode & 07777));
    else
        findings_add(found, FINDING_OK, rule->check, NULL, "%s, mode %04o", rule->path,
                     (unsigned)(about.st_mode & 07777));
}

void doctor_check_files(struct doctor *doctor)
{
    if (!doctor_has_config(doctor, "files"))
        return;
    const struct config *config = doctor->config;
    const char *pepper = arena_printf(doctor->mem, "%s/pepper", config->state_dir);
    const char *journal = arena_printf(doctor->mem, "%s/journal", config->state_dir);
    const struct file_rule rules[] = {
        {"state folder", config->state_dir,   true,  07,  todo_init },
        {"database",     config->database,    false, 07,  todo_init },
        {"pepper",       pepper,              false, 037, todo_init },
        {"journal",      journal,             true,  07,  todo_start},
        {"sockets",      config->runtime_dir, true,  022, todo_start},
    };

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        check_file(doctor, &rules[i]);
}

/* The newest thing we wrote down, in unix seconds; 0: not known. */
static int64_t newest_record(struct doctor *doctor)
{
    struct error why = {0};
    json_t *page = NULL;
    int64_t at = 0;

    if (doctor->config == NULL ||
        cli_get(doctor->cli, "/api/v1/audit?tail=1", &page, &why) != 0)
        return 0;
    const json_t *newest = json_array_get(json_object_get(page, "items"), 0);
    if (!timetext_rfc3339_parse(slice_from(member(newest, "at")), &at))
        at = 0;
    json_decref(page);
    return at;
}

void doctor_check_clock(struct doctor *doctor)
{
    struct findings *found = &doctor->found;
    struct timex state = {0};
    int64_t newest = newest_record(doctor);

    if (newest > doctor->now) {
        findings_add(
            found, FINDING_PROBLEM, "clock", "set the clock right: leases end by it",
            "the clock was set back: the newest audit record is %lld s ahead of "
            "it",
            (long long)(newest - doctor->now));
        return;
    }
    if (adjtimex(&state) < 0)
        findings_add(found, FINDING_UNKNOWN, "clock", NULL,
                     "the kernel does not say whether the clock is kept right");
    else if ((state.status & STA_UNSYNC) != 0)
        findings_add(found, FINDING_WARNING, "clock",
                     "run chrony or systemd-timesyncd, unless the host below sets it",
                     "nothing on this host keeps the clock right; leases end by it");
    else
        findings_add(found, FINDING_OK, "clock", NULL, "it is kept right, to %ld ms",
                     state.esterror / 1000);
}

void doctor_check_room(struct doctor *doctor)
{
    struct findings *found = &doctor->found;
    struct statvfs room;

    if (!doctor_has_config(doctor, "disk"))
        return;
    const char *path = doctor->config->state_dir;
    if (statvfs(path, &room) != 0) {
        findings_add(found, FINDING_UNKNOWN, "disk", NULL,
                     "no room can be seen at \"%s\"", path);
        return;
    }
    unsigned long long mib = (unsigned long long)room.f_bavail * room.f_frsize / MIB;
    bool is_short = mib < ROOM_LOW_MIB ||
                    (room.f_files > 0 && room.f_favail < INODES_LOW);
    if (mib < ROOM_GONE_MIB || (room.f_files > 0 && room.f_favail == 0))
        findings_add(found, FINDING_PROBLEM, "disk",
                     "make room: without it no lease is given and no message counted",
                     "%llu MiB and %llu files are left at %s", mib,
                     (unsigned long long)room.f_favail, path);
    else if (is_short)
        findings_add(found, FINDING_WARNING, "disk", "make room soon",
                     "%llu MiB and %llu files are left at %s", mib,
                     (unsigned long long)room.f_favail, path);
    else
        findings_add(found, FINDING_OK, "disk", NULL, "%llu MiB are left at %s", mib,
                     path);
}
