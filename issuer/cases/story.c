/*
 * story.c - the story behind a bounce, held against what we know ourselves.
 */
#include "base/base.h"

#include "issuer/cases/story.h"

#include "core/mailbox.h"
#include "issuer/dnsbl/resolver.h"
#include "issuer/mtalog/testimony.h"

/* ---- what the database knows ---- */

/* A mailbox may send by a login of another name: the worse of both counts. */
static int read_standing(struct store *store, const struct story_question *question,
                         struct story *out, struct error *err)
{
    static const int weight[STANDING_COUNT] = {[STANDING_UNKNOWN] = 0,
                                               [STANDING_OK] = 1,
                                               [STANDING_UNUSUAL] = 2,
                                               [STANDING_CAUSE] = 3};
    const struct delivery *row = out->witness.row;
    const char *const who[] = {question->mailbox, row != NULL ? row->login : NULL};

    out->standing = (struct standing_report){.standing = STANDING_UNKNOWN};
    for (size_t i = 0; i < ARRAY_LEN(who); i++) {
        struct standing_report one;
        if (who[i] == NULL || who[i][0] == '\0')
            continue;
        if (testimony_of_customer(store, who[i], question->now, &one, err) != 0)
            return -1;
        if (weight[one.standing] < weight[out->standing.standing])
            continue;
        out->standing = one;
        out->counted = who[i];
    }
    return 0;
}

/* A text without a sender is somebody's too: nobody else may use it later. */
static const char *find_customer(const struct story_question *question,
                                 const struct delivery *row)
{
    char mailbox[MAILBOX_MAX + 1];

    if (question->mailbox != NULL)
        return question->mailbox;
    if (row == NULL || row->sender == NULL ||
        !mailbox_parse(slice_from(row->sender), mailbox))
        return NULL;
    return arena_strdup(question->mem, mailbox);
}

int story_read(struct store *store, const struct story_question *question,
               struct story *out, struct error *err)
{
    struct story story = {.has_log = app_config(question->app)->mta_log.file[0] !=
                                     '\0'};

    if (testimony_of_bounce(store, question->mem, question->evidence, question->now,
                            &story.witness, err) != 0 ||
        read_standing(store, question, &story, err) != 0)
        return -1;
    story.customer = find_customer(question, story.witness.row);
    const struct rejection_key key = {.bounce_sha = question->bounce_sha,
                                      .message_id = question->evidence->message_id,
                                      .mailbox = story.customer,
                                      .logged = story.witness.row};
    if (store_lease_of_rejection(store, &key, question->case_id, &story.earlier_lease,
                                 err) != 0)
        return -1;
    *out = story;
    return 0;
}

/* ---- what DNS knows ---- */

void story_ask(const struct story_question *question, struct story *story)
{
    const struct resolver *resolver = app_resolver(question->app);
    const char *recipient = question->evidence->recipient;
    struct dns_question ask = {.type = DNS_TYPE_MX};
    struct dns_reply reply = {0};
    char mailbox[MAILBOX_MAX + 1];

    bool has_server = question->evidence->remote_mta != NULL ||
                      (story->witness.row != NULL && story->witness.row->relay != NULL);
    if (!has_server || recipient == NULL ||
        !mailbox_parse(slice_from(recipient), mailbox) ||
        !domain_parse(slice_from(mailbox_domain(mailbox)), ask.name))
        return;
    resolver->ask(resolver->context, question->mem, &ask, 1,
                  app_config(question->app)->dns.timeout_s * 1000, &reply);
    if (reply.status != DNS_ANSWER || reply.has_more)
        return;
    const char **servers = arena_array(question->mem, reply.count + 1, sizeof *servers);
    for (size_t i = 0; i < reply.count; i++)
        servers[i] = reply.records[i].text.at;
    story->recipient_servers = servers;
}

/* ---- what is said of it ---- */

