/*
 * case_reply.c - the text an agent sends to the customer: one a verdict, or the one with the link.
 */
#include "base/base.h"

#include "issuer/web/case.h"

#include "base/limits.h"
#include "core/mailbox.h"
#include "issuer/render/qr.h"
#include "issuer/web/lines.h"
#include "issuer/web/speak.h"

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

/* "482 913" */
static const char *spaced_pin(struct arena *mem, const char *pin)
{
    enum {
        HALF = PIN_LEN / 2
    };

    return pin == NULL ? NULL
                       : arena_printf(mem, "%.*s %s", (int)HALF, pin, pin + HALF);
}

static const char *domain_of(const char *mailbox)
{
    return mailbox != NULL && strchr(mailbox, '@') != NULL ? mailbox_domain(mailbox)
                                                           : NULL;
}

/* "12 hours", or NULL: it has the days in the form that goes with "within". */
static const char *say_within(const struct page *page, int64_t seconds)
{
    enum {
        HOUR_S = 3600,
        DAY_S = 86400
    };

    if (seconds <= 0)
        return NULL;
    if (seconds > 2 * (int64_t)DAY_S)
        return speak_count(page, "within.days", "count", (seconds + DAY_S - 1) / DAY_S);
    return speak_count(page, "within.hours", "count", (seconds + HOUR_S - 1) / HOUR_S);
}

/* The facts of the case, for every text. */
static void put_facts(struct page *page, const struct case_facts *facts, json_t *view)
{
    const struct case_row *row = &facts->row;
    const struct evidence *e = &row->evidence;
    const char *sender = row->mailbox != NULL ? row->mailbox : e->sender;
    const char *domain = domain_of(e->recipient);

    view_text(view, "recipient", e->recipient);
    view_text(view, "domain",
              domain != NULL ? domain : speak(page, "reply.their_domain"));
    view_text(view, "server", e->remote_mta);
    view_text(view, "sender", sender);
    view_text(view, "sender_domain", domain_of(sender));
    view_text(view, "address", e->blocked_ip);
    view_text(view, "list", row->zone != NULL ? line_zone(page, row->zone) : e->list);
    view_text(view, "clears_within", say_within(page, facts->clears.within_s));
    view_text(view, "reply", e->excerpt);
    view_text(view, "when",
              e->bounced_at != 0 ? speak_time_long(page, e->bounced_at) : NULL);
    view_text(view, "agent", page->session.agent.name);
    view_text(view, "brand", page->config->brand.name);
}

/* email/NAME.LANGUAGE.txt, the English one where the language has none. */
static int render(struct page *page, const char *name, json_t *view, json_t *into,
                  struct error *err)
{
    const struct templates *templates = app_templates(page->app);
    const char *file = arena_printf(page->mem, "email/%s.%s.txt", name, page->lang);
    struct strbuf reply;

    if (!template_exists(templates, file))
        file = arena_printf(page->mem, "email/%s.en.txt", name);
    view_text(view, "lang", page->lang);
    strbuf_init(&reply, PAGE_MAX);
    int result = template_render(templates, file, view, &reply, err);
    if (result == 0)
        view_text(into, "reply", reply.at);
    view_text(into, "reply_lang", page->lang);
    strbuf_wipe(&reply);
    return result;
}

/* The customer's language: the one asked for, else the one his details were given in, else the
 * first of the configuration. */
static const char *language_of(const struct page *page, const struct case_extra *extra,
                               const struct lease *lease)
{
    const char *asked = speak_offered(page, extra->language);
    const char *given = speak_offered(page, lease != NULL ? lease->language : NULL);

    if (asked != NULL)
        return asked;
    return given != NULL ? given : page->config->languages.at[0];
}

/* The customer's language, for as long as the reply is written; gives back the page's. */
static const char *speak_to(struct page *page, const char *language)
{
    const char *own = page->lang;

    page->lang = language;
    return own;
}

