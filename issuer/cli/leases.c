/*
 * leases.c - mint, lease ...
 */
#include "base/base.h"

#include "base/encode.h"
#include "base/number.h"
#include "base/random.h"
#include "issuer/cli/body.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

enum {
    LIST_DEFAULT = 50,
    KEY_BYTES = 16
};

static const struct column lease_columns[] = {
    {"lease",              "id"                    },
    {"state",              "state"                 },
    {"case",               "case"                  },
    {"mailbox",            "mailbox"               },
    {"username",           "username"              },
    {"sends by",           "reserved_address"      },
    {"lane",               "lane"                  },
    {"may send as",        "senders"               },
    {"may send to",        "recipient_domains"     },
    {"messages used",      "messages_used"         },
    {"messages allowed",   "messages_max"          },
    {"an hour",            "messages_per_hour"     },
    {"recipients used",    "recipients_used"       },
    {"recipients allowed", "recipients_max"        },
    {"of one message",     "recipients_per_message"},
    {"bytes of a message", "message_size_max"      },
    {"made",               "created_at"            },
    {"made by",            "created_by"            },
    {"reason",             "reason"                },
    {"ticket",             "ticket"                },
    {"language",           "language"              },
    {"proof",              "proof"                 },
    {"details shown",      "revealed_at"           },
    {"first login",        "first_login_at"        },
    {"last login",         "last_login_at"         },
    {"last refused",       "last_refusal"          },
    {"ends",               "expires_at"            },
    {"ended",              "ended_at"              },
    {"ended by",           "ended_by"              },
};

