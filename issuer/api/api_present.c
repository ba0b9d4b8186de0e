/*
 * api_present.c - our nouns as JSON.
 */
#include "base/base.h"

#include "issuer/api/api_present.h"

#include "base/encode.h"
#include "base/escape.h"
#include "base/timetext.h"
#include "issuer/leases/refused.h"

void put_text(json_t *object, const char *key, const char *text)
{
    json_t *value = text == NULL ? json_null() : json_string(text);

    if (value == NULL) { /* not UTF-8 */
        struct strbuf clean;
        strbuf_init(&clean, BOUNCE_MAX);
        escape_append(&clean, ESCAPE_TEXT, slice_from(text));
        value = json_string(clean.at);
        strbuf_release(&clean);
    }
    json_object_set_new(object, key, value);
}

void put_sentence(json_t *object, const char *key, const struct speaker *speaker,
                  struct sentence sentence)
{
    put_text(object, key, say(speaker, sentence));
}

void put_number(json_t *object, const char *key, int64_t number)
{
    json_object_set_new(object, key, json_integer(number));
}

void put_number_or_null(json_t *object, const char *key, int64_t number)
{
    json_object_set_new(object, key, number == 0 ? json_null() : json_integer(number));
}

void put_bool(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

void put_time(json_t *object, const char *key, int64_t when)
{
    char text[TIMETEXT_RFC3339_MAX + 1];

    if (when == 0) {
        json_object_set_new(object, key, json_null());
        return;
    }
    timetext_rfc3339(when, text);
    put_text(object, key, text);
}

void put_words(json_t *object, const char *key, const char *const *words)
{
    json_t *array = json_array();

    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        json_array_append_new(array, json_string(words[i]));
    json_object_set_new(object, key, array);
}

void put_flags(json_t *object, const char *key, const char *flags)
{
    json_t *array = json_array();
    struct slice rest = slice_from(flags);
    struct slice word;

    while (flags != NULL && slice_cut(&rest, ' ', &word))
        if (word.len > 0)
            json_array_append_new(array, json_stringn(word.at, word.len));
    json_object_set_new(object, key, array);
}

json_t *present_lease(const struct lease *lease, int64_t now, const char *link)
{
    json_t *o = json_object();

    put_number(o, "id", lease->id);
    put_number(o, "case", lease->case_id);
    put_text(o, "mailbox", lease->mailbox);
    put_text(o, "delivery", lease_delivery_name(lease->delivery));
    put_text(o, "state", lease_state_name(lease_state_at(lease, now)));
    put_text(o, "reserved_address", lease->reserved_address);
    put_text(o, "lane", lease->lane);
    put_text(o, "username", lease->username);
    put_words(o, "senders", lease->senders);
    put_words(o, "recipient_domains", lease->recipient_domains);
    put_number(o, "messages_max", lease->messages_max);
    put_number(o, "messages_per_hour", lease->messages_per_hour);
    put_number(o, "messages_used", lease->messages_used);
    put_number_or_null(o, "recipients_max", lease->recipients_max);
    put_number_or_null(o, "recipients_per_message", lease->recipients_per_message);
    put_number(o, "recipients_used", lease->recipients_used);
    put_number_or_null(o, "message_size_max", (int64_t)lease->message_size_max);
    put_number(o, "refusals", lease->refusals);
    put_text(o, "reason", lease->reason);
    put_text(o, "ticket", lease->ticket);
    put_text(o, "language",
             lease->language != NULL && lease->language[0] != '\0' ? lease->language
                                                                   : NULL);
    put_text(o, "proof", lease_proof_name(lease->proof));
    put_text(o, "created_by", lease->created_by);
    put_time(o, "created_at", lease->created_at);
    put_time(o, "reveal_until", lease->reveal_until);
    put_time(o, "revealed_at", lease->revealed_at);
    put_time(o, "first_login_at", lease->first_login_at);
    put_time(o, "last_login_at", lease->last_login_at);
    put_time(o, "last_message_at", lease->last_message_at);
    put_time(o, "expires_at", lease->expires_at);
    put_time(o, "ended_at", lease->ended_at);
    put_text(o, "ended_by", lease->ended_by);
    put_text(o, "ended_reason", lease->ended_reason);
    if (link != NULL)
        put_text(o, "link", link);
    return o;
}

static json_t *present_evidence(const struct evidence *e)
{
    json_t *o = json_object();

    put_bool(o, "is_bounce", e->is_bounce);
    put_text(o, "class", evidence_class_name(e->class));
    put_text(o, "blocked_ip", e->blocked_ip);
    put_text(o, "list", e->list);
    put_text(o, "lookup_url", e->lookup_url);
    put_text(o, "sender", e->sender);
    put_text(o, "recipient", e->recipient);
    put_number_or_null(o, "smtp_code", e->smtp_code);
    put_text(o, "enhanced_code", e->enhanced_code);
    put_text(o, "reporting_mta", e->reporting_mta);
    put_text(o, "remote_mta", e->remote_mta);
    put_time(o, "time", e->bounced_at);
    put_text(o, "message_id", e->message_id);
    put_text(o, "queue_id", e->queue_id);
    put_text(o, "client", e->client);
    put_bool(o, "grantable", e->is_grantable);
    put_flags(o, "flags", e->flags);
    put_text(o, "excerpt", e->excerpt);
    return o;
}

json_t *present_check(const struct speaker *speaker, const struct check *check)
{
    json_t *o = json_object();

    put_sentence(o, "question", speaker, check->question);
    put_sentence(o, "answer", speaker, check->answer);
    put_sentence(o, "source", speaker, check->source);
    put_text(o, "result", check_result_name(check->result));
    return o;
}

static json_t *present_checks(const struct speaker *speaker, const struct case_row *row)
{
    json_t *array = json_array();

    for (size_t i = 0; i < row->checks_count; i++) {
        json_t *o = present_check(speaker, &row->checks[i]);
        put_time(o, "checked_at", row->checks[i].checked_at);
        json_array_append_new(array, o);
    }
    return array;
}

/* Each with its name, for programs, and its sentence, for people. */
static json_t *present_doubts(const struct speaker *speaker, doubts set)
{
    json_t *array = json_array();

    for (int i = 0; i < DOUBT_COUNT; i++) {
        if ((set & DOUBT(i)) == 0)
            continue;
        json_t *o = json_object();
        put_text(o, "name", doubt_name((enum doubt)i));
        put_sentence(o, "sentence", speaker, doubt_sentence((enum doubt)i));
        json_array_append_new(array, o);
    }
    return array;
}

static void put_doubt_names(json_t *object, doubts set)
{
    json_t *array = json_array();

    for (int i = 0; i < DOUBT_COUNT; i++)
        if ((set & DOUBT(i)) != 0)
            json_array_append_new(array, json_string(doubt_name((enum doubt)i)));
    json_object_set_new(object, "doubts", array);
}

json_t *present_approval(const struct speaker *speaker, const struct approval *approval)
{
    json_t *o = json_object();

    put_number(o, "id", approval->id);
    put_number(o, "lease", approval->lease_id);
    put_number(o, "case", approval->case_id);
    put_text(o, "state",
             approval_state_name(approval_state_at(approval, speaker->now)));
    put_text(o, "mailbox", approval->mailbox);
    put_doubt_names(o, approval->doubts);
    json_object_set_new(o, "why", present_doubts(speaker, approval->doubts));
    put_number(o, "lasts_s", approval->for_s);
    put_text(o, "asked_by", approval->asked_by);
    put_time(o, "asked_at", approval->asked_at);
    put_time(o, "until", approval->until_at);
    put_text(o, "decided_by", approval->decided_by);
    put_time(o, "decided_at", approval->decided_at);
    put_text(o, "reason", approval->reason);
    return o;
}

json_t *present_case_line(const struct speaker *speaker, const struct case_row *row)
{
    const struct diagnosis_row *words = diagnosis_row(row->verdict);
    json_t *o = json_object();

    put_number_or_null(o, "id", row->id);
    put_text(o, "verdict", words->name);
    put_sentence(o, "headline", speaker, words->headline);
    put_sentence(o, "advice", speaker, words->advice);
    put_bool(o, "may_lease", words->may_lease);
    put_doubt_names(o, row->doubts);
    put_text(o, "address", row->address);
    put_text(o, "list", row->zone);
    put_text(o, "mailbox", row->mailbox);
    put_text(o, "ticket", row->ticket);
    put_time(o, "created_at", row->created_at);
    put_text(o, "created_by", row->created_by);
    put_time(o, "diagnosed_at", row->diagnosed_at);
    put_number(o, "exit", words->exit_code);
    return o;
}

static json_t *present_clears(const struct speaker *speaker,
                              const struct clears *clears)
{
    if (clears->sentence.line == NULL)
        return json_null();
    json_t *o = json_object();
    put_text(o, "basis", clearing_basis_name(clears->estimate.basis));
    put_time(o, "not_before", clears->estimate.not_before);
    put_time(o, "probably_by", clears->estimate.probably_by);
    put_time(o, "latest", clears->estimate.latest);
    put_sentence(o, "sentence", speaker, clears->sentence);
    return o;
}

json_t *present_diagnosis(const struct speaker *speaker,
                          const struct diagnosis *diagnosis)
{
    const struct listing *listing = &diagnosis->listing;
    json_t *o = present_case_line(speaker, &diagnosis->row);
    json_t *l = json_object();

    put_text(l, "state", listing_state_name(listing->state));
    put_text(l, "code", listing->code[0] != '\0' ? listing->code : NULL);
    put_sentence(l, "why", speaker, listing_why(listing));
    put_text(l, "meaning", diagnosis->meaning);
    put_text(l, "lookup_url", diagnosis->lookup_url);
    put_time(l, "checked_at", diagnosis->listing_checked_at);
    json_object_set_new(o, "listing", l);
    json_object_set_new(o, "clears", present_clears(speaker, &diagnosis->clears));
    json_object_set_new(o, "checks", present_checks(speaker, &diagnosis->row));
    json_object_set_new(o, "why_second_person",
                        present_doubts(speaker, diagnosis->row.doubts));
    json_object_set_new(o, "evidence", present_evidence(&diagnosis->row.evidence));
    put_number_or_null(o, "same_bounce_case", diagnosis->same_bounce_case);
    return o;
}

json_t *present_shared(const struct shared_range *range)
{
    json_t *o = json_object();

    put_text(o, "network", range->network);
    put_text(o, "label", range->label);
    put_time(o, "created_at", range->created_at);
    return o;
}

json_t *present_pool(const struct pool_address *address)
{
    json_t *o = json_object();

    put_text(o, "address", address->address);
    put_text(o, "lane", address->lane);
    put_text(o, "helo", address->helo);
    put_text(o, "state", pool_state_name(address->state));
    put_number(o, "capacity", address->capacity);
    put_number(o, "live_leases", address->live_leases);
    put_time(o, "created_at", address->created_at);
    return o;
}

json_t *present_listing(const struct speaker *speaker, const struct listing_row *row)
{
    json_t *o = json_object();

    put_text(o, "address", row->address);
    put_text(o, "list", row->zone);
    put_text(o, "state", listing_state_name(row->state));
    put_text(o, "code", row->code != NULL && row->code[0] != '\0' ? row->code : NULL);
    put_sentence(o, "why", speaker, row->why);
    put_time(o, "since", row->since);
    put_time(o, "checked_at", row->checked_at);
    return o;
}

json_t *present_said(const struct lease_said *said, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *o = json_object();
        put_time(o, "at", said[i].at);
        put_text(o, "said", lease_word_name(said[i].word));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *present_usage(const struct speaker *speaker, const struct usage_row *row)
{
    struct refused refused = refused_tell(speaker->mem, row);
    json_t *o = json_object();

    put_time(o, "at", row->at);
    put_text(o, "kind", row->kind);
    put_text(o, "detail", row->detail);
    put_text(o, "client", row->client);
    put_text(o, "program", row->program);
    put_number(o, "recipients", row->recipients);
    put_number_or_null(o, "code", refused.code);
    put_sentence(o, "why", speaker, refused.why);
    put_time(o, "replaced_at", refused.replaced_at);
    put_sentence(o, "text", speaker, refused_line(speaker->mem, row));
    return o;
}

void put_last_refusal(json_t *object, const struct speaker *speaker,
                      const struct usage_row *rows, size_t count)
{
    const struct usage_row *row = refused_last(speaker->mem, rows, count);

    put_sentence(object, "last_refusal", speaker,
                 refused_newest(speaker->mem, rows, count));
    put_text(object, "last_refusal_client", row == NULL ? NULL : row->client);
    put_text(object, "last_refusal_program", row == NULL ? NULL : row->program);
}

json_t *present_agent(const struct agent *agent)
{
    json_t *o = json_object();

    put_text(o, "name", agent->name);
    put_text(o, "role", role_name(agent->role));
    put_bool(o, "has_password", agent->password_hash != NULL);
    put_time(o, "created_at", agent->created_at);
    put_time(o, "disabled_at", agent->disabled_at);
    return o;
}

json_t *present_audit(const struct audit_record *record)
{
    char hex[2 * DIGEST_BYTES + 1];
    json_t *o = json_object();

    put_number(o, "seq", record->seq);
    put_time(o, "at", record->at);
    put_text(o, "actor", record->actor);
    put_text(o, "action", record->action);
    put_text(o, "object", record->object);
    put_text(o, "detail", record->detail);
    hex_encode(record->prev_hash, sizeof record->prev_hash, hex);
    put_text(o, "prev_hash", hex);
    hex_encode(record->hash, sizeof record->hash, hex);
    put_text(o, "hash", hex);
    return o;
}
