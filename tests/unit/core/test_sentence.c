/*
 * test_sentence.c - keys and values as one line, and back.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/sentence.h"

static void values_stand_behind_the_key_in_their_kinds(void **state UNUSED)
{
    const struct sentence inner = SENTENCE("said.none");
    struct arena mem;

    arena_init(&mem);
    const struct sentence made = SAY(
        &mem, "said.all", SAY_TEXT("text", "a b"), SAY_NUMBER("number", -7),
        SAY_COUNT("count", 3U), SAY_TIME("time", 1795507331), SAY_SPAN("span", 60),
        SAY_SENTENCE("inner", inner), SAY_TEXT("nothing", NULL));
    assert_string_equal(made.line,
                        "{said.all|text=a b|number+-7|count#3|time@1795507331"
                        "|span~60|inner:{said.none}|nothing=}");
    assert_string_equal(sentence_fill(&mem, "said.none", NULL).line, inner.line);
    assert_true(sentence_is(made, "said.all"));
    assert_true(sentence_is(inner, "said.none"));
    assert_false(sentence_is(made, "said.al"));
    assert_false(sentence_is(made, "said.all.more"));
    arena_release(&mem);
}

/* What strangers wrote never becomes a key, a value or an end. */
static void a_text_comes_back_as_it_was(void **state UNUSED)
{
    static const char *const texts[] = {
        "",  "plain",     "{said.x}", "a|b=c",
        "}", "\\",        "\\\\}",    "|record=v=spf1 +all}",
        "{", "\xc3\xbc|",
    };
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct sentence why = SAY(&mem, "said.in", SAY_TEXT("other", texts[i]));
        const struct sentence made = SAY(&mem, "said.out", SAY_SENTENCE("why", why),
                                         SAY_TEXT("record", texts[i]));
        struct sentence_part part;
        assert_string_equal(sentence_text(&mem, made, "record"), texts[i]);
        assert_string_equal(sentence_text(&mem, made, "other"), texts[i]);
        assert_null(sentence_text(&mem, made, "recor"));
        assert_true(sentence_last(&mem, slice_from(made.line), &part));
        assert_string_equal(part.key, "said.in");
        assert_int_equal(part.count, 1);
        assert_string_equal(part.values[0].name, "other");
        assert_string_equal(part.values[0].text, texts[i]);
        const char *line = sentence_splice(&mem, slice_from(made.line), &part,
                                           texts[i]);
        assert_true(sentence_last(&mem, slice_from(line), &part));
        assert_string_equal(part.key, "said.out");
        assert_int_equal(part.count, 2);
        assert_int_equal(part.values[0].kind, SENTENCE_TEXT);
        assert_string_equal(part.values[0].text, texts[i]);
        assert_string_equal(sentence_splice(&mem, slice_from(line), &part, "words"),
                            "words");
    }
    arena_release(&mem);
}

static void words_are_quoted_only_where_they_look_like_a_key(void **state UNUSED)
{
    struct sentence_part part;
    struct arena mem;

    arena_init(&mem);
    assert_string_equal(sentence_quote(&mem, "192.0.2.0/24").line, "192.0.2.0/24");
    assert_null(sentence_quote(&mem, NULL).line);
    const struct sentence quoted = sentence_quote(&mem, "{said.x}");
    assert_string_equal(quoted.line, "{|=\\{said.x\\}}");
    assert_true(sentence_last(&mem, slice_from(quoted.line), &part));
    assert_string_equal(part.key, "");
    assert_string_equal(part.values[0].text, "{said.x}");
    /* A quotation, or an old line, in a sentence is a text to it. */
    const struct sentence old = {"no answer|at all"};
    assert_string_equal(SAY(&mem, "said.once", SAY_SENTENCE("then", old)).line,
                        "{said.once|then=no answer\\|at all}");
    arena_release(&mem);
}

static void what_is_not_whole_is_no_sentence(void **state UNUSED)
{
    static const char *const lines[] = {
        "",
        "words",
        "{said.x",
        "{said.x|}",
        "{said.x|a}",
        "{said.x|a@}",
        "{said.x|a@x}",
        "{said.x|a:b}",
        "{said.x|a=b\\}",
        "{k|a=|b=|c=|d=|e=|f=|g=|h=|i=}",
    };
    struct sentence_part part;
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (sentence_last(&mem, slice_from(lines[i]), &part))
            fail_msg("\"%s\" is taken for a sentence", lines[i]);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_behind_the_key_in_their_kinds),
        cmocka_unit_test(a_text_comes_back_as_it_was),
        cmocka_unit_test(words_are_quoted_only_where_they_look_like_a_key),
        cmocka_unit_test(what_is_not_whole_is_no_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
