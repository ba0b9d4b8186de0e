/*
 * local_address.h - is an address one of this host's?
 */
#ifndef BASE_LOCAL_ADDRESS_H
#define BASE_LOCAL_ADDRESS_H

#include "base/address.h"

enum local_address {
    LOCAL_ADDRESS_NO,     /* EADDRNOTAVAIL: mail cannot leave by it from here */
    LOCAL_ADDRESS_YES,    /* a socket can be bound to it */
    LOCAL_ADDRESS_UNKNOWN /* we could not try: no descriptor, no such family */
};

/* Binds a socket to it, as a mail server would, and closes it again. With
 * net.ipv4.ip_nonlocal_bind set the kernel lets anything be bound, and the answer is YES. */
enum local_address local_address_ask(const struct address *address);

#endif
