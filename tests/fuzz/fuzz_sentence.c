/*
 * fuzz_sentence.c - lines that should be sentences, and texts that go into one.
 *
 * Whatever a line is, putting words in comes to an end, each time with fewer sentences; and what
 * somebody else wrote comes out of a sentence as it went in, however many braces are in it.
 */
#include "base/base.h"

#include "core/sentence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    LINE_MAX_BYTES = 4096
};

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static size_t count_braces(const char *line)
{
    size_t count = 0;

    for (; *line != '\0'; line++) {
        if (*line == '\\' && line[1] != '\0')
            line++;
        else if (*line == '{')
            count++;
    }
    return count;
}

static void say_line(struct arena *mem, const char *line)
{
    struct sentence_part part = {.begin = 1};

    while (part.begin > 0 && sentence_last(mem, slice_from(line), &part)) {
        size_t before = count_braces(line);
        must(part.count <= SENTENCE_VALUES_MAX && part.begin < part.end &&
             part.end <= strlen(line));
        line = sentence_splice(mem, slice_from(line), &part, "{words}");
        must(part.begin == 0 || count_braces(line) < before);
    }
}

static void keep_text(struct arena *mem, const char *text)
{
    struct sentence inner = SAY(mem, "said.inner", SAY_TEXT("text", text));
    struct sentence outer = SAY(mem, "said.outer", SAY_NUMBER("n", 7),
                                SAY_SENTENCE("why", inner));
    struct sentence_part part;

    must(sentence_is(outer, "said.outer") && !sentence_is(outer, "said.inner"));
    must(strcmp(sentence_text(mem, outer, "text"), text) == 0);
    must(sentence_last(mem, slice_from(outer.line), &part));
    must(strcmp(part.key, "said.inner") == 0 && part.count == 1);
    must(strcmp(part.values[0].text, text) == 0);
    const char *spliced = sentence_splice(mem, slice_from(outer.line), &part, text);
    must(sentence_last(mem, slice_from(spliced), &part));
    must(part.begin == 0 && strcmp(part.key, "said.outer") == 0 && part.count == 2);
    must(part.values[0].number == 7 && strcmp(part.values[1].text, text) == 0);
    must(strcmp(sentence_quote(mem, text).line, text) == 0 || text[0] == '{');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;

    if (size > LINE_MAX_BYTES)
        return 0;
    arena_init(&mem);
    const char *line = arena_slice(&mem, slice_of((const char *)data, size));
    say_line(&mem, line);
    keep_text(&mem, line);
    arena_release(&mem);
    return 0;
}
