/*
 * body.h - a request's body out of the options of the command line.
 *
 * An option that was not given puts nothing; only a list is always there, empty at least. What
 * JSON cannot carry (a word that is not UTF-8) or the option cannot mean is ERROR_INVALID and
 * names the option: nothing is left out in silence, since one word less may allow more, or mean
 * all. On failure the body stays the caller's, in part filled.
 */
#ifndef ISSUER_CLI_BODY_H
#define ISSUER_CLI_BODY_H

#include "issuer/cli/cli.h"

/* The last value, as it came. */
NODISCARD int body_put_option(const struct cli *cli, enum cli_option option,
                              const char *key, json_t *body, struct error *err);
/* The last value as a number, 1 or more. */
NODISCARD int body_put_number(const struct cli *cli, enum cli_option option,
                              const char *key, json_t *body, struct error *err);
/* All values of an option that may be repeated, in their order. */
NODISCARD int body_put_list(const struct cli *cli, enum cli_option option,
                            const char *key, json_t *body, struct error *err);

#endif
