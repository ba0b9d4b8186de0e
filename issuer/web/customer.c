/*
 * customer.c - the page at a one-time link.
 *
 * GET and HEAD change nothing, whoever sends them: mail scanners follow links. The POST with the
 * key from behind '#' and the typed mailbox makes the password, and this answer is the only
 * place where it ever stands: the page is rendered with a random placeholder, and the bytes go
 * from struct secret straight to the placeholder's place in the body, which is wiped after it
 * was sent. No view, arena or log holds them.
 */
#include "base/base.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/timetext.h"
#include "issuer/leases/reveal.h"
#include "issuer/web/pages.h"

enum {
    PLACEHOLDER_LEN = 32
};

/* Console pages carry a reference and an agent; a customer gets the same calm page for all. */
static int show(struct page *page, const char *template, const char *title,
                unsigned status, struct error *err)
{
    return page_show(
        page,
        &(struct page_name){
            .template = template, .title = title, .section = "", .status = status},
        err);
}

/* ---- pages that only say something ---- */

struct state_words {
    const char *class_name, *word, *heading, *lead;
};

static void show_state(struct page *page, const struct state_words *words,
                       unsigned status)
{
    struct error err = {0};

    view_take(page->view, "mark", view_mark(words->class_name, words->word));
    view_text(page->view, "heading", words->heading);
    view_text(page->view, "lead", words->lead);
    page_problem(page, NULL, NULL);
    if (show(page, "html/customer_state.html", words->heading, status, &err) == 0)
        return;
    log_event(LOG_LEVEL_ERROR, "page.failed", "page", "customer", "why", err.text,
              NULL);
    strbuf_reset(&page->response->body);
    strbuf_puts(&page->response->body, "Something went wrong on our side.\n");
    page->response->status = 500;
    page->response->content_type = "text/plain; charset=utf-8";
}

static const struct state_words *words_of(enum reveal_answer answer)
{
    static const struct state_words rows[REVEAL_ANSWER_COUNT] = {
        [REVEAL_READY] = {"clear",  "ready",         "Your sending details are ready",      ""},
        [REVEAL_LOCKED] =
            {"unsure", "locked",        "This page is locked.",
                          "There were five wrong tries. Please ask us for a new link: it takes "
             "a minute, and nothing is lost."                                                 },
        [REVEAL_SHOWN_ENOUGH] =
            {"unsure", "already shown", "These details were shown already.",
                          "They are shown three times at most. If you do not have them "
             "any more, please ask us for new ones."                                          },
        [REVEAL_IN_USE] =
            {"used",   "in use",        "Your sending details are in use.",
                          "A mail program has signed in with them, so they are not shown "
             "again. If that was not you, please tell us at once."                            },
        [REVEAL_LINK_OVER] =
            {"rest",   "link expired",  "This link is too old.",
                          "Links work for a short time only. Please ask us for a new one."    },
        [REVEAL_EXPIRED] =
            {"rest",   "expired",       "These sending details have expired.",
                          "Please put your old outgoing server back. If mail is still refused, "
             "ask us for new details."                                                        },
        [REVEAL_REVOKED] =
            {"rest",   "ended",         "These sending details were ended.",
                          "They do not work any more. Please put your old outgoing server "
             "back, and ask us if you are not sure why."                                      },
        [REVEAL_NOT_READY] =
            {"unsure", "not ready yet", "Your details are not ready yet.",
                          "Somebody here has to look at them first. Please try again in a "
             "few minutes."                                                                   },
    };

    return &rows[answer];
}

static void show_not_found(struct page *page)
{
    static const struct state_words words = {
        "rest", "not found", "There is nothing at this address.",
        "Perhaps the link was cut when it was copied. Please open it from our message again, or "
        "ask us."};

    show_state(page, &words, 404);
}

static void show_fault(struct page *page, const struct error *why)
{
    static const struct state_words words = {
        "unsure", "a fault of ours", "Something went wrong on our side.",
        "Nothing was used up. Please try again in a minute."};

    log_event(LOG_LEVEL_ERROR, "page.failed", "page", "customer", "why", why->text,
              NULL);
    show_state(page, &words, problem_status(why->kind) >= 500 ? 503 : 500);
}

static void show_failed(struct page *page, const struct error *why)
{
    static const struct state_words odd = {
        "unsure", "not understood", "We could not read that.",
        "Please open the link from our message again and try once more."};

    switch (why->kind) {
    case ERROR_NOT_FOUND: show_not_found(page); return;
    case ERROR_INVALID:
    case ERROR_DENIED: show_state(page, &odd, problem_status(why->kind)); return;
    case ERROR_NONE:
    case ERROR_REFUSED:
    case ERROR_CONFLICT:
    case ERROR_EXHAUSTED:
    case ERROR_UNAVAILABLE:
    case ERROR_INTEGRITY:
    case ERROR_INTERNAL:
    case ERROR_KIND_COUNT: show_fault(page, why); return;
    }
}

