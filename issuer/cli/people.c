/*
 * people.c - user ...
 */
#include "base/base.h"

#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

/* A person with the one-use link: the link alone on standard output. */
static int show_invited(struct cli *cli, json_t *user)
{
    if (cli->is_json)
        return show_object(cli, user, NULL, 0);
    say("%s (%s): give them this link to choose a password; it works once, for 24 hours",
        member(user, "name"), member(user, "role"));
    strbuf_printf(&cli->out, "%s\n", member(user, "link"));
    json_decref(user);
    return 0;
}

static int role_of(const struct cli *cli, const char *command, const char **out,
                   struct error *err)
{
    *out = cli_option(cli, CLI_ROLE);
    if (*out != NULL)
        return 0;
    return error_set(err, ERROR_INVALID,
                     "%s needs --role agent, lead, postmaster, auditor or admin",
                     command);
}

int run_user_add(struct cli *cli, struct error *err)
{
    const char *role = NULL;
    json_t *user;
    json_t *body;

    if (role_of(cli, "user add", &role, err) != 0)
        return -1;
    body = json_pack("{s:s, s:s}", "name", cli->arguments[0], "role", role);
    if (body == NULL)
        return error_set(err, ERROR_INVALID, "the name is not UTF-8");
    if (cli_post(cli, "/api/v1/users", body, &user, err) != 0)
        return -1;
    return show_invited(cli, user);
}

int run_user_list(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"NAME",     "name"        },
        {"ROLE",     "role"        },
        {"PASSWORD", "has_password"},
        {"SINCE",    "created_at"  },
        {"DISABLED", "disabled_at" },
    };
    json_t *items;

    if (cli_list(cli, "/api/v1/users", 0, &items, err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

int run_user_role(struct cli *cli, struct error *err)
{
    const char *role = NULL;
    json_t *user;

    if (role_of(cli, "user role", &role, err) != 0 ||
        cli_post(cli, cli_path(cli, "users", cli->arguments[0], "role"),
                 json_pack("{s:s}", "role", role), &user, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, user, NULL, 0);
    say("%s has the role %s from now on", member(user, "name"), member(user, "role"));
    json_decref(user);
    return 0;
}

int run_user_disable(struct cli *cli, struct error *err)
{
    json_t *user;

    if (cli_post(cli, cli_path(cli, "users", cli->arguments[0], "disable"), NULL, &user,
                 err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, user, NULL, 0);
    say("%s is signed out and may not sign in any more", member(user, "name"));
    json_decref(user);
    return 0;
}

int run_user_reset(struct cli *cli, struct error *err)
{
    json_t *user;

    if (cli_post(cli, cli_path(cli, "users", cli->arguments[0], "reset"), NULL, &user,
                 err) != 0)
        return -1;
    return show_invited(cli, user);
}