int case_put_reply(struct page *page, const struct case_facts *facts,
                   const struct case_extra *extra, json_t *advise, struct error *err)
{
    static const char *const names[DIAGNOSIS_VERDICT_COUNT] = {
        [DIAGNOSIS_CLEAR_NOW] = "again",
        [DIAGNOSIS_NOT_OURS] = "not_ours",
        [DIAGNOSIS_NOT_ADDRESS] = "not_address",
        [DIAGNOSIS_RECIPIENT] = "recipient",
        [DIAGNOSIS_PRIVATE_LIST] = "ask_recipient",
        [DIAGNOSIS_WIDE_LIST] = "ask_recipient",
        [DIAGNOSIS_NO_BOUNCE] = "send_bounce",
    };
    const char *name = names[facts->row.verdict];

    view_text(advise, "reply", NULL);
    view_text(advise, "reply_lang", NULL);
    view_flag(advise, "has_languages", false);
    if (name == NULL)
        return 0;
    json_t *view = json_object();
    const char *language = language_of(page, extra,
                                       facts->leases_count > 0 ? facts->leases : NULL);
    const char *own = speak_to(page, language);
    put_facts(page, facts, view);
    int result = render(page, name, view, advise, err);
    page->lang = own;
    view_flag(advise, "has_languages", page->config->languages.count > 1);
    view_take(advise, "languages", speak_languages(page, language));
    json_decref(view);
    return result;
}

/* What the reply with the link has beside the facts. */
static void put_link(struct page *page, const struct lease *lease, const char *link,
                     json_t *view)
{
    view_text(view, "until", speak_time_long(page, lease->expires_at));
    view_text(view, "link_until", speak_time_long(page, lease->reveal_until));
    view_text(view, "zone", speak_zone(page, lease->expires_at));
    view_text(view, "link", link);
    view_text(view, "code", spaced_code(page->mem, link));
    view_flag(view, "needs_pin", lease->proof == PROOF_PIN);
}

int case_put_deliver(struct page *page, const struct case_facts *facts,
                     const struct case_extra *extra, struct error *err)
{
    const struct lease *lease = facts->live;
    json_t *qr = NULL;

    if (extra->link == NULL || lease == NULL) {
        view_take(page->view, "deliver", json_null());
        return 0;
    }
    json_t *deliver = json_object();
    view_take(page->view, "deliver", deliver);
    page->response->is_secret = true;
    if (qr_view(extra->link, &qr, err) != 0)
        return -1;
    view_take(deliver, "qr", qr);
    view_text(deliver, "link", extra->link);
    view_text(deliver, "pin", spaced_pin(page->mem, extra->pin));
    json_t *view = json_object();
    const char *own = speak_to(page, language_of(page, extra, lease));
    put_facts(page, facts, view);
    put_link(page, lease, extra->link, view);
    int result = render(page, "reply", view, deliver, err);
    page->lang = own;
    json_decref(view);
    return result;
}

int case_sample_reply(struct page *page, const char *name, const char *language,
                      json_t *into, struct error *err)
{
    enum {
        HOUR_S = 3600
    };
    const struct case_facts facts = {
        .row = {.mailbox = "anna@customer.example",
                .evidence = {.sender = "anna@customer.example",
                             .recipient = "info@recipient.example",
                             .remote_mta = "mx.recipient.example",
                             .blocked_ip = "192.0.2.14",
                             .list = "bl.list.example",
                             .excerpt = "554 5.7.1 Client host [192.0.2.14] blocked "
                                        "using bl.list.example",
                             .bounced_at = page->now - HOUR_S}},
        .clears = {.within_s = 12 * (int64_t)HOUR_S                                 }
    };
    const struct lease lease = {
        .expires_at = page->now + page->config->policy.lease_default_s,
        .reveal_until = page->now + page->config->policy.link_valid_s};
    const char *own = page->lang;
    json_t *view = json_object();

    page->lang = language;
    put_facts(page, &facts, view);
    put_link(page, &lease,
             arena_printf(page->mem, "%s/r/xxxxxxxxxxxxx#xxxxxxxxxxxxxxxxxxxx",
                          page->config->customer.url),
             view);
    int result = render(page, name, view, into, err);
    page->lang = own;
    json_decref(view);
    return result;
}
