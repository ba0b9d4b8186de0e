/*
 * tokens.c - token ...
 */
#include "base/base.h"

#include "issuer/cli/body.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

/* "lease:create, diagnose" */
static const char *scopes_of(struct cli *cli, const json_t *token)
{
    return text_of(cli, json_object_get(token, "scopes"));
}

static int fill_token(const struct cli *cli, json_t *body, struct error *err)
{
    if (cli_option(cli, CLI_OWNER) == NULL)
        return error_set(err, ERROR_INVALID,
                         "token create needs --owner: the person whose rights it has a "
                         "part of");
    if (body_put_option(cli, CLI_OWNER, "owner", body, err) != 0 ||
        body_put_option(cli, CLI_FOR, "for", body, err) != 0 ||
        body_put_list(cli, CLI_SCOPE, "scopes", body, err) != 0 ||
        body_put_list(cli, CLI_FROM, "networks", body, err) != 0)
        return -1;
    /* Without a word, the one that changes nothing for a customer. */
    json_t *scopes = json_object_get(body, "scopes");
    if (json_array_size(scopes) == 0)
        json_array_append_new(scopes, json_string("diagnose"));
    return 0;
}

int run_token_create(struct cli *cli, struct error *err)
{
    json_t *body = json_pack("{s:s}", "name", cli->arguments[0]);
    json_t *token;

    if (body == NULL)
        return error_set(err, ERROR_INVALID, "the name is not UTF-8");
    if (fill_token(cli, body, err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_post(cli, "/api/v1/tokens", body, &token, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, token, NULL, 0);
    say("token %s of %s for %s, until %s: it is shown only now",
        text_of(cli, json_object_get(token, "id")), member(token, "owner"),
        scopes_of(cli, token), member(token, "expires_at"));
    strbuf_printf(&cli->out, "%s\n", member(token, "token"));
    json_decref(token);
    return 0;
}

int run_token_list(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"ID",      "id"        },
        {"NAME",    "name"      },
        {"OWNER",   "owner"     },
        {"STATE",   "state"     },
        {"SCOPES",  "scopes"    },
        {"FROM",    "networks"  },
        {"EXPIRES", "expires_at"},
        {"USED",    "used_at"   },
    };
    json_t *items;

    if (cli_list(cli, "/api/v1/tokens", 0, &items, err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

int run_token_revoke(struct cli *cli, struct error *err)
{
    json_t *token;

    if (cli_post(cli, cli_path(cli, "tokens", cli->arguments[0], "revoke"), NULL,
                 &token, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, token, NULL, 0);
    say("token %s of %s (%s) does not work any more",
        text_of(cli, json_object_get(token, "id")), member(token, "owner"),
        member(token, "name"));
    json_decref(token);
    return 0;
}