/* Open a case for the bounce; only one that a lease would help goes on. */
static int open_case(struct cli *cli, json_t *mint, struct error *err)
{
    json_t *body = json_object();
    json_t *opened;

    if (body_put_option(cli, CLI_MAILBOX, "mailbox", body, err) != 0 ||
        body_put_option(cli, CLI_TICKET, "ticket", body, err) != 0 ||
        read_bounce(cli, cli_option(cli, CLI_BOUNCE), body, err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_post(cli, "/api/v1/cases", body, &opened, err) != 0)
        return -1;
    say("case %s: %s", text_of(cli, json_object_get(opened, "id")),
        member(opened, "headline"));
    bool may_lease = json_is_true(json_object_get(opened, "may_lease"));
    bool is_unsure = json_integer_value(json_object_get(opened, "exit")) == 11;
    if (!may_lease)
        error_set(err, is_unsure ? ERROR_UNAVAILABLE : ERROR_REFUSED, "no lease: %s",
                  member(opened, "advice"));
    json_object_set(mint, "case", json_object_get(opened, "id"));
    json_decref(opened);
    return may_lease ? 0 : -1;
}

static int fill_mint(struct cli *cli, json_t *body, struct error *err)
{
    bool has_case = cli_option(cli, CLI_CASE) != NULL;
    bool has_bounce = cli_option(cli, CLI_BOUNCE) != NULL;

    if (has_case == has_bounce)
        return error_set(err, ERROR_INVALID, "mint needs --case N or --bounce FILE");
    if (body_put_number(cli, CLI_CASE, "case", body, err) != 0 ||
        body_put_number(cli, CLI_MESSAGES, "messages", body, err) != 0 ||
        body_put_number(cli, CLI_RECIPIENTS, "recipients", body, err) != 0 ||
        body_put_option(cli, CLI_MESSAGE_SIZE, "message_size", body, err) != 0 ||
        body_put_option(cli, CLI_MAILBOX, "mailbox", body, err) != 0 ||
        body_put_option(cli, CLI_FOR, "for", body, err) != 0 ||
        body_put_option(cli, CLI_DELIVERY, "delivery", body, err) != 0 ||
        body_put_option(cli, CLI_REASON, "reason", body, err) != 0 ||
        body_put_option(cli, CLI_LANGUAGE, "language", body, err) != 0 ||
        body_put_option(cli, CLI_PROOF, "proof", body, err) != 0 ||
        body_put_option(cli, CLI_TICKET, "ticket", body, err) != 0 ||
        body_put_list(cli, CLI_SENDER, "senders", body, err) != 0 ||
        body_put_list(cli, CLI_RECIPIENT_DOMAIN, "recipient_domains", body, err) != 0)
        return -1;
    return has_bounce ? open_case(cli, body, err) : 0;
}

static bool is_waiting(const json_t *lease)
{
    return strcmp(member(lease, "state"), "pending_approval") == 0;
}

static void tell_waiting(struct cli *cli, const json_t *lease)
{
    const json_t *approval = json_object_get(lease, "approval");
    const json_t *why = json_object_get(approval, "why");

    say("lease %s for %s waits for a second person, until %s:",
        text_of(cli, json_object_get(lease, "id")), member(lease, "mailbox"),
        member(approval, "until"));
    for (size_t i = 0; i < json_array_size(why); i++)
        say("  %s", member(json_array_get(why, i), "sentence"));
    say("\"cleansmtp approve %s\" agrees to it",
        text_of(cli, json_object_get(approval, "id")));
}

/* The link alone on standard output, so that a script can take it; the facts beside it, with the
 * PIN, which must not travel where the link does. */
static void tell_lease(struct cli *cli, const json_t *lease)
{
    const char *id = text_of(cli, json_object_get(lease, "id"));

    if (is_waiting(lease)) {
        tell_waiting(cli, lease);
        return;
    }

    say("lease %s for %s: login %s, sends by %s until %s, at most %s messages", id,
        member(lease, "mailbox"), member(lease, "username"),
        member(lease, "reserved_address"), member(lease, "expires_at"),
        text_of(cli, json_object_get(lease, "messages_max")));
    if (json_object_get(lease, "link") == NULL) {
        say("this lease was made before; its link was shown then. \"cleansmtp lease link "
            "%s\" makes a new one",
            id);
        return;
    }
    say("the link works until %s; send it to the customer:",
        member(lease, "reveal_until"));
    if (json_object_get(lease, "pin") != NULL)
        say("the PIN %s is shown only now; tell it another way than the link, by phone "
            "for example",
            member(lease, "pin"));
    strbuf_printf(&cli->out, "%s\n", member(lease, "link"));
}

static int show_linked(struct cli *cli, json_t *lease)
{
    if (is_waiting(lease))
        cli->exit_status = EXIT_WAITING;
    if (cli->is_json) {
        json_t *out = json_pack("{s:O}", "lease", lease);
        print_json(cli, out);
        json_decref(out);
    } else {
        tell_lease(cli, lease);
    }
    json_decref(lease);
    return 0;
}

int run_mint(struct cli *cli, struct error *err)
{
    const char *key = cli_option(cli, CLI_IDEMPOTENCY_KEY);
    uint8_t bytes[KEY_BYTES];
    char fresh[2 * KEY_BYTES + 1];
    json_t *body = json_object();
    json_t *lease;

    if (fill_mint(cli, body, err) != 0) {
        json_decref(body);
        return -1;
    }
    random_fill(&random_system, bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, fresh);
    if (cli_post_once(cli, "/api/v1/leases", body, key != NULL ? key : fresh, &lease,
                      err) != 0)
        return -1;
    return show_linked(cli, lease);
}

int run_lease_list(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"LEASE",    "id"              },
        {"STATE",    "state"           },
        {"MAILBOX",  "mailbox"         },
        {"USERNAME", "username"        },
        {"ADDRESS",  "reserved_address"},
        {"MESSAGES", "messages_used"   },
        {"ENDS",     "expires_at"      },
    };
    const char *limit = cli_option(cli, CLI_LIMIT);
    const char *of_case = cli_option(cli, CLI_CASE);
    const char *path = "/api/v1/leases";
    uint64_t max = LIST_DEFAULT;
    uint64_t number;
    json_t *items;

    if (limit != NULL && !number_u64(slice_from(limit), 1000000, &max))
        return error_set(err, ERROR_INVALID, "--limit \"%.20s\" is not a number",
                         limit);
    if (of_case != NULL) {
        if (!number_u64(slice_from(of_case), INT64_MAX, &number))
            return error_set(err, ERROR_INVALID, "--case \"%.20s\" is not a number",
                             of_case);
        path = arena_printf(&cli->mem, "/api/v1/leases?case=%s", of_case);
    }
    if (cli_list(cli, path, (size_t)max, &items, err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

int run_lease_show(struct cli *cli, struct error *err)
{
    static const struct column usage[] = {
        {"WHEN",   "at"     },
        {"WHAT",   "kind"   },
        {"CLIENT", "client" },
        {"BY",     "program"},
        {"DETAIL", "text"   },
    };
    json_t *lease;

    if (cli_get(cli, cli_path(cli, "leases", cli->arguments[0], NULL), &lease, err) !=
        0)
        return -1;
    if (cli->is_json)
        return show_object(cli, lease, NULL, 0);
    print_facts(cli, lease, lease_columns, ARRAY_LEN(lease_columns));
    if (json_array_size(json_object_get(lease, "usage")) > 0) {
        strbuf_putc(&cli->out, '\n');
        print_table(cli, json_object_get(lease, "usage"), usage, ARRAY_LEN(usage));
    }
    json_decref(lease);
    return 0;
}

int run_lease_revoke(struct cli *cli, struct error *err)
{
    json_t *body = json_object();
    json_t *lease;

    if (body_put_option(cli, CLI_REASON, "reason", body, err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_post(cli, cli_path(cli, "leases", cli->arguments[0], "revoke"), body,
                 &lease, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, lease, NULL, 0);
    say("lease %s is revoked: the login %s is refused from now on, at the next login and "
        "at the next message",
        text_of(cli, json_object_get(lease, "id")), member(lease, "username"));
    json_decref(lease);
    return 0;
}

int run_lease_extend(struct cli *cli, struct error *err)
{
    json_t *body = json_object();
    json_t *lease;

    if (cli_option(cli, CLI_FOR) == NULL) {
        json_decref(body);
        return error_set(err, ERROR_INVALID,
                         "lease extend needs --for, as in --for 24h");
    }
    if (body_put_option(cli, CLI_FOR, "for", body, err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_post(cli, cli_path(cli, "leases", cli->arguments[0], "extend"), body,
                 &lease, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, lease, NULL, 0);
    say("lease %s lasts until %s", text_of(cli, json_object_get(lease, "id")),
        member(lease, "expires_at"));
    json_decref(lease);
    return 0;
}

int run_lease_link(struct cli *cli, struct error *err)
{
    json_t *lease;

    if (cli_post(cli, cli_path(cli, "leases", cli->arguments[0], "link"), NULL, &lease,
                 err) != 0)
        return -1;
    return show_linked(cli, lease);
}

int run_lease_reveal(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"server",        "server"       },
        {"port",          "port"         },
        {"STARTTLS port", "starttls_port"},
        {"username",      "username"     },
        {"password",      "password"     },
    };
    json_t *shown;

    if (cli_post(cli, cli_path(cli, "leases", cli->arguments[0], "reveal"), NULL,
                 &shown, err) != 0)
        return -1;
    return show_object(cli, shown, columns, ARRAY_LEN(columns));
}
