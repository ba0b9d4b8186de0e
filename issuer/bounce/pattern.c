/*
 * pattern.c - PCRE2 behind four functions; the only file that knows it.
 *
 * The limits are far above what a table row needs on a reply of a few kilobytes, and far below
 * what two seconds of processor time allow.
 */
#include "base/base.h"

#include "issuer/bounce/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/alloc.h"

enum {
    MATCH_STEPS_MAX = 100000,
    MATCH_DEPTH_MAX = 2000,
    MATCH_HEAP_KIB_MAX = 4096
};

struct pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

int pattern_new(struct slice source, struct pattern **out, struct error *err)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *compiled = pcre2_compile(
        (PCRE2_SPTR)source.at, source.len,
        PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_NEVER_UTF, &code, &offset, NULL);
    if (compiled == NULL) {
        char why[128] = "unknown";
        (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
        return error_set(err, ERROR_INVALID, "the pattern is wrong at byte %zu: %s",
                         (size_t)offset, why);
    }
    struct pattern *made = xcalloc(1, sizeof(*made));
    made->code = compiled;
    made->data = pcre2_match_data_create(PATTERN_GROUPS_MAX, NULL);
    made->limits = pcre2_match_context_create(NULL);
    if (made->data == NULL || made->limits == NULL) {
        abort();
    }
    (void)pcre2_set_match_limit(made->limits, MATCH_STEPS_MAX);
    (void)pcre2_set_depth_limit(made->limits, MATCH_DEPTH_MAX);
    (void)pcre2_set_heap_limit(made->limits, MATCH_HEAP_KIB_MAX);
    *out = made;
    return 0;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern == NULL) {
        return;
    }
    pcre2_match_context_free(pattern->limits);
    pcre2_match_data_free(pattern->data);
    pcre2_code_free(pattern->code);
    free(pattern);
}

bool pattern_find(const struct pattern *pattern, struct slice text, size_t from,
                  struct pattern_match *out)
{
    if (from > text.len) {
        return false;
    }
    const char *subject = text.at == NULL ? "" : text.at;
    int count = pcre2_match(pattern->code, (PCRE2_SPTR)subject, text.len, from, 0,
                            pattern->data, pattern->limits);
    if (count < 0) {
        return false;
    }
    if (out == NULL) {
        return true;
    }
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(pattern->data);
    struct pattern_match match = {.start = at[0], .end = at[1]};
    int groups = count == 0 ? PATTERN_GROUPS_MAX : count;
    for (int i = 0; i < groups && i < PATTERN_GROUPS_MAX; i++) {
        PCRE2_SIZE start = at[(size_t)i * 2];
        PCRE2_SIZE end = at[(size_t)i * 2 + 1];
        if (start != PCRE2_UNSET && end >= start) {
            match.group[i] = slice_of(subject + start, end - start);
        }
    }
    *out = match;
    return true;
}
