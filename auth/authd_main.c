/*
 * authd_main.c - cleansmtp-authd: options and wiring.
 */
#include "base/base.h"

#include <getopt.h>
#include <sys/stat.h>

#include "auth/authd_server.h"
#include "base/log.h"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

static const char usage_text[] =
    "usage: cleansmtp-authd [-c FILE] [-t]\n"
    "  -c, --config FILE   read this configuration\n"
    "  -t, --test          check the configuration and exit\n"
    "      --version       print the version\n"
    "  -h, --help          print this\n"
    "Answers the mail server; runs in the foreground and logs to standard error.\n";

struct options {
    const char *config;
    bool is_test;
};

/* -1: go on; else the status to end with. */
static int read_options(int argc, char **argv, struct options *out)
{
    enum {
        OPTION_VERSION = 256
    };
    static const struct option options[] = {
        {"config",  required_argument, NULL, 'c'           },
        {"test",    no_argument,       NULL, 't'           },
        {"version", no_argument,       NULL, OPTION_VERSION},
        {"help",    no_argument,       NULL, 'h'           },
        {NULL,      0,                 NULL, 0             },
    };
    int option;

    /* One thread. */
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    while ((option = getopt_long(argc, argv, "c:th", options, NULL)) != -1) {
        switch (option) {
        case 'c': out->config = optarg; break;
        case 't': out->is_test = true; break;
        case OPTION_VERSION:
            return puts("cleansmtp-authd " CLEANSMTP_VERSION) < 0 ? EXIT_FAILED
                                                                  : EXIT_DONE;
        case 'h': return fputs(usage_text, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
        default: (void)fputs(usage_text, stderr); return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    (void)fputs(usage_text, stderr);
    return EXIT_USAGE;
}

static int serve(struct config *config, struct listeners *listeners,
                 struct successor *successor, enum authd_server_end *out,
                 struct error *err)
{
    const struct authd_parts parts = {
        .config = config, .clock = clock_system, .random = random_system};
    struct authd *authd;

    if (authd_new(&parts, &authd, err) != 0) {
        config_free(config);
        return -1;
    }
    int result = authd_server_run(authd, listeners, successor, out, err);
    authd_free(authd);
    return result;
}

/* Serve, and become the successor when there is one. When it cannot be executed after all, go on:
 * the sockets are where it would have looked for them. */
static int live(const char *path, char *const *argv, struct error *err)
{
    struct successor successor = {.argv = argv};
    struct listeners listeners;
    enum authd_server_end end;
    struct config *config;

    for (;;) {
        if (config_load(path, &config, err) != 0 ||
            serve(config, &listeners, &successor, &end, err) != 0)
            return -1;
        if (end == AUTHD_SERVER_STOPPED)
            return 0;
        if (listeners_pass_on(&listeners, err) != 0)
            return -1;
        (void)successor_become(&successor, err);
        log_event(LOG_LEVEL_ERROR, "successor.refused", "error", err->text, NULL);
    }
}

/* -t */
static int check(const char *path, struct error *err)
{
    struct config *config;

    if (config_load(path, &config, err) != 0)
        return -1;
    config_free(config);
    if (printf("%s: good\n", path) < 0)
        return error_set(err, ERROR_INTERNAL, "could not write");
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct error err = {0};
    int status = read_options(argc, argv, &options);

    if (status >= 0)
        return status;
    (void)umask(0027);
    secret_startup();
    const char *path = config_path(options.config);
    if ((options.is_test ? check(path, &err) : live(path, argv, &err)) == 0)
        return EXIT_DONE;
    log_event(LOG_LEVEL_ERROR, "authd.failed", "error", err.text, NULL);
    return EXIT_FAILED;
}
