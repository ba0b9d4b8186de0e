/*
 * issuer_main.c - `cleansmtpd`: read the configuration, open what is needed, wait for a signal.
 */
#include "base/base.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/inherit.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "base/timezone.h"
#include "issuer/api/api.h"
#include "issuer/dnsbl/zones.h"
#include "issuer/http/server.h"
#include "issuer/jobs/jobs.h"
#include "issuer/render/template.h"
#include "issuer/web/web.h"

enum {
    CONSOLE_THREADS = 8,
    CUSTOMER_THREADS = 4,
    API_THREADS = 4,
    EXIT_USAGE = 2
};

static const char usage[] =
    "usage: cleansmtpd [-c FILE] [-t]\n\n"
    "  -c, --config FILE  the configuration (" CONFIG_DEFAULT_PATH ")\n"
    "  -t, --test         check configuration and templates, and end\n"
    "      --version      the version\n"
    "      --help         this\n\n"
    "Runs in the foreground and logs to standard error. SIGTERM ends it, SIGHUP reads the\n"
    "configuration again. See cleansmtpd(8).\n";

struct daemon {
    const char *config_path;
    struct app *app;
    struct web web;
    struct api api, api_by_token;
    struct site console_site, customer_site, api_site, token_site;
    struct http_server *console, *customer, *local;
    struct jobs *jobs;
    struct inherited inherited; /* what the supervisor gave us, until it is taken */
    bool is_api_own;            /* its file goes with us */
};

/* Where a site listens. */
struct door {
    const char *name, *where;
    const struct site *site;
    unsigned threads;
    struct http_server **server;
};

/* On a socket that a supervisor holds, or on one of our own. */
static int open_door(const struct door *door, struct inherited *inherited,
                     bool *out_is_own, struct error *err)
{
    struct inherited_socket socket;

    if (inherit_or_listen(inherited, door->where, &socket, err) != 0)
        return error_prefix(err, "%s", door->name);
    if (http_server_start(socket.fd, door->site, door->threads, door->server, err) !=
        0) {
        close(socket.fd);
        return error_prefix(err, "%s", door->name);
    }
    *out_is_own = socket.is_own;
    return 0;
}

static int listen_all(struct daemon *daemon, struct error *err)
{
    const struct config *config = app_config(daemon->app);
    char api[4096];
    bool is_own = false;

    if (snprintf(api, sizeof api, "unix:%s/api", config->runtime_dir) >=
        (int)sizeof api)
        return error_set(err, ERROR_INVALID, "runtime_dir is too long a path");
    const struct door doors[] = {
        {"the API",  api,                     &daemon->api_site,      API_THREADS,      &daemon->local},
        {"customer", config->customer.listen, &daemon->customer_site, CUSTOMER_THREADS,
         &daemon->customer                                                                            },
        {"console",  config->console.listen,  &daemon->console_site,  CONSOLE_THREADS,
         &daemon->console                                                                             },
    };
    for (size_t i = 0; i < ARRAY_LEN(doors); i++) {
        if (open_door(&doors[i], &daemon->inherited, &is_own, err) != 0)
            return -1;
        if (doors[i].server == &daemon->local)
            daemon->is_api_own = is_own;
    }
    if (daemon->inherited.count > 0)
        log_event(LOG_LEVEL_WARNING, "socket.unknown", "error",
                  "a socket that was handed over is not in the configuration", NULL);
    return 0;
}

/* Takes config over, as app_new does. */
static int start(struct daemon *daemon, struct config *config, struct error *err)
{
    struct app_parts parts = {
        .config = config, .clock = clock_system, .random = random_system};

    umask(0077);
    /* The mail server's programs pass through the folder to authd's sockets. */
    if (file_mkdirs(config->runtime_dir, 0755, err) != 0 ||
        app_new(&parts, &daemon->app, err) != 0) {
        config_free(config);
        return -1;
    }
    daemon->web = (struct web){.app = daemon->app};
    daemon->api = (struct api){.app = daemon->app, .take_usage = job_usage};
    web_console_site(&daemon->web, &daemon->console_site);
    web_customer_site(&daemon->web, &daemon->customer_site);
    daemon->console_site.is_proxied = config->console.is_proxied;
    daemon->customer_site.is_proxied = config->customer.is_proxied;
    api_site(&daemon->api, &daemon->api_site);
    daemon->api_by_token = daemon->api;
    daemon->api_by_token.wants_token = true;
    api_site(&daemon->api_by_token, &daemon->token_site);
    daemon->console_site.below = "/api/";
    daemon->console_site.other = &daemon->token_site;
    if (jobs_start(daemon->app, &daemon->jobs, err) != 0)
        return -1;
    return listen_all(daemon, err);
}

static void stop(struct daemon *daemon)
{
    struct http_server *const servers[] = {daemon->console, daemon->customer,
                                           daemon->local};
    char path[4096];

    for (size_t i = 0; i < ARRAY_LEN(servers); i++)
        if (servers[i] != NULL)
            http_server_stop(servers[i]);
    if (daemon->jobs != NULL)
        jobs_stop(daemon->jobs);
    inherit_release(&daemon->inherited);
    if (daemon->local != NULL && daemon->is_api_own &&
        snprintf(path, sizeof path, "%s/api", app_config(daemon->app)->runtime_dir) <
            (int)sizeof path)
        unlink(path);
    app_free(daemon->app);
}

