/*
 * fuzz_form.c - form bodies: no crash, no field twice, nothing longer than what came.
 *
 * The first byte chooses the encoding.
 */
#include "base/base.h"

#include "issuer/http/http.h"

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=XyZ",
        "multipart/form-data; boundary=\"-\"",
    };
    struct arena mem;
    struct form form = {0};
    struct error err = {0};
    size_t total = 0;

    if (size == 0)
        return 0;
    arena_init(&mem);
    struct slice body = slice_of((const char *)data + 1, size - 1);
    const char *type = types[data[0] % ARRAY_LEN(types)];
    if (form_parse(&mem, slice_from(type), body, &form, &err) == 0) {
        if (form.count > FORM_FIELDS_MAX)
            abort();
        for (size_t i = 0; i < form.count; i++) {
            const char *text = form_text(&mem, &form, form.fields[i].name.at);
            if (text == NULL ||
                form_slice(&form, form.fields[i].name.at).at != form.fields[i].value.at)
                abort();
            total += form.fields[i].value.len;
        }
        if (total > size)
            abort();
    } else if (err.kind != ERROR_INVALID || form.count != 0) {
        abort();
    }
    arena_release(&mem);
    return 0;
}
