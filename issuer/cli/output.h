/*
 * output.h - what a person reads: tables and lists of facts out of the daemon's JSON.
 *
 * Every text is cleaned for a terminal (ESCAPE_TEXT): a bounce may carry escape sequences. No
 * colour is used anywhere.
 */
#ifndef ISSUER_CLI_OUTPUT_H
#define ISSUER_CLI_OUTPUT_H

#include "issuer/cli/cli.h"

struct column {
    const char *title, *key;
};

/* A cleaned line to standard error. */
void say(const char *format, ...) PRINTF(1, 2);
/* What was appended to cli->out, to standard output. */
NODISCARD int cli_flush(struct cli *cli, struct error *err);

/* Append to cli->out. */
void print_text(struct cli *cli, const char *text); /* cleaned; no line end */
void print_json(struct cli *cli, const json_t *json);
void print_table(struct cli *cli, const json_t *items, const struct column *columns,
                 size_t count);
/* A key may be a path: "clears.sentence". */
void print_facts(struct cli *cli, const json_t *object, const struct column *columns,
                 size_t count);
/* A JSON value as text in cli->mem: "-" for null or absent, arrays with commas. */
const char *text_of(struct cli *cli, const json_t *value);
/* The string of a member, "" when it is none. */
const char *member(const json_t *object, const char *key);

/* items as JSON or as a table; object as JSON or as facts; json is given up. */
int show_items(struct cli *cli, json_t *items, const struct column *columns,
               size_t count);
int show_object(struct cli *cli, json_t *object, const struct column *columns,
                size_t count);

#endif
