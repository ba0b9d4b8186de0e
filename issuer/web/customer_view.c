/*
 * customer_view.c - language, name, guides and states of the customer's pages.
 */
#include "base/base.h"

#include "issuer/web/customer_view.h"

#include "base/log.h"
#include "base/timetext.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

enum {
    COOKIE_AFTER_S = 7 * 86400 /* "I have switched back" may come after the end */
};

/* ---- language ---- */

/* The same lines in the page's language: everything that depends on it. */
static void put_language(struct visit *visit)
{
    struct page *page = &visit->page;
    time_t now = (time_t)page->now;
    struct tm at = {0};

    view_text(page->view, "lang", page->lang);
    view_text(page->view, "zone", speak_zone(page, page->now));
    if (localtime_r(&now, &at) != NULL)
        view_number(page->view, "offset", at.tm_gmtoff / 60);
    else
        view_number(page->view, "offset", 0);
}

static void choose_language(struct visit *visit, const char *of_lease)
{
    struct page *page = &visit->page;
    const struct config_list *offered = &page->config->languages;
    const char *asked = speak_offered(page, page_asked(page, "lang"));
    const char *chosen = speak_offered(page, of_lease);

    visit->query = asked != NULL ? arena_printf(page->mem, "?lang=%s", asked) : "";
    if (asked != NULL)
        page->lang = asked;
    else if (chosen != NULL)
        page->lang = chosen;
    else
        page->lang = template_choose(offered->at, offered->count,
                                     page->request->accept_language);
    put_language(visit);
}

/* ---- beginning ---- */

static bool is_https(const struct page *page)
{
    return slice_starts(slice_from(page->config->customer.url), "https:");
}

/* Browsers take __Host- only with Secure, and Secure only over https. */
static const char *cookie_name(const struct page *page)
{
    return is_https(page) ? "__Host-r" : "r";
}

static void put_brand(struct page *page)
{
    const struct config *config = page->config;
    bool is_mailbox = strchr(config->brand.support, '@') != NULL &&
                      strchr(config->brand.support, ' ') == NULL;
    char *digits = arena_strdup(page->mem, config->brand.phone);
    char *end = digits;

    for (const char *p = digits; *p != '\0'; p++)
        if (*p == '+' || (*p >= '0' && *p <= '9'))
            *end++ = *p;
    *end = '\0';
    view_text(page->view, "logo", config->brand.logo);
    view_text(page->view, "support_href",
              is_mailbox ? arena_printf(page->mem, "mailto:%s", config->brand.support)
                         : NULL);
    view_text(page->view, "phone", config->brand.phone);
    view_text(page->view, "phone_href", arena_printf(page->mem, "tel:%s", digits));
}

void visit_begin(struct visit *visit, const struct web *web,
                 struct http_request *request, struct http_response *response)
{
    *visit = (struct visit){.id = "", .query = ""};
    page_begin(&visit->page, web, request, response);
    visit->browser = cookie_find(request->cookie, cookie_name(&visit->page));
    put_brand(&visit->page);
    choose_language(visit, NULL);
}

void visit_lease(struct visit *visit, const struct lease *lease)
{
    choose_language(visit, lease->language);
}

const char *visit_path(struct visit *visit, const char *part)
{
    return arena_printf(visit->page.mem, "/r/%s%s%s", visit->id, part, visit->query);
}

void visit_set_cookie(struct visit *visit, const char *token, const struct lease *lease)
{
    struct page *page = &visit->page;
    long long lasts_s = lease->expires_at - page->now + COOKIE_AFTER_S;

    http_header(page->response, "Set-Cookie",
                arena_printf(page->mem,
                             "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
                             cookie_name(page), token, lasts_s,
                             is_https(page) ? "; Secure" : ""));
}

/* ---- showing ---- */

static json_t *picker(struct visit *visit)
{
    const struct page *page = &visit->page;
    json_t *list = speak_languages(page, page->lang);

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        view_text(entry, "href",
                  arena_printf(page->mem, "/r/%s?lang=%s", visit->id,
                               json_string_value(json_object_get(entry, "code"))));
    }
    return list;
}

int visit_show(struct visit *visit, const char *template, const char *title,
               unsigned status, struct error *err)
{
    struct page *page = &visit->page;
    bool may_pick = page->config->languages.count > 1 && visit->id[0] != '\0' &&
                    page->request->method != HTTP_POST;
    const char *words = speak(page, title);

    if (!json_is_null(json_object_get(page->view, "problem")))
        words = speak_with(page, "page.error_title", "title", words, NULL);
    view_flag(page->view, "has_languages", may_pick);
    view_take(page->view, "languages", may_pick ? picker(visit) : json_array());
    view_text(page->view, "title", words);
    strbuf_reset(&page->response->body);
    if (template_render(app_templates(page->app), template, page->view,
                        &page->response->body, err) != 0)
        return -1;
    page->response->status = status;
    page->response->content_type = "text/html; charset=utf-8";
    return 0;
}

void visit_put_guides(struct visit *visit, const struct lease *lease)
{
    struct page *page = &visit->page;
    const struct config *config = page->config;
    json_t *guides = template_guides(app_templates(page->app), page->lang);

    for (size_t i = 0; i < json_array_size(guides); i++) {
        json_t *guide = json_array_get(guides, i);
        const char *month = json_string_value(json_object_get(guide, "checked"));
        view_text(guide, "checked", speak_month(page, month));
    }
    view_take(page->view, "guides", guides);
    view_text(page->view, "host", config->submission.host);
    view_number(page->view, "port", config->submission.port);
    view_number(page->view, "starttls_port", config->submission.starttls_port);
    view_text(page->view, "account",
              lease != NULL ? lease->mailbox : speak(page, "guide.account"));
    view_text(page->view, "username",
              lease != NULL ? lease->username : speak(page, "guide.your_username"));
}

