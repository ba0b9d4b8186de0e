/*
 * role.c - who may do what: what the table does not say is not allowed.
 */
#include "base/base.h"

#include "core/role.h"

#include "base/limits.h"

#define MAY(act) (1U << (act))
#define SUPPORT                                                               \
 (MAY(ACT_VIEW_CASES) | MAY(ACT_DIAGNOSE) | MAY(ACT_MINT) | MAY(ACT_REVOKE) | \
  MAY(ACT_VIEW_POOL))

static const struct {
    const char *name;
    unsigned acts;
} roles[] = {
    [ROLE_AGENT] = {"agent",      SUPPORT                                                                             },
    [ROLE_LEAD] = {"lead",       SUPPORT | MAY(ACT_APPROVE) | MAY(ACT_VIEW_AUDIT)                                    },
    [ROLE_POSTMASTER] = {"postmaster", (SUPPORT & ~MAY(ACT_MINT)) | MAY(ACT_APPROVE) |
                                           MAY(ACT_CHANGE_POOL) | MAY(ACT_VIEW_AUDIT)},
    [ROLE_AUDITOR] = {"auditor",
                    MAY(ACT_VIEW_CASES) | MAY(ACT_VIEW_POOL) | MAY(ACT_VIEW_AUDIT)                                    },
    [ROLE_ADMIN] = {"admin",      SUPPORT | MAY(ACT_APPROVE) | MAY(ACT_REVEAL) |
                                 MAY(ACT_CHANGE_POOL) | MAY(ACT_VIEW_AUDIT) |
                                 MAY(ACT_CHANGE_PEOPLE) | MAY(ACT_CHANGE_WEBHOOKS)        },
};
_Static_assert(ARRAY_LEN(roles) == ROLE_COUNT, "one row a role");

const char *role_name(enum role role)
{
    assert((size_t)role < ARRAY_LEN(roles));
    return roles[role].name;
}

bool role_parse(struct slice text, enum role *out)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (slice_is(text, roles[i].name)) {
            *out = (enum role)i;
            return true;
        }
    }
    return false;
}

bool agent_name_is_valid(struct slice name)
{
    if (name.len == 0 || name.len > AGENT_NAME_MAX || name.at[0] < 'a' ||
        name.at[0] > 'z')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!is_word && c != '.' && c != '-' && c != '_')
            return false;
    }
    return true;
}

bool role_may(enum role role, enum act act)
{
    return (size_t)role < ARRAY_LEN(roles) && (size_t)act < ACT_COUNT &&
           (roles[role].acts & MAY(act)) != 0;
}
