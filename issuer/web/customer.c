/*
 * customer.c - the page at a one-time link.
 *
 * GET and HEAD change nothing, whoever sends them: mail scanners follow links, so that it was opened
 * is told by the page's script, once it has the key. The POST with the
 * key from behind '#' and the typed mailbox makes the password, and this answer is the only
 * place where it ever stands: the page is rendered with a random placeholder, and the bytes go
 * from struct secret straight to the placeholder's place in the body, which is wiped after it
 * was sent. No view, arena or log holds them.
 */
#include "base/base.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/timetext.h"
#include "issuer/render/qr.h"
#include "issuer/web/customer_view.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

enum {
    PLACEHOLDER_LEN = 32
};

void customer_refuse(const struct web *web, struct http_request *request,
                     unsigned status, const char *sentence UNUSED,
                     struct http_response *response)
{
    struct visit visit;

    visit_begin(&visit, web, request, response);
    visit_state(&visit,
                &(struct state_page){.name = status == 404 ? "not_found" : "refused",
                                     .class_name = status == 404 ? "rest" : "unsure",
                                     .status = status});
    page_done(&visit.page);
}

/* ---- asking ---- */

static void open_visit(struct visit *visit, const struct web *web,
                       struct http_request *request, struct http_response *response)
{
    visit_begin(visit, web, request, response);
    /* What cannot be an id stands in no address that we write. */
    if (link_id_is_valid(request->params[0]))
        visit->id = arena_slice(visit->page.mem, request->params[0]);
}

static int show_ask(struct visit *visit, const struct lease *lease, unsigned status,
                    struct error *err)
{
    struct page *page = &visit->page;
    const char *mailbox = page_field(page, "mailbox");
    const char *code = page_field(page, "code");

    view_text(page->view, "action", visit_path(visit, ""));
    view_text(page->view, "typed_mailbox", mailbox != NULL ? mailbox : "");
    view_text(page->view, "typed_code", code != NULL ? code : "");
    view_flag(page->view, "needs_pin", lease->proof == PROOF_PIN);
    view_text(page->view, "link_until", speak_time(page, lease->reveal_until));
    view_text(page->view, "until", speak_time_long(page, lease->expires_at));
    page->response->is_secret = code != NULL;
    return visit_show(visit, "html/customer_ask.html", "ask.title", status, err);
}

static int show_again(struct visit *visit, struct error *err)
{
    struct page *page = &visit->page;

    view_take(page->view, "mark", view_mark("used", speak(page, "state.again.word")));
    view_text(page->view, "heading", speak(page, "state.again.heading"));
    view_text(page->view, "lead", speak(page, "again.lead"));
    view_text(page->view, "said", NULL);
    view_text(page->view, "again_action", visit_path(visit, "/again"));
    view_flag(page->view, "has_back", false);
    view_text(page->view, "say_action", NULL);
    return visit_show(visit, "html/customer_state.html", "state.again.heading", 200,
                      err);
}

/* The first login may be seconds old; without what authd wrote just now the page is a little behind. */
static void take_usage(const struct page *page)
{
    struct error err = {0};

    if (page->web->take_usage != NULL && page->web->take_usage(page->app, &err) != 0)
        log_event(LOG_LEVEL_WARNING, "usage.behind", "why", err.text, NULL);
}

static int look_at(struct visit *visit, struct reveal_view *out, struct error *err)
{
    struct page *page = &visit->page;

    if (reveal_look(page->app, page->mem, visit->id, visit->browser, out, err) != 0)
        return -1;
    visit_lease(visit, &out->lease);
    return 0;
}

static int ask(struct visit *visit, struct error *err)
{
    struct reveal_view look = {0};

    if (look_at(visit, &look, err) != 0)
        return -1;
    if (look.answer != REVEAL_READY || look.over_since != 0)
        visit_answer(visit, &look, 200);
    else if (look.may_show_again)
        return show_again(visit, err);
    else
        return show_ask(visit, &look.lease, 200, err);
    return 0;
}

void customer_ask(const struct web *web, struct http_request *request,
                  struct http_response *response)
{
    struct visit visit;
    struct error err = {0};

