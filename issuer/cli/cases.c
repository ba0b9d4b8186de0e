/*
 * cases.c - diagnose, case ...
 */
#include "base/base.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/number.h"
#include "issuer/cli/body.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

enum {
    LIST_DEFAULT = 50
};

static int read_input(struct cli *cli, const char *from, struct slice *out,
                      struct error *err)
{
    struct strbuf text;

    if (from != NULL && strcmp(from, "-") != 0)
        return file_read(&cli->mem, from, BOUNCE_MAX, out, err);
    if (isatty(STDIN_FILENO) == 1)
        say("paste the bounce, then press Ctrl-D on a line of its own");
    strbuf_init(&text, BOUNCE_MAX);
    int result = file_read_fd(&text, STDIN_FILENO, BOUNCE_MAX, err);
    if (result == 0)
        *out = slice_of(arena_strndup(&cli->mem, text.at, text.len), text.len);
    else
        error_prefix(err, "standard input");
    strbuf_release(&text);
    return result;
}

int read_bounce(struct cli *cli, const char *from, json_t *body, struct error *err)
{
    struct strbuf encoded;
    struct slice bounce;

    if (read_input(cli, from, &bounce, err) != 0)
        return -1;
    if (slice_is_utf8(bounce) && slice_find_byte(bounce, '\0') < 0) {
        json_object_set_new(body, "bounce", json_stringn(bounce.at, bounce.len));
        return 0;
    }
    /* Bytes that JSON cannot carry: old charsets, binary. */
    strbuf_init(&encoded, (size_t)2 * BOUNCE_MAX);
    base64_append(&encoded, bounce.at, bounce.len);
    json_object_set_new(body, "bounce_base64", json_stringn(encoded.at, encoded.len));
    strbuf_release(&encoded);
    return 0;
}

static void print_diagnosis(struct cli *cli, const json_t *diagnosis)
{
    static const struct column facts[] = {
        {"address",  "address"        },
        {"list",     "list"           },
        {"customer", "mailbox"        },
        {"verdict",  "verdict"        },
        {"clears",   "clears.sentence"},
    };
    static const struct column checks[] = {
        {"WHAT WE CHECKED", "question"},
        {"ANSWER",          "answer"  },
        {"SOURCE",          "source"  },
    };

    print_text(cli, member(diagnosis, "headline"));
    strbuf_putc(&cli->out, '\n');
    print_text(cli, member(diagnosis, "advice"));
    strbuf_puts(&cli->out, "\n\n");
    print_facts(cli, diagnosis, facts, ARRAY_LEN(facts));
    if (json_array_size(json_object_get(diagnosis, "checks")) > 0) {
        strbuf_putc(&cli->out, '\n');
        print_table(cli, json_object_get(diagnosis, "checks"), checks,
                    ARRAY_LEN(checks));
    }
}

/* One line a row that decided: "dnsbl  rules.tsv:25  spamcop". */
static void add_reason(json_t *table, const char *what, const json_t *row)
{
    if (!json_is_object(row))
        return;
    json_t *line = json_object();
    json_object_set_new(line, "what", json_string(what));
    json_object_set(line, "value", json_object_get(row, "value"));
    json_object_set(line, "ip", json_object_get(row, "ip"));
    json_object_set(line, "row", json_object_get(row, "row"));
    json_object_set(line, "matched", json_object_get(row, "matched"));
    json_array_append_new(table, line);
}

static void print_explained(struct cli *cli, const json_t *explained)
{
    static const struct column columns[] = {
        {"WHAT",    "what"   },
        {"IS",      "value"  },
        {"ADDRESS", "ip"     },
        {"ROW",     "row"    },
        {"ON",      "matched"},
    };

    for (size_t i = 0; i < json_array_size(explained); i++) {
        const json_t *reply = json_array_get(explained, i);
        const json_t *roles = json_object_get(reply, "roles");
        json_t *table = json_array();
        add_reason(table, "class", json_object_get(reply, "class"));
        add_reason(table, "list", json_object_get(reply, "list"));
        for (size_t r = 0; r < json_array_size(roles); r++)
            add_reason(table, "address", json_array_get(roles, r));
        strbuf_printf(&cli->out, "\nreply %zu: ", i + 1);
        print_text(cli, member(reply, "text"));
        strbuf_putc(&cli->out, '\n');
        print_table(cli, table, columns, ARRAY_LEN(columns));
        json_decref(table);
    }
}

