/*
 * role.h - who may do what: one table, deny by default.
 */
#ifndef CORE_ROLE_H
#define CORE_ROLE_H

#include "base/slice.h"

enum role {
    ROLE_AGENT,
    ROLE_LEAD,
    ROLE_POSTMASTER,
    ROLE_AUDITOR,
    ROLE_ADMIN,
    ROLE_COUNT
};
const char *role_name(enum role role);
NODISCARD bool role_parse(struct slice text, enum role *out);

/* Lower-case letters, digits, '.', '-', '_'; a letter first: safe in logs, URLs and columns. */
bool agent_name_is_valid(struct slice name);

enum act {
    ACT_VIEW_CASES,
    ACT_DIAGNOSE,
    ACT_MINT,
    ACT_APPROVE, /* as the second person */
    ACT_REVOKE,
    ACT_REVEAL, /* console_reveal, local socket only */
    ACT_VIEW_POOL,
    ACT_CHANGE_POOL, /* pool and shared addresses */
    ACT_VIEW_AUDIT,
    ACT_CHANGE_PEOPLE,
    ACT_CHANGE_WEBHOOKS,
    ACT_COUNT
};
bool role_may(enum role role, enum act act);

#endif
