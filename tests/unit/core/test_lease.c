/*
 * test_lease.c - the state of a lease at a moment, and what it permits.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "core/lease.h"

enum {
    CREATED = 1000,
    REVEALED = 1100,
    LOGIN = 1200,
    LINK_OVER = 1500,
    EXPIRES = 2000
};

/* Fresh: an offer with a link. */
static const struct lease offer = {
    .created_at = CREATED,
    .reveal_until = LINK_OVER,
    .expires_at = EXPIRES,
    .reveal_tries_left = REVEAL_TRIES_MAX,
};

static const struct {
    const char *name;
    bool is_pending, is_suspended;
    int64_t revealed_at, first_login_at;
    enum lease_end end;
    int64_t now;
    enum lease_state state;
    enum verdict login;
    enum reveal_answer reveal;
} cases[] = {
    {"offered",                            false, false, 0,        0,     LEASE_END_NONE,       1050,        LEASE_OFFERED,
     VERDICT_WRONG_PASSWORD,                                                                                                                                 REVEAL_READY    },
    {"revealed",                           false, false, REVEALED, 0,     LEASE_END_NONE,       1150,        LEASE_REVEALED,
     VERDICT_OK,                                                                                                                                             REVEAL_READY    },
    {"in use",                             false, false, REVEALED, LOGIN, LEASE_END_NONE,       1250,        LEASE_IN_USE,
     VERDICT_OK,                                                                                                                                             REVEAL_IN_USE   },
    {"a second before the link is over",   false, false, 0,        0,     LEASE_END_NONE,
     LINK_OVER - 1,                                                                                          LEASE_OFFERED,          VERDICT_WRONG_PASSWORD, REVEAL_READY    },
    {"the second the link is over",        false, false, 0,        0,     LEASE_END_NONE,       LINK_OVER,
     LEASE_OFFERED,                                                                                                                  VERDICT_WRONG_PASSWORD, REVEAL_LINK_OVER},
    {"a second before expiry",             false, false, REVEALED, LOGIN, LEASE_END_NONE,
     EXPIRES - 1,                                                                                            LEASE_IN_USE,           VERDICT_OK,             REVEAL_IN_USE   },
    {"the second of expiry",               false, false, REVEALED, LOGIN, LEASE_END_NONE,       EXPIRES,
     LEASE_EXPIRED,                                                                                                                  VERDICT_EXPIRED,        REVEAL_EXPIRED  },
    {"after expiry",                       false, false, REVEALED, 0,     LEASE_END_NONE,       EXPIRES + 1,
     LEASE_EXPIRED,                                                                                                                  VERDICT_EXPIRED,        REVEAL_EXPIRED  },
    {"an offer expires too",               false, false, 0,        0,     LEASE_END_NONE,       EXPIRES,     LEASE_EXPIRED,
     VERDICT_EXPIRED,                                                                                                                                        REVEAL_EXPIRED  },
    {"pending",                            true,  false, 0,        0,     LEASE_END_NONE,       1050,        LEASE_PENDING_APPROVAL,
     VERDICT_WRONG_PASSWORD,                                                                                                                                 REVEAL_NOT_READY},
    {"pending expires",                    true,  false, 0,        0,     LEASE_END_NONE,       EXPIRES,     LEASE_EXPIRED,
     VERDICT_EXPIRED,                                                                                                                                        REVEAL_EXPIRED  },
    {"suspended",                          false, true,  REVEALED, LOGIN, LEASE_END_NONE,       1300,        LEASE_SUSPENDED,
     VERDICT_TEMPORARY,                                                                                                                                      REVEAL_NOT_READY},
    {"suspended expires",                  false, true,  REVEALED, LOGIN, LEASE_END_NONE,       EXPIRES,
     LEASE_EXPIRED,                                                                                                                  VERDICT_EXPIRED,        REVEAL_EXPIRED  },
    {"revoked",                            false, false, REVEALED, LOGIN, LEASE_END_REVOKED,    1300,        LEASE_REVOKED,
     VERDICT_REVOKED,                                                                                                                                        REVEAL_REVOKED  },
    {"revoked stays revoked after expiry", false, false, REVEALED, LOGIN,
     LEASE_END_REVOKED,                                                                         EXPIRES + 1, LEASE_REVOKED,          VERDICT_REVOKED,        REVEAL_REVOKED  },
    {"revoked while suspended",            false, true,  REVEALED, LOGIN, LEASE_END_REVOKED,    1300,
     LEASE_REVOKED,                                                                                                                  VERDICT_REVOKED,        REVEAL_REVOKED  },
    {"given back",                         false, false, REVEALED, LOGIN, LEASE_END_GIVEN_BACK, 1300,
     LEASE_ENDED,                                                                                                                    VERDICT_REVOKED,        REVEAL_REVOKED  },
};

