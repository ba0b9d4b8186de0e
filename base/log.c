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
    LINE_MAX_BYTES = 2048,
    COLLECTED_MAX = 64 * 1024
};

/* The one file-scope state of the house: set once by a main. */
static enum log_level current_level = LOG_LEVEL_INFO;
static struct strbuf collected; /* at NULL: lines are written at once */

void log_set_level(enum log_level level)
{
    current_level = level;
}

static void write_out(const struct strbuf *text)
{
    if (text->len > 0 && write(STDERR_FILENO, text->at, text->len) < 0) {
        /* Nowhere left to complain. */
    }
}

void log_flush(void)
{
    if (collected.at == NULL)
        return;
    write_out(&collected);
    strbuf_reset(&collected);
}

void log_collect(bool is_wanted)
{
    if (is_wanted && collected.at == NULL)
        strbuf_init(&collected, COLLECTED_MAX);
    if (is_wanted)
        return;
    log_flush();
    strbuf_release(&collected);
}

/* A level is one digit. */
static void add_level(struct strbuf *out, enum log_level level)
{
    strbuf_putc(out, '<');
    strbuf_putc(out, (char)('0' + (int)level));
    strbuf_putc(out, '>');
}

/* Append one whole line, of LINE_MAX_BYTES at most. */
static void add_line(struct strbuf *out, enum log_level level, const char *event,
                     va_list args)
{
    size_t max = out->max;

    out->max = out->len + LINE_MAX_BYTES;
    add_level(out, level);
    strbuf_puts(out, "event=");
    strbuf_puts(out, event);
    for (const char *key; (key = va_arg(args, const char *)) != NULL;) {
        const char *value = va_arg(args, const char *);
        if (value == NULL)
            continue;
        strbuf_putc(out, ' ');
        strbuf_puts(out, key);
        strbuf_putc(out, '=');
        escape_append(out, ESCAPE_LOG, slice_from(value));
    }
    /* The newline in place of the last byte where the line was cut: always one whole line. */
    if (out->len == out->max)
        out->at[out->len - 1] = '\n';
    else
        strbuf_putc(out, '\n');
    out->max = max;
    out->full = false;
}

void log_event(enum log_level level, const char *event, ...)
{
    struct strbuf line;
    va_list args;

    if (level > current_level)
        return;
    va_start(args, event);
    if (collected.at != NULL) {
        if (collected.len + LINE_MAX_BYTES > COLLECTED_MAX)
            log_flush();
        add_line(&collected, level, event, args);
        if (level == LOG_LEVEL_ERROR)
            log_flush();
    } else {
        strbuf_init(&line, LINE_MAX_BYTES);
        add_line(&line, level, event, args);
        write_out(&line);
        strbuf_release(&line);
    }
    va_end(args);
}
