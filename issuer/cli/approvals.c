/*
 * approvals.c - approval list, approve, deny.
 */
#include "base/base.h"

#include "issuer/cli/body.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

int run_approval_list(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"REQUEST",  "id"      },
        {"CASE",     "case"    },
        {"LEASE",    "lease"   },
        {"MAILBOX",  "mailbox" },
        {"ASKED BY", "asked_by"},
        {"UNTIL",    "until"   },
        {"DOUBTS",   "doubts"  },
    };
    json_t *items;

    if (cli_list(cli, "/api/v1/approvals", 0, &items, err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

static int decide(struct cli *cli, const char *verb, json_t **out, struct error *err)
{
    json_t *body = json_object();

    if (body_put_option(cli, CLI_REASON, "reason", body, err) != 0) {
        json_decref(body);
        return -1;
    }
    return cli_post(cli, cli_path(cli, "approvals", cli->arguments[0], verb), body, out,
                    err);
}

int run_approve(struct cli *cli, struct error *err)
{
    json_t *lease;

    if (decide(cli, "approve", &lease, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, lease, NULL, 0);
    const char *id = text_of(cli, json_object_get(lease, "id"));
    say("lease %s for %s is approved: it sends by %s until %s", id,
        member(lease, "mailbox"), member(lease, "reserved_address"),
        member(lease, "expires_at"));
    say("\"cleansmtp lease link %s\" makes the link for the customer", id);
    json_decref(lease);
    return 0;
}

int run_deny(struct cli *cli, struct error *err)
{
    json_t *lease;

    if (decide(cli, "deny", &lease, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, lease, NULL, 0);
    say("lease %s for %s is denied", text_of(cli, json_object_get(lease, "id")),
        member(lease, "mailbox"));
    json_decref(lease);
    return 0;
}
