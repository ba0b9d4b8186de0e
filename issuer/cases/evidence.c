/*
 * evidence.c - one table of text fields, each with the test it must pass.
 */
#include "base/base.h"

#include "issuer/cases/evidence.h"

#include <stddef.h>

#include <jansson.h>

#include "base/address.h"
#include "base/strbuf.h"
#include "base/timetext.h"
#include "core/mailbox.h"
#include "core/status_code.h"

enum {
    LIST_NAME_MAX = DOMAIN_MAX,
    NAME_TEXT_MAX = 320, /* a host name with an address behind it */
    URL_TEXT_MAX = 1024,
    ID_TEXT_MAX = 512,
    FLAGS_MAX = 24,
    FLAG_NAME_MAX = 24
};

/* A reader returns the text to keep, in mem, or NULL to leave it out. */
typedef const char *text_reader(struct arena *mem, struct slice text);

/* Controls become blanks, and what is too long is cut between characters. */
static const char *clean_copy(struct arena *mem, struct slice text, size_t max_bytes)
{
    size_t len = text.len < max_bytes ? text.len : max_bytes;

    while (len < text.len && len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
        len--;
    char *copy = arena_strndup(mem, text.at, len);
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)copy[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
            copy[i] = ' ';
    }
    return len == 0 ? NULL : copy;
}

static const char *read_excerpt(struct arena *mem, struct slice text)
{
    return clean_copy(mem, text, EVIDENCE_EXCERPT_MAX);
}

static const char *read_printable(struct arena *mem, struct slice text,
                                  size_t max_bytes)
{
    if (text.len == 0 || text.len > max_bytes || !slice_is_printable(text))
        return NULL;
    return arena_slice(mem, text);
}

static const char *read_id(struct arena *mem, struct slice text)
{
    return read_printable(mem, text, ID_TEXT_MAX);
}

static const char *read_name(struct arena *mem, struct slice text)
{
    return read_printable(mem, text, NAME_TEXT_MAX);
}

/* The name of a mail program may hold any letters. */
static const char *read_client(struct arena *mem, struct slice text)
{
    const char *copy = clean_copy(mem, text, NAME_TEXT_MAX);

    return copy != NULL && strpbrk(copy, "\n\t") == NULL ? copy : NULL;
}

static const char *read_url(struct arena *mem, struct slice text)
{
    bool is_web = slice_starts_nocase(text, "http://") ||
                  slice_starts_nocase(text, "https://");

    if (!is_web || slice_find_byte(text, ' ') >= 0)
        return NULL;
    return read_printable(mem, text, URL_TEXT_MAX);
}

/* "bl.spamcop.net" or "private:microsoft", in lower case. */
static const char *read_list(struct arena *mem, struct slice text)
{
    if (text.len == 0 || text.len > LIST_NAME_MAX)
        return NULL;
    char *copy = arena_slice(mem, text);
    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] | 0x20);
        bool is_letter = copy[i] >= 'a' && copy[i] <= 'z';
        bool is_digit = copy[i] >= '0' && copy[i] <= '9';
        if (!is_letter && !is_digit && strchr(".-_:", copy[i]) == NULL)
            return NULL;
    }
    return copy;
}

static const char *read_mailbox(struct arena *mem, struct slice text)
{
    char mailbox[MAILBOX_MAX + 1];

    return mailbox_parse(text, mailbox) ? arena_strdup(mem, mailbox) : NULL;
}

static const char *read_address(struct arena *mem, struct slice text)
{
    struct address address;
    char canonical[ADDRESS_TEXT_MAX + 1];

    if (!address_parse(text, &address) || address_is_special(&address))
        return NULL;
    address_format(&address, canonical);
    return arena_strdup(mem, canonical);
}

static const char *read_enhanced(struct arena *mem, struct slice text)
{
    char code[16];

    if (!enhanced_code_take(&text, code) || text.len != 0)
        return NULL;
    return arena_strdup(mem, code);
}

