/*
 * evidence_json.c - jansson, with the keys in the order of the manual.
 */
#include "base/base.h"

#include "issuer/bounce/evidence_json.h"

#include <jansson.h>

#include "base/limits.h"
#include "issuer/bounce/rules.h"

enum {
    EXPLAIN_MATCHED_MAX = 120,
    EXPLAIN_ADDRESSES_MAX = 8
};

static const struct {
    enum bounce_flag flag;
    const char *name;
} flag_names[] = {
    {FLAG_TRUNCATED,  "truncated" },
    {FLAG_MASKED,     "masked"    },
    {FLAG_QUOTED,     "quoted"    },
    {FLAG_CONFLICT,   "conflict"  },
    {FLAG_TEMPORARY,  "temporary" },
    {FLAG_NOT_SHARED, "not_shared"},
    {FLAG_PASTED,     "pasted"    },
    {FLAG_BINARY,     "binary"    },
    {FLAG_EMPTY,      "empty"     },
    {FLAG_UNREADABLE, "unreadable"},
    {FLAG_COMPLAINT,  "complaint" },
    {FLAG_RECEIPT,    "receipt"   },
    {FLAG_AUTO_REPLY, "auto_reply"},
    {FLAG_FORWARDED,  "forwarded" },
    {FLAG_NESTED,     "nested"    },
    {FLAG_LIST_DEAD,  "list_dead" },
};

static const char *const block_names[] = {"no", "unsure", "yes"};
_Static_assert(ARRAY_LEN(block_names) == IP_BLOCK_COUNT, "a word each");

static json_t *text_or_null(const char *text)
{
    json_t *made = text == NULL ? json_null() : json_string(text);
    /* json_string refuses what is not UTF-8; nothing is better than a broken object */
    return made == NULL ? json_null() : made;
}

static json_t *code_or_null(unsigned code)
{
    return code == 0 ? json_null() : json_integer((json_int_t)code);
}

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        abort(); /* no memory */
    }
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        abort();
    }
}

static json_t *flags_array(unsigned flags)
{
    json_t *array = json_array();
    for (size_t i = 0; i < ARRAY_LEN(flag_names); i++) {
        if ((flags & (unsigned)flag_names[i].flag) != 0) {
            append(array, json_string(flag_names[i].name));
        }
    }
    return array;
}

/* Said again in the refusing server's own words, where its role is surer? */
static bool is_repeated(const struct candidates *candidates,
                        const struct candidate *one)
{
    for (size_t i = 0; i < candidates->count && !one->is_reply; i++) {
        const struct candidate *other = &candidates->items[i];
        if (other->is_reply && address_equal(&other->address, &one->address) &&
            one->row == NULL) {
            return true;
        }
    }
    return false;
}

static json_t *candidates_array(const struct candidates *candidates)
{
    json_t *array = json_array();
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        if (is_repeated(candidates, candidate)) {
            continue;
        }
        json_t *object = json_object();
        put(object, "ip", json_string(candidate->text));
        put(object, "role", text_or_null(candidate->role));
        put(object, "score", json_integer(candidate->score));
        append(array, object);
    }
    return array;
}

/* Whole characters of a part of a text, at most max bytes; null for none. A pattern counts bytes,
 * so it may have matched half a character at either end. */
static json_t *text_json(struct slice text, size_t max)
{
    text = text_cut(text, max);
    while (text.len > 0 && ((unsigned char)text.at[0] & 0xC0) == 0x80) {
        text = slice_skip(text, 1);
    }
    for (size_t i = 0; i < 3 && !slice_is_utf8(text); i++) {
        text.len--;
    }
    json_t *made = text.len == 0 ? json_null() : json_stringn(text.at, text.len);
    return made == NULL ? json_null() : made;
}

/* What a row decided: its answer, where it stands, the text it matched. */
static json_t *decision(const char *value, const char *place, struct slice matched)
{
    json_t *object = json_object();
    put(object, "value", text_or_null(value));
    put(object, "row", text_or_null(place));
    put(object, "matched", text_json(matched, EXPLAIN_MATCHED_MAX));
    return object;
}

static json_t *decisions_about(const struct candidates *addresses)
{
    json_t *array = json_array();
    for (size_t i = 0; i < addresses->count && i < EXPLAIN_ADDRESSES_MAX; i++) {
        const struct candidate *candidate = &addresses->items[i];
        const struct role_row *row = candidate->row;
        json_t *object = decision(candidate->role, row == NULL ? NULL : row->place,
                                  candidate->matched);
        put(object, "ip", json_string(candidate->text));
        put(object, "score", json_integer(candidate->score));
        append(array, object);
    }
    return array;
}