/* A bad configuration is told, and the old one stays. */
static void reload(struct daemon *daemon)
{
    struct config *config = NULL;
    struct error err = {0};

    if (config_load(daemon->config_path, &config, &err) != 0 ||
        app_reload(daemon->app, config, &err) != 0) {
        config_free(config);
        log_event(LOG_LEVEL_ERROR, "config.refused", "why", err.text, NULL);
        return;
    }
    log_event(LOG_LEVEL_INFO, "config.reloaded", "file", daemon->config_path, NULL);
}

static void wait_for_end(struct daemon *daemon, const sigset_t *signals)
{
    int got;

    for (;;) {
        if (sigwait(signals, &got) != 0)
            continue;
        if (got != SIGHUP)
            return;
        reload(daemon);
    }
}

static int run(struct daemon *daemon, struct config *config, struct error *err)
{
    sigset_t signals;

    /* Blocked before the first thread exists, so that only sigwait gets them. A pipe to a bounce
     * reader that died is an error of writing. */
    if (sigemptyset(&signals) != 0 || sigaddset(&signals, SIGTERM) != 0 ||
        sigaddset(&signals, SIGINT) != 0 || sigaddset(&signals, SIGHUP) != 0 ||
        pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
        config_free(config);
        return error_set(err, ERROR_INTERNAL, "could not prepare signals");
    }
    inherit_read(&daemon->inherited); /* the environment is changed: no threads yet */
    if (start(daemon, config, err) != 0)
        return -1;
    inherit_release(&daemon->inherited);
    log_event(LOG_LEVEL_INFO, "started", "version", CLEANSMTP_VERSION, "console",
              app_config(daemon->app)->console.listen, "customer",
              app_config(daemon->app)->customer.listen, NULL);
    notify_state("READY=1");
    wait_for_end(daemon, &signals);
    notify_state("STOPPING=1");
    log_event(LOG_LEVEL_INFO, "stopping", NULL);
    return 0;
}

/* -t: what a person at a terminal wants to know. Frees config. */
static int check(struct config *config, struct error *err)
{
    struct templates *templates;
    struct zones *zones = NULL;
    int result = zones_new(config, &zones, err);

    zones_free(zones);
    if (result == 0)
        result = templates_load(config->template_dir, &templates, err);
    if (result == 0) {
        templates_free(templates);
        if (printf("%s is good\n", config->path) < 0)
            result = error_set(err, ERROR_INTERNAL, "could not write");
    }
    config_free(config);
    return result;
}

struct choice {
    const char *config_option;
    bool is_test;
    int end; /* exit status when there is nothing more to do, else -1 */
};

static struct choice read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"config",  required_argument, NULL, 'c'},
        {"test",    no_argument,       NULL, 't'},
        {"version", no_argument,       NULL, 'v'},
        {"help",    no_argument,       NULL, 'h'},
        {NULL,      0,                 NULL, 0  },
    };
    struct choice choice = {.end = -1};
    int code;

    /* One thread yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while ((code = getopt_long(argc, argv, "c:th", known, NULL)) != -1) {
        switch (code) {
        case 'c': choice.config_option = optarg; break;
        case 't': choice.is_test = true; break;
        case 'v':
            choice.end = printf("cleansmtpd " CLEANSMTP_VERSION "\n") < 0;
            return choice;
        case 'h': choice.end = printf("%s", usage) < 0; return choice;
        default: choice.end = EXIT_USAGE; return choice;
        }
    }
    if (optind < argc) {
        (void)!fprintf(stderr, "%s", usage);
        choice.end = EXIT_USAGE;
    }
    return choice;
}

static int prepare(const char *path, struct config **out, struct error *err)
{
    if (sandbox_basics(err) != 0 || config_load(path, out, err) != 0)
        return -1;
    /* One thread yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (setenv("TZ", (*out)->timezone, 1) != 0)
        return error_set(err, ERROR_INTERNAL, "could not set the time zone");
    tzset();
    secret_startup();
    return timezones_load((*out)->timezones.at, (*out)->timezones.count,
                          clock_now(&clock_system), err);
}

int main(int argc, char **argv)
{
    struct choice choice = read_options(argc, argv);
    struct daemon daemon = {0};
    struct config *config = NULL;
    struct error err = {0};
    int result;

    if (choice.end >= 0)
        return choice.end;
    daemon.config_path = config_path(choice.config_option);
    json_set_alloc_funcs(xmalloc, free);
    result = prepare(daemon.config_path, &config, &err);
    if (result == 0 && choice.is_test) {
        result = check(config, &err);
    } else if (result == 0) {
        result = run(&daemon, config, &err);
        stop(&daemon);
    }
    if (result == 0)
        return 0;
    if (choice.is_test)
        (void)!fprintf(stderr, "cleansmtpd: %s\n", err.text);
    else
        log_event(LOG_LEVEL_ERROR, "failed", "why", err.text, NULL);
    return 1;
}
