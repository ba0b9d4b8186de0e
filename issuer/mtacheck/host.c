/*
 * host.c - interfaces, files, sockets.
 */
#include "base/base.h"

#include "issuer/mtacheck/host.h"

#include <errno.h>
#include <grp.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/socket.h"

/* Where the helper asks when nobody says. */
#define HELPER_SOCKET "/run/cleansmtp/verify"

enum {
    SCRIPT_MAX = 65536,
    CONNECT_TIMEOUT_MS = 2000,
    NAME_SERVICE_MAX = 16384, /* one entry of passwd or group */
    SEARCH = 1,               /* bits of a mode, for one class of users */
    WRITE = 2
};

bool host_user_find(const char *name, bool with_groups, struct host_user *out)
{
    char buffer[NAME_SERVICE_MAX];
    struct passwd entry;
    struct passwd *found = NULL;
    int count = HOST_GROUPS_MAX;

    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
        return false;
    *out = (struct host_user){.uid = entry.pw_uid, .groups_count = 1};
    out->groups[0] = entry.pw_gid;
    if (with_groups) {
        if (getgrouplist(name, entry.pw_gid, out->groups, &count) < 0)
            count = HOST_GROUPS_MAX;
        out->groups_count = (size_t)count;
    }
    return true;
}

void host_user_join(struct host_user *user, const char *group)
{
    char buffer[NAME_SERVICE_MAX];
    struct group entry;
    struct group *found = NULL;

    if (user->groups_count < HOST_GROUPS_MAX &&
        getgrnam_r(group, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
        user->groups[user->groups_count++] = entry.gr_gid;
}

static bool address_of(const struct sockaddr *from, struct address *out)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (from == NULL)
        return false;
    if (from->sa_family == AF_INET) {
        memcpy(&v4, from, sizeof v4);
        memcpy(out->bytes, mapped, sizeof mapped);
        memcpy(out->bytes + sizeof mapped, &v4.sin_addr, sizeof v4.sin_addr);
        return true;
    }
    if (from->sa_family != AF_INET6)
        return false;
    memcpy(&v6, from, sizeof v6);
    memcpy(out->bytes, &v6.sin6_addr, sizeof out->bytes);
    return true;
}

const char *host_address(const char *address)
{
    struct ifaddrs *all = NULL;
    struct address wanted;
    struct address found;
    bool is_here = false;

    if (!address_parse(slice_from(address), &wanted) || getifaddrs(&all) != 0)
        return "unknown";
    for (const struct ifaddrs *i = all; i != NULL && !is_here; i = i->ifa_next)
        is_here = address_of(i->ifa_addr, &found) && address_equal(&found, &wanted);
    freeifaddrs(all);
    return is_here ? "here" : "absent";
}

bool host_is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

const char *host_file(const char *path)
{
    struct stat info;

    if (path[0] != '/' || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return "absent";
    return (info.st_mode & S_IXUSR) != 0 ? "program" : "there";
}

/* Is the path in the line, whole? */
static bool names_path(struct slice line, const char *path)
{
    ptrdiff_t place = slice_find(line, slice_from(path));

    if (place < 0)
        return false;
    struct slice behind = slice_skip(line, (size_t)place + strlen(path));
    return behind.len == 0 || strchr("\"' ]", behind.at[0]) != NULL;
}

static bool asks_at(struct slice text, const char *socket)
{
    bool has_helper = false;
    bool has_option = false;
    struct slice line;

    while (slice_line(&text, &line)) {
        line = slice_trim(line);
        if (slice_starts(line, "--"))
            continue;
        if (names_path(line, socket))
            return true;
        has_helper |= slice_find(line, SLICE("cleansmtp-checkpassword")) >= 0;
        has_option |= slice_find(line, SLICE("--socket")) >= 0;
    }
    return has_helper && !has_option && strcmp(socket, HELPER_SOCKET) == 0;
}

const char *host_script(const char *path, const char *socket)
{
    const char *state = "unknown";
    struct error err = {0};
    struct arena mem;
    struct slice text;

    arena_init(&mem);
    if (file_read(&mem, path, SCRIPT_MAX, &text, &err) == 0)
        state = asks_at(text, socket) ? "asks" : "elsewhere";
    arena_release(&mem);
    return state;
}

/* The three bits of the mode that count for the user. */
static unsigned rights(const struct stat *info, const struct host_user *user)
{
    if (user->uid == 0)
        return SEARCH | WRITE;
    if (info->st_uid == user->uid)
        return (info->st_mode >> 6) & 7U;
    for (size_t i = 0; i < user->groups_count; i++)
        if (info->st_gid == user->groups[i])
            return (info->st_mode >> 3) & 7U;
    return info->st_mode & 7U;
}

/* Every folder on the way may be searched. */
static bool may_reach(const char *path, const struct host_user *user)
{
    char folder[4096];
    struct stat info;
    size_t len = strlen(path);

    if (len >= sizeof folder)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (path[i] != '/')
            continue;
        memcpy(folder, path, i + 1);
        folder[i + 1] = '\0';
        if (stat(folder, &info) != 0 || (rights(&info, user) & SEARCH) == 0)
            return false;
    }
    return true;
}

const char *host_socket(const char *path, const struct host_user *user)
{
    struct error err = {0};
    struct stat info;
    int fd = -1;

    if (stat(path, &info) != 0)
        return errno == EACCES ? "unknown" : "absent";
    if (!S_ISSOCK(info.st_mode))
        return "absent";
    if (user == NULL)
        return "unknown";
    if ((rights(&info, user) & WRITE) == 0 || !may_reach(path, user))
        return "closed";
    if (socket_connect_unix(path, CONNECT_TIMEOUT_MS, &fd, &err) != 0)
        return err.kind == ERROR_DENIED ? "unknown" : "silent";
    close(fd);
    return "answers";
}
