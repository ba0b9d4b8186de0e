/*
 * config_socket.c - the sockets of section "auth".
 */
#include "base/base.h"

#include "base/config.h"

/* A new socket is a row here, an option in config.c, and a row in auth/dialogue.c. */
const struct config_socket_row config_sockets[] = {
    [CONFIG_SOCKET_DOVECOT] = {"auth.dovecot",   "auth|dovecot",   "auth",
                               offsetof(struct config, auth.dovecot)  },
    [CONFIG_SOCKET_VERIFY] = {"auth.verify",    "auth|verify",    "verify",
                               offsetof(struct config, auth.verify)   },
    [CONFIG_SOCKET_POLICY] = {"auth.policy",    "auth|policy",    "policy",
                               offsetof(struct config, auth.policy)   },
    [CONFIG_SOCKET_SOCKETMAP] = {"auth.socketmap", "auth|socketmap", "socketmap",
                               offsetof(struct config, auth.socketmap)},
    [CONFIG_SOCKET_SASLAUTHD] = {"auth.saslauthd", "auth|saslauthd", NULL,
                               offsetof(struct config, auth.saslauthd)},
    [CONFIG_SOCKET_NGINX] = {"auth.nginx",     "auth|nginx",     NULL,
                               offsetof(struct config, auth.nginx)    },
};
_Static_assert(ARRAY_LEN(config_sockets) == CONFIG_SOCKET_COUNT, "a row a socket");

const char *config_socket_path(const struct config *config, enum config_socket socket)
{
    const char *const *path = (const void *)((const char *)config +
                                             config_sockets[socket].place);

    return *path;
}
