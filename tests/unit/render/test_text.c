/*
 * test_text.c - catalogues and guides: read, compared, chosen; and a QR code.
 */
#include "base/base.h"

#include "issuer/render/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/render/guide.h"
#include "issuer/render/qr.h"
#include "issuer/render/template.h"

static void a_catalogue_is_read_or_refused_with_its_line(void **state UNUSED)
{
    static const struct {
        const char *english, *german, *why; /* NULL: it is good */
    } cases[] = {
        {"a.b = Hello {name}\n",         "a.b = Hallo {name}\n", NULL                                         },
        {"a.b = {x} of {y}\n",           "a.b = {y}: {x}\n",     NULL                                         },
        {"# a comment\n\na.b = 1 = 1\n", "a.b = eins\n",         NULL                                         },
        {"console.b = Hello\n",          "",                     NULL                                         },
        {"a.b = Hello\n",                "",                     "language \"de\" has no text \"a.b\""        },
        {"a.b = Hello {name}\n",         "a.b = Hallo\n",        "fills in otherwise"                         },
        {"a.b = Hello\n",                "a.b = Hallo {name}\n", "fills in otherwise"                         },
        {"a.b = one\na.b = two\n",       "a.b = eins\n",         "is there twice"                             },
        {"no text\n",                    "",                     "\"text/a.en.txt\" line 1: is not key = text"},
        {"a.b = *strong\n",              "",                     "line 1: a mark does not end"                },
        {"a.b = \xff\n",                 "",                     "line 1: is not key = text"                  },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct texts texts = {0};
        struct error err = {0};
        struct arena mem;

        arena_init(&mem);
        int result = text_read(&texts, &mem, "text/a.en.txt",
                               slice_from(cases[i].english), &err);
        if (result == 0)
            result = text_read(&texts, &mem, "text/a.de.txt",
                               slice_from(cases[i].german), &err);
        if (result == 0)
            result = text_finish(&texts, &err);
        if (cases[i].why == NULL) {
            assert_int_equal(result, 0);
        } else {
            assert_int_equal(result, -1);
            if (strstr(err.text, cases[i].why) == NULL)
                fail_msg("row %zu says: %s", i, err.text);
        }
        text_free(&texts);
        arena_release(&mem);
    }
}

static void the_best_language_offered_is_chosen(void **state UNUSED)
{
    static const char *const offered[] = {"en", "de", "pt-br"};
    static const struct {
        const char *header, *want;
    } cases[] = {
        {"de",                      "de"   },
        {"de-AT,de;q=0.9,en;q=0.8", "de"   },
        {"fr, en;q=0.2, de;q=0.7",  "de"   },
        {"en;q=0.701, de;q=0.7",    "en"   },
        {"de;q=0, en;q=0.1",        "en"   },
        {"DE",                      "de"   },
        {"pt-BR",                   "pt-br"},
        {"pt",                      NULL   },
        {"den",                     NULL   },
        {"*",                       "en"   },
        {"fr",                      NULL   },
        {"",                        NULL   },
        {";q=1,,=",                 NULL   },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = text_choose(slice_from(cases[i].header), offered,
                                      ARRAY_LEN(offered));
        if (cases[i].want == NULL)
            assert_null(got);
        else
            assert_string_equal(got, cases[i].want);
    }
}

static void a_guide_has_steps_fields_and_a_way_back(void **state UNUSED)
{
    static const char good[] =
        "title: Mail\norder: 3\nchecked: 2026-11\nwith: Mail 2\n\n"
        "1. Press *Add*:\n   - Server: `{host}`\nback:\n1. Undo.\n";
    struct error err = {0};
    struct arena mem;
    json_t *guide = NULL;

    arena_init(&mem);
    assert_int_equal(
        guide_parse(&mem, "guides/mail.de.md", slice_from(good), &guide, &err), 0);
    assert_string_equal(json_string_value(json_object_get(guide, "program")), "mail");
    assert_string_equal(json_string_value(json_object_get(guide, "language")), "de");
    const json_t *step = json_array_get(json_object_get(guide, "steps"), 0);
    const json_t *field = json_array_get(json_object_get(step, "fields"), 0);
    assert_string_equal(json_string_value(json_object_get(field, "value")), "`{host}`");
    assert_int_equal(json_array_size(json_object_get(guide, "back")), 1);
    json_decref(guide);
    arena_release(&mem);
}

static void a_guide_that_lacks_something_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "title: x\norder: 1\nchecked: 2026-11\nwith: y\n1. One.\n",
        "title: x\norder: 1\nchecked: 2026-13\nwith: y\n1. One.\nback:\n1. Two.\n",
        "title: x\norder: 1\nchecked: soon\nwith: y\n1. One.\nback:\n1. Two.\n",
        "title: x\norder: one\nchecked: 2026-11\nwith: y\n1. One.\nback:\n1. Two.\n",
        "nonsense\n",
        "- Server: x\n",
        "1. One.\n- no colon\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error err = {0};
        struct arena mem;
        json_t *guide = NULL;

        arena_init(&mem);
        assert_int_equal(
            guide_parse(&mem, "guides/a.en.md", slice_from(bad[i]), &guide, &err), -1);
        assert_non_null(strstr(err.text, "guides/a.en.md"));
        arena_release(&mem);
    }
}

static void what_is_filled_in_is_never_read_for_marks(void **state UNUSED)
{
    struct templates *templates = NULL;
    struct error err = {0};
    struct arena mem;

    arena_init(&mem);
    assert_int_equal(templates_load(NULL, &templates, &err), 0);
    assert_string_equal(template_text(templates, &mem, "de", "shown.for", "mailbox",
                                      "*{count}`@x", NULL),
                        "Für *{count}`@x");
    assert_string_equal(
        template_text(templates, &mem, "xx", "span.minutes", "minutes", "5", NULL),
        "5 min");
    assert_string_equal(
        template_text(templates, &mem, "en", "span.minutes", "hours", "5", NULL),
        "{minutes} min");
    json_t *guides = template_guides(templates, "de");
    assert_int_equal(json_array_size(guides), 11);
    json_decref(guides);
    templates_free(templates);
    arena_release(&mem);
}

static void a_qr_code_has_its_finder_and_a_quiet_border(void **state UNUSED)
{
    struct error err = {0};
    char text[QR_TEXT_MAX + 2];
    json_t *qr = NULL;

    assert_int_equal(qr_view("https://a.example/r/x#y", &qr, &err), 0);
    /* The first row begins with the seven squares of the finder, four in from the edge. */
    const char *path = json_string_value(json_object_get(qr, "path"));
    assert_int_equal(strncmp(path, "M4 4h7v1h-7z", 12), 0);
    assert_int_equal(json_integer_value(json_object_get(qr, "size")), 25 + 8);
    json_decref(qr);
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(qr_view(text, &qr, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalogue_is_read_or_refused_with_its_line),
        cmocka_unit_test(the_best_language_offered_is_chosen),
        cmocka_unit_test(a_guide_has_steps_fields_and_a_way_back),
        cmocka_unit_test(a_guide_that_lacks_something_is_refused),
        cmocka_unit_test(what_is_filled_in_is_never_read_for_marks),
        cmocka_unit_test(a_qr_code_has_its_finder_and_a_quiet_border),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
