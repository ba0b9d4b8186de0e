/*
 * audit.c - audit ...
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/number.h"
#include "base/timetext.h"
#include "core/audit.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

enum {
    TAIL_DEFAULT = 20,
    TAIL_MAX = 500,
    EXPORT_PAGE = 500,
    EXPORT_MAX = 1024 * 1024 * 1024
};

static bool read_hash(const json_t *line, const char *key, uint8_t out[DIGEST_BYTES])
{
    return hex_decode(slice_from(member(line, key)), out, DIGEST_BYTES);
}

/* One line of an export is the record that follows; false when it is not. prev is the record
 * before, and becomes this one (seq and hash only). */
static bool follows(const json_t *line, struct audit_record *prev)
{
    struct audit_record record = {
        .seq = json_integer_value(json_object_get(line, "seq")),
        .actor = member(line, "actor"),
        .action = member(line, "action"),
        .object = member(line, "object"),
        .detail = member(line, "detail"),
    };

    if (!timetext_rfc3339_parse(slice_from(member(line, "at")), &record.at) ||
        !read_hash(line, "hash", record.hash) ||
        !read_hash(line, "prev_hash", record.prev_hash) ||
        !audit_follows(&record, prev->seq, prev->hash))
        return false;
    prev->seq = record.seq;
    memcpy(prev->hash, record.hash, sizeof prev->hash);
    return true;
}

static int verify_lines(struct slice text, int64_t *out_records, struct error *err)
{
    struct audit_record last = {0};
    struct slice line;
    int64_t number = 0;

    while (slice_line(&text, &line)) {
        json_t *record = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, NULL);
        bool is_good = json_is_object(record) && follows(record, &last);
        json_decref(record);
        number++;
        if (!is_good)
            return error_set(err, ERROR_INTEGRITY,
                             "line %lld is not the record that belongs there",
                             (long long)number);
    }
    *out_records = last.seq;
    return 0;
}

/* What `audit export` printed, checked without the daemon: the copy of an auditor. */
static int verify_file(const char *path, int64_t *out_records, struct error *err)
{
    struct strbuf text;
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
                                    : open(path, O_RDONLY | O_CLOEXEC);
    int result = -1;

    if (fd < 0)
        return error_set_errno(err,
                               errno == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE,
                               errno, "could not open \"%s\"", path);
    strbuf_init(&text, EXPORT_MAX);
    if (file_read_fd(&text, fd, EXPORT_MAX, err) == 0)
        result = verify_lines(strbuf_slice(&text), out_records, err);
    if (result != 0)
        error_prefix(err, "\"%s\"", path);
    strbuf_release(&text);
    close(fd);
    return result;
}

int run_audit_verify(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"records", "records"},
        {"intact",  "intact" },
    };
    json_t *answer;

    if (cli->arguments_count > 0) {
        int64_t records = 0;
        if (verify_file(cli->arguments[0], &records, err) != 0)
            return -1;
        answer = json_pack("{s:I, s:b}", "records", (json_int_t)records, "intact", 1);
    } else if (cli_get(cli, "/api/v1/audit/verify", &answer, err) != 0) {
        return -1;
    }
    return show_object(cli, answer, columns, ARRAY_LEN(columns));
}

int run_audit_tail(struct cli *cli, struct error *err)
{
    static const struct column columns[] = {
        {"SEQ",    "seq"   },
        {"WHEN",   "at"    },
        {"WHO",    "actor" },
        {"WHAT",   "action"},
        {"OBJECT", "object"},
        {"DETAIL", "detail"},
    };
    const char *limit = cli_option(cli, CLI_LIMIT);
    uint64_t max = TAIL_DEFAULT;
    json_t *answer;

    if (limit != NULL && (!number_u64(slice_from(limit), TAIL_MAX, &max) || max == 0))
        return error_set(err, ERROR_INVALID, "--limit must be from 1 to %d",
                         (int)TAIL_MAX);
    if (cli_get(
            cli,
            arena_printf(&cli->mem, "/api/v1/audit?tail=%llu", (unsigned long long)max),
            &answer, err) != 0)
        return -1;
    json_t *items = json_incref(json_object_get(answer, "items"));
    json_decref(answer);
    return show_items(cli, items, columns, ARRAY_LEN(columns));
}

static void print_lines(struct cli *cli, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        char *line = json_dumps(json_array_get(items, i), JSON_COMPACT);
        strbuf_printf(&cli->out, "%s\n", line);
        free(line);
    }
}

/* Page by page to standard output: the record may be longer than memory should be. */
int run_audit_export(struct cli *cli, struct error *err)
{
    char next[24] = "0";

    while (next[0] != '\0') {
        json_t *page;
        if (cli_get(cli,
                    arena_printf(&cli->mem, "/api/v1/audit?limit=%d&after=%s",
                                 (int)EXPORT_PAGE, next),
                    &page, err) != 0)
            return -1;
        print_lines(cli, json_object_get(page, "items"));
        int len = snprintf(next, sizeof next, "%s", member(page, "next"));
        json_decref(page);
        if (len < 0 || cli_flush(cli, err) != 0)
            return -1;
    }
    return 0;
}
