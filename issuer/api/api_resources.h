/*
 * api_resources.h - the resource functions, for the table of routes in api.c.
 */
#ifndef ISSUER_API_API_RESOURCES_H
#define ISSUER_API_API_RESOURCES_H

#include "issuer/api/api_call.h"

/* name(call, out, err) as in struct resource. */
#define API_RESOURCE(name) \
 NODISCARD int name(struct call *call, json_t **out, struct error *err)

/* api_cases.c */
API_RESOURCE(api_diagnose);
API_RESOURCE(api_case_list);
API_RESOURCE(api_case_open);
API_RESOURCE(api_case_show);
API_RESOURCE(api_case_check);
/* api_leases.c */
API_RESOURCE(api_lease_list);
API_RESOURCE(api_lease_mint);
API_RESOURCE(api_lease_show);
API_RESOURCE(api_lease_revoke);
API_RESOURCE(api_lease_extend);
API_RESOURCE(api_lease_link);
API_RESOURCE(api_lease_reveal);
struct secret;
/* Server, ports, username, lease, and the password as "password". */
void api_write_credential(struct call *call, const struct lease *lease,
                          const struct secret *password);
/* api_approvals.c */
API_RESOURCE(api_approval_list);
API_RESOURCE(api_approval_approve);
API_RESOURCE(api_approval_deny);
/* api_addresses.c */
API_RESOURCE(api_shared_list);
API_RESOURCE(api_shared_add);
API_RESOURCE(api_shared_remove);
API_RESOURCE(api_pool_list);
API_RESOURCE(api_pool_add);
API_RESOURCE(api_pool_show);
API_RESOURCE(api_pool_change);
API_RESOURCE(api_listing_now);
API_RESOURCE(api_listing_history);
API_RESOURCE(api_listing_check);
/* api_people.c */
API_RESOURCE(api_user_list);
API_RESOURCE(api_user_add);
API_RESOURCE(api_user_role);
API_RESOURCE(api_user_disable);
API_RESOURCE(api_user_reset);
API_RESOURCE(api_audit_list);
API_RESOURCE(api_audit_verify);
/* api_tokens.c */
API_RESOURCE(api_token_list);
API_RESOURCE(api_token_create);
API_RESOURCE(api_token_revoke);
/* api_doctor.c */
API_RESOURCE(api_canary_make);
API_RESOURCE(api_pool_reach);
API_RESOURCE(api_health);
API_RESOURCE(api_guides);
/* api_webhooks.c */
API_RESOURCE(api_webhook_list);
API_RESOURCE(api_webhook_add);
API_RESOURCE(api_webhook_rotate);
API_RESOURCE(api_webhook_remove);
API_RESOURCE(api_webhook_enable);
API_RESOURCE(api_webhook_disable);
API_RESOURCE(api_webhook_test);
API_RESOURCE(api_webhook_posts);
API_RESOURCE(api_webhook_again);
/* api_system.c */
API_RESOURCE(api_config);
API_RESOURCE(api_metrics);
/* api_mta.c */
API_RESOURCE(api_mta);

#endif
