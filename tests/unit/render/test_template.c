/*
 * test_template.c - the Mustache subset, and that every template we ship can be read.
 */
#include "base/base.h"

#include "issuer/render/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "issuer/render/template_internal.h"

#include <unistd.h>

/* A set of one template, or of two where the second is what {{>part}} means. */
static int render(const char *name, const char *text, const char *part,
                  const char *view, struct strbuf *out, struct error *err)
{
    struct parsed all[2] = {
        {.name = name,
         .text = slice_from(text),
         .is_html = slice_ends_nocase(slice_from(name),                   ".html")},
        {.name = "html/part.html",            .text = slice_from(part), .is_html = true}
    };
    struct templates set = {.all = all, .count = 2};
    json_t *json = json_loads(view, JSON_DECODE_ANY, NULL);
    int result = -1;

    assert_non_null(json);
    if (template_parse(&all[0], err) != 0 || template_parse(&all[1], err) != 0)
        goto out;
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < all[t].count; i++)
            if (all[t].nodes[i].kind == NODE_PARTIAL)
                all[t].nodes[i].partner = 1;
    result = template_render(&set, name, json, out, err);

out:
    free(all[0].nodes);
    free(all[1].nodes);
    json_decref(json);
    return result;
}

static void a_template_renders_its_view(void **state UNUSED)
{
    static const struct {
        const char *name, *text, *view, *want;
    } cases[] = {
        {"html/a.html", "plain",                              "{}",                                       "plain"    },
        {"html/a.html", "<b>{{x}}</b>",                       "{\"x\": \"<i>&\\\"'\"}",
         "<b>&lt;i&gt;&amp;&quot;&#39;</b>"                                                                          },
        {"text/a.txt",  "{{x}}",                              "{\"x\": \"<i>&\"}",                        "<i>&"     },
        {"html/a.html", "{{n}} {{ n }}",                      "{\"n\": -5}",                              "-5 -5"    },
        {"html/a.html", "{{a.b.c}}",                          "{\"a\": {\"b\": {\"c\": \"x\"}}}",         "x"        },
        {"html/a.html", "{{#l}}{{.}},{{/l}}",                 "{\"l\": [\"a\", \"b\", 3]}",               "a,b,3,"   },
        {"html/a.html", "{{#l}}{{x}}{{y}}{{/l}}",
         "{\"y\": \"!\", \"l\": [{\"x\": 1}, {\"x\": 2, \"y\": \"?\"}]}",                                 "1!2?"     },
        {"html/a.html", "{{#l}}a{{/l}}{{^l}}none{{/l}}",      "{\"l\": []}",                              "none"     },
        {"html/a.html", "{{#f}}a{{/f}}{{^f}}b{{/f}}",         "{\"f\": false}",                           "b"        },
        {"html/a.html", "{{#f}}a{{/f}}{{^f}}b{{/f}}",         "{\"f\": null}",                            "b"        },
        {"html/a.html", "{{#f}}a{{/f}}{{^f}}b{{/f}}",         "{\"f\": \"\"}",                            "b"        },
        {"html/a.html", "{{#f}}a{{/f}}{{^f}}b{{/f}}",         "{\"f\": 0}",                               "a"        },
        {"html/a.html", "{{#o}}{{x}}{{/o}}",                  "{\"o\": {\"x\": \"in\"}, \"x\": \"out\"}",
         "in"                                                                                                        },
        {"html/a.html", "{{#l}}{{#m}}{{.}}{{/m}};{{/l}}",
         "{\"l\": [{\"m\": [1, 2]}, {\"m\": []}, {\"m\": [3]}]}",                                         "12;;3;"   },
        {"html/a.html", "{{^f}}{{#l}}{{.}}{{/l}}{{/f}}",      "{\"f\": false, \"l\": [1]}",
         "1"                                                                                                         },
        {"html/a.html", "a{{! a {note} }}b",                  "{}",                                       "ab"       },
        {"html/a.html", "a\n  {{#f}}\nb\n  {{/f}}\nc\n",      "{\"f\": true}",                            "a\nb\nc\n"},
        {"html/a.html", "a {{#f}}\nb{{/f}}\n",                "{\"f\": true}",                            "a \nb\n"  },
        {"html/a.html", "{{! alone }}\na\n{{^f}}\nx\n{{/f}}", "{\"f\": true}",                            "a\n"      },
        {"html/a.html", "[{{>part}}]",                        "{\"x\": \"y\"}",                           "[(y)]"    },
        {"html/a.html", "{{#l}}{{>part}}{{/l}}",              "{\"l\": [{\"x\": 1}, {\"x\": 2}]}",
         "(1)(2)"                                                                                                    },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf out;
        struct error err = {0};
        strbuf_init(&out, 1024);
        if (render(cases[i].name, cases[i].text, "({{x}})", cases[i].view, &out,
                   &err) != 0)
            fail_msg("%s: %s", cases[i].text, err.text);
        if (strcmp(out.at, cases[i].want) != 0)
            fail_msg("%s: got \"%s\"", cases[i].text, out.at);
        strbuf_release(&out);
    }
}

