/*
 * test_api_call.c - the frame of the API: bodies, lists, pages.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/api/api_call.h"

static void bodies_are_one_json_object_without_doubles(void **state UNUSED)
{
    static const struct {
        const char *name;
        struct slice body;
        int want;
        size_t members;
    } cases[] = {
        {"nothing is an empty object", {"", 0},                              0,  0},
        {"blanks are nothing",         {" \r\n", 3},                         0,  0},
        {"an object",                  {"{\"a\":1,\"b\":\"x\"}", 15},        0,  2},
        {"null counts as absent",      {"{\"a\":null,\"b\":1}", 16},         0,  1},
        {"a name twice",               {"{\"a\":1,\"a\":2}", 13},            -1, 0},
        {"an array",                   {"[1]", 3},                           -1, 0},
        {"a word",                     {"true", 4},                          -1, 0},
        {"something behind it",        {"{} {}", 5},                         -1, 0},
        {"cut",                        {"{\"a\":", 5},                       -1, 0},
        {"NUL in a string",            {"{\"a\":\"x\\u0000y\"}", 16},        -1, 0},
        {"NUL byte",                   {"{}\0", 3},                          -1, 0},
        {"not UTF-8",                  {"{\"a\":\"\xff\"}", 9},              -1, 0},
        {"a number beyond 64 bits",    {"{\"a\":99999999999999999999}", 26}, -1, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        json_t *out = NULL;
        int got = api_parse(cases[i].body, &out, &err);
        if (got != cases[i].want || json_object_size(out) != cases[i].members)
            fail_msg("%s: %d, %zu members: %s", cases[i].name, got,
                     json_object_size(out), err.text);
        assert_int_equal(err.kind, got == 0 ? ERROR_NONE : ERROR_INVALID);
        json_decref(out);
    }
}

static void deep_nesting_is_refused_not_followed(void **state UNUSED)
{
    struct error err = {0};
    struct strbuf text;
    json_t *out = NULL;

    strbuf_init(&text, 1000000);
    strbuf_puts(&text, "{\"a\":");
    for (int i = 0; i < 100000; i++)
        strbuf_putc(&text, '[');
    assert_int_equal(api_parse(strbuf_slice(&text), &out, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    strbuf_release(&text);
}

static json_t *numbers(int count)
{
    json_t *array = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(array, json_integer(i));
    return array;
}

static void a_page_names_where_the_next_one_begins(void **state UNUSED)
{
    static const struct {
        int total;
        struct page page;
        size_t items;
        const char *next;
    } cases[] = {
        {0, {2, 0},         0, NULL},
        {2, {2, 0},         2, NULL},
        {3, {2, 0},         2, "2" },
        {3, {2, 2},         1, NULL},
        {3, {2, 3},         0, NULL},
        {3, {2, INT64_MAX}, 0, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *out = page_cut(numbers(cases[i].total), &cases[i].page);
        const char *next = json_string_value(json_object_get(out, "next"));
        assert_int_equal(json_array_size(json_object_get(out, "items")),
                         cases[i].items);
        if (cases[i].next == NULL)
            assert_true(json_is_null(json_object_get(out, "next")));
        else
            assert_string_equal(next, cases[i].next);
        json_decref(out);
    }
}

static void fields_that_nobody_asked_for_are_refused(void **state UNUSED)
{
    struct arena mem;
    struct error err = {0};
    const struct api api = {0};
    struct call call = {.api = &api, .mem = &mem};
    const char *a = NULL;
    const char *const *words;

    arena_init(&mem);
    assert_int_equal(
        api_parse(SLICE("{\"a\":\"x\",\"list\":[\"p\",\"q\"]}"), &call.body, &err), 0);
    json_t *list = NULL;
    assert_int_equal(call_fields(&call, &err, "{s:s, s?o}", "a", &a, "list", &list), 0);
    assert_string_equal(a, "x");
    assert_int_equal(call_words(&call, "list", list, &words, &err), 0);
    assert_string_equal(words[0], "p");
    assert_string_equal(words[1], "q");
    assert_null(words[2]);
    assert_int_equal(call_fields(&call, &err, "{s:s}", "a", &a), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(
        call_words(&call, "a", json_object_get(call.body, "a"), &words, &err), -1);
    assert_int_equal(call_words(&call, "none", NULL, &words, &err), 0);
    assert_null(words[0]);
    json_decref(call.body);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_one_json_object_without_doubles),
        cmocka_unit_test(deep_nesting_is_refused_not_followed),
        cmocka_unit_test(a_page_names_where_the_next_one_begins),
        cmocka_unit_test(fields_that_nobody_asked_for_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
