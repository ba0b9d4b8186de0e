/*
 * customer_view.h - what the pages of the customer's site have in common.
 */
#ifndef ISSUER_WEB_CUSTOMER_VIEW_H
#define ISSUER_WEB_CUSTOMER_VIEW_H

#include "issuer/leases/reveal.h"
#include "issuer/web/page.h"

/* A page at /r/{id}. */
struct visit {
    struct page page;
    const char *id;    /* as it stands in the path; "" elsewhere */
    const char *query; /* "?lang=de" where the reader chose, "" otherwise */
    struct slice browser;
};
/* The language is the reader's (?lang=), else the browser's; visit_lease puts the agent's choice
 * between the two. End it with page_done. */
void visit_begin(struct visit *visit, const struct web *web,
                 struct http_request *request, struct http_response *response);
void visit_lease(struct visit *visit, const struct lease *lease);
/* "/r/ID", part, query */
const char *visit_path(struct visit *visit, const char *part);
void visit_set_cookie(struct visit *visit, const char *token,
                      const struct lease *lease);

/* title: a text's key. Without the picker of languages where the page cannot be asked for again. */
NODISCARD int visit_show(struct visit *visit, const char *template, const char *title,
                         unsigned status, struct error *err);

/* A page that only says something: state.NAME.word, .heading and .lead. Never fails. */
struct state_page {
    const char *name;
    const char *class_name; /* of view_mark */
    unsigned status;
    const struct reveal_view *look; /* of the lease, or NULL */
    const char *said;               /* a sentence above, or NULL */
};
void visit_state(struct visit *visit, const struct state_page *state);
void visit_answer(struct visit *visit, const struct reveal_view *look, unsigned status);
/* Not found, not understood, or our fault. */
void visit_failed(struct visit *visit, const struct error *why);

/* The guides into the view; lease NULL where its username and mailbox are not to be shown. */
void visit_put_guides(struct visit *visit, const struct lease *lease);

#endif
