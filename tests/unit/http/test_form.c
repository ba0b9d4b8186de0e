/*
 * test_form.c - forms and cookies as browsers send them, and as nobody should.
 */
#include "base/base.h"

#include "issuer/http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=XyZ"

static int parse(struct arena *mem, const char *type, struct slice body,
                 struct form *out)
{
    struct error err = {0};

    int result = form_parse(mem, slice_from(type), body, out, &err);
    if (result != 0)
        assert_int_equal(err.kind, ERROR_INVALID);
    return result;
}

static void a_good_form_is_decoded(void **state UNUSED)
{
    static const struct {
        const char *type, *body, *name, *value;
    } cases[] = {
        {URLENCODED,                              "a=1&b=two+words",                                 "b", "two words"       },
        {URLENCODED,                              "a=%C3%A4%0D%0A",                                  "a", "\xc3\xa4\r\n"    },
        {URLENCODED "; charset=UTF-8",            "a=b%3Dc&",                                        "a", "b=c"             },
        {"Application/X-WWW-Form-Urlencoded",     "a",                                               "a", ""                },
        {URLENCODED,                              "a=",                                              "a", ""                },
        {URLENCODED,                              "",                                                "a", NULL              },
        {"",                                      "",                                                "a", NULL              },
        {MULTIPART,
         "--XyZ\r\nContent-Disposition: form-data; name=\"bounce\"\r\n\r\n554 5.7.1\r\n--XyZ--\r\n",
         "bounce",                                                                                        "554 5.7.1"       },
        {MULTIPART,
         "--XyZ\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name=\"f\"; "
         "filename=\"a.eml\"\r\n\r\nline\r\n\r\n--Xy\r\n--XyZ\r\nContent-Disposition: "
         "form-data; name=\"g\"\r\n\r\n\r\n--XyZ--",                                                 "f", "line\r\n\r\n--Xy"},
        {"multipart/form-data; boundary=\"a b\"",
         "--a b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--a b--",                  "x",
         "y"                                                                                                                },
        {MULTIPART,                               "--XyZ--",                                         "a", NULL              },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena mem;
        struct form form = {0};
        arena_init(&mem);
        if (parse(&mem, cases[i].type, slice_from(cases[i].body), &form) != 0)
            fail_msg("refused: %s", cases[i].body);
        const char *got = form_text(&mem, &form, cases[i].name);
        if (cases[i].value == NULL)
            assert_null(got);
        else
            assert_string_equal(got, cases[i].value);
        arena_release(&mem);
    }
}

static void a_broken_form_is_refused(void **state UNUSED)
{
    static const struct {
        const char *type, *body;
    } cases[] = {
        {URLENCODED,            "a=%zz"                                                       },
        {URLENCODED,            "a=%4"                                                        },
        {URLENCODED,            "a=%00"                                                       },
        {URLENCODED,            "a=1&a=2"                                                     },
        {URLENCODED,            "=1"                                                          },
        {URLENCODED,            "%0A=1"                                                       },
        {"text/plain",          "a=1"                                                         },
        {"application/json",    "{}"                                                          },
        {"multipart/form-data", "--XyZ--"                                                     },
        {MULTIPART,             "a=1"                                                         },
        {MULTIPART,             "--XyZ"                                                       },
        {MULTIPART,             "--XyZ\r\n"                                                   },
        {MULTIPART,             "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"},
        {MULTIPART,             "--XyZ\r\n\r\nb\r\n--XyZ--"                                   },
        {MULTIPART,             "--XyZ\r\nContent-Disposition: form-data\r\n\r\nb\r\n--XyZ--" },
        {MULTIPART,             "--XyZ\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nb\r\n"
                    "--XyZ--"                                              },
        {MULTIPART,             "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
                    "--XyZ--\r\nmore"                                      },
        {MULTIPART,             "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
                    "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n"
                    "--XyZ--"                                              },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena mem;
        struct form form = {0};
        arena_init(&mem);
        if (parse(&mem, cases[i].type, slice_from(cases[i].body), &form) == 0)
            fail_msg("taken: %s", cases[i].body);
        assert_int_equal(form.count, 0);
        arena_release(&mem);
    }
}

