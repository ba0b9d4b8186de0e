/*
 * pages.h - the pages, one function a route; web.c has the table.
 */
#ifndef ISSUER_WEB_PAGES_H
#define ISSUER_WEB_PAGES_H

#include "issuer/web/page.h"

/* sign_in.c */
int page_sign_in(struct page *page, struct error *err);
int page_sign_in_post(struct page *page, struct error *err);
int page_sign_out(struct page *page, struct error *err);
int page_set_up(struct page *page, struct error *err);
int page_set_up_post(struct page *page, struct error *err);
/* The session ended: a GET goes to the sign-in page; of a POST what was typed is kept. */
NODISCARD int page_session_over(struct page *page, struct error *err);

/* today.c */
int page_today(struct page *page, struct error *err);
int page_today_live(struct page *page, struct error *err);
/* Today with the paste box filled, for text that must not be lost. */
NODISCARD int page_today_with(struct page *page, unsigned status, struct error *err);
int page_case_open(struct page *page, struct error *err);

/* case.c */
int page_case(struct page *page, struct error *err);
int page_case_live(struct page *page, struct error *err);
int page_case_check(struct page *page, struct error *err);
int page_case_note(struct page *page, struct error *err);

/* lease.c */
int page_lease_mint(struct page *page, struct error *err);
int page_lease_revoke(struct page *page, struct error *err);
int page_lease_link(struct page *page, struct error *err);
int page_lease_extend(struct page *page, struct error *err);

/* approvals.c */
int page_approvals(struct page *page, struct error *err);

/* approval.c */
int page_approval_answer(struct page *page, struct error *err);

/* webhooks.c */
int page_webhooks(struct page *page, struct error *err);
int page_webhook_add(struct page *page, struct error *err);
int page_webhook_rotate(struct page *page, struct error *err);
int page_webhook_do(struct page *page, struct error *err);
int page_webhook_again(struct page *page, struct error *err);
int page_webhook(struct page *page, struct error *err);

/* needs.c: needs and has_needs, for Today. */
NODISCARD int needs_put(struct page *page, struct store *store, struct error *err);

/* lists.c: each as a page, and its rows as CSV and JSON */
int page_cases(struct page *page, struct error *err);
int page_leases(struct page *page, struct error *err);

/* pool.c */
int page_pool(struct page *page, struct error *err);
int page_pool_live(struct page *page, struct error *err);

/* address.c */
int page_address(struct page *page, struct error *err);
int page_address_check(struct page *page, struct error *err);
int page_address_state(struct page *page, struct error *err);

/* listings.c */
int page_listings(struct page *page, struct error *err);

/* audit.c */
int page_audit(struct page *page, struct error *err);

/* keys.c */
int page_keys(struct page *page, struct error *err);

/* settings.c */
int page_settings(struct page *page, struct error *err);
int page_settings_policy(struct page *page, struct error *err);
int page_settings_host(struct page *page, struct error *err);
/* settings_lists.c */
int page_settings_lists(struct page *page, struct error *err);
int page_settings_lists_test(struct page *page, struct error *err);
/* settings_messages.c */
int page_settings_messages(struct page *page, struct error *err);
/* settings_server.c */
int page_settings_server(struct page *page, struct error *err);
int page_settings_recipe(struct page *page, struct error *err);
/* people.c */
int page_people(struct page *page, struct error *err);
int page_people_add(struct page *page, struct error *err);
int page_people_reset(struct page *page, struct error *err);
int page_people_role(struct page *page, struct error *err);
int page_people_disable(struct page *page, struct error *err);
/* profile.c */
int page_profile(struct page *page, struct error *err);
int page_profile_look(struct page *page, struct error *err);
int page_profile_password(struct page *page, struct error *err);
int page_profile_sessions(struct page *page, struct error *err);
/* tokens.c */
int page_tokens(struct page *page, struct error *err);
int page_tokens_create(struct page *page, struct error *err);
int page_tokens_revoke(struct page *page, struct error *err);

/* customer.c: of the other site, outside page_run */
void customer_ask(const struct web *web, struct http_request *request,
                  struct http_response *response);
void customer_opened(const struct web *web, struct http_request *request,
                     struct http_response *response);
void customer_reveal(const struct web *web, struct http_request *request,
                     struct http_response *response);
void customer_again(const struct web *web, struct http_request *request,
                    struct http_response *response);
void customer_say(const struct web *web, struct http_request *request,
                  struct http_response *response);
void customer_login(const struct web *web, struct http_request *request,
                    struct http_response *response);
void customer_brand(const struct web *web, struct http_request *request,
                    struct http_response *response);
/* A refusal of the customer site: the same calm page for every reason. */
void customer_refuse(const struct web *web, struct http_request *request,
                     unsigned status, const char *sentence,
                     struct http_response *response);

#endif
