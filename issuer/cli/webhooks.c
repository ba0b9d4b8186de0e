/*
 * webhooks.c - webhook ...
 */
#include "base/base.h"

#include "issuer/cli/body.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

/* The secret alone on standard output. */
static int show_secret(struct cli *cli, json_t *hook)
{
    if (cli->is_json)
        return show_object(cli, hook, NULL, 0);
    say("webhook %lld: this is the secret of its signatures, shown once",
        (long long)json_integer_value(json_object_get(hook, "id")));
    strbuf_printf(&cli->out, "%s\n", member(hook, "secret"));
    json_decref(hook);
    return 0;
}

int run_webhook_add(struct cli *cli, struct error *err)
{
    json_t *hook = NULL;
    json_t *body = json_pack("{s:s}", "url", cli->arguments[0]);

    if (body == NULL)
        return error_set(err, ERROR_INVALID, "the URL is not UTF-8");
    if (body_put_list(cli, CLI_EVENT, "events", body, err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_post(cli, "/api/v1/webhooks", body, &hook, err) != 0)
        return -1;
    return show_secret(cli, hook);
}

int run_webhook_rotate(struct cli *cli, struct error *err)
{
    json_t *hook = NULL;
    json_t *body = json_object();

    if (body_put_option(cli, CLI_FOR, "for", body, err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_post(cli, cli_path(cli, "webhooks", cli->arguments[0], "rotate"), body,
                 &hook, err) != 0)
        return -1;
    bool goes_on = !json_is_null(json_object_get(hook, "old_secret_until"));
    if (!cli->is_json)
        say("the old secret %s%s",
            goes_on ? "signs too until " : "does not sign any more",
            goes_on ? member(hook, "old_secret_until") : "");
    return show_secret(cli, hook);
}

int run_webhook_list(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"ID",        "id"           },
        {"URL",       "url"          },
        {"EVENTS",    "events"       },
        {"ON",        "enabled"      },
        {"FAILING",   "failing_since"},
        {"OFF SINCE", "disabled_at"  },
        {"WHY",       "disabled_why" },
    };
    json_t *items = NULL;

    if (cli_list(cli, "/api/v1/webhooks", 0, &items, err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

int run_webhook_remove(struct cli *cli, struct error *err)
{
    if (cli_delete(cli, cli_path(cli, "webhooks", cli->arguments[0], NULL), err) != 0)
        return -1;
    if (!cli->is_json)
        say("webhook %s is removed", cli->arguments[0]);
    return 0;
}

static int act(struct cli *cli, const char *what, const char *sentence,
               struct error *err)
{
    json_t *hook = NULL;

    if (cli_post(cli, cli_path(cli, "webhooks", cli->arguments[0], what), NULL, &hook,
                 err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, hook, NULL, 0);
    say("webhook %s %s", cli->arguments[0], sentence);
    json_decref(hook);
    return 0;
}

int run_webhook_test(struct cli *cli, struct error *err)
{
    return act(cli, "test", "gets a test event now; see \"cleansmtp webhook log\"",
               err);
}

int run_webhook_enable(struct cli *cli, struct error *err)
{
    return act(cli, "enable", "is switched on", err);
}

int run_webhook_disable(struct cli *cli, struct error *err)
{
    return act(cli, "disable", "is switched off", err);
}

int run_webhook_log(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"ID",     "id"      },
        {"EVENT",  "event"   },
        {"ABOUT",  "object"  },
        {"STATE",  "state"   },
        {"TRIES",  "attempts"},
        {"STATUS", "status"  },
        {"TRIED",  "tried_at"},
        {"NEXT",   "next_at" },
        {"WHY",    "why"     },
    };
    json_t *items = NULL;

    if (cli_list(cli, cli_path(cli, "webhooks", cli->arguments[0], "posts"), 0, &items,
                 err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}
