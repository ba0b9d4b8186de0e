/*
 * error.c - filling a struct error.
 */
#include "base/base.h"

#include "base/error.h"

#include <stdarg.h>

static const char *const kind_names[ERROR_KIND_COUNT] = {
    [ERROR_NONE] = "none",           [ERROR_INVALID] = "invalid",
    [ERROR_DENIED] = "denied",       [ERROR_REFUSED] = "refused",
    [ERROR_NOT_FOUND] = "not_found", [ERROR_CONFLICT] = "conflict",
    [ERROR_EXHAUSTED] = "exhausted", [ERROR_UNAVAILABLE] = "unavailable",
    [ERROR_INTEGRITY] = "integrity", [ERROR_INTERNAL] = "internal",
};

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    /* Made aside: err->text may itself be among the arguments. */
    struct error made = {.kind = kind};
    va_list args;

    if (err == NULL)
        return -1;
    va_start(args, format);
    if (vsnprintf(made.text, sizeof made.text, format, args) < 0)
        made.text[0] = '\0';
    va_end(args);
    *err = made;
    return -1;
}

const char *error_words(int errno_value)
{
#ifdef __GLIBC__
    const char *words = strerrordesc_np(errno_value); /* no buffer and no locale */
#else
    /* musl's: constant words, and without a locale the same for all threads. */
    const char *words = strerror(errno_value); // NOLINT(concurrency-mt-unsafe)
#endif
    return words != NULL ? words : "unknown error";
}

int error_set_errno(struct error *err, enum error_kind kind, int errno_value,
                    const char *format, ...)
{
    char prefix[sizeof err->text];
    va_list args;

    if (err == NULL)
        return -1;
    va_start(args, format);
    if (vsnprintf(prefix, sizeof prefix, format, args) < 0)
        prefix[0] = '\0';
    va_end(args);
    return error_set(err, kind, "%.200s: %s", prefix, error_words(errno_value));
}

int error_prefix(struct error *err, const char *format, ...)
{
    char prefix[sizeof err->text];
    char text[sizeof err->text];
    va_list args;

    if (err == NULL)
        return -1;
    va_start(args, format);
    if (vsnprintf(prefix, sizeof prefix, format, args) < 0)
        prefix[0] = '\0';
    va_end(args);
    memcpy(text, err->text, sizeof text);
    return error_set(err, err->kind, "%s: %s", prefix, text);
}

const char *error_kind_name(enum error_kind kind)
{
    assert(kind >= 0 && kind < ERROR_KIND_COUNT);
    return kind_names[kind];
}
