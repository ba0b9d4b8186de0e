/*
 * test_seal.c - what is sealed opens with the same key, for the same purpose, unchanged.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/seal.h"

#define TEXT "thirty-two bytes of a secret ...."

struct desk {
    char folder[64], path[80];
    struct seal seal;
    uint8_t sealed[sizeof TEXT + SEAL_OVERHEAD];
    struct error err;
};

static int start(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);

    assert_non_null(desk);
    secret_startup();
    (void)snprintf(desk->folder, sizeof desk->folder, "/tmp/cleansmtp-seal-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    (void)snprintf(desk->path, sizeof desk->path, "%s/seal", desk->folder);
    assert_int_equal(seal_open(desk->path, &random_system, &desk->seal, &desk->err), 0);
    seal_lock(&desk->seal, &random_system, "webhook:1", slice_of(TEXT, sizeof TEXT),
              desk->sealed);
    *state = desk;
    return 0;
}

static int stop(void **state)
{
    struct desk *desk = *state;

    seal_close(&desk->seal);
    unlink(desk->path);
    rmdir(desk->folder);
    free(desk);
    return 0;
}

static void it_opens_again_with_the_key_of_the_file(void **state)
{
    struct desk *desk = *state;
    char text[sizeof TEXT];
    struct seal again;
    struct stat info;

    assert_int_equal(stat(desk->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(seal_open(desk->path, &random_system, &again, &desk->err), 0);
    assert_true(
        seal_unlock(&again, "webhook:1", desk->sealed, sizeof desk->sealed, text));
    assert_memory_equal(text, TEXT, sizeof TEXT);
    seal_close(&again);
}

static void nothing_of_it_shows_and_no_two_are_alike(void **state)
{
    struct desk *desk = *state;
    uint8_t second[sizeof desk->sealed];

    assert_true(memmem(desk->sealed, sizeof desk->sealed, TEXT, 8) == NULL);
    seal_lock(&desk->seal, &random_system, "webhook:1", slice_of(TEXT, sizeof TEXT),
              second);
    assert_memory_not_equal(desk->sealed, second, sizeof second);
}

static void it_does_not_open_elsewhere_or_changed(void **state)
{
    struct desk *desk = *state;
    char text[sizeof TEXT];

    assert_false(
        seal_unlock(&desk->seal, "webhook:2", desk->sealed, sizeof desk->sealed, text));
    for (size_t i = 0; i < sizeof desk->sealed; i++) {
        desk->sealed[i] ^= 1;
        assert_false(seal_unlock(&desk->seal, "webhook:1", desk->sealed,
                                 sizeof desk->sealed, text));
        desk->sealed[i] ^= 1;
    }
    assert_false(
        seal_unlock(&desk->seal, "webhook:1", desk->sealed, SEAL_OVERHEAD - 1, text));
    unlink(desk->path);
    seal_close(&desk->seal);
    assert_int_equal(seal_open(desk->path, &random_system, &desk->seal, &desk->err), 0);
    assert_false(
        seal_unlock(&desk->seal, "webhook:1", desk->sealed, sizeof desk->sealed, text));
}

static void a_file_without_a_key_is_refused(void **state)
{
    static const char *const contents[] = {"", "0123", "not hex not hex not hex"};
    struct desk *desk = *state;
    struct seal none;

    for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
        assert_int_equal(
            file_write(desk->path, slice_from(contents[i]), 0600, &desk->err), 0);
        assert_int_equal(seal_open(desk->path, &random_system, &none, &desk->err), -1);
        assert_int_equal(desk->err.kind, ERROR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_opens_again_with_the_key_of_the_file, start,
                                        stop),
        cmocka_unit_test_setup_teardown(nothing_of_it_shows_and_no_two_are_alike, start,
                                        stop),
        cmocka_unit_test_setup_teardown(it_does_not_open_elsewhere_or_changed, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_file_without_a_key_is_refused, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
