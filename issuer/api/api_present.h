/*
 * api_present.h - our nouns as JSON, with the keys of the contract.
 *
 * Times are RFC 3339 in UTC, or null for "has not happened". Text that came from strangers is
 * cleaned, never dropped: JSON is UTF-8 without exception.
 */
#ifndef ISSUER_API_API_PRESENT_H
#define ISSUER_API_API_PRESENT_H

#include <jansson.h>

#include "issuer/cases/diagnose.h"
#include "issuer/render/say.h"

/* What we have to say is said in English, by a speaker of it. */

/* Members of an object. text: NULL becomes null. when: 0 becomes null. words: NULL-ended. */
void put_text(json_t *object, const char *key, const char *text);
void put_sentence(json_t *object, const char *key, const struct speaker *speaker,
                  struct sentence sentence);
void put_number(json_t *object, const char *key, int64_t number);
void put_number_or_null(json_t *object, const char *key, int64_t number); /* 0: null */
void put_bool(json_t *object, const char *key, bool value);
void put_time(json_t *object, const char *key, int64_t when);
void put_words(json_t *object, const char *key, const char *const *words);
/* "a b c" as an array of words. */
void put_flags(json_t *object, const char *key, const char *flags);

/* All of them are new references. link: NULL leaves it out. */
json_t *present_lease(const struct lease *lease, int64_t now, const char *link);
json_t *present_diagnosis(const struct speaker *speaker,
                          const struct diagnosis *diagnosis);
/* In a list. */
json_t *present_case_line(const struct speaker *speaker, const struct case_row *row);
json_t *present_check(const struct speaker *speaker, const struct check *check);
/* With what each doubt says. */
json_t *present_approval(const struct speaker *speaker,
                         const struct approval *approval);
json_t *present_shared(const struct shared_range *range);
json_t *present_pool(const struct pool_address *address);
json_t *present_listing(const struct speaker *speaker, const struct listing_row *row);
json_t *present_said(const struct lease_said *said, size_t count);
/* text is what happened in words for a person; of a refusal also its code and why. */
json_t *present_usage(const struct speaker *speaker, const struct usage_row *row);
/* What is in rows (newest first) of the newest refusal: last_refusal, _client, _program. */
void put_last_refusal(json_t *object, const struct speaker *speaker,
                      const struct usage_row *rows, size_t count);
json_t *present_agent(const struct agent *agent);
json_t *present_audit(const struct audit_record *record);

#endif
