/*
 * test_arena.c - memory of one unit of work.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"

static void memory_is_zeroed_aligned_and_apart(void **state UNUSED)
{
    struct arena mem;
    unsigned char *before = NULL;

    arena_init(&mem);
    for (size_t size = 0; size < 10000; size += 97) {
        unsigned char *at = arena_alloc(&mem, size);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xee, size);
        assert_ptr_not_equal(at, before);
        before = size == 0 ? NULL : at;
    }
    assert_true(mem.total_bytes >= 10000);
    arena_release(&mem);
    assert_int_equal(mem.total_bytes, 0);
    assert_non_null(arena_alloc(&mem, 1)); /* usable again */
    arena_release(&mem);
}

static void one_allocation_may_be_larger_than_a_block(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    char *large = arena_array(&mem, 1024, 1024);
    large[1024 * 1024 - 1] = 'x';
    assert_string_equal(arena_strdup(&mem, "small"), "small");
    arena_release(&mem);
}

static void texts_are_copied(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    assert_null(arena_strdup(&mem, NULL));
    assert_string_equal(arena_strndup(&mem, "abcdef", 3), "abc");
    assert_string_equal(arena_slice(&mem, slice_of(NULL, 0)), "");
    assert_memory_equal(arena_slice(&mem, SLICE("a\0b")), "a\0b", 4);
    assert_string_equal(arena_printf(&mem, "%s-%05d", "x", 42), "x-00042");
    assert_int_equal(strlen(arena_printf(&mem, "%5000s", "")), 5000);
    arena_release(&mem);
}

static void the_heap_gives_memory_even_for_nothing(void **state UNUSED)
{
    char *text = xstrndup("abc", 2);
    void *none = xmalloc(0);
    int *numbers = xcalloc(4, sizeof *numbers);

    assert_string_equal(text, "ab");
    assert_non_null(none);
    assert_int_equal(numbers[3], 0);
    numbers = xreallocarray(numbers, 100, sizeof *numbers);
    numbers[99] = 1;
    free(numbers);
    free(none);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(one_allocation_may_be_larger_than_a_block),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(the_heap_gives_memory_even_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