/* ---- states ---- */

static const char *state_text(struct visit *visit, const char *name, const char *part)
{
    return speak(&visit->page,
                 arena_printf(visit->page.mem, "state.%s.%s", name, part));
}

/* The way back is for those who went there; what can be said too. */
static void put_way_back(struct visit *visit, const struct reveal_view *look)
{
    struct page *page = &visit->page;
    bool was_shown = look != NULL && look->lease.revealed_at != 0;
    bool is_live = was_shown && lease_is_live(lease_state_at(&look->lease, page->now));

    view_flag(page->view, "has_back", was_shown);
    if (was_shown)
        visit_put_guides(visit, look->is_same_browser ? &look->lease : NULL);
    view_text(page->view, "say_action", was_shown ? visit_path(visit, "/say") : NULL);
    view_flag(page->view, "asks_mailbox", was_shown && !look->is_same_browser);
    view_flag(page->view, "may_give_back", is_live);
}

static void put_state(struct visit *visit, const struct state_page *state)
{
    struct page *page = &visit->page;
    const struct lease *lease = state->look != NULL ? &state->look->lease : NULL;

    view_take(page->view, "mark",
              view_mark(state->class_name, state_text(visit, state->name, "word")));
    view_text(page->view, "heading", state_text(visit, state->name, "heading"));
    view_text(page->view, "said", state->said);
    view_text(page->view, "again_action", NULL);
    view_text(page->view, "lead",
              template_text(
                  app_templates(page->app), page->mem, page->lang,
                  arena_printf(page->mem, "state.%s.lead", state->name), "first_login",
                  lease != NULL ? speak_time(page, lease->first_login_at) : "", "until",
                  lease != NULL ? speak_time_long(page, lease->expires_at) : "", "zone",
                  speak_zone(page, page->now), NULL));
    put_way_back(visit, state->look);
}

void visit_state(struct visit *visit, const struct state_page *state)
{
    struct page *page = &visit->page;
    struct error err = {0};

    put_state(visit, state);
    if (visit_show(visit, "html/customer_state.html",
                   arena_printf(page->mem, "state.%s.heading", state->name),
                   state->status, &err) == 0)
        return;
    log_event(LOG_LEVEL_ERROR, "page.failed", "page", "customer", "why", err.text,
              NULL);
    strbuf_reset(&page->response->body);
    strbuf_puts(&page->response->body, "Something went wrong on our side.\n");
    page->response->status = 500;
    page->response->content_type = "text/plain; charset=utf-8";
}

void visit_answer(struct visit *visit, const struct reveal_view *look, unsigned status)
{
    static const struct {
        const char *name, *class_name;
    } rows[REVEAL_ANSWER_COUNT] = {
        [REVEAL_READY] = {"ready",        "clear"},
        [REVEAL_LOCKED] = {"locked",       "full" },
        [REVEAL_SHOWN_ENOUGH] = {"shown_enough", "rest" },
        [REVEAL_IN_USE] = {"in_use",       "used" },
        [REVEAL_LINK_OVER] = {"link_over",    "rest" },
        [REVEAL_EXPIRED] = {"expired",      "rest" },
        [REVEAL_REVOKED] = {"revoked",      "rest" },
        [REVEAL_NOT_READY] = {"not_ready",    "open" },
        [REVEAL_PIN_USED] = {"pin_used",     "rest" },
    };
    struct state_page state = {.name = rows[look->answer].name,
                               .class_name = rows[look->answer].class_name,
                               .status = status,
                               .look = look};
    bool has_ended = look->answer == REVEAL_EXPIRED || look->answer == REVEAL_REVOKED ||
                     look->answer == REVEAL_NOT_READY;

    if (look->over_since != 0 && !has_ended) {
        state.name = look->lease.revealed_at != 0 ? "over" : "over_unused";
        state.class_name = "clear";
    }
    visit_state(visit, &state);
}

void visit_failed(struct visit *visit, const struct error *why)
{
    unsigned status = problem_status(why->kind);

    switch (why->kind) {
    case ERROR_NOT_FOUND:
        /* One page, to the byte, for all that is not there: also without a picker. */
        visit->id = "";
        visit_state(visit, &(struct state_page){.name = "not_found",
                                                .class_name = "rest",
                                                .status = 404});
        return;
    case ERROR_INVALID:
    case ERROR_DENIED:
        visit_state(visit, &(struct state_page){.name = "odd",
                                                .class_name = "unsure",
                                                .status = status});
        return;
    case ERROR_NONE:
    case ERROR_REFUSED:
    case ERROR_CONFLICT:
    case ERROR_EXHAUSTED:
    case ERROR_UNAVAILABLE:
    case ERROR_INTEGRITY:
    case ERROR_INTERNAL:
    case ERROR_KIND_COUNT: break;
    }
    log_event(LOG_LEVEL_ERROR, "page.failed", "page", "customer", "why", why->text,
              NULL);
    visit_state(visit, &(struct state_page){.name = "fault",
                                            .class_name = "full",
                                            .status = status >= 500 ? 503 : 500});
}
