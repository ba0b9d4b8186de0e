/*
 * egress.c - did it come from the address it should have?
 */
#include "base/base.h"

#include "issuer/cli/doctor/egress.h"

#include <unistd.h>

#include "base/number.h"
#include "base/random.h"
#include "core/credential.h"
#include "issuer/cli/doctor/listen.h"
#include "issuer/cli/output.h"

enum {
    LISTEN_S = 600,
    GUEST_LEN = 12
};

void egress_judge(struct findings *found, const struct canary_note *note,
                  enum received_result result, const struct hop *hop)
{
    const char *check = arena_printf(found->mem, "lane %s", note->lane);
    char wanted[ADDRESS_TEXT_MAX + 1];
    char seen[ADDRESS_TEXT_MAX + 1];

    if (result == RECEIVED_UNCLEAR || !hop->has_address) {
        findings_add(found, FINDING_UNKNOWN, check,
                     "use an echo service that quotes the whole header, or --listen",
                     "it arrived, but no Received field says for sure from where");
        return;
    }
    address_format(&note->address, wanted);
    address_format(&hop->address, seen);
    if (!address_equal(&note->address, &hop->address)) {
        findings_add(
            found, FINDING_PROBLEM, check,
            arena_printf(found->mem,
                         "cleansmtp pool rest %s until the bind address of this "
                         "lane, and any NAT, are mended",
                         wanted),
            "it came from %s, not from %s", seen, wanted)
            ->is_leak = true;
        return;
    }
    if (hop->helo[0] != '\0' && strcasecmp(hop->helo, note->helo) != 0) {
        findings_add(found, FINDING_PROBLEM, check,
                     "have the lane greet with the name that the address has",
                     "it came from %s, but greeted as %s, not as %s", seen, hop->helo,
                     note->helo);
        return;
    }
    findings_add(found, FINDING_OK, check, NULL, "it came from %s%s%s", seen,
                 hop->helo[0] != '\0' ? " and greeted as " : "", hop->helo);
}

int egress_patience(const struct cli *cli, int64_t fallback_s, int64_t *out_s,
                    struct error *err)
{
    const char *value = cli_option(cli, CLI_FOR);

    *out_s = fallback_s;
    if (value != NULL && number_duration_s(slice_from(value), out_s, err) != 0)
        return error_prefix(err, "--for");
    return 0;
}

/* ---- on another host ---- */

struct hearing {
    struct findings *found;
    unsigned heard;
};

static bool on_message(void *context, const struct address *peer,
                       const struct sink_message *message)
{
    struct hearing *hearing = context;
    struct hop hop = {.address = *peer, .has_address = true};
    struct canary_note note;

    if (!canary_note_parse(slice_of(message->value, strlen(message->value)), &note))
        return false;
    memcpy(hop.helo, message->helo, sizeof hop.helo);
    egress_judge(hearing->found, &note, RECEIVED_FOUND, &hop);
    return ++hearing->heard >= note.of;
}

int egress_listen(struct cli *cli, struct findings *found, struct error *err)
{
    struct hearing hearing = {.found = found};
    char guest[GUEST_LEN + 1];
    char name[DOMAIN_MAX + 1] = "localhost";
    struct listener listener;
    int64_t patience_s;

    found->group = "egress";
    if (egress_patience(cli, LISTEN_S, &patience_s, err) != 0 ||
        listener_open(cli_option(cli, CLI_LISTEN), &listener, err) != 0)
        return -1;
    random_text(&random_system, CREDENTIAL_ALPHABET, guest, GUEST_LEN);
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    listener.name = name;
    listener.mailbox = arena_printf(&cli->mem, "canary-%s@", guest);
    listener.run = "";
    say("listening; now on the mail host: cleansmtp doctor --canary %sDOMAIN, where mail "
        "for DOMAIN comes here",
        listener.mailbox);
    int result = listener_run(&listener, patience_s * 1000, on_message, &hearing, err);
    listener_close(&listener);
    if (result == 0 && hearing.heard == 0)
        findings_add(found, FINDING_UNKNOWN, "messages", NULL, "none came in %lld s",
                     (long long)patience_s);
    return result;
}
