/*
 * fuzz_template.c - template text: parsed or refused, and what is parsed renders or says why.
 */
#include "base/base.h"

#include "base/limits.h"
#include "issuer/render/template_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const json_t *view_once(void)
{
    static json_t *view;

    if (view == NULL)
        view = json_loads(
            "{\"a\": \"<x>\", \"n\": 3, \"l\": [{\"a\": 1}, {\"a\": 2}], \"e\": "
            "[], \"f\": false, \"o\": {\"a\": {\"b\": \"c\"}}}",
            0, NULL);
    if (view == NULL)
        abort();
    return view;
}

static void check_jumps(const struct parsed *parsed)
{
    for (size_t i = 0; i < parsed->count; i++) {
        const struct node *node = &parsed->nodes[i];
        bool begins = node->kind == NODE_SECTION || node->kind == NODE_INVERTED;
        if (begins && (node->partner <= i || node->partner >= parsed->count ||
                       parsed->nodes[node->partner].kind != NODE_END ||
                       parsed->nodes[node->partner].partner != i))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parsed parsed = {.name = "html/a.html",
                            .text = slice_of((const char *)data, size),
                            .is_html = true};
    struct templates set = {.all = &parsed, .count = 1};
    struct error err = {0};
    struct strbuf out;

    strbuf_init(&out, 64 * (size_t)1024);
    if (template_parse(&parsed, &err) == 0) {
        check_jumps(&parsed);
        /* A partial is the template itself here: it ends at the depth limit, if not before. */
        if (template_render(&set, "html/a.html", view_once(), &out, &err) != 0 &&
            err.kind != ERROR_INTERNAL)
            abort();
    } else if (err.kind != ERROR_INVALID) {
        abort();
    }
    strbuf_release(&out);
    free(parsed.nodes);
    return 0;
}
