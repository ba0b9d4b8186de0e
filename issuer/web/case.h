/*
 * case.h - the one screen of a case: what we know on the left, what to do on the right.
 */
#ifndef ISSUER_WEB_CASE_H
#define ISSUER_WEB_CASE_H

#include "issuer/cases/clears.h"
#include "issuer/cases/story.h"
#include "issuer/web/page.h"

enum {
    CASE_LEASES_MAX = 10,
    CASE_WORDS_MAX = 3,
    CASE_USAGE_MAX = 50,
    CASE_ANSWERS_MAX = 20
};

/* What only this answer knows; zeroed for an ordinary look. */
struct case_extra {
    bool is_live;                /* the Watch panel alone, for live.js */
    unsigned status;             /* 0: 200 */
    const char *problem, *field; /* said over the page; field: id of the input */
    const char *link;            /* just made: shown now and never again */
    const char *pin;             /* digits that go with link; NULL: none */
    bool is_replay; /* the form was sent twice: its link was in the first answer */
    const char *reason, *mailbox; /* typed, to be shown again */
    const char *language;         /* of the reply; NULL: nobody chose */
    const char *proof;
    int64_t for_s;
};
NODISCARD int case_show(struct page *page, int64_t id, const struct case_extra *extra,
                        struct error *err);

/* What was read for it. */
struct case_facts {
    struct case_row row;
    struct lease *leases; /* newest first */
    size_t leases_count;
    const struct lease *live; /* the one that counts now, or NULL */
    int64_t opened_at;        /* its link; 0: not yet, or nobody told */
    struct approval approval; /* of live; id 0: nobody was asked */
    struct lease_said *said;  /* of live, newest first */
    size_t said_count;
    struct usage_row *usage; /* of live, else of the newest lease; newest first */
    size_t usage_count;
    struct delivery
        *answers; /* of recipients' servers to what live sent, newest first */
    size_t answers_count;
    struct pool_address *pool;
    size_t pool_count;
    struct listing_row *listings; /* of row.address */
    size_t listings_count;
    struct clears clears;     /* without a sentence unless listed on row.zone */
    int64_t same_bounce_case; /* the first with the same bytes: perhaps this one */
    struct story story; /* customer NULL: nobody is known, and the past is empty */
    struct customer_past past;
    const struct lease *other_live; /* of the customer, of another case; or NULL */
};

/* What a person can do something about goes over the page of the case; the rest is err. */
NODISCARD int case_refused(struct page *page, int64_t id, struct case_extra *extra,
                           const struct error *why, struct error *err);

/* case_panel.c: puts mint, deliver, watch, wait, agreed and advise (one of them an object, the
 * others null; deliver and watch together) and earlier into the view. */
NODISCARD int case_put_panels(struct page *page, const struct case_facts *facts,
                              const struct case_extra *extra, struct error *err);
/* case_reply.c: the reply that goes with the verdict, or null; and the one with the link. */
NODISCARD int case_put_reply(struct page *page, const struct case_facts *facts,
                             const struct case_extra *extra, json_t *advise,
                             struct error *err);
NODISCARD int case_put_deliver(struct page *page, const struct case_facts *facts,
                               const struct case_extra *extra, struct error *err);
/* email/NAME.LANGUAGE.txt about a made-up case of this host: reply and reply_lang. */
NODISCARD int case_sample_reply(struct page *page, const char *name,
                                const char *language, json_t *into, struct error *err);
/* approval.c: doubts as a list of sentences; true when a panel of its own was put. */
json_t *approval_doubts(const struct page *page, doubts set);
/* What somebody asks a second person for, and where the answer goes. */
json_t *approval_request(const struct page *page, const struct approval *approval,
                         const struct lease *lease);
bool approval_put_panel(struct page *page, const struct case_facts *facts);
/* case_axis.c: puts axis, the picture of listing and details in time, or null. */
void case_put_axis(struct page *page, const struct case_facts *facts);
/* case_customer.c: what we know of the customer, by whom, since when. */
NODISCARD int case_load_customer(struct page *page, struct store *store,
                                 struct case_facts *facts, struct error *err);
void case_put_customer(struct page *page, const struct case_facts *facts);
/* case_log.c: what happened, newest first. */
NODISCARD int case_put_log(struct page *page, struct store *store,
                           const struct case_facts *facts, struct error *err);

#endif