    open_visit(&visit, web, request, response);
    if (ask(&visit, &err) != 0)
        visit_failed(&visit, &err);
    page_done(&visit.page);
}

/* The sentence with the first login, for the page that waits for it; 204 until then. */
void customer_login(const struct web *web, struct http_request *request,
                    struct http_response *response)
{
    struct visit visit;
    struct reveal_view look = {0};
    struct error err = {0};

    open_visit(&visit, web, request, response);
    take_usage(&visit.page);
    if (look_at(&visit, &look, &err) != 0) {
        visit_failed(&visit, &err);
    } else {
        response->status = look.lease.first_login_at != 0 ? 200 : 204;
        response->content_type = "text/plain; charset=utf-8";
        if (response->status == 200)
            strbuf_puts(&response->body,
                        speak_with(&visit.page, "shown.login", "time",
                                   speak_time(&visit.page, look.lease.first_login_at),
                                   NULL));
    }
    page_done(&visit.page);
}

/* ---- revealing ---- */

/* The password in the place of the placeholder, a possible line break behind each hyphen. */
static void put_password(struct strbuf *body, const struct secret *password)
{
    for (size_t i = 0; i < password->len; i++) {
        strbuf_putc(body, password->at[i]);
        if (password->at[i] == '-')
            strbuf_puts(body, "<wbr>");
    }
}

/* strbuf wipes what it leaves behind when it grows, and the response wipes what was sent. */
static int splice(struct page *page, const char *placeholder,
                  const struct secret *password, struct error *err)
{
    struct http_response *response = page->response;
    struct slice rest = strbuf_slice(&response->body);
    ptrdiff_t at = slice_find(rest, slice_from(placeholder));
    struct strbuf body;

    if (at < 0)
        return error_set(err, ERROR_INTERNAL, "the page has no place for the password");
    strbuf_init(&body, PAGE_MAX);
    response->is_secret = true;
    strbuf_add_slice(&body, slice_take(rest, (size_t)at));
    put_password(&body, password);
    strbuf_add_slice(&body, slice_skip(rest, (size_t)at + PLACEHOLDER_LEN));
    strbuf_release(&response->body);
    response->body = body;
    return 0;
}

static void put_left(struct visit *visit, const struct lease *lease)
{
    struct page *page = &visit->page;
    const struct templates *t = app_templates(page->app);
    const char *minutes = template_text(t, page->mem, page->lang, "span.minutes",
                                        "minutes", "#m", NULL);
    const char *hours = template_text(t, page->mem, page->lang, "span.hours", "hours",
                                      "#h", "minutes", "#m", NULL);

    speak_put_time(page, page->view, "ends", lease->expires_at);
    view_text(page->view, "span", speak_span(page, lease->expires_at - page->now));
    view_text(
        page->view, "left_minutes",
        template_text(t, page->mem, page->lang, "shown.left", "span", minutes, NULL));
    view_text(
        page->view, "left_hours",
        template_text(t, page->mem, page->lang, "shown.left", "span", hours, NULL));
}

static int show_details(struct visit *visit, const struct reveal_result *result,
                        struct error *err)
{
    struct page *page = &visit->page;
    const struct lease *lease = &result->lease;
    char placeholder[PLACEHOLDER_LEN + 1];

    random_text(app_random(page->app), "abcdefghijklmnopqrstuvwxyz234567", placeholder,
                PLACEHOLDER_LEN);
    visit_put_guides(visit, lease);
    put_left(visit, lease);
    view_text(page->view, "mailbox", lease->mailbox);
    view_text(page->view, "password", placeholder);
    view_text(page->view, "say_action", visit_path(visit, "/say"));
    view_text(page->view, "login_url", visit_path(visit, "/login"));
    view_text(page->view, "look_url", visit_path(visit, ""));
    if (visit_show(visit, "html/customer_shown.html", "shown.title", 200, err) != 0)
        return -1;
    visit_set_cookie(visit, result->browser, lease);
    http_header(page->response, "Clear-Site-Data", "\"cache\"");
    return splice(page, placeholder, &result->password, err);
}

