/*
 * test_key_file.c - what is read as a file of keys, and what is refused without a wait.
 */
#include "base/base.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/key_file.h"

#define KEY "1 00ff\n"

enum {
    KEY_MAX = 16
};
#define FOLLOW KEY_LINK_FOLLOWED
#define REFUSE KEY_LINK_REFUSED

static char folder[] = "/tmp/cleansmtp-key-XXXXXX";

static void make_key(const char *path, mode_t mode)
{
    assert_int_equal(file_write(path, SLICE(KEY), mode, NULL), 0);
}

/* Each makes what its name says at path. */
static void make_closed(const char *path)
{
    make_key(path, 0600);
}

static void make_open(const char *path)
{
    make_key(path, 0666);
}

static void make_empty(const char *path)
{
    assert_int_equal(file_write(path, SLICE(""), 0600, NULL), 0);
}

static void make_full(const char *path)
{
    assert_int_equal(file_write(path, SLICE("0123456789abcdef"), 0600, NULL), 0);
}

static void make_long(const char *path)
{
    assert_int_equal(file_write(path, SLICE("0123456789abcdef\n"), 0600, NULL), 0);
}

static void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_fifo(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_link(const char *path)
{
    char elsewhere[64];

    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    make_key(elsewhere, 0600);
    assert_int_equal(symlink(elsewhere, path), 0);
}

static void make_loose_link(const char *path)
{
    assert_int_equal(symlink("/nonexistent/key", path), 0);
}

static void make_device(const char *path)
{
    assert_int_equal(symlink("/dev/zero", path), 0);
}

static void a_file_is_read_and_all_else_is_refused(void **state UNUSED)
{
    static const struct {
        const char *name;
        void (*make)(const char *path);
        enum key_link link;
        enum error_kind kind;
        const char *text; /* of the file, or in the error */
    } cases[] = {
        {"closed",        make_closed,     REFUSE, ERROR_NONE,        KEY                   },
        {"open to all",   make_open,       REFUSE, ERROR_NONE,        KEY                   },
        {"empty",         make_empty,      REFUSE, ERROR_NONE,        ""                    },
        {"full",          make_full,       REFUSE, ERROR_NONE,        "0123456789abcdef"    },
        {"too long",      make_long,       FOLLOW, ERROR_INVALID,     "larger than 16 bytes"},
        {"a folder",      make_folder,     FOLLOW, ERROR_INVALID,     "not a file"          },
        {"a fifo",        make_fifo,       FOLLOW, ERROR_INVALID,     "not a file"          },
        {"a device",      make_device,     FOLLOW, ERROR_INVALID,     "not a file"          },
        {"a link",        make_link,       FOLLOW, ERROR_NONE,        KEY                   },
        {"link, refused", make_link,       REFUSE, ERROR_UNAVAILABLE, "could not open"      },
        {"loose",         make_loose_link, FOLLOW, ERROR_NOT_FOUND,   "could not open"      },
        {"also loose",    make_loose_link, REFUSE, ERROR_UNAVAILABLE, "could not open"      },
        {"absent",        NULL,            REFUSE, ERROR_NOT_FOUND,   "could not open"      },
    };
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *path = arena_printf(&mem, "%s/%s", folder, cases[i].name);
        struct secret got = {0};
        struct error err = {0};

        if (cases[i].make != NULL)
            cases[i].make(path);
        int result = key_file_read(path, cases[i].link, KEY_MAX, &got, &err);
        if (result != (cases[i].kind == ERROR_NONE ? 0 : -1) ||
            err.kind != cases[i].kind)
            fail_msg("%s: %d, %s", cases[i].name, result, err.text);
        if (result != 0) {
            assert_null(got.at);
            assert_non_null(strstr(err.text, cases[i].text));
            assert_non_null(strstr(err.text, path));
            continue;
        }
        assert_int_equal(got.len, strlen(cases[i].text));
        assert_string_equal(got.at, cases[i].text);
        secret_free(&got);
    }
    arena_release(&mem);
}

static void no_descriptor_stays_open(void **state UNUSED)
{
    char path[64];
    struct secret got;
    struct error err = {0};

    (void)snprintf(path, sizeof path, "%s/fd", folder);
    int before = dup(STDIN_FILENO);
    assert_int_equal(close(before), 0);
    make_key(path, 0600);
    assert_int_equal(key_file_read(path, KEY_LINK_REFUSED, KEY_MAX, &got, &err), 0);
    secret_free(&got);
    assert_int_equal(key_file_read(path, KEY_LINK_REFUSED, 3, &got, &err), -1);
    assert_int_equal(key_file_read(folder, KEY_LINK_REFUSED, 3, &got, &err), -1);
    int after = dup(STDIN_FILENO);
    assert_int_equal(close(after), 0);
    assert_int_equal(after, before);
}

static int start(void **state UNUSED)
{
    secret_startup();
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int forget(const char *path, const struct stat *about, int type,
                  struct FTW *walk)
{
    (void)about, (void)type, (void)walk;
    return remove(path);
}

static int stop(void **state UNUSED)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    return nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_and_all_else_is_refused),
        cmocka_unit_test(no_descriptor_stays_open),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
