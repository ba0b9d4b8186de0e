/*
 * server.c - the table of servers, and the questions each is asked.
 */
#include "base/base.h"

#include "issuer/mtacheck/server.h"

#include "issuer/mtacheck/host.h"
#include "issuer/mtacheck/postfix.h"
#include "issuer/mtacheck/run.h"

/* A login of the shape of ours that was never given (core/credential.h). */
#define SAMPLE_LOGIN "cs-aaaaaaaa"
/* The header by which the recipe for Postfix knows a message of ours again. */
#define SAMPLE_MARK "X-Clean-Message: yes"

enum {
    ARGUMENTS_MAX = 8
};

static int add_fact(struct mtacheck_facts *facts, struct arena *mem, const char *scope,
                    const char *name, const char *fact, struct error *err)
{
    if (settings_find(&facts->host, scope, name) != NULL)
        return 0;
    return settings_add(&facts->host, mem, (struct setting){scope, name, fact}, err);
}

typedef int (*reader)(struct settings *settings, struct arena *mem, struct slice text,
                      struct error *err);

/* program -c config words... */
static const char *const *command_line(struct arena *mem, const char *program,
                                       const char *option, const char *config,
                                       const char *const *words)
{
    const char **argv = arena_array(mem, ARGUMENTS_MAX + 4, sizeof *argv);
    size_t argc = 0;

    argv[argc++] = program;
    if (config != NULL) {
        argv[argc++] = option;
        argv[argc++] = config;
    }
    for (size_t i = 0; i < ARGUMENTS_MAX && words[i] != NULL; i++)
        argv[argc++] = words[i];
    return argv;
}

static int ask(struct mtacheck_facts *facts, struct arena *mem, const char *const *argv,
               reader read, struct error *err)
{
    struct slice text;

    if (run_program_well(mem, argv, &text, err) != 0) {
        if (err->kind == ERROR_NOT_FOUND)
            err->kind = ERROR_UNAVAILABLE;
        return -1;
    }
    return read(&facts->settings, mem, text, err);
}

/* The server's file: config itself, or the one of that name in the folder config. */
static const char *config_file(struct arena *mem, const char *config, const char *name)
{
    if (config == NULL || !host_is_folder(config))
        return config;
    return arena_printf(mem, "%s/%s", config, name);
}

static int gather_addresses(struct mtacheck_facts *facts, struct arena *mem,
                            struct error *err)
{
    for (size_t i = 0; i < facts->lanes_count; i++)
        if (add_fact(facts, mem, "address", facts->lanes[i].address,
                     host_address(facts->lanes[i].address), err) != 0)
            return -1;
    return 0;
}

/* ---- Postfix --------------------------------------------------------------------------- */

/* What the table answers about a key. A table that complains is left unknown. */
static int ask_table(struct mtacheck_facts *facts, struct arena *mem,
                     const char *config, const struct setting *question,
                     struct error *err)
{
    const char *const words[] = {"-q", question->value, question->name, NULL};
    struct error why = {0};
    struct run run;

    if (settings_find(&facts->host, question->scope, question->name) != NULL ||
        run_program(mem, command_line(mem, "postmap", "-c", config, words), &run,
                    &why) != 0 ||
        run.complaint[0] != '\0')
        return 0;
    return add_fact(facts, mem, question->scope, question->name,
                    arena_slice(mem, slice_trim(run.output)), err);
}

/* Every check_sasl_access of a list, about a login of ours; with is_header every table, about our
 * mark. */
static int ask_tables_of(struct mtacheck_facts *facts, struct arena *mem,
                         const char *config, const struct setting *row,
                         struct error *err)
{
    bool is_header = slice_ends_nocase(slice_from(row->name), "header_checks");
    struct slice rest = slice_from(row->value);
    struct slice word;

    if (!is_header && !slice_ends_nocase(slice_from(row->name), "_restrictions"))
        return 0;
    while (settings_word(&rest, &word)) {
        struct setting question = {.scope = "mark", .value = SAMPLE_MARK};
        if (!is_header) {
            if (!slice_is(word, "check_sasl_access") || !settings_word(&rest, &word))
                continue;
            question = (struct setting){.scope = "table", .value = SAMPLE_LOGIN};
        }
        question.name = arena_slice(mem, word);
        if (ask_table(facts, mem, config, &question, err) != 0)
            return -1;
    }
    return 0;
}

static int ask_socket(struct mtacheck_facts *facts, struct arena *mem, const char *path,
                      const struct host_user *user, struct error *err)
{
    if (path == NULL || path[0] == '\0')
        return 0;
    return add_fact(facts, mem, "socket", path, host_socket(path, user), err);
}

static int look_around_postfix(struct mtacheck_facts *facts, struct arena *mem,
                               const char *config, struct error *err)
{
    const struct settings *settings = &facts->settings;
    struct host_user user;
    /* smtpd gives up all groups but its user's own. */
    bool is_known = host_user_find(postfix_value(facts, "", "mail_owner"), false,
                                   &user);
    const struct host_user *owner = is_known ? &user : NULL;

    if (ask_socket(facts, mem, facts->policy, owner, err) != 0 ||
        ask_socket(facts, mem, facts->socketmap, owner, err) != 0 ||
        ask_socket(facts, mem, facts->saslauthd, owner, err) != 0 ||
        ask_socket(facts, mem, facts->auth, owner, err) != 0)
        return -1;
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *row = &settings->at[i];
        struct slice value = slice_from(row->value);
        if (ask_tables_of(facts, mem, config, row, err) != 0)
            return -1;
        if (strcmp(row->name, "smtpd_sasl_path") == 0 &&
            ask_socket(facts, mem, postfix_socket_path(facts, mem, value), owner,
                       err) != 0)
            return -1;
    }
    return gather_addresses(facts, mem, err);
}

