/*
 * fuzz_text.c - catalogues and guides from a folder of the administrator's, and Accept-Language from
 * anybody: read or refused.
 */
#include "base/base.h"

#include "issuer/render/guide.h"
#include "issuer/render/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const offered[] = {"en", "de"};
    struct slice input = slice_of((const char *)data, size);
    struct texts texts = {0};
    struct arena mem;
    json_t *guide = NULL;

    arena_init(&mem);
    if (text_read(&texts, &mem, "text/a.en.txt", input, NULL) == 0 &&
        text_read(&texts, &mem, "text/a.de.txt", input, NULL) == 0 &&
        text_finish(&texts, NULL) == 0)
        for (size_t i = 0; i < texts.all[0].count; i++)
            if (text_find(&texts, &texts.all[1], texts.all[0].rows[i].key) == NULL)
                abort();
    text_free(&texts);
    if (guide_parse(&mem, "guides/a.en.md", input, &guide, NULL) == 0)
        json_decref(guide);
    const char *best = text_choose(input, offered, ARRAY_LEN(offered));
    if (best != NULL && best != offered[0] && best != offered[1])
        abort();
    arena_release(&mem);
    return 0;
}
