/*
 * charset.c - a table of iconv handles.
 */
#include "base/base.h"

#include "issuer/bounce/charset.h"

#include <iconv.h>

#include "base/alloc.h"

/* The first row is the fallback. An alias is the same converter under the name that mail
 * software writes. */
static const struct {
    const char *name, *alias;
} known[] = {
    {"WINDOWS-1252", "cp1252"        },
    {"ISO-8859-1",   "latin1"        },
    {"ISO-8859-2",   "latin2"        },
    {"ISO-8859-5",   "cyrillic"      },
    {"ISO-8859-7",   "greek"         },
    {"ISO-8859-9",   "latin5"        },
    {"ISO-8859-13",  "latin7"        },
    {"ISO-8859-15",  "latin9"        },
    {"KOI8-R",       "koi8"          },
    {"KOI8-U",       "koi8-u"        },
    {"WINDOWS-1250", "cp1250"        },
    {"WINDOWS-1251", "cp1251"        },
    {"WINDOWS-1254", "cp1254"        },
    {"WINDOWS-1257", "cp1257"        },
    {"ISO-2022-JP",  "csiso2022jp"   },
    {"SHIFT_JIS",    "shift-jis"     },
    {"EUC-JP",       "ujis"          },
    {"GB18030",      "gb2312"        },
    {"GBK",          "cp936"         },
    {"BIG5",         "big-5"         },
    {"EUC-KR",       "ks_c_5601-1987"},
};

struct charsets {
    iconv_t open[ARRAY_LEN(known)];
};

static bool is_open(iconv_t handle)
{
    return handle != NULL && (intptr_t)handle != -1;
}

struct charsets *charsets_new(void)
{
    struct charsets *made = xcalloc(1, sizeof(*made));
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        made->open[i] = iconv_open("UTF-8", known[i].name);
    }
    return made;
}

void charsets_free(struct charsets *charsets)
{
    if (charsets == NULL) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (is_open(charsets->open[i])) {
            (void)iconv_close(charsets->open[i]);
        }
    }
    free(charsets);
}

/* Bytes that do not fit become U+FFFD; false when they are so many that the name is wrong. */
static bool convert(iconv_t handle, struct arena *mem, struct slice bytes,
                    struct slice *out)
{
    size_t room = bytes.len * 3 + 16; /* no byte of these charsets needs more */
    char *buffer = arena_alloc(mem, room);
    char *to = buffer;
    size_t left = room;
    char *from = arena_slice(mem, bytes);
    size_t rest = bytes.len;
    size_t broken = 0;
    (void)iconv(handle, NULL, NULL, NULL, NULL);
    while (rest > 0 && left > 3) {
        if (iconv(handle, &from, &rest, &to, &left) != (size_t)-1) {
            break;
        }
        if (rest == 0 || left <= 3) {
            break;
        }
        *to++ = (char)0xEF;
        *to++ = (char)0xBF;
        *to++ = (char)0xBD;
        left -= 3;
        from++;
        rest--;
        broken++;
    }
    if (broken > bytes.len / 8 + 4) {
        return false;
    }
    *out = slice_of(buffer, (size_t)(to - buffer));
    return true;
}

/* NULL: no such row, or its converter could not be opened. */
static iconv_t find(const struct charsets *charsets, struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (slice_is_nocase(name, known[i].name) ||
            slice_is_nocase(name, known[i].alias)) {
            return charsets->open[i];
        }
    }
    return NULL;
}

/* ISO-2022-JP is valid UTF-8 on the wire, so the name goes first there. */
struct slice charset_to_utf8(const struct charsets *charsets, struct arena *mem,
                             struct slice name, struct slice bytes)
{
    struct slice out;
    bool is_escaped = slice_starts_nocase(name, "iso-2022-");
    if (!is_escaped && slice_is_utf8(bytes)) {
        return bytes;
    }
    iconv_t handle = find(charsets, slice_trim(name));
    if (is_open(handle) && convert(handle, mem, bytes, &out)) {
        return out;
    }
    if (!slice_is_utf8(bytes) && is_open(charsets->open[0]) &&
        convert(charsets->open[0], mem, bytes, &out)) {
        return out;
    }
    return bytes;
}
