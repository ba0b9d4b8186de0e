/*
 * body.c - options into JSON, each word or none of them.
 */
#include "base/base.h"

#include "issuer/cli/body.h"

#include "base/number.h"
#include "issuer/cli/command.h"

/* json_string is NULL for what is not UTF-8, and json_..._new fail for NULL. */
static int refuse_bytes(enum cli_option option, struct error *err)
{
    return error_set(err, ERROR_INVALID, "--%s is not UTF-8", option_name(option));
}

int body_put_option(const struct cli *cli, enum cli_option option, const char *key,
                    json_t *body, struct error *err)
{
    const char *value = cli_option(cli, option);

    if (value != NULL && json_object_set_new(body, key, json_string(value)) != 0)
        return refuse_bytes(option, err);
    return 0;
}

int body_put_number(const struct cli *cli, enum cli_option option, const char *key,
                    json_t *body, struct error *err)
{
    const char *value = cli_option(cli, option);
    int64_t number;

    if (value == NULL)
        return 0;
    if (!number_i64(slice_from(value), 1, INT64_MAX, &number))
        return error_set(err, ERROR_INVALID, "--%s \"%.20s\" is not a number",
                         option_name(option), value);
    json_object_set_new(body, key, json_integer(number));
    return 0;
}

int body_put_list(const struct cli *cli, enum cli_option option, const char *key,
                  json_t *body, struct error *err)
{
    json_t *list = json_array();

    for (size_t i = 0; i < cli->options[option].count; i++)
        if (json_array_append_new(list, json_string(cli->options[option].at[i])) != 0) {
            json_decref(list);
            return refuse_bytes(option, err);
        }
    json_object_set_new(body, key, list);
    return 0;
}
