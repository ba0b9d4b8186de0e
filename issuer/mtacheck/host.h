/*
 * host.h - what the host says: is an address here, a file there, what does a script ask, is a socket open
 * to a user?
 *
 * Each answer is one of the words that check.h lists; "unknown" when it cannot be found out.
 */
#ifndef ISSUER_MTACHECK_HOST_H
#define ISSUER_MTACHECK_HOST_H

#include <sys/types.h>

#include "base/slice.h"

enum {
    HOST_GROUPS_MAX = 64
};

/* A mail server's process, as far as opening sockets goes. */
struct host_user {
    uid_t uid;
    gid_t groups[HOST_GROUPS_MAX]; /* the first is its own */
    size_t groups_count;
};
/* false: there is no such user. With its own group only, or with all that it is a member of. */
NODISCARD bool host_user_find(const char *name, bool with_groups,
                              struct host_user *out);
/* One more group by name; an unknown one changes nothing. */
void host_user_join(struct host_user *user, const char *group);

bool host_is_folder(const char *path);
/* "here", "absent" */
const char *host_address(const char *address);
/* "program", "there", "absent" */
const char *host_file(const char *path);
/* Does a Lua script of ours, or a copy, ask at that socket? "asks", "elsewhere", "unknown" */
const char *host_script(const char *path, const char *socket);
/* "answers", "absent", "silent", "closed", "unknown". user NULL: nobody knows whose it must be open to. */
const char *host_socket(const char *path, const struct host_user *user);

#endif
