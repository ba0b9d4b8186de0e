/*
 * refusal.c - for each recipient the reply that tells most, and which of them the notice is about.
 */
#include "base/base.h"

#include "issuer/bounce/reading.h"

#include "issuer/bounce/fields.h"
#include "issuer/bounce/header.h"

static bool same_recipient(const struct reply *reply, struct slice recipient)
{
    return reply->recipient.len == 0 ||
           slice_equal_nocase(header_mailbox(reply->recipient), recipient);
}

/* The reply that tells most about a recipient: one that means something before one that does
 * not, the surer source before the other. -1: none. */
static ptrdiff_t best_reply(const struct reading *r, struct slice recipient)
{
    ptrdiff_t best = -1;
    int best_rank = -1;
    for (size_t i = 0; i < r->replies.count; i++) {
        const struct reply *reply = &r->replies.items[i];
        if (recipient.len > 0 && !same_recipient(reply, recipient)) {
            continue;
        }
        int rank = reply->code > 0 ? (int)reply->source + 4 : 0;
        rank += r->findings[i].rule != NULL ? 20 : 0;
        rank += recipient.len > 0 && reply->recipient.len > 0 ? 10 : 0;
        if (rank > best_rank) {
            best = (ptrdiff_t)i;
            best_rank = rank;
        }
    }
    return best;
}

/* The link for people: the one with the blocked address, else the first that the list's own row
 * knows, else the first. */
static const char *lookup_url(const struct reading *r, struct slice text,
                              const struct list_row *list, const char *blocked_ip)
{
    struct slice best = SLICE("");
    int best_rank = 0;
    size_t at = 0;
    struct pattern_match match;
    while (pattern_find(r->reader->url, text, at, &match)) {
        struct slice url = match.group[0];
        at = match.end;
        while (url.len > 0 && strchr(".,;:]!?", url.at[url.len - 1]) != NULL) {
            url.len--;
        }
        bool names = blocked_ip != NULL && slice_find(url, slice_from(blocked_ip)) >= 0;
        bool fits = list != NULL && pattern_find(list->pattern, url, 0, NULL);
        int rank = names ? 3 : fits ? 2 : 1;
        if (rank > best_rank && url.len <= 500) {
            best = url;
            best_rank = rank;
        }
    }
    return best_rank > 0 ? arena_slice(r->mem, best) : NULL;
}

/* The address that a refusing reply names; when it names none, what the other replies about the
 * same refusal name (a Diagnostic-Code may be shorter than the words). */
static void read_address(struct reading *r, size_t index, struct slice recipient,
                         struct bounce_refusal *out)
{
    struct candidates found = {0};
    struct choice choice = {0};
    for (size_t pass = 0; pass < 2 && choice.blocked == NULL && !choice.is_conflict;
         pass++) {
        for (size_t i = 0; i < r->replies.count; i++) {
            const struct reply *reply = &r->replies.items[i];
            bool is_wanted = pass == 0
                                 ? i == index
                                 : r->findings[i].ip_block == IP_BLOCK_YES &&
                                       r->findings[i].list == r->findings[index].list &&
                                       (recipient.len == 0 ||
                                        same_recipient(reply, recipient));
            if (is_wanted) {
                extract_addresses(&r->reader->rules, reply->context,
                                  reply->context.len - reply->text.len, &found);
                out->flags |= extract_is_masked(reply->text) ? (unsigned)FLAG_MASKED
                                                             : 0U;
            }
        }
        choice = extract_choose(&found, r->options->shared, r->options->shared_count);
    }
    out->flags |= choice.is_conflict ? (unsigned)FLAG_CONFLICT : 0U;
    out->flags |= choice.is_not_shared ? (unsigned)FLAG_NOT_SHARED : 0U;
    if (choice.blocked != NULL) {
        out->blocked_ip = arena_strdup(r->mem, choice.blocked->text);
    }
}

static const char *slice_or_null(struct arena *mem, struct slice text, size_t max)
{
    return text.len == 0 ? NULL : arena_slice(mem, text_cut(text, max));
}

/* Who refused: the reply's own line, else another line about the same recipient. */
static const char *remote_of(const struct reading *r, size_t index,
                             struct slice recipient)
{
    struct slice remote = r->replies.items[index].remote_mta;
    for (size_t i = 0; i < r->replies.count && remote.len == 0 && recipient.len > 0;
         i++) {
        const struct reply *reply = &r->replies.items[i];
        if (reply->recipient.len > 0 && same_recipient(reply, recipient)) {
            remote = reply->remote_mta;
        }
    }
    return slice_or_null(r->mem, fields_host(remote), DOMAIN_MAX);
}

static void read_reply(struct reading *r, size_t index, struct slice recipient,
                       struct bounce_refusal *out)
{
    const struct reply *reply = &r->replies.items[index];
    const struct finding *finding = &r->findings[index];
    out->smtp_code = reply->code;
    out->class = finding->class;
    out->ip_block = finding->ip_block;
    out->is_public = finding_is_public(finding);
    out->list = finding->list_name;
    out->text = slice_or_null(r->mem, reply->text, EXCERPT_MAX);
    if (reply->enhanced[0] != '\0') {
        out->enhanced_code = arena_strdup(r->mem, reply->enhanced);
    }
    if (out->remote_mta == NULL) {
        out->remote_mta = remote_of(r, index, recipient);
    }
    if (finding->ip_block == IP_BLOCK_YES) {
        read_address(r, index, recipient, out);
        out->is_dead = finding->list != NULL && !finding->list->is_alive;
        out->flags |= out->is_dead ? (unsigned)FLAG_LIST_DEAD : 0U;
    }
    if (finding->rule != NULL && (finding->list != NULL || out->blocked_ip != NULL)) {
        out->lookup_url = lookup_url(r, reply->text, finding->list, out->blocked_ip);
    }
}

