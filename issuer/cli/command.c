/*
 * command.c - the table of commands.
 */
#include "base/base.h"

#include "issuer/cli/command.h"

#define BIT(option) (UINT64_C(1) << (option))

/* One command, one block: words, arguments, help, then options, count of arguments, function. */
/* clang-format off */
const struct command command_table[] = {
    {"init", "[--dir DIR] [--admin NAME]",
     "make configuration, keys, database and the first administrator",
     BIT(CLI_DIR) | BIT(CLI_ADMIN), 0, 0, run_init},
    {"shared add", "ADDRESS|CIDR [--label TEXT]",
     "name an outbound address or network that all customers share",
     BIT(CLI_LABEL), 1, 1, run_shared_add},
    {"shared list", "",
     "list the shared addresses",
     0, 0, 0, run_shared_list},
    {"shared remove", "ADDRESS|CIDR",
     "an address or network is not shared any more",
     0, 1, 1, run_shared_remove},
    {"pool add", "ADDRESS --lane NAME --helo NAME [--capacity N]",
     "add a reserved address to the pool",
     BIT(CLI_LANE) | BIT(CLI_HELO) | BIT(CLI_CAPACITY), 1, 1, run_pool_add},
    {"pool list", "",
     "list the reserved addresses",
     0, 0, 0, run_pool_list},
    {"pool show", "ADDRESS",
     "show a reserved address and its listings",
     0, 1, 1, run_pool_show},
    {"pool drain", "ADDRESS [--reason TEXT]",
     "keep its leases, give it no new ones",
     BIT(CLI_REASON), 1, 1, run_pool_drain},
    {"pool rest", "ADDRESS [--reason TEXT]",
     "send nothing by it; its leases move to other clear addresses",
     BIT(CLI_REASON), 1, 1, run_pool_rest},
    {"pool retire", "ADDRESS [--reason TEXT]",
     "take it out of the pool for good; its leases move",
     BIT(CLI_REASON), 1, 1, run_pool_retire},
    {"pool activate", "ADDRESS [--reason TEXT]",
     "let it take leases again",
     BIT(CLI_REASON), 1, 1, run_pool_activate},
    {"diagnose", "[FILE|-] [--mailbox A@B] [--explain]",
     "say what a bounce means and whether a lease would help",
     BIT(CLI_MAILBOX) | BIT(CLI_EXPLAIN), 0, 1, run_diagnose},
    {"case list", "[--limit N]",
     "list the newest cases",
     BIT(CLI_LIMIT), 0, 0, run_case_list},
    {"case show", "NUMBER",
     "show a case: verdict, checks, leases",
     0, 1, 1, run_case_show},
    {"mint", "(--case N | --bounce FILE|-) [--mailbox A@B] [--for 24h]\n"
     "    [--delivery login|route] [--sender A@B|@B]... [--recipient-domain D]...\n"
     "    [--messages N] [--recipients N] [--message-size 25M] [--reason TEXT]\n"
     "    [--ticket TEXT] [--language CODE] [--proof mailbox|pin] [--idempotency-key KEY]",
     "give a lease and print its one-time link",
     BIT(CLI_CASE) | BIT(CLI_BOUNCE) | BIT(CLI_MAILBOX) | BIT(CLI_FOR) | BIT(CLI_DELIVERY) |
         BIT(CLI_SENDER) | BIT(CLI_RECIPIENT_DOMAIN) | BIT(CLI_MESSAGES) |
         BIT(CLI_RECIPIENTS) | BIT(CLI_MESSAGE_SIZE) | BIT(CLI_REASON) | BIT(CLI_TICKET) |
         BIT(CLI_LANGUAGE) | BIT(CLI_PROOF) | BIT(CLI_IDEMPOTENCY_KEY),
     0, 0, run_mint},
    {"lease list", "[--case N] [--limit N]",
     "list the newest leases",
     BIT(CLI_CASE) | BIT(CLI_LIMIT), 0, 0, run_lease_list},
    {"lease show", "ID",
     "show a lease and what happened with its login",
     0, 1, 1, run_lease_show},
    {"lease revoke", "ID [--reason TEXT]",
     "end a lease: counts at the next login and the next message",
     BIT(CLI_REASON), 1, 1, run_lease_revoke},
    {"lease extend", "ID --for 24h",
     "give a lease more time, while the block is still there",
     BIT(CLI_FOR), 1, 1, run_lease_extend},
    {"lease link", "ID",
     "make a new one-time link; the old one stops working",
     0, 1, 1, run_lease_link},
    {"lease reveal", "ID",
     "print the login and its new password, where policy.console_reveal allows it",
     0, 1, 1, run_lease_reveal},
    {"approval list", "",
     "list the leases that wait for a second person",
     0, 0, 0, run_approval_list},
    {"approve", "REQUEST [--reason TEXT]",
     "agree, as the second person, to a lease that waits",
     BIT(CLI_REASON), 1, 1, run_approve},
    {"deny", "REQUEST [--reason TEXT]",
     "refuse a lease that waits",
     BIT(CLI_REASON), 1, 1, run_deny},
    {"listing check", "ADDRESS",
     "ask every configured block list about an address now",
     0, 1, 1, run_listing_check},
    {"listing history", "ADDRESS",
     "show what the lists said about an address before",
     0, 1, 1, run_listing_history},
    {"user add", "NAME --role agent|lead|postmaster|auditor|admin",
     "add a person who may sign in; prints a one-use set-up link",
     BIT(CLI_ROLE), 1, 1, run_user_add},
    {"user list", "",
     "list the people who may sign in",
     0, 0, 0, run_user_list},
    {"user role", "NAME --role agent|lead|postmaster|auditor|admin",
     "give a person another role, at once",
     BIT(CLI_ROLE), 1, 1, run_user_role},
    {"user disable", "NAME",
     "let a person sign in no more",
     0, 1, 1, run_user_disable},
    {"user reset", "NAME",
     "make a new set-up link; the old password stops working",
     0, 1, 1, run_user_reset},
    {"token create", "NAME --owner AGENT [--scope SCOPE]... [--for 90d]\n"
     "    [--from ADDRESS|CIDR]...",
     "make a token for a program that uses the API; prints it once",
     BIT(CLI_OWNER) | BIT(CLI_SCOPE) | BIT(CLI_FOR) | BIT(CLI_FROM), 1, 1, run_token_create},
    {"token list", "",
     "list the tokens, their owners and what they may do",
     0, 0, 0, run_token_list},
    {"token revoke", "ID",
     "end a token at once",
     0, 1, 1, run_token_revoke},
    {"webhook add", "URL [--event NAME]...",
     "tell another system what happens; prints the secret of the signatures",
     BIT(CLI_EVENT), 1, 1, run_webhook_add},
    {"webhook list", "",
     "list the webhooks, and which fail",
     0, 0, 0, run_webhook_list},
    {"webhook rotate", "ID [--for 24h]",
     "make a new secret; the old one signs too for so long",
     BIT(CLI_FOR), 1, 1, run_webhook_rotate},
    {"webhook remove", "ID",
     "tell it nothing any more, and forget it",
     0, 1, 1, run_webhook_remove},
    {"webhook enable", "ID",
     "switch a webhook on again",
     0, 1, 1, run_webhook_enable},
    {"webhook disable", "ID",
     "switch a webhook off",
     0, 1, 1, run_webhook_disable},
    {"webhook test", "ID",
     "send it a test event",
     0, 1, 1, run_webhook_test},
    {"webhook log", "ID",
     "show what was sent to it, and how it answered",
     0, 1, 1, run_webhook_log},
    {"audit verify", "[FILE|-]",
     "check the whole chain of audit records, or of an export",
     0, 0, 1, run_audit_verify},
    {"audit tail", "[--limit N]",
     "show the newest audit records",
     BIT(CLI_LIMIT), 0, 0, run_audit_tail},
    {"audit export", "",
     "print every audit record as one JSON object a line, oldest first",
     0, 0, 0, run_audit_export},
    {"config check", "",
     "check the configuration file",
     0, 0, 0, run_config_check},
    {"config show", "",
     "show every option with its value",
     0, 0, 0, run_config_show},
    {"metrics", "",
     "print the daemon's figures, as a monitoring system reads them",
     0, 0, 0, run_metrics},
    {"doctor", "[--canary ADDRESS] [--listen ADDRESS:PORT] [--mailbox PATH]\n"
     "    [--for 2m] [--domain D]... [--trust FILE]",
     "look at everything that must be right, and say what to do",
     BIT(CLI_CANARY) | BIT(CLI_LISTEN) | BIT(CLI_MAILBOX) | BIT(CLI_FOR) | BIT(CLI_DOMAIN) |
         BIT(CLI_TRUST),
     0, 0, run_doctor},
    {"mta", "SERVER [--check [--config-dir DIR]]",
     "print a mail server's configuration for the pool, or check the one that runs",
     BIT(CLI_CHECK) | BIT(CLI_CONFIG_DIR), 1, 1, run_mta},
};
/* clang-format on */
const size_t command_count = ARRAY_LEN(command_table);