static const struct {
    const char *key;
    size_t offset; /* of a const char * in struct evidence */
    text_reader *read;
} text_fields[] = {
    {"blocked_ip",    offsetof(struct evidence, blocked_ip),    read_address },
    {"list",          offsetof(struct evidence, list),          read_list    },
    {"lookup_url",    offsetof(struct evidence, lookup_url),    read_url     },
    {"sender",        offsetof(struct evidence, sender),        read_mailbox },
    {"recipient",     offsetof(struct evidence, recipient),     read_mailbox },
    {"reporting_mta", offsetof(struct evidence, reporting_mta), read_name    },
    {"remote_mta",    offsetof(struct evidence, remote_mta),    read_name    },
    {"enhanced_code", offsetof(struct evidence, enhanced_code), read_enhanced},
    {"message_id",    offsetof(struct evidence, message_id),    read_id      },
    {"queue_id",      offsetof(struct evidence, queue_id),      read_id      },
    {"client",        offsetof(struct evidence, client),        read_client  },
    {"excerpt",       offsetof(struct evidence, excerpt),       read_excerpt },
};

static struct slice text_of(const json_t *value)
{
    return slice_of(json_string_value(value), json_string_length(value));
}

static bool read_texts(struct arena *mem, const json_t *object, struct evidence *out)
{
    for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
        const json_t *value = json_object_get(object, text_fields[i].key);
        if (value == NULL || json_is_null(value))
            continue;
        if (!json_is_string(value))
            return false;
        const char *text = text_fields[i].read(mem, text_of(value));
        memcpy((char *)out + text_fields[i].offset, &text, sizeof text);
    }
    return true;
}

static bool read_code(const json_t *object, struct evidence *out)
{
    const json_t *value = json_object_get(object, "smtp_code");

    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_integer(value))
        return false;
    json_int_t code = json_integer_value(value);
    out->smtp_code = code >= 200 && code <= 599 ? (unsigned)code : 0;
    return true;
}

static bool read_time(const json_t *object, struct evidence *out)
{
    const json_t *value = json_object_get(object, "time");

    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return false;
    int64_t when;
    if (timetext_rfc3339_parse(text_of(value), &when) && when > 0)
        out->bounced_at = when;
    return true;
}

static bool flag_is_valid(struct slice flag)
{
    if (flag.len == 0 || flag.len > FLAG_NAME_MAX)
        return false;
    for (size_t i = 0; i < flag.len; i++)
        if ((flag.at[i] < 'a' || flag.at[i] > 'z') && flag.at[i] != '_' &&
            flag.at[i] != '-')
            return false;
    return true;
}

static bool read_flags(struct arena *mem, const json_t *object, struct evidence *out)
{
    const json_t *flags = json_object_get(object, "flags");
    struct strbuf text;
    bool good = true;

    if (!json_is_array(flags) || json_array_size(flags) > FLAGS_MAX)
        return false;
    strbuf_init(&text, (size_t)FLAGS_MAX * (FLAG_NAME_MAX + 1));
    for (size_t i = 0; good && i < json_array_size(flags); i++) {
        const json_t *flag = json_array_get(flags, i);
        good = json_is_string(flag) && flag_is_valid(text_of(flag));
        if (good && i > 0)
            strbuf_putc(&text, ' ');
        if (good)
            strbuf_add_slice(&text, text_of(flag));
    }
    out->flags = arena_slice(mem, strbuf_slice(&text));
    strbuf_release(&text);
    return good;
}

static bool read_object(struct arena *mem, const json_t *object, struct evidence *out)
{
    const json_t *is_bounce = json_object_get(object, "is_bounce");
    const json_t *grantable = json_object_get(object, "grantable");
    const json_t *class = json_object_get(object, "class");

    if (!json_is_object(object) || !json_is_boolean(is_bounce) ||
        !json_is_boolean(grantable) || !json_is_string(class))
        return false;
    if (!evidence_class_parse(text_of(class), &out->class))
        return false;
    out->is_bounce = json_is_true(is_bounce);
    if (!read_texts(mem, object, out) || !read_code(object, out) ||
        !read_time(object, out) || !read_flags(mem, object, out))
        return false;
    out->is_grantable = json_is_true(grantable) && out->is_bounce &&
                        out->class == CLASS_DNSBL && out->blocked_ip != NULL &&
                        out->list != NULL;
    return true;
}

bool evidence_decode(struct arena *mem, struct slice json, struct evidence *out)
{
    struct evidence evidence = {0};
    json_t *object = json_loadb(json.at, json.len, JSON_REJECT_DUPLICATES, NULL);

    bool good = object != NULL && read_object(mem, object, &evidence);
    json_decref(object);
    if (good)
        *out = evidence;
    return good;
}

void evidence_unreadable(struct evidence *out)
{
    *out = (struct evidence){.class = CLASS_OTHER, .flags = "unreadable"};
}
