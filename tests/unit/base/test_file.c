/*
 * test_file.c - whole small files.
 */
#include "base/base.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static char folder[] = "/tmp/cleansmtp-file-XXXXXX";

static const char *in_folder(struct arena *mem, const char *name)
{
    return arena_printf(mem, "%s/%s", folder, name);
}

static void a_file_is_written_whole_and_read_back(void **state)
{
    struct arena *mem = *state;
    const char *path = in_folder(mem, "a");
    const char *beside = in_folder(mem, "a.new");
    struct slice got = {0};
    struct stat about;
    struct error err = {0};

    /* What a crash left behind, readable by all. */
    int stale = open(beside, O_WRONLY | O_CREAT, 0666);
    assert_true(stale >= 0);
    close(stale);
    assert_int_equal(file_write(path, SLICE("one\0two"), 0600, &err), 0);
    assert_int_equal(file_read(mem, path, 100, &got, &err), 0);
    assert_true(slice_equal(got, SLICE("one\0two")));
    assert_int_equal(got.at[got.len], '\0');
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(access(beside, F_OK), -1);
    assert_int_equal(file_write(path, SLICE(""), 0640, &err), 0);
    assert_int_equal(file_read(mem, path, 0, &got, &err), 0);
    assert_int_equal(got.len, 0);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    struct arena *mem = *state;
    const char *path = in_folder(mem, "is_a_folder");
    struct error err = {0};

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(file_write(path, SLICE("x"), 0600, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(access(in_folder(mem, "is_a_folder.new"), F_OK), -1);
    assert_int_equal(file_write(in_folder(mem, "none/x"), SLICE("x"), 0600, &err), -1);
}

static void reading_has_a_ceiling_and_says_what_is_absent(void **state)
{
    struct arena *mem = *state;
    const char *path = in_folder(mem, "five");
    struct slice got = SLICE("untouched");
    struct error err = {0};

    assert_int_equal(file_write(path, SLICE("12345"), 0600, &err), 0);
    assert_int_equal(file_read(mem, path, 4, &got, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(file_read(mem, in_folder(mem, "none"), 4, &got, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_int_equal(file_read(mem, folder, 4, &got, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_true(slice_is(got, "untouched"));
    assert_int_equal(file_read(mem, path, 5, &got, &err), 0);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct arena *mem = *state;
    const char *deep = in_folder(mem, "x/y//z/");
    const char *wide = in_folder(mem, "wide");
    const char *plain = in_folder(mem, "plain");
    struct stat about;
    struct error err = {0};

    assert_int_equal(file_mkdirs(deep, 0700, &err), 0);
    assert_int_equal(stat(deep, &about), 0);
    assert_true(S_ISDIR(about.st_mode));
    assert_int_equal(file_mkdirs(deep, 0755, &err), 0);
    assert_int_equal(stat(deep, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    mode_t before = umask(0077);
    assert_int_equal(file_mkdirs(wide, 0755, &err), 0);
    umask(before);
    assert_int_equal(stat(wide, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0755);
    assert_int_equal(file_mkdirs("/", 0755, &err), 0);
    assert_int_equal(file_mkdirs("", 0755, &err), -1);
    assert_int_equal(file_write(plain, SLICE("x"), 0600, &err), 0);
    assert_int_equal(file_mkdirs(plain, 0755, &err), -1);
    assert_int_equal(file_mkdirs(in_folder(mem, "plain/below"), 0755, &err), -1);
}

static int make_folder(void **state)
{
    static struct arena mem;

    arena_init(&mem);
    *state = &mem;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *about UNUSED,
                        int kind UNUSED, struct FTW *place UNUSED)
{
    return remove(path);
}

static int remove_folder(void **state)
{
    arena_release(*state);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_written_whole_and_read_back),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(reading_has_a_ceiling_and_says_what_is_absent),
        cmocka_unit_test(folders_are_made_with_their_parents),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
