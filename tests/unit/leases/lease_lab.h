/*
 * lease_lab.h - an app with a listed case, of which leases are minted.
 */
#ifndef TESTS_UNIT_LEASES_LEASE_LAB_H
#define TESTS_UNIT_LEASES_LEASE_LAB_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/leases/mint.h"
#include "tests/support/issuer/app_fixture.h"

static const int64_t day_s = 86400;
static const int64_t link_s = 7200; /* policy.link_valid */

struct lab {
    struct app_fixture f;
    int64_t case_id;
    struct error err;
};

static inline void lab_start(struct lab *lab, const char *options)
{
    app_fixture_start(&lab->f, options);
    app_fixture_fill(&lab->f);
    lab->case_id = app_fixture_case(&lab->f);
    lab->err = (struct error){0};
}

static inline struct mint_request request_of(const struct lab *lab)
{
    return (struct mint_request){.case_id = lab->case_id, .reason = "Invoice today"};
}

static inline int mint(struct lab *lab, const struct mint_request *request,
                       struct minted *out)
{
    lab->err = (struct error){0};
    return lease_mint(lab->f.app, &lab->f.mem, &fixture_agent, request, out, &lab->err);
}

static inline struct minted must_mint(struct lab *lab)
{
    struct mint_request request = request_of(lab);
    struct minted minted;

    if (mint(lab, &request, &minted) != 0)
        fail_msg("%s", lab->err.text);
    return minted;
}

static inline struct slice key_of(const char *link)
{
    return slice_from(strchr(link, '#') + 1);
}

static inline size_t count_audit(struct lab *lab, const char *object,
                                 const char *action)
{
    struct store *store = NULL;
    struct audit_record *rows = NULL;
    size_t count = 0;
    size_t found = 0;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_audit_tail(store, &lab->f.mem, object, 100, &rows, &count, &lab->err), 0);
    app_give_back(lab->f.app, store);
    for (size_t i = 0; i < count; i++)
        found += strcmp(rows[i].action, action) == 0;
    return found;
}

#endif
