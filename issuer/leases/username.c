/*
 * username.c - the login of a new lease.
 */
#include "base/base.h"

#include "issuer/leases/username.h"

enum {
    /* 30^8 names: a second draw is rare, a third a sign of trouble */
    USERNAME_TRIES = 8
};

int username_choose(struct app *app, struct store *store, struct arena *mem, char *out,
                    struct error *err)
{
    for (int i = 0; i < USERNAME_TRIES; i++) {
        struct error why = {0};
        struct login_row row = {0};
        username_make(app_random(app), out);
        if (store_login_find(store, mem, out, &row, &why) == 0)
            continue;
        if (why.kind == ERROR_NOT_FOUND)
            return 0;
        *err = why;
        return -1;
    }
    return error_set(err, ERROR_INTERNAL, "could not find an unused username");
}