static struct slice bare_status(struct slice status)
{
    size_t len = 0;
    while (
        len < status.len && len < ENHANCED_MAX &&
        ((status.at[len] >= '0' && status.at[len] <= '9') || status.at[len] == '.')) {
        len++;
    }
    return slice_take(status, len);
}

static void add_refusal(struct reading *r, struct bounce_evidence *out,
                        struct slice recipient, const struct dsn_recipient *status)
{
    for (size_t i = 0; i < out->recipient_count; i++) {
        if (slice_is_nocase(recipient, out->recipients[i].recipient)) {
            return;
        }
    }
    if (recipient.len == 0 || recipient.len > MAILBOX_MAX) {
        return;
    }
    if (out->recipient_count == BOUNCE_RECIPIENTS_MAX) {
        out->flags |= FLAG_TRUNCATED;
        return;
    }
    struct bounce_refusal *refusal = &out->recipients[out->recipient_count++];
    refusal->recipient = arena_slice(r->mem, recipient);
    refusal->class = CLASS_OTHER;
    if (status != NULL) {
        refusal->remote_mta = slice_or_null(r->mem, fields_host(status->remote_mta),
                                            DOMAIN_MAX);
        refusal->is_delayed = status->action == DSN_DELAYED;
    }
    ptrdiff_t best = best_reply(r, recipient);
    if (best >= 0) {
        read_reply(r, (size_t)best, recipient, refusal);
    }
    if (status != NULL && refusal->enhanced_code == NULL &&
        refusal->ip_block != IP_BLOCK_YES) {
        refusal->enhanced_code = slice_or_null(r->mem, bare_status(status->status),
                                               ENHANCED_MAX);
    }
}

/* A notice that names its recipient in no known way: the first mailbox in its words that is not
 * the one it was sent to, else whom the returned message was for. */
static struct slice guess_recipient(const struct reading *r, const char *sender)
{
    for (size_t i = 0; i < r->mail.count; i++) {
        size_t at = 0;
        struct slice line;
        bool is_words = r->mail.parts[i].kind == PART_TEXT;
        while (is_words && text_next_line(r->mail.parts[i].text, &at, &line)) {
            struct slice found = header_mailbox(line);
            bool is_daemon = pattern_find(r->reader->daemon, found, 0, NULL);
            if (found.len > 0 && !is_daemon &&
                (sender == NULL || !slice_is_nocase(found, sender))) {
                return found;
            }
        }
    }
    struct slice to = SLICE("");
    for (size_t i = 0; i < r->mail.count && to.len == 0; i++) {
        if (r->mail.parts[i].kind == PART_RETURNED) {
            (void)header_find(header_unfold(r->mem, r->mail.parts[i].text), "To", &to);
        }
    }
    return header_mailbox(to);
}

/* Everyone refused: by status, by reply, by the header that Exim writes. */
static void read_refusals(struct reading *r, struct bounce_evidence *out)
{
    for (size_t i = 0; i < r->dsn.count; i++) {
        const struct dsn_recipient *status = &r->dsn.recipients[i];
        if (status->action != DSN_DELIVERED) {
            struct slice whom = header_mailbox(status->final);
            add_refusal(r, out, whom.len > 0 ? whom : header_mailbox(status->original),
                        status);
        }
    }
    for (size_t i = 0; i < r->replies.count && r->dsn.count == 0; i++) {
        const struct reply *reply = &r->replies.items[i];
        if (reply->source != REPLY_WORDS || r->findings[i].rule != NULL) {
            add_refusal(r, out, header_mailbox(reply->recipient), NULL);
        }
    }
    struct slice failed = SLICE("");
    struct slice piece;
    (void)header_find(r->mail.headers, "X-Failed-Recipients", &failed);
    while (failed.len > 0 && slice_cut(&failed, ',', &piece)) {
        add_refusal(r, out, header_mailbox(piece), NULL);
    }
    if (out->recipient_count == 0) {
        add_refusal(r, out, header_mailbox(r->replies.named), NULL);
    }
    if (out->recipient_count == 0 && (r->mail.flags & FLAG_PASTED) == 0) {
        add_refusal(r, out, guess_recipient(r, out->sender), NULL);
    }
}

/* The refusal the notice is about: one that a list of ours can confirm, else an address that was
 * refused, else one that may be, else the first. */
static int weight(const struct bounce_refusal *refusal)
{
    return (refusal->is_public ? 4 : 0) + (refusal->ip_block == IP_BLOCK_YES ? 2 : 0) +
           (refusal->ip_block == IP_BLOCK_UNSURE ? 1 : 0);
}

static void choose_main(struct reading *r, struct bounce_evidence *out)
{
    out->main.class = CLASS_OTHER;
    for (size_t i = 0; i < out->recipient_count; i++) {
        if (i == 0 || weight(&out->recipients[i]) > weight(&out->main)) {
            out->main = out->recipients[i];
        }
    }
    ptrdiff_t best = best_reply(r, SLICE(""));
    if (out->recipient_count == 0 && best >= 0) {
        read_reply(r, (size_t)best, SLICE(""), &out->main);
    }
}

void reading_refusals(struct reading *r, struct bounce_evidence *out)
{
    read_refusals(r, out);
    choose_main(r, out);
}