static void a_nul_is_allowed_in_an_uploaded_file_only(void **state UNUSED)
{
    static const char file[] = "--XyZ\r\nContent-Disposition: form-data; name=\"f\"; "
                               "filename=\"\"\r\n\r\na\0b\r\n--XyZ--";
    static const char field[] = "--XyZ\r\nContent-Disposition: form-data; name=\"f\""
                                "\r\n\r\na\0b\r\n--XyZ--";
    struct arena mem;
    struct form form = {0};

    arena_init(&mem);
    assert_int_equal(parse(&mem, MULTIPART, slice_of(file, sizeof file - 1), &form), 0);
    assert_int_equal(form_slice(&form, "f").len, 3);
    assert_int_equal(parse(&mem, MULTIPART, slice_of(field, sizeof field - 1), &form),
                     -1);
    assert_int_equal(parse(&mem, URLENCODED, slice_of("a=\0", 3), &form), -1);
    arena_release(&mem);
}

static void one_field_too_many_is_refused(void **state UNUSED)
{
    struct arena mem;
    struct form form = {0};
    const char *body = "";

    arena_init(&mem);
    for (int i = 0; i < FORM_FIELDS_MAX; i++)
        body = arena_printf(&mem, "%s&f%d=", body, i);
    assert_int_equal(parse(&mem, URLENCODED, slice_from(body), &form), 0);
    assert_int_equal(form.count, FORM_FIELDS_MAX);
    body = arena_printf(&mem, "%s&more=", body);
    assert_int_equal(parse(&mem, URLENCODED, slice_from(body), &form), -1);
    arena_release(&mem);
}

static void a_wiped_field_is_gone(void **state UNUSED)
{
    struct arena mem;
    struct form form = {0};

    arena_init(&mem);
    assert_int_equal(parse(&mem, URLENCODED, SLICE("password=geheim&b=1"), &form), 0);
    form_wipe(&form, "password");
    form_wipe(&form, "absent");
    assert_memory_equal(form_slice(&form, "password").at, "\0\0\0\0\0\0", 6);
    assert_true(slice_is(form_slice(&form, "b"), "1"));
    arena_release(&mem);
}

static void a_cookie_is_found_by_its_whole_name(void **state UNUSED)
{
    static const struct {
        const char *header, *name, *value;
    } cases[] = {
        {"cs=abc",              "cs",        "abc"  },
        {"a=1; cs=abc; b=2",    "cs",        "abc"  },
        {"a=1;cs=abc",          "cs",        "abc"  },
        {"xcs=1; csx=2",        "cs",        ""     },
        {"__Host-cs=a=b",       "__Host-cs", "a=b"  },
        {"cs",                  "cs",        ""     },
        {"cs=",                 "cs",        ""     },
        {"",                    "cs",        ""     },
        {";;;=;",               "cs",        ""     },
        {"cs=first; cs=second", "cs",        "first"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (!slice_is(cookie_find(slice_from(cases[i].header), cases[i].name),
                      cases[i].value))
            fail_msg("%s", cases[i].header);
    assert_int_equal(cookie_find((struct slice){0}, "cs").len, 0);
}

static void every_error_has_a_status_and_a_title(void **state UNUSED)
{
    for (int i = 0; i < ERROR_KIND_COUNT; i++) {
        unsigned status = problem_status((enum error_kind)i);
        assert_true(status >= 400 && status < 600);
        assert_true(strlen(problem_title((enum error_kind)i)) > 0);
    }
    assert_int_equal(problem_status(ERROR_NOT_FOUND), 404);
    assert_int_equal(problem_status(ERROR_UNAVAILABLE), 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_form_is_decoded),
        cmocka_unit_test(a_broken_form_is_refused),
        cmocka_unit_test(a_nul_is_allowed_in_an_uploaded_file_only),
        cmocka_unit_test(one_field_too_many_is_refused),
        cmocka_unit_test(a_wiped_field_is_gone),
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(every_error_has_a_status_and_a_title),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
