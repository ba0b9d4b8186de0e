/*
 * cli.h - one invocation of `cleansmtp`: what was asked, the daemon's answer, what is printed.
 *
 * Data goes to standard output, messages to standard error. Everything but `init` and `config`
 * is done by the daemon through its API; the command line holds no rights and no database.
 */
#ifndef ISSUER_CLI_CLI_H
#define ISSUER_CLI_CLI_H

#include <jansson.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/strbuf.h"

enum cli_option {
    CLI_DIR,
    CLI_ADMIN,
    CLI_LABEL,
    CLI_LANE,
    CLI_HELO,
    CLI_CAPACITY,
    CLI_MAILBOX,
    CLI_CASE,
    CLI_BOUNCE,
    CLI_FOR,
    CLI_DELIVERY,
    CLI_SENDER,
    CLI_RECIPIENT_DOMAIN,
    CLI_MESSAGES,
    CLI_RECIPIENTS,
    CLI_MESSAGE_SIZE,
    CLI_REASON,
    CLI_TICKET,
    CLI_LANGUAGE,
    CLI_PROOF,
    CLI_ROLE,
    CLI_OWNER,
    CLI_SCOPE,
    CLI_FROM,
    CLI_LIMIT,
    CLI_IDEMPOTENCY_KEY,
    CLI_CANARY,
    CLI_LISTEN,
    CLI_DOMAIN,
    CLI_TRUST,
    CLI_EVENT,
    CLI_EXPLAIN, /* flags: their value is "" */
    CLI_CHECK,
    CLI_CONFIG_DIR,
    CLI_OPTION_COUNT
};

enum {
    CLI_VALUES_MAX = 32,  /* of one option that may be repeated */
    CLI_ARGUMENTS_MAX = 4 /* words of the command included */
};

/* Exit statuses (contract): one for each kind of error, one of `mint`, and two of `diagnose`. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_REFUSED = 4,
    EXIT_WAITING = 5, /* mint: for a second person */
    EXIT_POOL_FULL = 6,
    EXIT_DENIED = 7,
    EXIT_TEMPORARY = 8,
    EXIT_INTEGRITY = 9
};
int cli_exit_status(enum error_kind kind);

struct cli {
    struct arena mem;          /* lives as long as the invocation */
    const char *config_option; /* of -c, or NULL */
    struct config *config;     /* NULL until cli_config */
    bool is_json;
    struct {
        const char *at[CLI_VALUES_MAX];
        size_t count;
    } options[CLI_OPTION_COUNT];
    const char *arguments[CLI_ARGUMENTS_MAX]; /* behind the command's words */
    size_t arguments_count;
    struct strbuf out; /* standard output, written by cli_flush */
    int exit_status;   /* of success */
};

/* The whole program but for start-up: returns the exit status. */
int cli_run(int argc, char **argv);

/* The last value given, or NULL. */
const char *cli_option(const struct cli *cli, enum cli_option option);
/* The configuration, read once. */
NODISCARD int cli_config(struct cli *cli, const struct config **out, struct error *err);

/* Ask the daemon. body is taken over (NULL: none); *out is a new reference, NULL for an empty
 * answer. A problem document becomes the error it names; no daemon is ERROR_UNAVAILABLE. */
NODISCARD int cli_get(struct cli *cli, const char *path, json_t **out,
                      struct error *err);
NODISCARD int cli_post(struct cli *cli, const char *path, json_t *body, json_t **out,
                       struct error *err);
NODISCARD int cli_delete(struct cli *cli, const char *path, struct error *err);
/* As cli_post, with an Idempotency-Key. */
NODISCARD int cli_post_once(struct cli *cli, const char *path, json_t *body,
                            const char *key, json_t **out, struct error *err);
/* An answer that is text, appended to cli->out. */
NODISCARD int cli_get_text(struct cli *cli, const char *path, struct error *err);
/* Up to max items of a list, page by page; max 0: all. path without a query. */
NODISCARD int cli_list(struct cli *cli, const char *path, size_t max, json_t **out,
                       struct error *err);
/* "/api/v1/NOUN/PART[/VERB]" with PART percent-encoded; lives in cli->mem. */
const char *cli_path(struct cli *cli, const char *noun, const char *part,
                     const char *verb);

#endif