static void a_wrong_template_or_view_is_an_error_with_its_line(void **state UNUSED)
{
    static const struct {
        const char *text, *view, *says;
    } cases[] = {
        {"a\n{{x",                   "{}",                "line 2"                },
        {"\n\n{{#a}}",               "{}",                "line 3"                },
        {"{{/a}}",                   "{}",                "never began"           },
        {"{{#a}}{{/b}}",             "{\"a\": 1}",        "another section"       },
        {"{{{x}}}",                  "{\"x\": \"<\"}",    "raw output"            },
        {"{{&x}}",                   "{\"x\": \"<\"}",    "raw output"            },
        {"{{=<% %>=}}",              "{}",                "raw output"            },
        {"{{}}",                     "{}",                "proper name"           },
        {"{{a b}}",                  "{}",                "proper name"           },
        {"x\n{{missing}}",           "{}",                "line 2: missing is not"},
        {"{{#missing}}{{/missing}}", "{}",                "is not in the view"    },
        {"{{a.b}}",                  "{\"a\": {}}",       "is not in the view"    },
        {"{{a.b}}",                  "{\"a\": \"text\"}", "is not in the view"    },
        {"{{a}}",                    "{\"a\": null}",     "no text or number"     },
        {"{{a}}",                    "{\"a\": [1]}",      "no text or number"     },
        {"{{a}}",                    "{\"a\": 1.5}",      "no text or number"     },
        {"{{>part}}",                "{\"x\": 1}",        "nested too deeply"     },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf out;
        struct error err = {0};
        strbuf_init(&out, 1 << 20);
        if (render("html/a.html", cases[i].text, "({{>part}})", cases[i].view, &out,
                   &err) == 0)
            fail_msg("taken: %s", cases[i].text);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].text, err.text);
        strbuf_release(&out);
    }
}

static void a_page_that_is_too_long_is_an_error(void **state UNUSED)
{
    struct strbuf out;
    struct error err = {0};

    strbuf_init(&out, 4);
    assert_int_equal(render("html/a.html", "12345", "", "{}", &out, &err), -1);
    assert_non_null(strstr(err.text, "too long"));
    strbuf_release(&out);
}

static void every_shipped_template_loads(void **state UNUSED)
{
    struct templates *templates = NULL;
    struct error err = {0};

    if (templates_load(NULL, &templates, &err) != 0)
        fail_msg("%s", err.text);
    templates_free(templates);
    templates_free(NULL);
}

static void a_folder_overrides_by_name_and_its_mistakes_are_named(void **state UNUSED)
{
    char folder[] = "/tmp/cleansmtp-templates-XXXXXX";
    struct templates *templates = NULL;
    struct error err = {0};
    struct strbuf out;
    char path[128];

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/email", folder);
    assert_int_equal(file_mkdirs(path, 0700, &err), 0);
    (void)snprintf(path, sizeof path, "%s/email/reply.en.txt", folder);
    assert_int_equal(file_write(path, SLICE("Our own: {{link}}\n"), 0600, &err), 0);
    assert_int_equal(templates_load(folder, &templates, &err), 0);
    json_t *view = json_pack("{s:s}", "link", "L");
    strbuf_init(&out, 1024);
    assert_int_equal(template_render(templates, "email/reply.en.txt", view, &out, &err),
                     0);
    assert_string_equal(out.at, "Our own: L\n");
    assert_int_equal(template_render(templates, "html/nothing.html", view, &out, &err),
                     -1);
    templates_free(templates);
    assert_int_equal(file_write(path, SLICE("ok\n{{{link}}}\n"), 0600, &err), 0);
    assert_int_equal(templates_load(folder, &templates, &err), -1);
    assert_non_null(strstr(err.text, "\"email/reply.en.txt\" line 2"));
    assert_int_equal(file_write(path, SLICE("{{>nowhere}}"), 0600, &err), 0);
    assert_int_equal(templates_load(folder, &templates, &err), -1);
    assert_non_null(strstr(err.text, "email/nowhere.en.txt"));
    json_decref(view);
    strbuf_release(&out);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/email", folder);
    (void)rmdir(path);
    (void)rmdir(folder);
}

static void an_asset_has_its_type_and_an_etag(void **state UNUSED)
{
    struct asset css;
    struct asset again;

    assert_true(asset_find("static/app.css", &css));
    assert_true(asset_find("static/app.css", &again));
    assert_string_equal(css.content_type, "text/css; charset=utf-8");
    assert_string_equal(css.etag, again.etag);
    assert_int_equal(strlen(css.etag), 34);
    assert_true(css.etag[0] == '"' && css.bytes.len > 1000);
    assert_false(asset_find("static/nothing.css", &css));
    assert_false(asset_find("html/head.html", &css));
    assert_false(asset_find("static/../html/head.html", &css));
    assert_false(asset_find("", &css));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_renders_its_view),
        cmocka_unit_test(a_wrong_template_or_view_is_an_error_with_its_line),
        cmocka_unit_test(a_page_that_is_too_long_is_an_error),
        cmocka_unit_test(every_shipped_template_loads),
        cmocka_unit_test(a_folder_overrides_by_name_and_its_mistakes_are_named),
        cmocka_unit_test(an_asset_has_its_type_and_an_etag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
