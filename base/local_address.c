/*
 * local_address.c - is an address one of this host's?
 */
#include "base/base.h"

#include "base/local_address.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum local_address local_address_ask(const struct address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is_v4 = address_is_v4(address);

    memcpy(&v4.sin_addr, address->bytes + 12, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, address->bytes, sizeof v6.sin6_addr);
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return LOCAL_ADDRESS_UNKNOWN;
    const void *name = is_v4 ? (const void *)&v4 : (const void *)&v6;
    int failed = bind(fd, name, is_v4 ? sizeof v4 : sizeof v6);
    int why = errno;
    (void)close(fd);
    if (failed == 0)
        return LOCAL_ADDRESS_YES;
    return why == EADDRNOTAVAIL ? LOCAL_ADDRESS_NO : LOCAL_ADDRESS_UNKNOWN;
}