int run_diagnose(struct cli *cli, struct error *err)
{
    json_t *body = json_object();
    json_t *diagnosis;

    if (body_put_option(cli, CLI_MAILBOX, "mailbox", body, err) != 0 ||
        read_bounce(cli, cli->arguments_count > 0 ? cli->arguments[0] : "-", body,
                    err) != 0) {
        json_decref(body);
        return -1;
    }
    if (cli_option(cli, CLI_EXPLAIN) != NULL)
        json_object_set_new(body, "explain", json_true());
    if (cli_post(cli, "/api/v1/diagnoses", body, &diagnosis, err) != 0)
        return -1;
    if (cli->is_json)
        print_json(cli, diagnosis);
    else
        print_diagnosis(cli, diagnosis);
    if (!cli->is_json)
        print_explained(cli, json_object_get(diagnosis, "explain"));
    cli->exit_status = (int)json_integer_value(json_object_get(diagnosis, "exit"));
    json_decref(diagnosis);
    return 0;
}

int run_case_list(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"CASE",    "id"        },
        {"OPENED",  "created_at"},
        {"VERDICT", "verdict"   },
        {"ADDRESS", "address"   },
        {"LIST",    "list"      },
        {"MAILBOX", "mailbox"   },
        {"BY",      "created_by"},
    };
    const char *limit = cli_option(cli, CLI_LIMIT);
    uint64_t max = LIST_DEFAULT;
    json_t *items;

    if (limit != NULL && !number_u64(slice_from(limit), 1000000, &max))
        return error_set(err, ERROR_INVALID, "--limit \"%.20s\" is not a number",
                         limit);
    if (cli_list(cli, "/api/v1/cases", (size_t)max, &items, err) != 0)
        return -1;
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

static const char *known(const char *text)
{
    return text[0] == '\0' ? "unknown" : text;
}

static void print_leases(struct cli *cli, const json_t *leases)
{
    static const struct column columns[] = {
        {"LEASE",    "id"              },
        {"STATE",    "state"           },
        {"MAILBOX",  "mailbox"         },
        {"ADDRESS",  "reserved_address"},
        {"MESSAGES", "messages_used"   },
        {"ENDS",     "expires_at"      },
    };

    if (json_array_size(leases) == 0)
        return;
    strbuf_putc(&cli->out, '\n');
    print_table(cli, leases, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < json_array_size(leases); i++) {
        const json_t *lease = json_array_get(leases, i);
        const char *refused = member(lease, "last_refusal");
        if (refused[0] == '\0')
            continue;
        strbuf_printf(&cli->out, "lease %s was last refused: ",
                      text_of(cli, json_object_get(lease, "id")));
        print_text(cli, refused);
        strbuf_puts(&cli->out, " (");
        print_text(cli, known(member(lease, "last_refusal_client")));
        strbuf_puts(&cli->out, ", ");
        print_text(cli, known(member(lease, "last_refusal_program")));
        strbuf_puts(&cli->out, ")\n");
    }
}

int run_case_show(struct cli *cli, struct error *err)
{
    json_t *found;

    if (cli_get(cli, cli_path(cli, "cases", cli->arguments[0], NULL), &found, err) != 0)
        return -1;
    if (cli->is_json) {
        print_json(cli, found);
    } else {
        print_diagnosis(cli, found);
        print_leases(cli, json_object_get(found, "leases"));
    }
    json_decref(found);
    return 0;
}
