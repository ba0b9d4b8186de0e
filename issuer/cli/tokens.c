/*
 * tokens.c - token ...
 */
#include "base/base.h"

#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

static json_t *words_of(const struct cli *cli, enum cli_option option)
{
    json_t *array = json_array();

    for (size_t i = 0; i < cli->options[option].count; i++) {
        json_t *word = json_string(cli->options[option].at[i]);
        /* What is not UTF-8 is refused there, not left out: one word less may allow more. */
        json_array_append_new(array, word != NULL ? word : json_null());
    }
    return array;
}

/* "lease:create, diagnose" */
static const char *scopes_of(struct cli *cli, const json_t *token)
{
    return text_of(cli, json_object_get(token, "scopes"));
}

int run_token_create(struct cli *cli, struct error *err)
{
    const char *owner = cli_option(cli, CLI_OWNER);
    const char *lasts = cli_option(cli, CLI_FOR);
    json_t *scopes = words_of(cli, CLI_SCOPE);
    json_t *token;

    if (owner == NULL) {
        json_decref(scopes);
        return error_set(err, ERROR_INVALID,
                         "token create needs --owner: the person whose rights it has a "
                         "part of");
    }
    /* Without a word, the one that changes nothing for a customer. */
    if (json_array_size(scopes) == 0)
        json_array_append_new(scopes, json_string("diagnose"));
    json_t *body = json_pack("{s:s, s:s, s:o, s:o, s:s*}", "name", cli->arguments[0],
                             "owner", owner, "scopes", scopes, "networks",
                             words_of(cli, CLI_FROM), "for", lasts);
    if (body == NULL)
        return error_set(err, ERROR_INVALID, "an argument is not UTF-8");
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
