/*
 * fuzz_mtalog.c - lines of a mail server's log: what is kept of any bytes is plain and bounded, and
 * the witness can compare it.
 *
 * The first byte chooses Postfix or Exim.
 */
#include "base/base.h"

#include "core/witness.h"
#include "issuer/mtalog/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t max)
{
    if (text == NULL)
        return;
    if (strlen(text) > max || !slice_is_utf8(slice_from(text)))
        abort();
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
}

static void check_event(const struct delivery_event *event)
{
    const struct delivery *d = &event->attempt;

    check_text(d->queue_id, DELIVERY_QUEUE_ID_MAX);
    check_text(d->notice_id, DELIVERY_QUEUE_ID_MAX);
    check_text(event->origin_queue_id, DELIVERY_QUEUE_ID_MAX);
    check_text(d->message_id, DELIVERY_MESSAGE_ID_MAX);
    check_text(d->sender, DELIVERY_MAILBOX_MAX);
    check_text(d->login, DELIVERY_MAILBOX_MAX);
    check_text(d->recipient, DELIVERY_MAILBOX_MAX);
    check_text(d->source, DELIVERY_SOURCE_MAX);
    check_text(d->relay, DELIVERY_RELAY_MAX);
    check_text(d->reply, DELIVERY_REPLY_MAX);
    if (d->queue_id == NULL || (event->kind == DELIVERY_ATTEMPTED &&
                                (d->recipient == NULL || d->source == NULL ||
                                 d->reply == NULL || d->recipient[0] == '\0')))
        abort();
}

/* A bounce that repeats the row is never said to differ by its words. */
static void check_witness(const struct delivery *d)
{
    const struct evidence e = {.queue_id = d->queue_id,
                               .recipient = d->recipient,
                               .excerpt = d->reply,
                               .smtp_code = d->code,
                               .blocked_ip = "192.0.2.1",
                               .list = "bl.example"};
    const struct witness_facts facts = {&e, d, 1, true};
    struct witness witness;

    witness_judge(&facts, &witness);
    if (witness.row != d)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void (*const readers[])(struct slice text, int64_t now,
                            struct mtalog_line * out) = {mtalog_read_postfix,
                                                         mtalog_read_exim};
    struct slice rest = slice_of((const char *)data, size);
    struct slice text;

    if (size == 0)
        return 0;
    rest = slice_skip(rest, 1);
    while (slice_line(&rest, &text)) {
        struct delivery_event events[MTALOG_EVENTS_MAX];
        struct mtalog_line line;
        struct arena mem;
        arena_init(&mem);
        readers[data[0] % ARRAY_LEN(readers)](slice_take(text, MTALOG_LINE_MAX),
                                              1795600000, &line);
        size_t count = mtalog_events(&mem, &line, events);
        for (size_t i = 0; i < count; i++) {
            check_event(&events[i]);
            if (events[i].kind == DELIVERY_ATTEMPTED)
                check_witness(&events[i].attempt);
        }
        arena_release(&mem);
    }
    return 0;
}