/* The link with its key, which the proof brought along. */
static int show_phone(struct visit *visit, const char *key, struct error *err)
{
    struct page *page = &visit->page;
    json_t *qr = NULL;

    page->response->is_secret = true;
    if (qr_view(arena_printf(page->mem, "%s/r/%s#%s", page->config->customer.url,
                             visit->id, key),
                &qr, err) != 0)
        return -1;
    view_take(page->view, "qr", qr);
    view_text(page->view, "action", visit_path(visit, ""));
    return visit_show(visit, "html/customer_phone.html", "phone.title", 200, err);
}

/* Never which of them was wrong. */
static int show_wrong(struct visit *visit, const struct reveal_result *result,
                      struct error *err)
{
    struct page *page = &visit->page;

    page_problem(
        page,
        speak_count(page,
                    result->lease.proof == PROOF_PIN ? "wrong.pin_left" : "wrong.left",
                    "count", result->tries_left),
        "mailbox");
    return show_ask(visit, &result->lease, 403, err);
}

/* What is there after an answer that was none: the state, or that the last try is gone. */
static int show_now(struct visit *visit, const struct reveal_result *result,
                    struct error *err)
{
    struct reveal_view look = {0};

    if (look_at(visit, &look, err) != 0)
        return -1;
    if (look.answer == REVEAL_READY && result->outcome == REVEAL_WRONG_PROOF)
        return show_ask(visit, &look.lease, 403, err);
    visit_answer(visit, &look, result->outcome == REVEAL_WRONG_PROOF ? 403 : 409);
    return 0;
}

static int show_result(struct visit *visit, const struct reveal_result *result,
                       struct error *err)
{
    visit_lease(visit, &result->lease);
    if (result->outcome == REVEAL_DONE)
        return show_details(visit, result, err);
    if (result->outcome == REVEAL_WRONG_PROOF && result->tries_left > 0)
        return show_wrong(visit, result, err);
    return show_now(visit, result, err);
}

static int read_post(struct visit *visit, struct error *err)
{
    struct page *page = &visit->page;

    if (!page_is_same_origin(page, page->config->customer.url))
        return error_set(err, ERROR_DENIED, "the form came from another site");
    if (page->request->content_type.at == NULL && page->request->body.len == 0)
        return 0; /* a form without a field */
    return form_parse(page->mem, page->request->content_type, page->request->body,
                      &page->form, err);
}

static int answer(struct visit *visit, struct error *err)
{
    struct page *page = &visit->page;
    struct reveal_result result = {0};
    char key[LINK_KEY_LEN + 1];
    int failed;

    if (read_post(visit, err) != 0)
        return -1;
    bool is_phone = slice_is(form_slice(&page->form, "do"), "phone");
    const struct typed_proof typed = {.key = form_slice(&page->form, "code"),
                                      .mailbox = form_slice(&page->form, "mailbox"),
                                      .pin = form_slice(&page->form, "pin")};
    if ((is_phone ? reveal_prove : reveal)(page->app, page->mem, visit->id, &typed,
                                           &result, err) != 0)
        return -1;
    if (is_phone && result.outcome == REVEAL_DONE &&
        link_key_normalise(typed.key, key)) {
        visit_lease(visit, &result.lease);
        failed = show_phone(visit, key, err);
        secret_wipe(key, sizeof key);
    } else {
        failed = show_result(visit, &result, err);
    }
    secret_free(&result.password);
    return failed;
}

/* What the script of the page that asks says when it found the key: 204, whatever the link is. */
void customer_opened(const struct web *web, struct http_request *request,
                     struct http_response *response)
{
    struct visit visit;
    struct error err = {0};

    open_visit(&visit, web, request, response);
    if (read_post(&visit, &err) != 0 ||
        reveal_opened(visit.page.app, visit.page.mem, visit.id, &err) != 0)
        visit_failed(&visit, &err);
    else
        response->status = 204;
    page_done(&visit.page);
}

void customer_reveal(const struct web *web, struct http_request *request,
                     struct http_response *response)
{
    struct visit visit;
    struct error err = {0};

    open_visit(&visit, web, request, response);
    if (answer(&visit, &err) != 0)
        visit_failed(&visit, &err);
    page_done(&visit.page);
}