void customer_refuse(const struct web *web, struct http_request *request,
                     unsigned status, const char *sentence,
                     struct http_response *response)
{
    struct page page;

    page_begin(&page, web, request, response);
    if (status == 404)
        show_not_found(&page);
    else
        show_state(&page,
                   &(const struct state_words){"unsure", "refused",
                                               "We could not answer this request.",
                                               sentence},
                   status);
    page_done(&page);
}

/* ---- asking ---- */

static int show_ask(struct page *page, const char *id, const struct lease *lease,
                    unsigned status, struct error *err)
{
    const char *mailbox = page_field(page, "mailbox");
    const char *code = page_field(page, "code");

    view_text(page->view, "action", arena_printf(page->mem, "/r/%s", id));
    view_text(page->view, "typed_mailbox", mailbox != NULL ? mailbox : "");
    view_text(page->view, "typed_code", code != NULL ? code : "");
    view_text(page->view, "link_until",
              timetext_person(page->mem, lease->reveal_until, page->now));
    view_text(page->view, "until", timetext_person_long(page->mem, lease->expires_at));
    page->response->is_secret = code != NULL;
    return show(page, "html/customer_ask.html", "Your sending details", status, err);
}

void customer_ask(const struct web *web, struct http_request *request,
                  struct http_response *response)
{
    struct page page;
    struct reveal_view look;
    struct error err = {0};

    page_begin(&page, web, request, response);
    const char *id = arena_slice(page.mem, request->params[0]);
    if (reveal_look(page.app, page.mem, id, &look, &err) != 0)
        show_failed(&page, &err);
    else if (look.answer != REVEAL_READY)
        show_state(&page, words_of(look.answer), 200);
    else if (show_ask(&page, id, &look.lease, 200, &err) != 0)
        show_fault(&page, &err);
    page_done(&page);
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

static int show_details(struct page *page, const struct reveal_result *result,
                        struct error *err)
{
    const struct config *config = page->config;
    const struct lease *lease = &result->lease;
    char placeholder[PLACEHOLDER_LEN + 1];

    random_text(app_random(page->app), "abcdefghijklmnopqrstuvwxyz234567", placeholder,
                PLACEHOLDER_LEN);
    view_text(page->view, "mailbox", lease->mailbox);
    view_text(page->view, "host", config->submission.host);
    view_number(page->view, "port", config->submission.port);
    view_number(page->view, "starttls_port", config->submission.starttls_port);
    view_text(page->view, "username", lease->username);
    view_text(page->view, "password", placeholder);
    view_text(page->view, "until", timetext_person_long(page->mem, lease->expires_at));
    view_text(page->view, "left",
              timetext_span(page->mem, lease->expires_at - page->now));
    if (show(page, "html/customer_shown.html", "Your sending details", 200, err) != 0)
        return -1;
    http_header(page->response, "Clear-Site-Data", "\"cache\"");
    return splice(page, placeholder, &result->password, err);
}

/* Never which of the two was wrong. */
static int show_wrong(struct page *page, const char *id,
                      const struct reveal_result *result, struct error *err)
{
    if (result->tries_left == 0) {
        show_state(page, words_of(REVEAL_LOCKED), 403);
        return 0;
    }
    page_problem(
        page,
        arena_printf(page->mem,
                     "The address or the code is not right. You have %u %s left.",
                     result->tries_left, result->tries_left == 1 ? "try" : "tries"),
        "mailbox");
    return show_ask(page, id, &result->lease, 403, err);
}

static int answer(struct page *page, const char *id, struct error *err)
{
    struct reveal_result result = {0};
    int failed = 0;

    if (!page_is_same_origin(page, page->config->customer.url))
        return error_set(err, ERROR_DENIED, "the form came from another site");
    if (form_parse(page->mem, page->request->content_type, page->request->body,
                   &page->form, err) != 0 ||
        reveal(page->app, page->mem, id, form_slice(&page->form, "code"),
               form_slice(&page->form, "mailbox"), &result, err) != 0)
        return -1;
    switch (result.outcome) {
    case REVEAL_DONE: failed = show_details(page, &result, err); break;
    case REVEAL_WRONG_PROOF: failed = show_wrong(page, id, &result, err); break;
    case REVEAL_NOT_NOW: show_state(page, words_of(result.answer), 409); break;
    }
    secret_free(&result.password);
    return failed;
}

void customer_reveal(const struct web *web, struct http_request *request,
                     struct http_response *response)
{
    struct page page;
    struct error err = {0};

    page_begin(&page, web, request, response);
    if (answer(&page, arena_slice(page.mem, request->params[0]), &err) != 0)
        show_failed(&page, &err);
    page_done(&page);
}
