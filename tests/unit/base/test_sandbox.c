/*
 * test_sandbox.c - rights given away, each in a child of its own.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sandbox.h"

enum {
    FINE = 7,
    NOT_JAILED = 99
};

/* A sanitizer's runtime needs more calls than the jail allows. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
# define HAS_SANITIZER 1
#elif defined(__has_feature)
# if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#  define HAS_SANITIZER 1
# endif
#endif
#ifndef HAS_SANITIZER
# define HAS_SANITIZER 0
#endif

/* The wait status of a child that enters the jail and acts. */
static int end_of(int (*act)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct error err = {0};
        if (sandbox_basics(&err) != 0 || sandbox_compute_only(&err) != 0)
            _exit(NOT_JAILED);
        _exit(act());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int by_length(const void *a, const void *b)
{
    return (int)(*(const unsigned char *)a) - (int)(*(const unsigned char *)b);
}

static int compute(void)
{
    struct stat about;
    /* Large enough to be mapped, and for qsort to ask how much memory there is. */
    size_t size = (size_t)4 * 1024 * 1024;
    unsigned char *large = malloc(size);

    if (large == NULL)
        return 1;
    for (size_t i = 0; i < size; i++)
        large[i] = (unsigned char)(i * 7);
    qsort(large, size, 1, by_length);
    unsigned char first = large[0];
    free(large);
    if (fstat(STDERR_FILENO, &about) != 0 || write(STDERR_FILENO, "", 0) != 0)
        return 2;
    return first == 0 ? FINE : 3;
}

static int open_a_file(void)
{
    struct stat about;

    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
        return 1;
    return stat("/etc/passwd", &about) != 0 && errno == EACCES ? FINE : 2;
}

static int open_a_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int start_a_process(void)
{
    return fork();
}

static int run_a_program(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static int map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED;
}

static void computing_goes_on(void **state UNUSED)
{
    if (HAS_SANITIZER)
        skip();
    int status = end_of(compute);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
}

static void files_are_refused_without_dying(void **state UNUSED)
{
    if (HAS_SANITIZER)
        skip();
    int status = end_of(open_a_file);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
}

static void anything_else_kills(void **state UNUSED)
{
    int (*const acts[])(void) = {open_a_socket, start_a_process, run_a_program,
                                 map_code};

    if (HAS_SANITIZER)
        skip();
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        int status = end_of(acts[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static void limits_are_set_where_asked_for(void **state UNUSED)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        const struct sandbox_limits limits = {.cpu_s = 3, .descriptors = 20};
        struct rlimit cpu;
        struct rlimit memory;
        struct rlimit before;
        bool done = getrlimit(RLIMIT_AS, &before) == 0 &&
                    sandbox_limit(&limits, NULL) == 0 &&
                    getrlimit(RLIMIT_CPU, &cpu) == 0 &&
                    getrlimit(RLIMIT_AS, &memory) == 0 && cpu.rlim_max == 3 &&
                    memory.rlim_max == before.rlim_max;
        _exit(done ? FINE : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computing_goes_on),
        cmocka_unit_test(files_are_refused_without_dying),
        cmocka_unit_test(anything_else_kills),
        cmocka_unit_test(limits_are_set_where_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