/* ---- the browser that saw the details ---- */

static int answer_again(struct visit *visit, struct error *err)
{
    struct page *page = &visit->page;
    struct reveal_result result = {0};

    if (read_post(visit, err) != 0 || reveal_again(page->app, page->mem, visit->id,
                                                   visit->browser, &result, err) != 0)
        return -1;
    visit_lease(visit, &result.lease);
    int failed = result.outcome == REVEAL_DONE ? show_details(visit, &result, err)
                                               : show_now(visit, &result, err);
    secret_free(&result.password);
    return failed;
}

void customer_again(const struct web *web, struct http_request *request,
                    struct http_response *response)
{
    struct visit visit;
    struct error err = {0};

    open_visit(&visit, web, request, response);
    if (answer_again(&visit, &err) != 0)
        visit_failed(&visit, &err);
    page_done(&visit.page);
}

/* ---- what the customer says ---- */

static int show_said(struct visit *visit, enum lease_word word, struct error *err)
{
    struct page *page = &visit->page;
    struct reveal_view look = {0};

    if (look_at(visit, &look, err) != 0)
        return -1;
    const char *key = arena_printf(page->mem, "said.%s", lease_word_name(word));
    view_take(page->view, "mark", view_mark("clear", speak(page, "state.said.word")));
    view_text(page->view, "heading", speak(page, key));
    view_text(page->view, "lead", speak(page, arena_printf(page->mem, "%s_lead", key)));
    view_text(page->view, "said", NULL);
    view_text(page->view, "again_action", NULL);
    view_flag(page->view, "has_back", false);
    view_text(page->view, "say_action", NULL);
    return visit_show(visit, "html/customer_state.html", "shown.title", 200, err);
}

static int answer_word(struct visit *visit, struct error *err)
{
    struct page *page = &visit->page;
    struct reveal_result result = {0};
    enum lease_word word;

    if (read_post(visit, err) != 0)
        return -1;
    if (!lease_word_from(form_slice(&page->form, "do"), &word))
        return error_set(err, ERROR_INVALID, "what is it that the customer says?");
    if (reveal_say(page->app, page->mem, visit->id, visit->browser,
                   form_slice(&page->form, "mailbox"), word, &result, err) != 0)
        return -1;
    visit_lease(visit, &result.lease);
    if (result.outcome == REVEAL_DONE)
        return show_said(visit, word, err);
    if (result.outcome == REVEAL_WRONG_PROOF && result.tries_left > 0)
        page_problem(page, speak_count(page, "wrong.left", "count", result.tries_left),
                     "mailbox");
    return show_now(visit, &result, err);
}

void customer_say(const struct web *web, struct http_request *request,
                  struct http_response *response)
{
    struct visit visit;
    struct error err = {0};

    open_visit(&visit, web, request, response);
    if (answer_word(&visit, &err) != 0)
        visit_failed(&visit, &err);
    page_done(&visit.page);
}

/* ---- the host's colour ---- */

/* Black or white, whichever is easier to read on it: the better of the two always has 4.5:1
 * (WCAG 2.2, relative luminance). */
static const char *ink_on(const uint8_t color[3])
{
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    double luminance = 0;

    for (size_t i = 0; i < ARRAY_LEN(weights); i++) {
        double part = color[i] / 255.0;
        /* x squared is near enough to the curve of sRGB to choose between two. */
        luminance += weights[i] * part * part;
    }
    return luminance > 0.18 ? "#000" : "#fff";
}

void customer_brand(const struct web *web, struct http_request *request UNUSED,
                    struct http_response *response)
{
    const uint8_t *color = app_config(web->app)->brand.color;

    http_header(response, "Cache-Control", "max-age=300");
    response->status = 200;
    response->content_type = "text/css; charset=utf-8";
    strbuf_printf(&response->body,
                  ".logo { background: #%02x%02x%02x; color: %s }\n"
                  ".plain .top { border-top: .25rem solid #%02x%02x%02x }\n",
                  color[0], color[1], color[2], ink_on(color), color[0], color[1],
                  color[2]);
}
