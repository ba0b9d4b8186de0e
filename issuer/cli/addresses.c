/*
 * addresses.c - shared ..., pool ..., listing ...
 */
#include "base/base.h"

#include "base/escape.h"
#include "base/number.h"
#include "core/pool.h"
#include "issuer/cli/body.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

static const struct column pool_columns[] = {
    {"ADDRESS", "address"    },
    {"STATE",   "state"      },
    {"LANE",    "lane"       },
    {"HELO",    "helo"       },
    {"LEASES",  "live_leases"},
    {"ROOM",    "capacity"   },
};
static const struct column listing_columns[] = {
    {"LIST",    "list"      },
    {"STATE",   "state"     },
    {"CODE",    "code"      },
    {"SINCE",   "since"     },
    {"CHECKED", "checked_at"},
    {"WHY",     "why"       },
};

int run_shared_add(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"shared", "network"},
        {"label",  "label"  },
    };
    json_t *body = json_pack("{s:s, s:s*}", "network", cli->arguments[0], "label",
                             cli_option(cli, CLI_LABEL));
    json_t *made;

    if (body == NULL)
        return error_set(err, ERROR_INVALID, "the label is not UTF-8");
    if (cli_post(cli, "/api/v1/shared", body, &made, err) != 0)
        return -1;
    return show_object(cli, made, columns, ARRAY_LEN(columns));
}

int run_shared_list(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"NETWORK", "network"   },
        {"SINCE",   "created_at"},
        {"LABEL",   "label"     },
    };
    json_t *items;

    if (cli_list(cli, "/api/v1/shared", 0, &items, err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

int run_shared_remove(struct cli *cli, struct error *err)
{
    if (cli_delete(cli, cli_path(cli, "shared", cli->arguments[0], NULL), err) != 0)
        return -1;
    say("%s is not shared any more", cli->arguments[0]);
    return 0;
}

int run_pool_add(struct cli *cli, struct error *err)
{
    const char *lane = cli_option(cli, CLI_LANE);
    const char *helo = cli_option(cli, CLI_HELO);
    const char *capacity = cli_option(cli, CLI_CAPACITY);
    uint64_t room = 0;
    json_t *made;
    json_t *body;

    if (lane == NULL || helo == NULL)
        return error_set(err, ERROR_INVALID,
                         "pool add needs --lane NAME and --helo NAME");
    if (capacity != NULL && !number_u64(slice_from(capacity), POOL_CAPACITY_MAX, &room))
        return error_set(err, ERROR_INVALID, "--capacity \"%.20s\" is not a number",
                         capacity);
    body = json_pack("{s:s, s:s, s:s}", "address", cli->arguments[0], "lane", lane,
                     "helo", helo);
    if (body == NULL)
        return error_set(err, ERROR_INVALID, "address, lane and helo must be UTF-8");
    if (capacity != NULL)
        json_object_set_new(body, "capacity", json_integer((json_int_t)room));
    if (cli_post(cli, "/api/v1/pool", body, &made, err) != 0)
        return -1;
    return show_object(cli, made, pool_columns, ARRAY_LEN(pool_columns));
}

int run_pool_list(struct cli *cli, struct error *err)
{
    json_t *items;

    if (cli_list(cli, "/api/v1/pool", 0, &items, err) != 0)
        return -1;
    return show_items(cli, items, pool_columns, ARRAY_LEN(pool_columns));
}

int run_pool_show(struct cli *cli, struct error *err)
{
    json_t *found;

    if (cli_get(cli, cli_path(cli, "pool", cli->arguments[0], NULL), &found, err) != 0)
        return -1;
    if (cli->is_json)
        return show_object(cli, found, NULL, 0);
    print_facts(cli, found, pool_columns, ARRAY_LEN(pool_columns));
    const json_t *listings = json_object_get(found, "listings");
    if (json_array_size(listings) > 0) {
        strbuf_putc(&cli->out, '\n');
        print_table(cli, listings, listing_columns, ARRAY_LEN(listing_columns));
    }
    json_decref(found);
    return 0;
}

static int change_pool(struct cli *cli, const char *verb, struct error *err)
{
    json_t *body = json_object();
    json_t *found;

    if (body_put_option(cli, CLI_REASON, "reason", body, err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_post(cli, cli_path(cli, "pool", cli->arguments[0], verb), body, &found,
                 err) != 0)
        return -1;
    if (json_integer_value(json_object_get(found, "moved")) > 0)
        say("%s leases moved to another address",
            text_of(cli, json_object_get(found, "moved")));
    if (json_integer_value(json_object_get(found, "waiting")) > 0)
        say("%s leases wait for room: add an address, or end leases; their messages are "
            "deferred until then",
            text_of(cli, json_object_get(found, "waiting")));
    return show_object(cli, found, pool_columns, ARRAY_LEN(pool_columns));
}

int run_pool_drain(struct cli *cli, struct error *err)
{
    return change_pool(cli, "drain", err);
}

int run_pool_rest(struct cli *cli, struct error *err)
{
    return change_pool(cli, "rest", err);
}

int run_pool_retire(struct cli *cli, struct error *err)
{
    return change_pool(cli, "retire", err);
}

int run_pool_activate(struct cli *cli, struct error *err)
{
    return change_pool(cli, "activate", err);
}

int run_listing_check(struct cli *cli, struct error *err)
{
    json_t *body = json_pack("{s:s}", "address", cli->arguments[0]);
    json_t *found;

    if (body == NULL)
        return error_set(err, ERROR_INVALID, "the address is not text");
    if (cli_post(cli, "/api/v1/listings/check", body, &found, err) != 0)
        return -1;
    json_t *items = json_incref(json_object_get(found, "items"));
    json_decref(found);
    return show_items(cli, items, listing_columns, ARRAY_LEN(listing_columns));
}

int run_listing_history(struct cli *cli, struct error *err)
{
    struct strbuf address;
    json_t *items;

    strbuf_init(&address, 256);
    escape_append(&address, ESCAPE_URL, slice_from(cli->arguments[0]));
    const char *path = arena_printf(&cli->mem, "/api/v1/listings/history?address=%s",
                                    address.at);
    strbuf_release(&address);
    if (cli_list(cli, path, 0, &items, err) != 0)
        return -1;
    return show_items(cli, items, listing_columns, ARRAY_LEN(listing_columns));
}
