/*
 * kind.c - notice, complaint, receipt, automatic reply or talk.
 *
 * A mail that only talks about a refusal must not become one, so a mail without a delivery status
 * needs two of three: a mail server's sender, a notice's subject, a notice's words.
 */
#include "base/base.h"

#include "issuer/bounce/reading.h"

#include "issuer/bounce/header.h"

static bool has_part(const struct mime_mail *mail, enum part_kind kind)
{
    for (size_t i = 0; i < mail->count; i++) {
        if (mail->parts[i].kind == kind) {
            return true;
        }
    }
    return false;
}

bool reading_means_something(const struct reading *r)
{
    for (size_t i = 0; i < r->replies.count; i++) {
        if (r->replies.items[i].source != REPLY_WORDS || r->findings[i].rule != NULL) {
            return true;
        }
    }
    return false;
}

static bool says(const struct reading *r, const struct pattern *pattern)
{
    for (size_t i = 0; i < r->mail.count; i++) {
        if (r->mail.parts[i].kind == PART_TEXT &&
            pattern_find(pattern, r->mail.parts[i].text, 0, NULL)) {
            return true;
        }
    }
    return false;
}

static bool status_is_bounce(const struct reading *r, unsigned *flags)
{
    bool is_delivered = false;
    for (size_t i = 0; i < r->dsn.count; i++) {
        enum dsn_action action = r->dsn.recipients[i].action;
        if (action == DSN_FAILED || action == DSN_DELAYED) {
            *flags |= action == DSN_DELAYED ? (unsigned)FLAG_TEMPORARY : 0U;
            return true;
        }
        is_delivered = is_delivered || action == DSN_DELIVERED;
    }
    *flags |= is_delivered ? (unsigned)FLAG_RECEIPT : 0U;
    return !is_delivered;
}

static bool mail_is_bounce(const struct reading *r, unsigned *flags)
{
    const struct slice headers = r->mail.headers;
    struct slice from = SLICE("");
    struct slice path = SLICE("");
    struct slice subject = SLICE("");
    struct slice automatic = SLICE("");
    struct slice failed = SLICE("");
    (void)header_find(headers, "From", &from);
    (void)header_find(headers, "Return-Path", &path);
    (void)header_find(headers, "Subject", &subject);
    (void)header_find(headers, "Auto-Submitted", &automatic);
    bool is_daemon = pattern_find(r->reader->daemon, from, 0, NULL);
    bool is_nobody = path.len > 0 && pattern_find(r->reader->daemon, path, 0, NULL);
    bool is_notice = pattern_find(r->reader->subject, subject, 0, NULL) ||
                     header_find(headers, "X-Failed-Recipients", &failed);
    bool has_reply = reading_means_something(r);
    bool has_words = says(r, r->reader->words);
    if (slice_starts_nocase(automatic, "auto-replied") && !is_notice && !is_daemon) {
        *flags |= FLAG_AUTO_REPLY;
        return false;
    }
    bool is_reply = slice_starts_nocase(subject, "Re:") ||
                    slice_starts_nocase(subject, "AW:");
    if (has_reply && !is_reply && !is_daemon && says(r, r->reader->enclosed)) {
        *flags |= FLAG_FORWARDED;
        return true;
    }
    bool is_bounce = (is_daemon && is_notice) ||
                     ((is_daemon || is_notice) && (has_reply || has_words)) ||
                     (is_nobody && has_reply && has_words) ||
                     (has_part(&r->mail, PART_RETURNED) && says(r, r->reader->plain));
    if (!is_bounce && has_reply) {
        *flags |= FLAG_QUOTED;
    }
    return is_bounce;
}

bool reading_is_bounce(const struct reading *r, unsigned *flags)
{
    if (has_part(&r->mail, PART_REPORT)) {
        *flags |= FLAG_COMPLAINT;
        return false;
    }
    bool is_receipt = slice_find_nocase(r->mail.content_type,
                                        SLICE("disposition-notification")) >= 0;
    if (is_receipt || has_part(&r->mail, PART_RECEIPT)) {
        *flags |= FLAG_RECEIPT;
        return false;
    }
    if (r->dsn.count > 0) {
        return status_is_bounce(r, flags);
    }
    bool is_pasted = (r->mail.flags & FLAG_PASTED) != 0;
    return is_pasted ? reading_means_something(r) : mail_is_bounce(r, flags);
}