static int gather_postfix(struct mtacheck_facts *facts, struct arena *mem,
                          const char *config, struct error *err)
{
    static const char *const main_words[] = {"-x", NULL};
    static const char *const field_words[] = {"-F", NULL};
    static const char *const option_words[] = {"-P", "-x", NULL};
    static const char *const *const questions[] = {main_words, field_words,
                                                   option_words};

    for (size_t i = 0; i < ARRAY_LEN(questions); i++)
        if (ask(facts, mem, command_line(mem, "postconf", "-c", config, questions[i]),
                settings_read_postconf, err) != 0)
            return -1;
    return look_around_postfix(facts, mem, config, err);
}

/* ---- Dovecot ----------------------------------------------------------------------------- */

/* A setting of a service; NULL when it is not set. */
static const char *service_value(const struct mtacheck_facts *facts,
                                 const char *service, const char *name)
{
    const struct settings *settings = &facts->settings;

    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *row = &settings->at[i];
        if (strcmp(row->name, name) == 0 && settings_block_is(row->scope, service))
            return row->value;
    }
    return NULL;
}

/* Who asks: the service's user with the groups that it is given. An empty user is root (2.3 shows
 * it so); one that is not set, or refers to it, is default_internal_user. */
static bool dovecot_user(const struct mtacheck_facts *facts, struct arena *mem,
                         const char *service, struct host_user *out)
{
    const char *name = service_value(facts, service, "user");
    const char *group = service_value(facts, service, "group");
    struct slice rest = slice_from(service_value(facts, service, "extra_groups"));
    struct slice word;

    if (name == NULL || name[0] == '$')
        name = settings_find(&facts->settings, "", "default_internal_user");
    if (name == NULL || !host_user_find(name[0] == '\0' ? "root" : name, false, out))
        return false;
    if (group != NULL)
        host_user_join(out, group);
    while (settings_word(&rest, &word))
        host_user_join(out, arena_slice(mem, word));
    return true;
}

/* Every absolute path in the values of passdbs, be it "/x", "file=/x" or one word of several. */
static int ask_files(struct mtacheck_facts *facts, struct arena *mem, struct error *err)
{
    const struct settings *settings = &facts->settings;

    for (size_t i = 0; i < settings->count; i++) {
        struct slice rest = slice_from(settings->at[i].value);
        struct slice word;
        if (!settings_block_is(settings->at[i].scope, "passdb"))
            continue;
        while (settings_word(&rest, &word)) {
            ptrdiff_t slash = slice_find_byte(word, '/');
            const char *path = arena_slice(
                mem, slice_skip(word, slash > 0 ? (size_t)slash : 0));
            if (slash >= 0 &&
                (add_fact(facts, mem, "file", path, host_file(path), err) != 0 ||
                 (slice_ends_nocase(slice_from(path), ".lua") &&
                  add_fact(facts, mem, "script", path, host_script(path, facts->verify),
                           err) != 0)))
                return -1;
        }
    }
    return 0;
}

static int gather_dovecot(struct mtacheck_facts *facts, struct arena *mem,
                          const char *config, struct error *err)
{
    static const char *const words[] = {"-a", NULL};
    struct host_user user;

    config = config_file(mem, config, "dovecot.conf");
    if (ask(facts, mem, command_line(mem, "doveconf", "-c", config, words),
            settings_read_doveconf, err) != 0 ||
        ask_files(facts, mem, err) != 0)
        return -1;
    const char *service = mtacheck_dovecot_service(facts);
    return ask_socket(facts, mem, facts->verify,
                      dovecot_user(facts, mem, service, &user) ? &user : NULL, err);
}

/* ---- Exim ----------------------------------------------------------------------------------- */

/* Debian calls it exim4, others exim. */
static const char *exim_program(struct arena *mem)
{
    const char *const argv[] = {"exim4", "-bV", NULL};
    struct error err = {0};
    struct run run;

    return run_program(mem, argv, &run, &err) == 0 ? "exim4" : "exim";
}

static int gather_exim(struct mtacheck_facts *facts, struct arena *mem,
                       const char *config, struct error *err)
{
    static const char *const config_words[] = {"-bP", "config", NULL};
    static const char *const user_words[] = {"-bP", "exim_user", NULL};
    static const char *const *const questions[] = {user_words, config_words};
    const char *program = exim_program(mem);
    struct host_user user;

    config = config_file(mem, config, "exim.conf");
    for (size_t i = 0; i < ARRAY_LEN(questions); i++)
        if (ask(facts, mem, command_line(mem, program, "-C", config, questions[i]),
                settings_read_exim, err) != 0)
            return -1;
    const char *name = settings_find(&facts->settings, "", "exim_user");
    bool is_known = name != NULL && host_user_find(name, true, &user);
    if (ask_socket(facts, mem, facts->policy, is_known ? &user : NULL, err) != 0 ||
        ask_socket(facts, mem, facts->auth, is_known ? &user : NULL, err) != 0 ||
        ask_socket(facts, mem, facts->saslauthd, is_known ? &user : NULL, err) != 0)
        return -1;
    return gather_addresses(facts, mem, err);
}

const struct mtacheck_server *mtacheck_server_find(const char *name)
{
    static const struct mtacheck_server servers[] = {
        {"postfix",   gather_postfix, mtacheck_postfix  },
        {"dovecot",   gather_dovecot, mtacheck_dovecot23},
        {"dovecot24", gather_dovecot, mtacheck_dovecot24},
        {"exim",      gather_exim,    mtacheck_exim     },
    };

    for (size_t i = 0; i < ARRAY_LEN(servers); i++)
        if (strcmp(servers[i].name, name) == 0)
            return &servers[i];
    return NULL;
}
