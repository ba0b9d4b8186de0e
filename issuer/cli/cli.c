/*
 * cli.c - one invocation: read the words, run the command, print, say what went wrong.
 */
#include "base/base.h"

#include "issuer/cli/cli.h"

#include <getopt.h>

#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

enum {
    OPTION_BASE = 256, /* above every character that getopt may return */
    OPTION_JSON = OPTION_BASE + CLI_OPTION_COUNT,
    OPTION_VERSION,
    OUT_MAX = 64 * 1024 * 1024
};

int cli_exit_status(enum error_kind kind)
{
    static const int statuses[] = {
        [ERROR_NONE] = EXIT_DONE,
        [ERROR_INVALID] = EXIT_USAGE,
        [ERROR_DENIED] = EXIT_DENIED,
        [ERROR_REFUSED] = EXIT_REFUSED,
        [ERROR_NOT_FOUND] = EXIT_NOT_FOUND,
        [ERROR_CONFLICT] = EXIT_REFUSED, /* it is there already, or over already */
        [ERROR_EXHAUSTED] = EXIT_POOL_FULL,
        [ERROR_UNAVAILABLE] = EXIT_TEMPORARY,
        [ERROR_INTEGRITY] = EXIT_INTEGRITY,
        [ERROR_INTERNAL] = EXIT_FAILED,
    };
    _Static_assert(ARRAY_LEN(statuses) == ERROR_KIND_COUNT, "every kind has a status");

    return statuses[kind];
}

const char *cli_option(const struct cli *cli, enum cli_option option)
{
    size_t count = cli->options[option].count;

    return count == 0 ? NULL : cli->options[option].at[count - 1];
}

/* What stands on the command line besides the command's own arguments. */
struct line {
    bool wants_help, wants_version;
    const char *words[CLI_ARGUMENTS_MAX];
    size_t words_count;
};

static int take_option(struct cli *cli, struct line *line, int code, struct error *err)
{
    int option = code - OPTION_BASE;

    if (option >= 0 && option < CLI_OPTION_COUNT) {
        if (cli->options[option].count == CLI_VALUES_MAX)
            return error_set(err, ERROR_INVALID, "--%s is given more than %d times",
                             option_name((enum cli_option)option), (int)CLI_VALUES_MAX);
        cli->options[option].at[cli->options[option].count++] = optarg != NULL ? optarg
                                                                               : "";
        return 0;
    }
    switch (code) {
    case 'c': cli->config_option = optarg; return 0;
    case 'h': line->wants_help = true; return 0;
    case OPTION_JSON: cli->is_json = true; return 0;
    case OPTION_VERSION: line->wants_version = true; return 0;
    default:
        return error_set(err, ERROR_INVALID,
                         "unknown option or missing value; try \"cleansmtp --help\"");
    }
}

static int read_line(struct cli *cli, int argc, char **argv, struct line *line,
                     struct error *err)
{
    struct option known[CLI_OPTION_COUNT + 5] = {0};
    int code;
    int i;

    for (i = 0; i < CLI_OPTION_COUNT; i++)
        known[i] = (struct option){
            option_name((enum cli_option)i),
            option_is_flag((enum cli_option)i) ? no_argument : required_argument, NULL,
            OPTION_BASE + i};
    known[i++] = (struct option){"config", required_argument, NULL, 'c'};
    known[i++] = (struct option){"help", no_argument, NULL, 'h'};
    known[i++] = (struct option){"json", no_argument, NULL, OPTION_JSON};
    known[i] = (struct option){"version", no_argument, NULL, OPTION_VERSION};
    opterr = 0;
    optind = 0; /* glibc: start anew, for tests that run more than one line */
    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while ((code = getopt_long(argc, argv, "c:h", known, NULL)) != -1)
        if (take_option(cli, line, code, err) != 0)
            return -1;
    for (; optind < argc; optind++) {
        if (line->words_count == CLI_ARGUMENTS_MAX)
            return error_set(err, ERROR_INVALID, "too many arguments: \"%.40s\"",
                             argv[optind]);
        line->words[line->words_count++] = argv[optind];
    }
    return 0;
}

static int run_line(struct cli *cli, const struct line *line, struct error *err)
{
    const struct command *command;
    size_t used;

    if (line->wants_version) {
        strbuf_puts(&cli->out, "cleansmtp " CLEANSMTP_VERSION "\n");
        return 0;
    }
    if (line->wants_help && line->words_count == 0) {
        command_help(NULL, &cli->out);
        return 0;
    }
    if (command_find(line->words, line->words_count, &command, &used, err) != 0)
        return -1;
    if (line->wants_help) {
        command_help(command, &cli->out);
        return 0;
    }
    for (size_t i = used; i < line->words_count; i++)
        cli->arguments[cli->arguments_count++] = line->words[i];
    if (command_check(command, cli, err) != 0)
        return -1;
    return command->run(cli, err);
}

int cli_run(int argc, char **argv)
{
    struct cli cli = {0};
    struct line line = {0};
    struct error err = {0};
    int status;

    arena_init(&cli.mem);
    strbuf_init(&cli.out, OUT_MAX);
    if (read_line(&cli, argc, argv, &line, &err) != 0 ||
        run_line(&cli, &line, &err) != 0 || cli_flush(&cli, &err) != 0) {
        say("cleansmtp: %s", err.text);
        status = cli_exit_status(err.kind);
    } else {
        status = cli.exit_status;
    }
    strbuf_wipe(&cli.out); /* it may have held a password */
    config_free(cli.config);
    arena_release(&cli.mem);
    return status;
}
