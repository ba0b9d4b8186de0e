/*
 * test_listeners.c - the sockets of section "auth": made, inherited, handed on, and removed by
 * whom they belong to.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/listeners.h"
#include "base/file.h"
#include "base/inherit.h"
#include "base/socket.h"

static char folder[] = "/tmp/cleansmtp-listeners-XXXXXX";
static char config_file[64];

static void path_in(const char *name, char *path, size_t size)
{
    assert_true(snprintf(path, size, "%s/run/%s", folder, name) > 0);
}

static bool is_there(const char *name)
{
    char path[80];

    path_in(name, path, sizeof path);
    return access(path, F_OK) == 0;
}

/* The sockets of the defaults, and in section auth what extra says. */
static struct config *load(const char *extra)
{
    struct error err = {0};
    struct config *config = NULL;
    FILE *file = fopen(config_file, "we");

    assert_non_null(file);
    assert_true(fprintf(file,
                        "state_dir = \"%s\"\nruntime_dir = \"%s/run\"\nauth { %s }\n",
                        folder, folder, extra) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(config_load(config_file, &config, &err), 0);
    return config;
}

static void what_we_make_goes_with_us(void **state UNUSED)
{
    struct config *config = load("verify = \"\"");
    struct listeners listeners;
    struct error err = {0};
    struct stat about;
    char path[80];

    listeners_init(&listeners);
    assert_int_equal(listeners_open(&listeners, config, &err), 0);
    assert_true(is_there("auth") && is_there("policy") && !is_there("verify"));
    assert_true(listeners.at[CONFIG_SOCKET_DOVECOT].is_own);
    assert_int_equal(listeners.at[CONFIG_SOCKET_VERIFY].fd, -1);
    path_in("auth", path, sizeof path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0660);
    listeners_close_one(&listeners, CONFIG_SOCKET_DOVECOT);
    assert_true(!is_there("auth") && is_there("policy"));
    listeners_close(&listeners);
    listeners_close(&listeners);
    assert_false(is_there("policy"));
    config_free(config);
}

static void what_is_handed_on_is_the_successors(void **state UNUSED)
{
    struct config *config = load("verify = \"\"");
    struct listeners listeners, successors;
    struct error err = {0};
    int client = -1;
    char path[80];

    listeners_init(&listeners);
    listeners_init(&successors);
    path_in("policy", path, sizeof path);
    assert_int_equal(listeners_open(&listeners, config, &err), 0);
    assert_int_equal(listeners_pass_on(&listeners, &err), 0);
    listeners_close(&listeners); /* nothing is ours any more */
    assert_true(is_there("auth") && is_there("policy"));
    assert_int_equal(socket_connect_unix(path, 1000, &client, &err), 0);
    close(client);

    /* The policy socket has left the configuration meanwhile, and one is new there that cannot be
     * made. */
    struct config *next = load("policy = \"\" saslauthd = \"/nonexistent/mux\"");
    assert_int_equal(listeners_open(&successors, next, &err), 0);
    assert_true(is_there("auth") && is_there("verify") && !is_there("policy"));
    assert_int_equal(successors.at[CONFIG_SOCKET_SASLAUTHD].fd, -1);
    listeners_close(&successors);
    assert_false(is_there("auth") || is_there("verify"));
    config_free(next);
    config_free(config);
}

static void what_a_supervisor_holds_stays(void **state UNUSED)
{
    struct config *config = load("verify = \"\" socketmap = \"\"");
    struct listeners listeners;
    struct inherited held = {.count = 1};
    struct error err = {0};
    char path[80];

    path_in("auth", path, sizeof path);
    assert_int_equal(socket_listen_unix(path, 0600, NULL, &held.at[0].fd, &err), 0);
    assert_int_equal(inherit_pass_on(&held, &err), 0);
    listeners_init(&listeners);
    assert_int_equal(listeners_open(&listeners, config, &err), 0);
    assert_false(listeners.at[CONFIG_SOCKET_DOVECOT].is_own);
    assert_true(listeners.at[CONFIG_SOCKET_POLICY].is_own);

    /* Through a successor, too. */
    assert_int_equal(listeners_pass_on(&listeners, &err), 0);
    assert_int_equal(listeners_open(&listeners, config, &err), 0);
    listeners_close(&listeners);
    assert_true(is_there("auth") && !is_there("policy"));
    unlink(path);
    config_free(config);
}

static void without_a_socket_nothing_starts(void **state UNUSED)
{
    static const struct {
        const char *extra;
        enum error_kind kind;
    } cases[] = {
        {"dovecot = \"\" verify = \"\" policy = \"\" socketmap = \"\"", ERROR_INVALID    },
        {"saslauthd = \"/nonexistent/mux\"",                            ERROR_UNAVAILABLE},
        {"group = \"no-such-group\"",                                   ERROR_INVALID    },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config *config = load(cases[i].extra);
        struct listeners listeners;
        struct error err = {0};
        listeners_init(&listeners);
        assert_int_equal(listeners_open(&listeners, config, &err), -1);
        assert_int_equal(err.kind, cases[i].kind);
        assert_false(is_there("auth") || is_there("policy"));
        config_free(config);
    }
}

static int make_folder(void **state UNUSED)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    return snprintf(config_file, sizeof config_file, "%s/conf", folder) > 0 ? 0 : -1;
}

static int remove_folder(void **state UNUSED)
{
    char run[80];

    path_in("", run, sizeof run);
    return unlink(config_file) == 0 && rmdir(run) == 0 ? rmdir(folder) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_make_goes_with_us),
        cmocka_unit_test(what_is_handed_on_is_the_successors),
        cmocka_unit_test(what_a_supervisor_holds_stays),
        cmocka_unit_test(without_a_socket_nothing_starts),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
