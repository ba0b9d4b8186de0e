/*
 * log.c - one event, one line.
 */
#include "base/base.h"

#include "base/log.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/strbuf.h"

enum {
    LINE_MAX_BYTES = 2048
};

/* The one file-scope state of the house: set once by a main. */
static enum log_level current_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    current_level = level;
}

void log_event(enum log_level level, const char *event, ...)
{
    struct strbuf line;
    va_list args;

    if (level > current_level)
        return;
    strbuf_init(&line, LINE_MAX_BYTES);
    strbuf_printf(&line, "<%d>event=%s", (int)level, event);
    va_start(args, event);
    for (const char *key; (key = va_arg(args, const char *)) != NULL;) {
        const char *value = va_arg(args, const char *);
        if (value == NULL)
            continue;
        strbuf_printf(&line, " %s=", key);
        escape_append(&line, ESCAPE_LOG, slice_from(value));
    }
    va_end(args);
    /* The newline in place of the last byte where the line was cut: always one whole line. */
    if (line.len == line.max)
        line.at[line.len - 1] = '\n';
    else
        strbuf_putc(&line, '\n');
    if (write(STDERR_FILENO, line.at, line.len) < 0) {
        /* Nowhere left to complain. */
    }
    strbuf_release(&line);
}