static void the_state_follows_from_the_facts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lease lease = offer;
        lease.is_pending = cases[i].is_pending;
        lease.is_suspended = cases[i].is_suspended;
        lease.revealed_at = cases[i].revealed_at;
        lease.first_login_at = cases[i].first_login_at;
        lease.end = cases[i].end;
        enum lease_state got = lease_state_at(&lease, cases[i].now);
        if (got != cases[i].state)
            fail_msg("%s: %s", cases[i].name, lease_state_name(got));
        if (lease_login_verdict(&lease, cases[i].now) != cases[i].login)
            fail_msg("%s: another login verdict", cases[i].name);
        if (lease_reveal_answer(&lease, cases[i].now) != cases[i].reveal)
            fail_msg("%s: another reveal answer", cases[i].name);
    }
}

static void a_link_locks_after_wrong_tries_and_too_many_reveals(void **state)
{
    static const struct {
        const char *name;
        unsigned tries_left, reveals;
        int64_t first_login_at;
        enum reveal_answer want;
    } rows[] = {
        {"last try",                        1, 0,               0,     REVEAL_READY       },
        {"no try left",                     0, 0,               0,     REVEAL_LOCKED      },
        {"one reveal left",                 5, REVEALS_MAX - 1, 0,     REVEAL_READY       },
        {"no reveal left",                  5, REVEALS_MAX,     0,     REVEAL_SHOWN_ENOUGH},
        {"locked is said first",            0, REVEALS_MAX,     0,     REVEAL_LOCKED      },
        {"a login without a reveal counts", 5, 0,               LOGIN, REVEAL_IN_USE      },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lease lease = offer;
        lease.reveal_tries_left = rows[i].tries_left;
        lease.reveals = rows[i].reveals;
        lease.first_login_at = rows[i].first_login_at;
        if (lease_reveal_answer(&lease, 1300) != rows[i].want)
            fail_msg("%s: another answer", rows[i].name);
    }
}

static void only_a_revealed_lease_that_runs_lets_a_login_in(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 16; bits++)
        for (int end = 0; end < LEASE_END_COUNT; end++)
            for (int64_t now = EXPIRES - 1; now <= EXPIRES + 1; now++) {
                struct lease lease = offer;
                lease.is_pending = (bits & 1) != 0;
                lease.is_suspended = (bits & 2) != 0;
                lease.revealed_at = (bits & 4) != 0 ? REVEALED : 0;
                lease.first_login_at = (bits & 8) != 0 ? LOGIN : 0;
                lease.end = (enum lease_end)end;
                bool may = (bits & 7) == 4 && end == LEASE_END_NONE && now < EXPIRES;
                assert_int_equal(lease_login_verdict(&lease, now) == VERDICT_OK, may);
            }
}

static void ended_states_are_not_live(void **state)
{
    (void)state;
    for (int i = 0; i < LEASE_STATE_COUNT; i++)
        assert_int_equal(lease_is_live((enum lease_state)i),
                         i != LEASE_EXPIRED && i != LEASE_REVOKED && i != LEASE_ENDED);
    assert_false(lease_is_live(LEASE_STATE_COUNT));
}

static void names_are_the_stored_words(void **state)
{
    (void)state;
    assert_string_equal(lease_state_name(LEASE_PENDING_APPROVAL), "pending_approval");
    assert_string_equal(lease_state_name(LEASE_IN_USE), "in_use");
    assert_string_equal(lease_state_name(LEASE_ENDED), "ended");
    assert_string_equal(lease_delivery_name(DELIVERY_LOGIN), "login");
    assert_string_equal(lease_delivery_name(DELIVERY_ROUTE), "route");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_follows_from_the_facts),
        cmocka_unit_test(a_link_locks_after_wrong_tries_and_too_many_reveals),
        cmocka_unit_test(only_a_revealed_lease_that_runs_lets_a_login_in),
        cmocka_unit_test(ended_states_are_not_live),
        cmocka_unit_test(names_are_the_stored_words),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