const char *option_name(enum cli_option option)
{
    static const char *const names[] = {
        [CLI_DIR] = "dir",
        [CLI_ADMIN] = "admin",
        [CLI_LABEL] = "label",
        [CLI_LANE] = "lane",
        [CLI_HELO] = "helo",
        [CLI_CAPACITY] = "capacity",
        [CLI_MAILBOX] = "mailbox",
        [CLI_CASE] = "case",
        [CLI_BOUNCE] = "bounce",
        [CLI_FOR] = "for",
        [CLI_DELIVERY] = "delivery",
        [CLI_SENDER] = "sender",
        [CLI_RECIPIENT_DOMAIN] = "recipient-domain",
        [CLI_MESSAGES] = "messages",
        [CLI_RECIPIENTS] = "recipients",
        [CLI_MESSAGE_SIZE] = "message-size",
        [CLI_REASON] = "reason",
        [CLI_TICKET] = "ticket",
        [CLI_LANGUAGE] = "language",
        [CLI_PROOF] = "proof",
        [CLI_ROLE] = "role",
        [CLI_OWNER] = "owner",
        [CLI_SCOPE] = "scope",
        [CLI_FROM] = "from",
        [CLI_LIMIT] = "limit",
        [CLI_IDEMPOTENCY_KEY] = "idempotency-key",
        [CLI_CANARY] = "canary",
        [CLI_LISTEN] = "listen",
        [CLI_DOMAIN] = "domain",
        [CLI_TRUST] = "trust",
        [CLI_EVENT] = "event",
        [CLI_EXPLAIN] = "explain",
        [CLI_CHECK] = "check",
        [CLI_CONFIG_DIR] = "config-dir",
    };
    _Static_assert(ARRAY_LEN(names) == CLI_OPTION_COUNT, "every option has a name");

    return names[option];
}

