/*
 * test_socket.c - listening and connecting; readiness told to a supervisor.
 */
#include "base/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/notify.h"
#include "base/socket.h"

static char folder[] = "/tmp/cleansmtp-socket-XXXXXX";
static char path[64];

static void a_listening_socket_answers_with_its_mode_and_peer(void **state UNUSED)
{
    struct error err = {0};
    struct stat about;
    int server = -1;
    int client = -1;
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;
    pid_t pid = -1;

    assert_int_equal(socket_listen_unix(path, 0660, NULL, &server, &err), 0);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0660);
    assert_int_equal(socket_connect_unix(path, 1000, &client, &err), 0);
    assert_true(socket_peer(client, &uid, &gid, &pid));
    assert_int_equal(uid, getuid());
    assert_int_equal(gid, getgid());
    assert_int_equal(pid, getpid());
    close(client);

    /* It answers: nobody else may take its place. */
    int other = -1;
    assert_int_equal(socket_listen_unix(path, 0660, NULL, &other, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_int_equal(other, -1);
    close(server);
}

static void a_dead_socket_is_replaced_and_a_busy_one_is_not(void **state UNUSED)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct error err = {0};
    int clients[4];
    int server = -1;

    assert_int_equal(socket_listen_unix(path, 0600, "", &server, &err), 0);
    close(server);

    /* A full backlog refuses to connect at once, and is alive all the same. */
    memcpy(at.sun_path, path, strlen(path) + 1);
    unlink(path);
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(server >= 0);
    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(server, 0), 0);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(clients[i], (struct sockaddr *)&at, sizeof at);
    }
    int other = -1;
    assert_int_equal(socket_listen_unix(path, 0600, NULL, &other, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        close(clients[i]);
    close(server);
    unlink(path);
}

static void what_is_no_socket_stays(void **state UNUSED)
{
    struct error err = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int server = -1;

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(socket_listen_unix(path, 0600, NULL, &server, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
    assert_int_equal(socket_listen_unix(path, 0600, "no-such-group", &server, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(socket_connect_unix(path, 100, &server, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(socket_connect_unix("", 100, &server, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(server, -1);
}

static void tcp_and_unix_places_are_told_apart(void **state UNUSED)
{
    static const char *const broken[] = {
        "",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "localhost:80",
        "::1:8025",
        "[::1]",
        "[127.0.0.1]:80",
        ":80",
        "127.0.0.1:-1",
    };
    struct error err = {0};
    char where[80];
    int fd = -1;

    assert_int_equal(socket_listen("127.0.0.1:0", &fd, &err), 0);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    struct sockaddr_in at = {0};
    socklen_t size = sizeof at;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    int second = -1;
    (void)snprintf(where, sizeof where, "127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(socket_listen(where, &second, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    close(fd);
    (void)snprintf(where, sizeof where, "unix:%s", path);
    assert_int_equal(socket_listen(where, &fd, &err), 0);
    close(fd);
    unlink(path);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        if (socket_listen(broken[i], &fd, &err) == 0)
            fail_msg("\"%s\"", broken[i]);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
}

static void a_reader_that_waits_gives_up_in_time(void **state UNUSED)
{
    struct error err = {0};
    int server = -1;
    int client = -1;
    char byte;

    assert_int_equal(socket_listen_unix(path, 0600, NULL, &server, &err), 0);
    assert_int_equal(socket_connect_unix(path, 50, &client, &err), 0);
    assert_int_equal(read(client, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    close(client);
    close(server);
    unlink(path);
}

static void a_supervisor_hears_that_we_are_ready(void **state UNUSED)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char got[32] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memcpy(at.sun_path, path, strlen(path) + 1);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    notify_state("READY=1");
    assert_int_equal(recv(fd, got, sizeof got - 1, MSG_DONTWAIT), 7);
    assert_string_equal(got, "READY=1");
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    notify_state("STOPPING=1");
    assert_int_equal(recv(fd, got, sizeof got - 1, MSG_DONTWAIT), -1);
    close(fd);
    unlink(path);
}

static int make_folder(void **state UNUSED)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    return snprintf(path, sizeof path, "%s/s", folder) > 0 ? 0 : -1;
}

static int remove_folder(void **state UNUSED)
{
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listening_socket_answers_with_its_mode_and_peer),
        cmocka_unit_test(a_dead_socket_is_replaced_and_a_busy_one_is_not),
        cmocka_unit_test(what_is_no_socket_stays),
        cmocka_unit_test(tcp_and_unix_places_are_told_apart),
        cmocka_unit_test(a_reader_that_waits_gives_up_in_time),
        cmocka_unit_test(a_supervisor_hears_that_we_are_ready),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
