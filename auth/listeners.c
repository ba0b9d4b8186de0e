/*
 * listeners.c - take what is inherited, make the rest.
 */
#include "base/base.h"

#include "auth/listeners.h"

#include <unistd.h>

#include "auth/dialogue.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/inherit.h"
#include "base/log.h"
#include "base/socket.h"

enum {
    SOCKET_MODE = 0660,
    RUNTIME_DIR_MODE = 0755
};

void listeners_init(struct listeners *listeners)
{
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++)
        listeners->at[i] = (struct listening){.fd = -1};
}

static int open_one(struct listening *listening, const char *path, const char *group,
                    struct inherited *inherited, struct error *err)
{
    struct inherited_socket given;
    bool is_given = inherit_take(inherited, path, &given);

    if (!is_given) {
        given.is_own = true;
        if (socket_listen_unix(path, SOCKET_MODE, group, &given.fd, err) != 0)
            return -1;
    } else if (given.is_own && socket_give(path, SOCKET_MODE, group, err) != 0) {
        (void)close(given.fd);
        return -1;
    }
    *listening = (struct listening){
        .fd = given.fd, .path = xstrdup(path), .is_own = given.is_own};
    return 0;
}

/* *out_count is how many are open. */
static int open_all(struct listeners *listeners, const struct config *config,
                    struct inherited *inherited, unsigned *out_count, struct error *err)
{
    bool is_succession = inherited->count > 0;
    struct error one = {0};

    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        enum config_socket socket = (enum config_socket)i;
        const char *path = config_socket_path(config, socket);
        if (path[0] == '\0')
            continue;
        if (open_one(&listeners->at[i], path, config->auth.group, inherited, &one) ==
            0) {
            log_event(LOG_LEVEL_INFO, "socket.listening", "socket",
                      dialogue_kind(socket)->name, "path", path, "held_by",
                      listeners->at[i].is_own ? NULL : "supervisor", NULL);
            ++*out_count;
            continue;
        }
        if (!is_succession) {
            *err = one;
            return -1;
        }
        log_event(LOG_LEVEL_ERROR, "socket.failed", "socket",
                  dialogue_kind(socket)->name, "error", one.text, NULL);
    }
    return 0;
}

int listeners_open(struct listeners *listeners, const struct config *config,
                   struct error *err)
{
    struct inherited inherited;
    unsigned count = 0;
    int result;

    inherit_read(&inherited);
    result = file_mkdirs(config->runtime_dir, RUNTIME_DIR_MODE, err);
    if (result == 0)
        result = open_all(listeners, config, &inherited, &count, err);
    if (inherited.count > 0)
        log_event(LOG_LEVEL_WARNING, "socket.unknown", "error",
                  "a socket that was handed over is not in section auth", NULL);
    inherit_release(&inherited);
    if (result == 0 && count == 0)
        result = error_set(err, ERROR_INVALID,
                           "no socket is configured in section \"auth\"");
    if (result != 0)
        listeners_close(listeners);
    return result;
}

void listeners_close_one(struct listeners *listeners, enum config_socket socket)
{
    struct listening *listening = &listeners->at[socket];

    if (listening->fd < 0)
        return;
    (void)close(listening->fd);
    if (listening->is_own)
        (void)unlink(listening->path);
    free(listening->path);
    *listening = (struct listening){.fd = -1};
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++)
        listeners_close_one(listeners, (enum config_socket)i);
}

int listeners_pass_on(struct listeners *listeners, struct error *err)
{
    struct inherited sockets = {0};

    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++)
        if (listeners->at[i].fd >= 0)
            sockets.at[sockets.count++] = (struct inherited_socket){
                .fd = listeners->at[i].fd, .is_own = listeners->at[i].is_own};
    if (inherit_pass_on(&sockets, err) != 0)
        return -1;
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++)
        free(listeners->at[i].path);
    listeners_init(listeners);
    return 0;
}
