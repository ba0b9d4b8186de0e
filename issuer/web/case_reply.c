/*
 * case_reply.c - the text an agent sends to the customer: one a verdict, or the one with the link.
 */
#include "base/base.h"

#include "issuer/web/case.h"

#include "base/limits.h"
#include "base/timetext.h"
#include "core/mailbox.h"
#include "issuer/web/lines.h"

enum {
    CODE_GROUP = 5
};

/* "7qhm4 xk2dv …": what a person reads out or types. */
static const char *spaced_code(struct arena *mem, const char *link)
{
    const char *key = strchr(link, '#');
    const char *spaced = "";

    if (key == NULL)
        return "";
    for (key++; *key != '\0';
         key += strlen(key) < CODE_GROUP ? strlen(key) : CODE_GROUP)
        spaced = arena_printf(mem, "%s%s%.*s", spaced, spaced[0] ? " " : "",
                              (int)CODE_GROUP, key);
    return spaced;
}

static const char *domain_of(const char *mailbox)
{
    return mailbox != NULL && strchr(mailbox, '@') != NULL ? mailbox_domain(mailbox)
                                                           : NULL;
}

/* The facts of the case, for every text. */
static void put_facts(struct page *page, const struct case_facts *facts, json_t *view)
{
    const struct case_row *row = &facts->row;
    const struct evidence *e = &row->evidence;
    const char *sender = row->mailbox != NULL ? row->mailbox : e->sender;
    const char *domain = domain_of(e->recipient);

    view_text(view, "recipient", e->recipient);
    view_text(view, "domain", domain != NULL ? domain : "the recipient's domain");
    view_text(view, "server", e->remote_mta);
    view_text(view, "sender", sender);
    view_text(view, "sender_domain", domain_of(sender));
    view_text(view, "address", e->blocked_ip);
    view_text(view, "list", row->zone != NULL ? line_zone(page, row->zone) : e->list);
    view_text(view, "clears_within", facts->clears.within);
    view_text(view, "reply", e->excerpt);
    view_text(view, "when",
              e->bounced_at != 0 ? timetext_person_long(page->mem, e->bounced_at)
                                 : NULL);
    view_text(view, "agent", page->session.agent.name);
    view_text(view, "brand", page->config->brand.name);
}

static int render(struct page *page, const char *template, json_t *view, json_t *into,
                  struct error *err)
{
    struct strbuf reply;

    strbuf_init(&reply, PAGE_MAX);
    int result = template_render(page->web->templates, template, view, &reply, err);
    if (result == 0)
        view_text(into, "reply", reply.at);
    strbuf_wipe(&reply);
    return result;
}

int case_put_reply(struct page *page, const struct case_facts *facts, json_t *advise,
                   struct error *err)
{
    static const char *const templates[DIAGNOSIS_VERDICT_COUNT] = {
        [DIAGNOSIS_CLEAR_NOW] = "email/again.txt",
        [DIAGNOSIS_NOT_OURS] = "email/not_ours.txt",
        [DIAGNOSIS_NOT_ADDRESS] = "email/not_address.txt",
        [DIAGNOSIS_RECIPIENT] = "email/recipient.txt",
        [DIAGNOSIS_PRIVATE_LIST] = "email/ask_recipient.txt",
        [DIAGNOSIS_WIDE_LIST] = "email/ask_recipient.txt",
        [DIAGNOSIS_NO_BOUNCE] = "email/send_bounce.txt",
    };
    const char *template = templates[facts->row.verdict];

    view_text(advise, "reply", NULL);
    if (template == NULL)
        return 0;
    json_t *view = json_object();
    put_facts(page, facts, view);
    int result = render(page, template, view, advise, err);
    json_decref(view);
    return result;
}

int case_put_deliver(struct page *page, const struct case_facts *facts,
                     const struct case_extra *extra, struct error *err)
{
    const struct lease *lease = facts->live;

    if (extra->link == NULL || lease == NULL) {
        view_take(page->view, "deliver", json_null());
        return 0;
    }
    json_t *deliver = json_object();
    json_t *view = json_object();
    view_take(page->view, "deliver", deliver);
    view_text(deliver, "link", extra->link);
    page->response->is_secret = true;
    put_facts(page, facts, view);
    view_text(view, "until", timetext_person_long(page->mem, lease->expires_at));
    view_text(view, "link_until", timetext_person_long(page->mem, lease->reveal_until));
    view_text(view, "zone", timetext_zone(page->mem, lease->expires_at));
    view_text(view, "link", extra->link);
    view_text(view, "code", spaced_code(page->mem, extra->link));
    int result = render(page, "email/reply.txt", view, deliver, err);
    json_decref(view);
    return result;
}