static json_t *explain_array(const struct bounce_evidence *evidence)
{
    static const char *const sources[] = {"words", "line", "transcript", "status"};
    _Static_assert(ARRAY_LEN(sources) == REPLY_SOURCE_COUNT, "a word each");
    json_t *array = json_array();
    for (size_t i = 0; i < evidence->explanation_count; i++) {
        const struct explanation *why = &evidence->explanations[i];
        const struct finding *found = why->finding;
        json_t *object = json_object();
        put(object, "text", text_json(why->reply->text, RECIPIENT_EXCERPT_MAX));
        put(object, "source", json_string(sources[why->reply->source]));
        put(object, "recipient", text_json(why->reply->recipient, MAILBOX_MAX));
        put(object, "class",
            decision(evidence_class_name(found->class),
                     found->rule == NULL ? NULL : found->rule->place,
                     found->rule_matched));
        put(object, "list",
            decision(found->list_name, found->list == NULL ? NULL : found->list->place,
                     found->list_matched));
        put(object, "roles", decisions_about(&why->addresses));
        append(array, object);
    }
    return array;
}

static json_t *recipients_array(const struct bounce_evidence *evidence)
{
    json_t *array = json_array();
    for (size_t i = 0; i < evidence->recipient_count; i++) {
        const struct bounce_refusal *refusal = &evidence->recipients[i];
        json_t *object = json_object();
        put(object, "recipient", text_or_null(refusal->recipient));
        put(object, "class", json_string(evidence_class_name(refusal->class)));
        put(object, "ip_block", json_string(block_names[refusal->ip_block]));
        put(object, "blocked_ip", text_or_null(refusal->blocked_ip));
        put(object, "list", text_or_null(refusal->list));
        put(object, "smtp_code", code_or_null(refusal->smtp_code));
        put(object, "enhanced_code", text_or_null(refusal->enhanced_code));
        put(object, "remote_mta", text_or_null(refusal->remote_mta));
        put(object, "delayed", json_boolean(refusal->is_delayed));
        put(object, "excerpt",
            text_json(slice_from(refusal->text), RECIPIENT_EXCERPT_MAX));
        append(array, object);
    }
    return array;
}

static json_t *evidence_object(const struct bounce_evidence *evidence)
{
    const struct bounce_refusal *refusal = &evidence->main;
    json_t *object = json_object();
    put(object, "is_bounce", json_boolean(evidence->is_bounce));
    put(object, "ip_block", json_string(block_names[refusal->ip_block]));
    put(object, "class", json_string(evidence_class_name(refusal->class)));
    put(object, "blocked_ip", text_or_null(refusal->blocked_ip));
    put(object, "candidates", candidates_array(&evidence->candidates));
    put(object, "list", text_or_null(refusal->list));
    put(object, "lookup_url", text_or_null(refusal->lookup_url));
    put(object, "sender", text_or_null(evidence->sender));
    put(object, "recipient", text_or_null(refusal->recipient));
    put(object, "recipients", recipients_array(evidence));
    put(object, "smtp_code", code_or_null(refusal->smtp_code));
    put(object, "enhanced_code", text_or_null(refusal->enhanced_code));
    put(object, "reporting_mta", text_or_null(evidence->reporting_mta));
    put(object, "remote_mta", text_or_null(refusal->remote_mta));
    put(object, "time", text_or_null(evidence->time));
    put(object, "message_id", text_or_null(evidence->message_id));
    put(object, "queue_id", text_or_null(evidence->queue_id));
    put(object, "client", text_or_null(evidence->client));
    put(object, "grantable", json_boolean(evidence->is_grantable));
    put(object, "flags", flags_array(evidence->flags));
    put(object, "excerpt", text_or_null(refusal->text));
    if (evidence->explanations != NULL) {
        put(object, "explain", explain_array(evidence));
    }
    return object;
}

void evidence_json_init(void)
{
    json_object_seed(0);
}

bool evidence_json(const struct bounce_evidence *evidence, struct strbuf *out)
{
    json_t *object = evidence_object(evidence);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL) {
        return false;
    }
    strbuf_puts(out, text);
    strbuf_putc(out, '\n');
    free(text);
    return !out->full;
}
