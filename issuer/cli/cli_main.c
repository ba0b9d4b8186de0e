/*
 * cli_main.c - `cleansmtp`: start-up only.
 */
#include "base/base.h"

#include <signal.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/secret.h"
#include "issuer/cli/cli.h"

int main(int argc, char **argv)
{
    secret_startup();
    json_set_alloc_funcs(xmalloc, free);
    /* A reader that went away is an error of writing, told like any other. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    return cli_run(argc, argv);
}
