/*
 * config.c - the configuration file, by libconfuse: one table of options a section.
 *
 * libconfuse parses and checks types; what a value means is checked in one pass over the finished
 * tree (config_sections.c, config_zones.c). The line of each option is kept on the way, so that every error names file,
 * line and option. An option or section that stands twice is refused: libconfuse would silently
 * forget the first. Of a section or comment that is not closed it says nothing, either: we put a mark
 * behind the text that only the outermost level knows, and see whether it is reached.
 *
 * libconfuse never sees the file itself: its scanner ends the process where a read fails, and
 * has no ceiling.
 */
#include "base/base.h"

#include "base/config.h"

#include <stdarg.h>

#include <confuse.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/config_reading.h"
#include "base/file.h"
#include "base/limits.h"

/* libconfuse declares the default of a list as char *, though it never writes to it. */
static char default_servers[] = "{\"127.0.0.1\"}";
static char default_zones[] = "{\"bl.spamcop.net\"}";
static char no_entries[] = "{}";
static char default_languages[] = "{\"en\", \"de\"}";

/* Defaults as text, in the order of cleansmtp.conf(5). An empty string is filled in from other
 * options (derive). */
static cfg_opt_t brand_options[] = {
    CFG_STR("name", "Mail hosting", CFGF_NONE),
    CFG_STR("support", "", CFGF_NONE),
    CFG_STR("phone", "", CFGF_NONE),
    CFG_STR("logo", "", CFGF_NONE),
    CFG_STR("color", "#0b57b0", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t console_options[] = {
    CFG_STR("listen", "127.0.0.1:8025", CFGF_NONE),
    CFG_STR("url", "http://127.0.0.1:8025", CFGF_NONE),
    CFG_BOOL("proxied", cfg_false, CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t customer_options[] = {
    CFG_STR("listen", "127.0.0.1:8026", CFGF_NONE),
    CFG_STR("url", "http://127.0.0.1:8026", CFGF_NONE),
    CFG_BOOL("proxied", cfg_false, CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t submission_options[] = {
    CFG_STR("host", "clean.mail.example", CFGF_NONE),
    CFG_INT("port", 465, CFGF_NONE),
    CFG_INT("starttls_port", 587, CFGF_NONE),
    CFG_STR("realm", "", CFGF_NONE),
    CFG_STR("canary", "", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t dns_options[] = {
    CFG_STR_LIST("servers", default_servers, CFGF_NONE),
    CFG_INT("port", 53, CFGF_NONE),
    CFG_STR("timeout", "3s", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t zone_options[] = {
    CFG_STR("title", "", CFGF_NONE),
    CFG_STR_LIST("codes", no_entries, CFGF_NONE),
    CFG_STR("lookup_url", "", CFGF_NONE),
    CFG_STR("clears", "?", CFGF_NONE),
    CFG_STR("expiry", "", CFGF_NONE),
    CFG_BOOL("test_points", cfg_true, CFGF_NONE),
    CFG_BOOL("may_grant", cfg_false, CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t key_options[] = {
    CFG_STR("file", "", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t zones_options[] = {
    CFG_STR_LIST("use", default_zones, CFGF_NONE),
    CFG_STR("check_every", "10m", CFGF_NONE),
    CFG_INT("questions_per_second", 20, CFGF_NONE),
    CFG_SEC("zone", zone_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
    CFG_SEC("key", key_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
    CFG_END(),
};
static cfg_opt_t policy_options[] = {
    CFG_STR("lease_default", "24h", CFGF_NONE),
    CFG_STR("lease_max", "72h", CFGF_NONE),
    CFG_INT("messages_max", 100, CFGF_NONE),
    CFG_INT("messages_per_hour", 50, CFGF_NONE),
    CFG_INT("recipients_max", 300, CFGF_NONE),
    CFG_INT("recipients_per_message", 50, CFGF_NONE),
    CFG_STR("message_size_max", "25M", CFGF_NONE),
    CFG_INT("leases_per_week", 2, CFGF_NONE),
    CFG_INT("leases_per_month", 4, CFGF_NONE),
    CFG_INT("agent_leases_per_hour", 20, CFGF_NONE),
    CFG_INT("agent_leases_per_day", 60, CFGF_NONE),
    CFG_STR("link_valid", "2h", CFGF_NONE),
    CFG_STR("proof", "mailbox", CFGF_NONE),
    CFG_BOOL("console_reveal", cfg_false, CFGF_NONE),
    CFG_STR("log_proof", "preferred", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t mta_log_options[] = {
    CFG_STR("file", "", CFGF_NONE),
    CFG_STR("format", "postfix", CFGF_NONE),
    CFG_STR("keep", "30d", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t auth_options[] = {
    CFG_STR("dovecot", "", CFGF_NONE),
    CFG_STR("verify", "", CFGF_NONE),
    CFG_STR("policy", "", CFGF_NONE),
    CFG_STR("socketmap", "", CFGF_NONE),
    CFG_STR("saslauthd", "", CFGF_NONE),
    CFG_STR("nginx", "", CFGF_NONE),
    CFG_STR("nginx_upstream", "", CFGF_NONE),
    CFG_STR("peer", "postfix", CFGF_NONE),
    CFG_STR("group", "", CFGF_NONE),
    CFG_STR("failure_delay", "500ms", CFGF_NONE),
    CFG_END(),
};

#define END_MARK "--end--"

/* libconfuse's callbacks have no context argument; one parse at a time a thread. */
static _Thread_local struct reading *current;

/* Only the mark is the mark: whoever writes one himself has written an unknown option. */
static int on_end(cfg_t *cfg, cfg_opt_t *option, int argc UNUSED,
                  const char **argv UNUSED)
{
    current->is_whole = cfg->line > current->last_line;
    if (current->is_whole)
        return 0;
    cfg_error(cfg, "no such option '%s'", option->name);
    return -1;
}

static cfg_opt_t webhooks_options[] = {
    CFG_STR_LIST("private", no_entries, CFGF_NONE),
    CFG_STR("ca_file", "", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t options[] = {
    CFG_STR("state_dir", "/var/lib/cleansmtp", CFGF_NONE),
    CFG_STR("runtime_dir", "/run/cleansmtp", CFGF_NONE),
    CFG_STR("database", "", CFGF_NONE),
    CFG_STR("timezone", "UTC", CFGF_NONE),
    CFG_STR("template_dir", "", CFGF_NONE),
    CFG_STR_LIST("timezones", no_entries, CFGF_NONE),
    CFG_STR_LIST("languages", default_languages, CFGF_NONE),
    CFG_STR("bounce_program", "", CFGF_NONE),
    CFG_STR("bounce_rules", "", CFGF_NONE),
    CFG_SEC("brand", brand_options, CFGF_NONE),
    CFG_SEC("console", console_options, CFGF_NONE),
    CFG_SEC("customer", customer_options, CFGF_NONE),
    CFG_SEC("submission", submission_options, CFGF_NONE),
    CFG_SEC("dns", dns_options, CFGF_NONE),
    CFG_SEC("zones", zones_options, CFGF_NONE),
    CFG_SEC("policy", policy_options, CFGF_NONE),
    CFG_SEC("mta_log", mta_log_options, CFGF_NONE),
    CFG_SEC("auth", auth_options, CFGF_NONE),
    CFG_SEC("webhooks", webhooks_options, CFGF_NONE),
    CFG_FUNC(END_MARK, on_end),
    CFG_END(),
};

PRINTF(2, 0)
static void on_parse_error(cfg_t *cfg, const char *format, va_list args)
{
    char text[160];

    /* The first message is the cause, later ones its consequences. */
    if (current->cause.kind != ERROR_NONE)
        return;
    int line = cfg->line;
    if (line > current->last_line) {
        line = current->last_line;
        (void)(cfg == current->tree
                   ? snprintf(text, sizeof text, "the file ends too early")
                   : snprintf(text, sizeof text, "section \"%s\" is not closed",
                              cfg_name(cfg)));
    } else if (vsnprintf(text, sizeof text, format, args) < 0) {
        text[0] = '\0';
    }
    error_set(&current->cause, ERROR_INVALID, "%s:%d: %s", current->config->path, line,
              text);
}

/* What an option is called in `seen`. A section with a title is one of many. */
static const char *seen_name(const struct reading *r, cfg_t *cfg, cfg_opt_t *option)
{
    if (cfg == r->tree)
        return option->name;
    if ((option->flags & CFGF_MULTI) != 0) {
        cfg_t *newest = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
        return arena_printf(r->mem, "%s|%s", option->name, cfg_title(newest));
    }
    if (cfg_title(cfg) != NULL)
        return arena_printf(r->mem, "%s|%s|%s", cfg_name(cfg), cfg_title(cfg),
                            option->name);
    return arena_printf(r->mem, "%s|%s", cfg_name(cfg), option->name);
}

/* libconfuse calls this for each option and section that it has read from the file. */
static int on_option(cfg_t *cfg, cfg_opt_t *option)
{
    struct reading *r = current;
    bool is_list = (option->flags & CFGF_LIST) != 0;
    const char *name = seen_name(r, cfg, option);

    for (size_t i = 0; i < r->seen_count; i++)
        if (strcmp(r->seen[i].option, name) == 0) {
            if (is_list) /* called for each of its values */
                return 0;
            cfg_error(cfg, "\"%s\" stands twice, first in line %d", option->name,
                      r->seen[i].line);
            return -1;
        }
    if (r->seen_count == OPTIONS_MAX) {
        cfg_error(cfg, "more than %d options", OPTIONS_MAX);
        return -1;
    }
    r->seen[r->seen_count].option = name;
    r->seen[r->seen_count++].line = cfg->line;
    return 0;
}

/* Sections stand three deep at most: zones, zone, title. */
static void watch_section(struct reading *r, const char *section, const cfg_opt_t *rows)
{
    for (; rows->name != NULL; rows++)
        cfg_set_validate_func(
            r->tree, arena_printf(r->mem, "%s|%s", section, rows->name), on_option);
}

static void watch_options(struct reading *r)
{
    for (const cfg_opt_t *option = options; option->name != NULL; option++) {
        cfg_set_validate_func(r->tree, option->name, on_option);
        if (option->type != CFGT_SEC)
            continue;
        watch_section(r, option->name, option->subopts);
        for (const cfg_opt_t *inner = option->subopts; inner->name != NULL; inner++)
            if (inner->type == CFGT_SEC)
                watch_section(r,
                              arena_printf(r->mem, "%s|%s", option->name, inner->name),
                              inner->subopts);
    }
}

int config_line_of(const struct reading *r, const char *option)
{
    struct slice section = slice_take(slice_from(option), strcspn(option, "|"));
    int line = 0;

    for (size_t i = 0; i < r->seen_count; i++) {
        if (strcmp(r->seen[i].option, option) == 0)
            return r->seen[i].line;
        if (slice_is(section, r->seen[i].option))
            line = r->seen[i].line;
    }
    return line;
}

/* A last line without its newline is a line. */
static int count_lines(struct slice text)
{
    int lines = 1;
    ptrdiff_t end;

    while ((end = slice_find_byte(text, '\n')) >= 0 && (size_t)end + 1 < text.len) {
        text = slice_skip(text, (size_t)end + 1);
        lines++;
    }
    return lines;
}

/* A tree of r's file in r->tree, or -1. r->config->path and r->mem are set. */
static int parse(struct reading *r)
{
    const char *path = r->config->path;
    struct slice text = {0};
    struct error why = {0};

    if (file_read(r->mem, path, FILE_MAX, &text, &why) != 0) {
        if (why.kind != ERROR_NOT_FOUND)
            return error_set(r->err, why.kind, "%s", why.text);
        return error_set(
            r->err, ERROR_NOT_FOUND,
            "there is no \"%s\": run `cleansmtp init`, or name the file with -c", path);
    }
    if (slice_find_byte(text, '\0') >= 0)
        return error_set(r->err, ERROR_INVALID, "%s: is not a text", path);
    r->tree = cfg_init(options, CFGF_NONE);
    if (r->tree == NULL)
        abort();
    cfg_set_error_function(r->tree, on_parse_error);
    watch_options(r);
    r->last_line = count_lines(text);
    current = r;
    int parsed = cfg_parse_buf(r->tree,
                               arena_printf(r->mem, "%s\n" END_MARK "()\n", text.at));
    current = NULL;
    if (parsed == CFG_SUCCESS && r->is_whole)
        return 0;
    if (parsed == CFG_SUCCESS)
        return error_set(r->err, ERROR_INVALID, "%s:%d: a comment is not closed", path,
                         r->last_line);
    if (r->cause.kind != ERROR_NONE)
        return error_set(r->err, ERROR_INVALID, "%s", r->cause.text);
    /* libconfuse says nothing where a name is empty. */
    return error_set(r->err, ERROR_INVALID, "%s:%d: not an option", path,
                     r->tree->line);
}

int config_load(const char *path, struct config **out, struct error *err)
{
    struct reading r = {.err = err};
    int result = -1;

    r.config = xcalloc(1, sizeof *r.config);
    r.mem = xcalloc(1, sizeof *r.mem);
    arena_init(r.mem);
    r.config->memory = r.mem;
    r.config->path = arena_strdup(r.mem, path);
    if (parse(&r) != 0 || config_read_sections(&r) != 0)
        goto out;
    config_list_options(&r);
    *out = r.config;
    r.config = NULL;
    result = 0;

out:
    cfg_free(r.tree);
    config_free(r.config);
    return result;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    arena_release(config->memory);
    free(config->memory);
    free(config);
}

const char *config_path(const char *from_option)
{
    /* Read once at start-up, before threads exist. */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *from_env = getenv("CLEANSMTP_CONFIG");

    if (from_option != NULL)
        return from_option;
    return from_env != NULL && from_env[0] != '\0' ? from_env : CONFIG_DEFAULT_PATH;
}
