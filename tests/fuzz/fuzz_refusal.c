/*
 * fuzz_refusal.c - what a record of authd's says of a refusal: written again it reads the same, and of any bytes
 * a sentence is told.
 *
 * The first byte chooses login or message.
 */
#include "base/base.h"

#include "core/refusal.h"
#include "issuer/leases/refused.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_detail(struct slice detail)
{
    char written[REFUSAL_DETAIL_MAX + 1];
    struct refusal refusal, again;

    if (!refusal_parse(detail, &refusal)) {
        must(refusal.cause == REFUSAL_NONE);
        return;
    }
    must(refusal_code(refusal.cause) != 0);
    refusal_format(&refusal, written, sizeof written);
    must(refusal_parse(slice_from(written), &again));
    must(again.cause == refusal.cause && again.reveal == refusal.reveal &&
         again.replaced_at == refusal.replaced_at &&
         strcmp(again.service, refusal.service) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;

    if (size < 1)
        return 0;
    struct slice detail = slice_of((const char *)data + 1, size - 1);
    check_detail(detail);
    arena_init(&mem);
    const struct usage_row row = {
        .kind = data[0] % 2 == 0 ? "refused_login" : "refused_message",
        .detail = arena_slice(&mem, detail),
        .client = "",
        .program = "",
    };
    struct refused told = refused_tell(&mem, &row);
    must(told.code >= 450 && told.code <= 599);
    must(refused_line(&mem, &row).line != NULL);
    must(refused_newest(&mem, &row, 1).line != NULL);
    arena_release(&mem);
    return 0;
}
