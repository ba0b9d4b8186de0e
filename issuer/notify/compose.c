/*
 * compose.c - an audit record as the JSON of Standard Webhooks.
 */
#include "base/base.h"

#include "issuer/notify/compose.h"

#include <jansson.h>

#include "base/encode.h"
#include "base/number.h"
#include "base/timetext.h"

enum {
    ID_HASH_BYTES = 12
};

void compose_id(const struct webhook_post *post, char *id)
{
    char digits[2 * ID_HASH_BYTES + 1];

    hex_encode(post->record.hash, ID_HASH_BYTES, digits);
    (void)snprintf(id, COMPOSE_ID_MAX + 1, "msg_%s_%.32s", digits, post->event);
    /* A full stop ends the id where it is signed. */
    for (char *dot; (dot = strchr(id, '.')) != NULL;)
        *dot = '_';
}

/* Text of the store is UTF-8; what is not is said to be missing. */
static void put(json_t *object, const char *key, const char *text)
{
    json_t *value = text != NULL ? json_string(text) : NULL;

    json_object_set_new(object, key, value != NULL ? value : json_null());
}

static void put_time(json_t *object, const char *key, int64_t when)
{
    char text[TIMETEXT_RFC3339_MAX + 1];

    timetext_rfc3339(when, text);
    put(object, key, text);
}

static int put_case(struct store *store, struct arena *mem, int64_t id,
                    const char *console_url, json_t *data, struct error *err)
{
    struct case_row row = {0};

    if (store_case_find(store, mem, id, &row, err) != 0)
        return -1;
    json_object_set_new(data, "case", json_integer(id));
    put(data, "case_url",
        arena_printf(mem, "%s/cases/%lld", console_url, (long long)id));
    put(data, "ticket", row.ticket);
    put(data, "mailbox", row.mailbox);
    return 0;
}

static int put_lease(struct store *store, struct arena *mem, int64_t id,
                     const char *console_url, json_t *data, struct error *err)
{
    struct lease lease;

    if (store_lease_find(store, mem, id, &lease, err) != 0 ||
        put_case(store, mem, lease.case_id, console_url, data, err) != 0)
        return -1;
    json_object_set_new(data, "lease", json_integer(id));
    put(data, "mailbox", lease.mailbox);
    return 0;
}

/* What the record is about, by its object's kind: "lease:17", "pool:203.0.113.9". */
static int put_object(struct store *store, struct arena *mem, const char *object,
                      const char *console_url, json_t *data, struct error *err)
{
    struct slice text = slice_from(object), kind = {0};
    uint64_t id = 0;

    if (!slice_cut(&text, ':', &kind))
        return 0;
    bool has_number = number_u64(text, INT64_MAX, &id);
    if (slice_is(kind, "case") && has_number)
        return put_case(store, mem, (int64_t)id, console_url, data, err);
    if (slice_is(kind, "lease") && has_number)
        return put_lease(store, mem, (int64_t)id, console_url, data, err);
    if (slice_is(kind, "pool") || slice_is(kind, "shared")) {
        put(data, "address", arena_slice(mem, text));
        put(data, "address_kind", slice_is(kind, "pool") ? "reserved" : "shared");
    }
    return 0;
}

int compose_body(struct store *store, struct arena *mem,
                 const struct webhook_post *post, const char *console_url,
                 const char **out, struct error *err)
{
    json_t *body = json_object();
    json_t *data = json_object();
    int result = -1;

    put(body, "type", post->event);
    put_time(body, "timestamp", post->record.at);
    json_object_set_new(body, "data", data);
    put(data, "actor", post->record.actor);
    put(data, "action", post->record.action);
    put(data, "object", post->record.object);
    put(data, "detail", post->record.detail);
    if (put_object(store, mem, post->record.object, console_url, data, err) == 0) {
        char *text = json_dumps(body, JSON_COMPACT | JSON_PRESERVE_ORDER);
        *out = arena_strdup(mem, text != NULL ? text : "{}");
        free(text);
        result = 0;
    }
    json_decref(body);
    return result;
}
