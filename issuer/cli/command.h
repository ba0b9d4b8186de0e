/*
 * command.h - the table of commands: words, arguments, options, help, function.
 *
 * What it lists is what `cleansmtp --help` prints and what cleansmtp(1) documents
 * (tools/check-docs.sh compares).
 */
#ifndef ISSUER_CLI_COMMAND_H
#define ISSUER_CLI_COMMAND_H

#include "issuer/cli/cli.h"

struct command {
    const char *words;     /* "lease revoke" */
    const char *arguments; /* "ID [--reason TEXT]" */
    const char *help;      /* one line */
    uint64_t options;      /* bits 1 << enum cli_option */
    size_t least, most;    /* arguments */
    int (*run)(struct cli *cli, struct error *err);
};

extern const struct command command_table[];
extern const size_t command_count;

/* The option's long name, without hyphens. */
const char *option_name(enum cli_option option);
bool option_is_flag(enum cli_option option);

/* 0 to run it, or -1 with ERROR_INVALID: words as they came, count of them. */
NODISCARD int command_find(const char *const *words, size_t count,
                           const struct command **out, size_t *out_used,
                           struct error *err);
/* Arguments and options fit the command. */
NODISCARD int command_check(const struct command *command, const struct cli *cli,
                            struct error *err);
void command_help(const struct command *only, struct strbuf *out); /* NULL: all */

/* doctor/doctor.c */
int run_doctor(struct cli *cli, struct error *err);
/* init.c */
int run_init(struct cli *cli, struct error *err);
/* addresses.c */
int run_shared_add(struct cli *cli, struct error *err);
int run_shared_list(struct cli *cli, struct error *err);
int run_shared_remove(struct cli *cli, struct error *err);
int run_pool_add(struct cli *cli, struct error *err);
int run_pool_list(struct cli *cli, struct error *err);
int run_pool_show(struct cli *cli, struct error *err);
int run_pool_drain(struct cli *cli, struct error *err);
int run_pool_rest(struct cli *cli, struct error *err);
int run_pool_retire(struct cli *cli, struct error *err);
int run_pool_activate(struct cli *cli, struct error *err);
int run_listing_check(struct cli *cli, struct error *err);
int run_listing_history(struct cli *cli, struct error *err);
/* cases.c */
int run_diagnose(struct cli *cli, struct error *err);
int run_case_list(struct cli *cli, struct error *err);
int run_case_show(struct cli *cli, struct error *err);
/* The bounce of a file or "-" as members of a request body. */
NODISCARD int read_bounce(struct cli *cli, const char *from, json_t *body,
                          struct error *err);
/* leases.c */
int run_mint(struct cli *cli, struct error *err);
int run_lease_list(struct cli *cli, struct error *err);
int run_lease_show(struct cli *cli, struct error *err);
int run_lease_revoke(struct cli *cli, struct error *err);
int run_lease_extend(struct cli *cli, struct error *err);
int run_lease_link(struct cli *cli, struct error *err);
int run_lease_reveal(struct cli *cli, struct error *err);
/* approvals.c */
int run_approval_list(struct cli *cli, struct error *err);
int run_approve(struct cli *cli, struct error *err);
int run_deny(struct cli *cli, struct error *err);
/* people.c */
int run_user_add(struct cli *cli, struct error *err);
int run_user_list(struct cli *cli, struct error *err);
int run_user_role(struct cli *cli, struct error *err);
int run_user_disable(struct cli *cli, struct error *err);
int run_user_reset(struct cli *cli, struct error *err);
/* tokens.c */
int run_token_create(struct cli *cli, struct error *err);
int run_token_list(struct cli *cli, struct error *err);
int run_token_revoke(struct cli *cli, struct error *err);
/* webhooks.c */
int run_webhook_add(struct cli *cli, struct error *err);
int run_webhook_list(struct cli *cli, struct error *err);
int run_webhook_rotate(struct cli *cli, struct error *err);
int run_webhook_remove(struct cli *cli, struct error *err);
int run_webhook_enable(struct cli *cli, struct error *err);
int run_webhook_disable(struct cli *cli, struct error *err);
int run_webhook_test(struct cli *cli, struct error *err);
int run_webhook_log(struct cli *cli, struct error *err);
/* audit.c */
int run_audit_verify(struct cli *cli, struct error *err);
int run_audit_tail(struct cli *cli, struct error *err);
int run_audit_export(struct cli *cli, struct error *err);
/* system.c */
int run_config_check(struct cli *cli, struct error *err);
int run_config_show(struct cli *cli, struct error *err);
int run_metrics(struct cli *cli, struct error *err);
/* mta.c */
int run_mta(struct cli *cli, struct error *err);

#endif
