/*
 * authd_map.c - the maps of the socketmap socket: who owns a sender, and by which lane it leaves.
 * The map of logins, egress, is a judgement about messages: authd_message.c.
 *
 * "There is none" is an answer only where the database was asked; what we could not find out is
 * temporary, so that Postfix defers instead of taking the ordinary way.
 */
#include "base/base.h"

#include "auth/authd.h"

#include "auth/authd_internal.h"
#include "base/log.h"
#include "core/mailbox.h"

enum {
    SENDERS_MAX = 64, /* leases of one sender at once; a mailbox has one of its own */
    VALUE_MAX = 64 * 1024,
    SHOWN_MAP_MAX = 40
};

/* "anna@kunde.example" owns as itself and as one of "@kunde.example"; Postfix also asks for
 * "@kunde.example" alone. Anything else is none of ours. */
static bool read_sender(struct slice key, char mailbox[MAILBOX_MAX + 1],
                        char domain[DOMAIN_MAX + 2])
{
    mailbox[0] = '\0';
    domain[0] = '@';
    if (slice_starts(key, "@"))
        return domain_parse(slice_skip(key, 1), domain + 1);
    if (!mailbox_parse(key, mailbox))
        return false;
    const char *its = mailbox_domain(mailbox);
    memcpy(domain + 1, its, strlen(its) + 1);
    return true;
}

struct looking {
    struct authd *authd;
    struct arena *mem;
    struct sender_row *rows; /* those of the mailbox itself first, newest first */
    size_t count;
};

static enum socketmap_status look_up(struct looking *l, struct slice key)
{
    char mailbox[MAILBOX_MAX + 1], domain[DOMAIN_MAX + 2];
    struct store *store = authd_store(l->authd);
    struct error err = {0};

    if (!read_sender(key, mailbox, domain))
        return SOCKETMAP_NOTFOUND;
    if (store == NULL)
        return SOCKETMAP_TEMPORARY;
    const struct sender_question question = {.mailbox = mailbox,
                                             .domain = domain,
                                             .now = authd_now(l->authd),
                                             .max = SENDERS_MAX};
    if (store_sender_find(store, l->mem, &question, &l->rows, &l->count, &err) != 0) {
        authd_store_failed(l->authd, &err);
        return SOCKETMAP_TEMPORARY;
    }
    return l->count > 0 ? SOCKETMAP_OK : SOCKETMAP_NOTFOUND;
}

/* Every login that owns the sender, as each kind of socket names it to Postfix. */
static enum socketmap_status find_owners(struct looking *l, struct slice key,
                                         struct strbuf *out)
{
    const char *realm = l->authd->config->submission.realm;
    enum socketmap_status status = look_up(l, key);

    for (size_t i = 0; status == SOCKETMAP_OK && i < l->count; i++)
        strbuf_printf(out, "%s%s,%s@%s", i > 0 ? "," : "", l->rows[i].username,
                      l->rows[i].username, realm);
    return status;
}

/* The lane of the newest lease that names the sender most exactly. While that one is held nothing
 * may go, by no other lane either. */
static enum socketmap_status find_lane(struct looking *l, struct slice key,
                                       struct strbuf *out)
{
    enum socketmap_status status = look_up(l, key);

    if (status != SOCKETMAP_OK)
        return status;
    const struct sender_row *row = &l->rows[0];
    if (row->is_suspended || !pool_state_may_send(row->pool_state)) {
        strbuf_puts(out, "the sending details are on hold");
        return SOCKETMAP_TEMPORARY;
    }
    if (!lane_is_valid(slice_from(row->lane)))
        return SOCKETMAP_TEMPORARY;
    strbuf_printf(out, "%s:", row->lane);
    return SOCKETMAP_OK;
}

static enum socketmap_status find_egress(struct looking *l, struct slice key,
                                         struct strbuf *out)
{
    return authd_egress(l->authd, key, out);
}

static const struct {
    const char *name;
    enum socketmap_status (*find)(struct looking *l, struct slice key,
                                  struct strbuf *out);
} maps[] = {
    {"egress",  find_egress},
    {"senders", find_owners},
    {"lanes",   find_lane  },
};

static enum socketmap_status find(struct authd *authd,
                                  const struct socketmap_request *request,
                                  struct strbuf *value)
{
    char shown[SHOWN_MAP_MAX + 1];
    enum socketmap_status status = SOCKETMAP_PERMANENT;
    struct arena mem;

    if (request->key.at == NULL) {
        strbuf_puts(value, "the request has no key");
        return SOCKETMAP_PERMANENT;
    }
    arena_init(&mem);
    struct looking looking = {.authd = authd, .mem = &mem};
    size_t i = 0;
    while (i < ARRAY_LEN(maps) && !slice_is(request->map, maps[i].name))
        i++;
    if (i < ARRAY_LEN(maps)) {
        status = maps[i].find(&looking, request->key, value);
    } else {
        usage_copy(shown, sizeof shown, request->map);
        strbuf_printf(value, "there is no map \"%s\"", shown);
    }
    arena_release(&mem);
    return status;
}

void authd_map(struct authd *authd, const struct socketmap_request *request,
               struct strbuf *out)
{
    struct strbuf value;

    strbuf_init(&value, VALUE_MAX);
    enum socketmap_status status = find(authd, request, &value);
    if (status == SOCKETMAP_TEMPORARY && value.len == 0)
        strbuf_puts(&value, "the answer cannot be found out now");
    socketmap_answer(value.full ? SOCKETMAP_TEMPORARY : status, strbuf_slice(&value),
                     out);
    strbuf_release(&value);
}
