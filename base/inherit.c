/*
 * inherit.c - LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, read and written.
 *
 * The environment is read at start and written in front of exec, both while there is one thread.
 */
#include "base/base.h"

#include "base/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/number.h"
#include "base/slice.h"
#include "base/socket.h"

enum {
    FIRST_FD = 3,
    ANNOUNCED_MAX = 1024,
    NAME_MAX_LEN = 8 /* "own" or "held", and a colon */
};

#define OWN_NAME "own"
#define HELD_NAME "held"

static uint64_t environment_number(const char *name, uint64_t max)
{
    const char *text = getenv(name); // NOLINT(concurrency-mt-unsafe)
    uint64_t value = 0;

    if (text == NULL || !number_u64(slice_from(text), max, &value))
        return 0;
    return value;
}

/* The next of the names with colons between them. */
static bool next_is_own(struct slice *names)
{
    ptrdiff_t colon = slice_find_byte(*names, ':');
    struct slice name = colon < 0 ? *names : slice_take(*names, (size_t)colon);

    *names = slice_skip(*names, colon < 0 ? names->len : (size_t)colon + 1);
    return slice_is(name, OWN_NAME);
}

static bool prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

void inherit_read(struct inherited *out)
{
    bool is_for_us = environment_number("LISTEN_PID", INT32_MAX) == (uint64_t)getpid();
    uint64_t announced = environment_number("LISTEN_FDS", ANNOUNCED_MAX);
    const char *text = getenv("LISTEN_FDNAMES"); // NOLINT(concurrency-mt-unsafe)
    struct slice names = slice_from(text != NULL ? text : "");

    *out = (struct inherited){0};
    for (uint64_t i = 0; is_for_us && i < announced; i++) {
        int fd = FIRST_FD + (int)i;
        bool is_own = next_is_own(&names);
        if (!prepare(fd))
            continue; /* announced, and not there */
        if (out->count == INHERIT_MAX)
            (void)close(fd);
        else
            out->at[out->count++] = (struct inherited_socket){.fd = fd,
                                                              .is_own = is_own};
    }
    (void)unsetenv("LISTEN_PID");     // NOLINT(concurrency-mt-unsafe)
    (void)unsetenv("LISTEN_FDS");     // NOLINT(concurrency-mt-unsafe)
    (void)unsetenv("LISTEN_FDNAMES"); // NOLINT(concurrency-mt-unsafe)
}

bool inherit_take(struct inherited *inherited, const char *where,
                  struct inherited_socket *out)
{
    for (size_t i = 0; i < inherited->count; i++) {
        if (!socket_listens_at(inherited->at[i].fd, where))
            continue;
        *out = inherited->at[i];
        inherited->at[i] = inherited->at[--inherited->count];
        return true;
    }
    return false;
}

int inherit_or_listen(struct inherited *inherited, const char *where,
                      struct inherited_socket *out, struct error *err)
{
    if (inherit_take(inherited, where, out))
        return 0;
    out->is_own = true;
    return socket_listen(where, &out->fd, err);
}

void inherit_release(struct inherited *inherited)
{
    for (size_t i = 0; i < inherited->count; i++) {
        const struct inherited_socket *left = &inherited->at[i];
        struct sockaddr_un at = {0};
        socklen_t size = sizeof at - 1; /* a NUL stays behind the path */
        if (left->is_own && getsockname(left->fd, (struct sockaddr *)&at, &size) == 0 &&
            at.sun_family == AF_UNIX && at.sun_path[0] == '/')
            (void)unlink(at.sun_path);
        (void)close(left->fd);
    }
    inherited->count = 0;
}

/* ---- to the next program ------------------------------------------------------------------- */

static bool announce(const struct inherited *sockets)
{
    char names[INHERIT_MAX * NAME_MAX_LEN] = "", pid[24], count[24];
    size_t len = 0;

    for (size_t i = 0; i < sockets->count; i++) {
        const char *name = sockets->at[i].is_own ? OWN_NAME : HELD_NAME;
        int added = snprintf(names + len, sizeof names - len, "%s%s", i == 0 ? "" : ":",
                             name);
        if (added < 0 || (size_t)added >= sizeof names - len)
            return false;
        len += (size_t)added;
    }
    return snprintf(pid, sizeof pid, "%ld", (long)getpid()) > 0 &&
           snprintf(count, sizeof count, "%zu", sockets->count) > 0 &&
           setenv("LISTEN_PID", pid, 1) == 0 &&     // NOLINT(concurrency-mt-unsafe)
           setenv("LISTEN_FDS", count, 1) == 0 &&   // NOLINT(concurrency-mt-unsafe)
           setenv("LISTEN_FDNAMES", names, 1) == 0; // NOLINT(concurrency-mt-unsafe)
}

int inherit_pass_on(const struct inherited *sockets, struct error *err)
{
    int aside[INHERIT_MAX];
    size_t count = sockets->count;

    /* Out of the way first: one may stand where another has to go. */
    for (size_t i = 0; i < count; i++) {
        aside[i] = fcntl(sockets->at[i].fd, F_DUPFD_CLOEXEC, FIRST_FD + (int)count);
        if (aside[i] >= 0)
            continue;
        int why = errno;
        while (i > 0)
            (void)close(aside[--i]);
        return error_set_errno(err, ERROR_UNAVAILABLE, why,
                               "could not hand the sockets on");
    }
    if (!announce(sockets)) {
        for (size_t i = 0; i < count; i++)
            (void)close(aside[i]);
        return error_set(err, ERROR_INTERNAL, "could not hand the sockets on");
    }
    for (size_t i = 0; i < count; i++)
        (void)close(sockets->at[i].fd);
    for (size_t i = 0; i < count; i++) {
        /* Not close-on-exec. It cannot fail: the target is a number that was free or ours. */
        if (dup2(aside[i], FIRST_FD + (int)i) < 0)
            abort();
        (void)close(aside[i]);
    }
    return 0;
}