bool option_is_flag(enum cli_option option)
{
    return option == CLI_EXPLAIN || option == CLI_CHECK;
}

/* How many of the words the command's own words take: all of its words, or 0. */
static size_t words_taken(const struct command *command, const char *const *words,
                          size_t count)
{
    struct slice rest = slice_from(command->words);
    struct slice word;
    size_t taken = 0;

    while (slice_cut(&rest, ' ', &word)) {
        if (taken == count || !slice_is(word, words[taken]))
            return 0;
        taken++;
    }
    return taken;
}

int command_find(const char *const *words, size_t count, const struct command **out,
                 size_t *out_used, struct error *err)
{
    for (size_t i = 0; i < command_count; i++) {
        size_t taken = words_taken(&command_table[i], words, count);
        if (taken > 0) {
            *out = &command_table[i];
            *out_used = taken;
            return 0;
        }
    }
    if (count == 0)
        return error_set(err, ERROR_INVALID, "no command; try \"cleansmtp --help\"");
    return error_set(err, ERROR_INVALID,
                     "there is no command \"%.40s%s%.40s\"; try \"cleansmtp --help\"",
                     words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
}

int command_check(const struct command *command, const struct cli *cli,
                  struct error *err)
{
    for (int i = 0; i < CLI_OPTION_COUNT; i++)
        if (cli->options[i].count > 0 && (command->options & BIT(i)) == 0)
            return error_set(err, ERROR_INVALID, "\"%s\" has no option --%s",
                             command->words, option_name((enum cli_option)i));
    if (cli->arguments_count < command->least || cli->arguments_count > command->most)
        return error_set(err, ERROR_INVALID, "usage: cleansmtp %s %s", command->words,
                         command->arguments);
    return 0;
}

void command_help(const struct command *only, struct strbuf *out)
{
    if (only != NULL) {
        strbuf_printf(out, "usage: cleansmtp [-c FILE] [--json] %s %s\n\n%s\n",
                      only->words, only->arguments, only->help);
        return;
    }
    strbuf_puts(
        out,
        "cleansmtp - temporary clean sending addresses for customers of a mail "
        "host\n\n"
        "    cleansmtp diagnose bounce.eml            what does this bounce mean?\n"
        "    cleansmtp mint --bounce bounce.eml       give a lease, print its link\n"
        "    cleansmtp lease list                     what is out there\n\n"
        "usage: cleansmtp [-c FILE] [--json] COMMAND ...\n\n");
    for (size_t i = 0; i < command_count; i++)
        strbuf_printf(out, "  %-16s %s\n", command_table[i].words,
                      command_table[i].help);
    strbuf_puts(out,
                "\n  -c FILE          the configuration (" CONFIG_DEFAULT_PATH ")\n"
                "  --json           one JSON object or array, for programs\n"
                "  --version        the version\n"
                "  --help           this, or with a command its arguments\n\n"
                "Exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused "
                "by policy,\n6 no reserved address free, 7 not allowed, 8 try later, 9 "
                "integrity check failed,\n10 diagnose: not our problem, 11 diagnose: "
                "cannot tell. See cleansmtp(1).\n");
}
