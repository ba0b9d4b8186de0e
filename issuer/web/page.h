/*
 * page.h - the frame around every page: who asks, what came with it, how it is answered.
 *
 * A page's run function loads, puts facts into the view and calls page_show, or answers with a
 * redirect. What it returns as an error becomes a calm page by the kind of the error.
 */
#ifndef ISSUER_WEB_PAGE_H
#define ISSUER_WEB_PAGE_H

#include "core/token.h"
#include "issuer/render/say.h"
#include "issuer/web/view.h"
#include "issuer/web/web.h"

struct page {
    const struct web *web;
    struct app *app;
    const struct config *config;
    struct http_request *request;
    struct http_response *response;
    struct arena *mem;
    int64_t now;
    const char *lang; /* of the texts; "en" on the console */
    json_t *view;
    struct form form;       /* of a POST */
    bool is_automatic;      /* asked by live.js, not by a person */
    struct session session; /* console, signed in; agent.id 0 otherwise */
    struct actor actor;
};

enum page_access {
    PAGE_OPEN,      /* before signing in */
    PAGE_SIGNED_IN, /* session, right to `act`, and on a POST the form's token */
    PAGE_LIVE /* the same for a part of a page that live.js asks for; the session idles on */
};
struct page_kind {
    int (*run)(struct page *page, struct error *err);
    enum page_access access;
    enum act act;
};

/* One request of the console. */
void page_run(const struct web *web, const struct page_kind *kind,
              struct http_request *request, struct http_response *response);

/* For pages of either site: end it with page_done. */
void page_begin(struct page *page, const struct web *web, struct http_request *request,
                struct http_response *response);
void page_done(struct page *page);
/* Did the form come from a page of ours, as far as the browser says? site_url: what the site is
 * called from outside. */
NODISCARD bool page_is_same_origin(const struct page *page, const char *site_url);

struct page_name {
    const char *template; /* "html/case.html" */
    const char *title;
    const char *section; /* the entry of the menu it belongs to, or "" */
    unsigned status;
};
NODISCARD int page_show(struct page *page, const struct page_name *name,
                        struct error *err);
/* A part of a page for live.js, with an element of the id `live` that replaces the one on the page;
 * an empty answer (204) where there is nothing to show any more. template NULL: nothing. */
NODISCARD int page_show_live(struct page *page, const char *template,
                             struct error *err);
/* The error as a page; never fails. */
void page_fail(struct page *page, const struct error *err);
/* "There is a problem": text over a form that is shown again, pointing at the field with this
 * id. Without one (text NULL) the view says that there is none. */
void page_problem(struct page *page, const char *text, const char *field);

/* A form field, trimmed; NULL when absent or empty. */
const char *page_field(const struct page *page, const char *name);
/* A field of the query, trimmed; NULL when absent, empty or in a query that cannot be read. */
const char *page_asked(const struct page *page, const char *name);
/* A path parameter that is a positive number; ERROR_NOT_FOUND otherwise. */
NODISCARD int page_number(const struct page *page, size_t index, int64_t *out,
                          struct error *err);
bool page_may(const struct page *page, enum act act);

/* From here on the page belongs to the session of this token. */
NODISCARD int page_adopt(struct page *page, struct slice token, struct error *err);
/* The session cookie. Browsers take __Host- only with Secure, and Secure only over https. */
const char *page_cookie_name(const struct config *config);
void page_set_cookie(struct page *page, const char *token);
void page_clear_cookie(struct page *page);

#endif
