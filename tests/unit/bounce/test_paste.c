/*
 * test_paste.c - encodings that nobody undid are undone once, and nothing else changes.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/bounce/paste.h"

static struct arena mem;

static int set_up(void **state)
{
    (void)state;
    arena_init(&mem);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

typedef struct slice undo_function(struct arena *mem, struct slice text);

struct pair {
    const char *text, *want;
};

static void check_pairs(undo_function *undo, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice got = undo(&mem, slice_from(pairs[i].text));
        if (!slice_is(got, pairs[i].want)) {
            fail_msg("\"%s\": \"%.*s\"", pairs[i].text, (int)got.len, got.at);
        }
    }
}

static void quoted_printable_needs_two_signs(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"a=\nb=\nc",          "abc"            },
        {"a=\r\nb=  \nc",      "abc"            },
        {"?ip=3D1=\n92.0.2.1", "?ip=192.0.2.1"  },
        {"x=20=\ny=E4z=",      "x y\xE4z="      },
        {"a=\nb",              "a=\nb"          },
        {"?ip=3D192.0.2.1",    "?ip=3D192.0.2.1"},
        {"=",                  "="              },
        {"=\n",                "=\n"            },
        {"",                   ""               },
        {"=\n=\n=3",           "=3"             },
        {"=\n=\n=3g",          "=3g"            },
    };
    check_pairs(paste_undo_quoted, pairs, ARRAY_LEN(pairs));
}

static void json_becomes_lines(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"{\"reason\": \"550 a\\/b \\\"c\\\"\"}",                "reason: 550 a/b \"c\"\n\n"       },
        {"[{\"email\":\"a@b.example\"}]",                        "to: a@b.example\n\n"             },
        {"{\"to\":[\"a@b.example\",\"c@d.example\"]}",
         "to: a@b.example\n\nto: c@d.example\n\n"                                                  },
        {"{\"code\":554,\"m\":\"5.7.1 no\"}",                    "code: 554\n\nm: 554 5.7.1 no\n\n"},
        {"{\"code\":554,\"m\":\"4.7.1 no\"}",                    "code: 554\n\nm: 4.7.1 no\n\n"    },
        {"{\"code\":250,\"m\":\"5.7.1 no\"}",                    "code: 250\n\nm: 5.7.1 no\n\n"    },
        {"{\"a\":\"x\\ny\\u0041\\u20ac\"}",                      "a: x\nyA\xE2\x82\xAC\n\n"        },
        {"{\"a\":\"1\\92.0.2.1\"}",                              "a: 1 2.0.2.1\n\n"                },
        {"{\"a\":\"\\ud800\\u00\"}",                             "a:   00\n\n"                     },
        {"{\"a\":\"cut",                                         "a: cut\n\n"                      },
        {"{\"a\":\"cut\\",                                       "a: cut \n\n"                     },
        {"no { \"json\": 1 }",                                   "no { \"json\": 1 }"              },
        {"{ not json }",                                         "{ not json }"                    },
        {"{\"0123456789012345678901234567890123456789\":\"v\"}",
         "01234567890123456789012345678901: v\n\n"                                                 },
        {"",                                                     ""                                },
    };
    check_pairs(paste_undo_json, pairs, ARRAY_LEN(pairs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_printable_needs_two_signs),
        cmocka_unit_test(json_becomes_lines),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
