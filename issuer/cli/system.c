/*
 * system.c - config ...
 */
#include "base/base.h"

#include "base/limits.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

int run_config_check(struct cli *cli, struct error *err)
{
    const struct config *config;

    if (cli_config(cli, &config, err) != 0)
        return -1;
    if (cli->is_json) {
        json_t *out = json_pack("{s:s, s:b}", "path", config->path, "good", 1);
        print_json(cli, out);
        json_decref(out);
    } else {
        say("%s is good", config->path);
    }
    return 0;
}

/* "name = value # default" as a member of out. */
static void put_line(json_t *out, struct slice line)
{
    static const char mark[] = " # default";
    ptrdiff_t equals = slice_find(line, SLICE(" ="));
    bool is_default = slice_ends_nocase(line, mark);
    struct slice value;

    if (equals < 0)
        return;
    value = slice_skip(line, (size_t)equals + 2);
    if (is_default)
        value = slice_take(value, value.len - (sizeof mark - 1));
    value = slice_trim(value);
    json_t *option = json_object();
    json_object_set_new(option, "value", json_stringn(value.at, value.len));
    json_object_set_new(option, "default", json_boolean(is_default));
    json_object_setn_new(out, line.at, (size_t)equals, option);
}

int run_metrics(struct cli *cli, struct error *err)
{
    json_t *answer = NULL;

    if (cli_get(cli, "/api/v1/metrics", &answer, err) != 0)
        return -1;
    if (cli->is_json)
        print_json(cli, answer);
    else
        print_text(cli, member(answer, "text"));
    json_decref(answer);
    return 0;
}

int run_config_show(struct cli *cli, struct error *err)
{
    const struct config *config;
    struct strbuf text;

    if (cli_config(cli, &config, err) != 0)
        return -1;
    strbuf_init(&text, FILE_MAX);
    config_show(config, &text);
    if (cli->is_json) {
        json_t *out = json_object();
        struct slice rest = strbuf_slice(&text);
        struct slice line;
        while (slice_line(&rest, &line))
            put_line(out, line);
        print_json(cli, out);
        json_decref(out);
    } else {
        print_text(cli, text.at);
    }
    strbuf_release(&text);
    return 0;
}
