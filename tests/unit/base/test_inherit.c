/*
 * test_inherit.c - sockets from a supervisor, and to the program that comes after us.
 */
#include "base/base.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/inherit.h"
#include "base/socket.h"

static char folder[] = "/tmp/cleansmtp-inherit-XXXXXX";
static char path[64], other_path[64];

static void announce(long pid, const char *count, const char *names)
{
    char text[24];

    assert_true(snprintf(text, sizeof text, "%ld", pid) > 0);
    // NOLINTBEGIN(concurrency-mt-unsafe)
    assert_int_equal(setenv("LISTEN_PID", text, 1), 0);
    assert_int_equal(setenv("LISTEN_FDS", count, 1), 0);
    assert_int_equal(setenv("LISTEN_FDNAMES", names, 1), 0);
    // NOLINTEND(concurrency-mt-unsafe)
}

static const char *told(const char *name)
{
    return getenv(name); // NOLINT(concurrency-mt-unsafe)
}

static int listen_tcp(void)
{
    struct error err = {0};
    int fd = -1;

    assert_int_equal(socket_listen("127.0.0.1:0", &fd, &err), 0);
    return fd;
}

static int listen_unix(const char *where)
{
    struct error err = {0};
    int fd = -1;

    assert_int_equal(socket_listen_unix(where, 0600, NULL, &fd, &err), 0);
    return fd;
}

/* "127.0.0.1:PORT" */
static void name_endpoint(int fd, char *where, size_t size)
{
    struct sockaddr_in bound = {0};
    socklen_t len = sizeof bound;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &len), 0);
    assert_true(snprintf(where, size, "127.0.0.1:%u", ntohs(bound.sin_port)) > 0);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void nothing_is_inherited_when_it_is_not_for_us(void **state UNUSED)
{
    static const struct {
        long pid_offset;
        const char *count;
    } cases[] = {
        {1, "2"                   },
        {0, "0"                   },
        {0, ""                    },
        {0, "-1"                  },
        {0, "two"                 },
        {0, "99999999999999999999"},
    };
    struct inherited inherited;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        announce((long)getpid() + cases[i].pid_offset, cases[i].count, "a:b");
        inherit_read(&inherited);
        assert_int_equal(inherited.count, 0);
        assert_null(told("LISTEN_PID"));
        assert_null(told("LISTEN_FDS"));
        assert_null(told("LISTEN_FDNAMES"));
    }
    inherit_read(&inherited);
    assert_int_equal(inherited.count, 0);
}

static void a_socket_is_known_by_the_place_it_is_bound_to(void **state UNUSED)
{
    struct inherited passed = {0}, got;
    struct inherited_socket one;
    struct error err = {0};
    char where[80], link_path[80], endpoint[32];

    passed.at[0].fd = listen_unix(path);
    passed.at[1] = (struct inherited_socket){.fd = listen_unix(other_path),
                                             .is_own = true};
    passed.at[2].fd = listen_tcp();
    passed.count = 3;
    name_endpoint(passed.at[2].fd, endpoint, sizeof endpoint);
    assert_int_equal(inherit_pass_on(&passed, &err), 0);
    assert_true(is_open(3) && is_open(4) && is_open(5));
    assert_string_equal(told("LISTEN_FDNAMES"), "held:own:held");

    inherit_read(&got);
    assert_int_equal(got.count, 3);
    for (size_t i = 0; i < got.count; i++) {
        assert_int_equal(fcntl(got.at[i].fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(fcntl(got.at[i].fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    }
    assert_false(inherit_take(&got, "/tmp/cleansmtp-nowhere", &one));
    assert_false(inherit_take(&got, "127.0.0.1:1", &one));
    assert_true(snprintf(where, sizeof where, "unix:%s", other_path) > 0);
    assert_true(inherit_take(&got, where, &one));
    assert_true(one.is_own);
    close(one.fd);

    /* By another name of the same file. */
    assert_true(snprintf(link_path, sizeof link_path, "%s/link", folder) > 0);
    assert_int_equal(symlink(path, link_path), 0);
    assert_true(inherit_take(&got, link_path, &one));
    assert_false(one.is_own);
    assert_false(inherit_take(&got, path, &(struct inherited_socket){0}));
    close(one.fd);
    unlink(link_path);
    assert_true(inherit_take(&got, endpoint, &one));
    close(one.fd);
    inherit_release(&got);
    assert_int_equal(access(other_path, F_OK), 0); /* it was taken */
    unlink(path);
    unlink(other_path);
}

static void what_nobody_takes_is_closed_and_our_own_file_goes(void **state UNUSED)
{
    struct inherited passed = {0}, got;
    struct error err = {0};

    passed.at[0].fd = listen_unix(path);
    passed.at[1] = (struct inherited_socket){.fd = listen_unix(other_path),
                                             .is_own = true};
    passed.count = 2;
    assert_int_equal(inherit_pass_on(&passed, &err), 0);
    inherit_read(&got);
    inherit_release(&got);
    assert_int_equal(got.count, 0);
    assert_false(is_open(3));
    assert_false(is_open(4));
    assert_int_equal(access(path, F_OK), 0); /* the supervisor's */
    assert_int_equal(access(other_path, F_OK), -1);
    unlink(path);
}

static void only_a_stream_that_listens_and_can_be_reached_is_taken(void **state UNUSED)
{
    int fds[2];
    int listening = listen_unix(path);

    assert_true(socket_listens_at(listening, path));
    assert_false(socket_listens_at(listening, "127.0.0.1:25"));
    unlink(path);
    assert_false(socket_listens_at(listening, path));
    close(listening);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_false(socket_listens_at(fds[0], path));
    close(fds[0]);
    close(fds[1]);
    assert_false(socket_listens_at(STDIN_FILENO, path));
}

static void more_than_we_can_hold_are_closed(void **state UNUSED)
{
    struct inherited got;
    char count[8];

    for (int i = 0; i < INHERIT_MAX + 2; i++)
        assert_int_equal(dup2(STDERR_FILENO, 3 + i), 3 + i);
    assert_true(snprintf(count, sizeof count, "%d", INHERIT_MAX + 2) > 0);
    announce((long)getpid(), count, "");
    inherit_read(&got);
    assert_int_equal(got.count, INHERIT_MAX);
    assert_false(is_open(3 + INHERIT_MAX));
    assert_false(is_open(3 + INHERIT_MAX + 1));
    inherit_release(&got);
    assert_false(is_open(3));
}

static int make_folder(void **state UNUSED)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    return snprintf(path, sizeof path, "%s/one", folder) > 0 &&
                   snprintf(other_path, sizeof other_path, "%s/two", folder) > 0
               ? 0
               : -1;
}

static int remove_folder(void **state UNUSED)
{
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_inherited_when_it_is_not_for_us),
        cmocka_unit_test(a_socket_is_known_by_the_place_it_is_bound_to),
        cmocka_unit_test(what_nobody_takes_is_closed_and_our_own_file_goes),
        cmocka_unit_test(only_a_stream_that_listens_and_can_be_reached_is_taken),
        cmocka_unit_test(more_than_we_can_hold_are_closed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