/* Where no log is configured. */
static struct check unconnected(const struct story_question *question,
                                struct sentence asked)
{
    return (struct check){.question = asked,
                          .answer = SENTENCE("said.happened.unconnected"),
                          .source = SENTENCE("said.happened.the_log"),
                          .result = CHECK_UNKNOWN,
                          .checked_at = question->now};
}

struct check story_log_check(const struct story_question *question,
                             const struct story *story)
{
    const struct delivery *row = story->witness.row;
    struct check check = unconnected(question, SENTENCE("said.happened.question"));

    if (!story->has_log)
        return check;
    check.result = witness_check(story->witness.answer);
    check.answer = witness_sentence(question->mem, &story->witness);
    check.source = SENTENCE("said.happened.our_log");
    if (row != NULL)
        check.source = SAY(question->mem, "said.happened.attempt",
                           SAY_TEXT("queue_id", row->queue_id));
    return check;
}

struct check story_customer_check(const struct story_question *question,
                                  const struct story *story)
{
    static const enum check_result results[STANDING_COUNT] = {
        [STANDING_OK] = CHECK_NO,
        [STANDING_UNUSUAL] = CHECK_UNKNOWN,
        [STANDING_CAUSE] = CHECK_YES,
        [STANDING_UNKNOWN] = CHECK_UNKNOWN,
    };
    const struct standing_report *s = &story->standing;
    struct arena *mem = question->mem;
    struct check check = unconnected(question, SENTENCE("said.cause.question"));
    struct sentence usual = {""};
    struct sentence refused = {""};

    if (!story->has_log)
        return check;
    if (s->has_usual)
        usual = SAY(mem, "said.cause.usual", SAY_NUMBER("count", s->usual));
    if (s->refused_7d > 0)
        refused = SAY(mem, "said.cause.refused", SAY_NUMBER("count", s->refused_7d));
    const struct sentence messages = SAY(mem, "said.cause.messages",
                                         SAY_COUNT("count", s->messages_24h));
    check.result = results[s->standing];
    check.source = SENTENCE("said.happened.our_log");
    check.answer = SAY(mem, "said.cause.answer",
                       SAY_SENTENCE("standing", standing_words(s->standing)),
                       SAY_SENTENCE("messages", messages), SAY_SENTENCE("usual", usual),
                       SAY_SENTENCE("refused", refused));
    return check;
}

/* ---- doubts ---- */

/* What our mail log says, as far as policy wants to know. */
static enum doubt_log log_word(const struct story_question *question,
                               const struct story *story)
{
    static const enum doubt_log words[WITNESS_ANSWER_COUNT] = {
        [WITNESS_CONFIRMS] = DOUBT_LOG_CONFIRMS,
        [WITNESS_DIFFERS] = DOUBT_LOG_HAS_OTHER,
        [WITNESS_ABSENT] = DOUBT_LOG_IS_ABSENT,
        [WITNESS_UNKNOWN] = DOUBT_LOG_IS_UNKNOWN,
    };
    enum config_log_proof policy = app_config(question->app)->policy.log_proof;

    if (policy == CONFIG_LOG_PROOF_OFF)
        return DOUBT_LOG_OFF;
    if (!story->has_log)
        return policy == CONFIG_LOG_PROOF_REQUIRED ? DOUBT_LOG_IS_UNKNOWN
                                                   : DOUBT_LOG_OFF;
    return words[story->witness.answer];
}

doubts story_doubts(const struct story_question *question, const struct story *story,
                    bool is_private_list, bool is_refused_by_us)
{
    const struct doubt_facts facts = {
        .evidence = question->evidence,
        .mailbox = story->customer,
        .now = question->now,
        .log = log_word(question, story),
        .logged = story->witness.row,
        .recipient_servers = story->recipient_servers,
        .is_refused_by_us = is_refused_by_us,
        .was_used_before = story->earlier_lease != 0,
        .is_unusual = story->standing.standing == STANDING_UNUSUAL,
        .is_private_list = is_private_list,
    };

    return doubts_of(&facts);
}
