/*
 * doctor_canary.c - the egress proof: log in as a customer does, send one message by every lane,
 * see where each came from. docs/decisions/egress-proof.md
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "core/credential.h"
#include "issuer/cli/doctor/arrivals.h"
#include "issuer/cli/doctor/egress.h"
#include "issuer/cli/doctor/listen.h"
#include "issuer/cli/doctor/smtp.h"
#include "issuer/cli/output.h"

enum {
    WAIT_S = 120,
    LOOK_EVERY_MS = 500,
    MESSAGE_MAX = 4096,
    NUMBER_MAX = 1000 /* of a message in a run: three digits */
};

/* One lane that gets a message. */
struct trial {
    struct canary_note note;
    const char *address;
    const char *lease; /* id, to be ended; NULL: none was given */
    bool was_sent, was_seen;
    enum received_result result;
    struct hop hop;
};

struct proof {
    struct doctor *doctor;
    const char *to;
    char run[CANARY_RUN_LEN + 1];
    struct trial *trials;
    size_t count, seen;
};

/* ---- sending ---- */

static void add_text(struct strbuf *out, const struct proof *proof,
                     const struct trial *trial, const char *from)
{
    time_t now = (time_t)proof->doctor->now;
    struct tm parts = {0};
    char date[64] = "";

    if (gmtime_r(&now, &parts) != NULL &&
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &parts) == 0)
        date[0] = '\0';
    strbuf_printf(out,
                  "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n"
                  "Subject: egress proof of lane %s\r\n" CANARY_FIELD ": ",
                  from, proof->to, date, trial->note.token, trial->note.helo,
                  trial->note.lane);
    canary_note_format(&trial->note, out);
    strbuf_puts(out, "\r\n\r\nA test by cleansmtp doctor: where does mail of this lane "
                     "come from?\r\n");
}

/* The password out of the answer, which keeps no copy. */
static struct secret take_password(json_t *credential)
{
    const char *text = member(credential, "password");
    const union {
        const char *given;
        void *wiped;
    } through = {.given = text};
    struct secret password = secret_from(text, strlen(text));

    if (password.len > 0)
        secret_wipe(through.wiped, password.len);
    return password;
}

static int send_message(const struct proof *proof, struct trial *trial,
                        json_t *credential, struct error *err)
{
    const struct config *config = proof->doctor->config;
    const json_t *lease = json_object_get(credential, "lease");
    const struct smtp_server server = {.host = config->submission.host,
                                       .port = config->submission.port,
                                       .is_tls_first = true,
                                       .ca_file = proof->doctor->ca_file,
                                       .greeting = arena_printf(proof->doctor->mem,
                                                                "%s.canary.invalid",
                                                                trial->note.token)};
    struct secret password = take_password(credential);
    struct strbuf text;

    strbuf_init(&text, MESSAGE_MAX);
    add_text(&text, proof, trial, member(lease, "mailbox"));
    const struct smtp_message message = {.username = member(credential, "username"),
                                         .password = &password,
                                         .from = member(lease, "mailbox"),
                                         .to = proof->to,
                                         .text = strbuf_slice(&text)};
    int result = smtp_send(&server, &message, err);
    strbuf_release(&text);
    secret_free(&password);
    return result;
}

static void send_trial(const struct proof *proof, struct trial *trial)
{
    struct doctor *doctor = proof->doctor;
    const char *check = arena_printf(doctor->mem, "lane %s", trial->note.lane);
    json_t *credential = NULL;
    struct error why = {0};

    if (cli_post(
            doctor->cli, "/api/v1/canaries",
            json_pack("{s:s, s:s}", "address", trial->address, "recipient", proof->to),
            &credential, &why) != 0) {
        findings_add(&doctor->found, FINDING_UNKNOWN, check, NULL,
                     "it got no login: %s", why.text);
        return;
    }
    trial->lease = text_of(doctor->cli,
                           json_object_get(json_object_get(credential, "lease"), "id"));
    trial->was_sent = send_message(proof, trial, credential, &why) == 0;
    if (!trial->was_sent)
        findings_add(&doctor->found, FINDING_PROBLEM, check,
                     "read the log of the mail server and of cleansmtp-authd",
                     "a customer could not send by it: %s", why.text);
    json_decref(credential);
}

/* Nothing more may be sent by it; the daemon would end it soon anyway. */
static void end_lease(const struct proof *proof, const struct trial *trial)
{
    struct cli *cli = proof->doctor->cli;
    struct error ignored = {0};
    json_t *answer = NULL;

    if (trial->lease != NULL &&
        cli_post(cli, cli_path(cli, "leases", trial->lease, "revoke"),
                 json_pack("{s:s}", "reason", "the egress proof is over"), &answer,
                 &ignored) == 0)
        json_decref(answer);
}

/* ---- seeing ---- */

static bool on_message(void *context, const struct address *peer,
                       const struct sink_message *message)
{
    struct proof *proof = context;

    for (size_t i = 0; i < proof->count; i++) {
        struct trial *trial = &proof->trials[i];
        if (trial->was_seen ||
            !slice_starts(slice_of(message->value, strlen(message->value)),
                          trial->note.token))
            continue;
        trial->was_seen = true;
        trial->result = RECEIVED_FOUND;
        trial->hop = (struct hop){.address = *peer, .has_address = true};
        memcpy(trial->hop.helo, message->helo, sizeof trial->hop.helo);
        proof->seen++;
    }
    return proof->seen == proof->count;
}

/* Once through the mailbox. */
static int look(struct proof *proof, const char *path, struct error *err)
{
    for (size_t i = 0; i < proof->count; i++) {
        struct trial *trial = &proof->trials[i];
        if (trial->was_seen || !trial->was_sent)
            continue;
        if (arrivals_find(path, trial->note.token, proof->doctor->now, &trial->result,
                          &trial->hop, err) != 0)
            return -1;
        trial->was_seen = trial->result != RECEIVED_NOT_HERE;
        proof->seen += trial->was_seen;
    }
    return 0;
}

static int watch_mailbox(struct proof *proof, const char *path, int64_t patience_ms,
                         size_t sent, struct error *err)
{
    int64_t until_ms = clock_monotonic_ms(&clock_system) + patience_ms;

    while (look(proof, path, err) == 0) {
        if (proof->seen == sent || clock_monotonic_ms(&clock_system) >= until_ms)
            return 0;
        usleep(LOOK_EVERY_MS * 1000);
    }
    return -1;
}

/* Those that were not sent cannot come: they are taken out of what is waited for. */
static size_t keep_sent(struct proof *proof)
{
    size_t kept = 0;

    for (size_t i = 0; i < proof->count; i++) {
        if (proof->trials[i].was_sent)
            proof->trials[kept++] = proof->trials[i];
        else
            end_lease(proof, &proof->trials[i]);
    }
    proof->count = kept;
    return kept;
}

static void judge(const struct proof *proof, const struct trial *trial, bool is_watched)
{
    struct findings *found = &proof->doctor->found;
    const char *check = arena_printf(found->mem, "lane %s", trial->note.lane);

    if (trial->was_seen)
        egress_judge(found, &trial->note, trial->result, &trial->hop);
    else if (is_watched)
        findings_add(
            found, FINDING_UNKNOWN, check,
            "look for it in the mail server's queue and log; --for waits longer",
            "it was sent, and did not arrive in time");
    else
        findings_add(
            found, FINDING_UNKNOWN, check,
            "read what the listening doctor says, or add --listen or --mailbox",
            "it was sent to %s, and nobody here sees where it came from", proof->to);
}

static int watch(struct proof *proof, const struct listener *listener,
                 struct error *err)
{
    const struct cli *cli = proof->doctor->cli;
    const char *mailbox = cli_option(cli, CLI_MAILBOX);
    size_t sent = keep_sent(proof);
    int64_t patience_s;

    if (egress_patience(cli, WAIT_S, &patience_s, err) != 0)
        return -1;
    if (sent == 0)
        return 0;
    if (listener->fd >= 0)
        return listener_run(listener, patience_s * 1000, on_message, proof, err);
    return mailbox == NULL
               ? 0
               : watch_mailbox(proof, mailbox, patience_s * 1000, sent, err);
}

/* ---- all of it ---- */

/* A trial for each address that may send; the others are named. */
static void prepare(struct proof *proof)
{
    struct doctor *doctor = proof->doctor;
    size_t most = json_array_size(doctor->pool);

    proof->trials = arena_array(doctor->mem, most, sizeof *proof->trials);
    for (size_t i = 0; i < most && proof->count < NUMBER_MAX; i++) {
        const json_t *row = json_array_get(doctor->pool, i);
        const char *state = member(row, "state");
        const char *lane = member(row, "lane");
        struct trial *trial = &proof->trials[proof->count];
        if (strcmp(state, "active") != 0 && strcmp(state, "draining") != 0) {
            findings_add(&doctor->found, FINDING_WARNING,
                         arena_printf(doctor->mem, "lane %s", lane), NULL,
                         "skipped: %s is %s and sends nothing", member(row, "address"),
                         state);
            continue;
        }
        trial->address = member(row, "address");
        if (!address_parse(slice_from(trial->address), &trial->note.address))
            continue;
        (void)snprintf(trial->note.lane, sizeof trial->note.lane, "%s", lane);
        (void)snprintf(trial->note.helo, sizeof trial->note.helo, "%s",
                       member(row, "helo"));
        (void)snprintf(trial->note.token, sizeof trial->note.token, "%s-%03u",
                       proof->run, (unsigned)(proof->count % NUMBER_MAX));
        proof->count++;
    }
    for (size_t i = 0; i < proof->count; i++)
        proof->trials[i].note.of = (unsigned)proof->count;
}

/* Before anything is sent: who will see it come? */
static int open_watch(const struct doctor *doctor, struct listener *listener,
                      struct error *err)
{
    const char *where = cli_option(doctor->cli, CLI_LISTEN);
    const char *mailbox = cli_option(doctor->cli, CLI_MAILBOX);

    if (where != NULL)
        return listener_open(where, listener, err);
    if (mailbox != NULL && access(mailbox, R_OK) != 0)
        return error_set_errno(err, ERROR_NOT_FOUND, errno, "\"%.150s\" cannot be read",
                               mailbox);
    return 0;
}

void doctor_prove_egress(struct doctor *doctor)
{
    bool is_watched = cli_option(doctor->cli, CLI_LISTEN) != NULL ||
                      cli_option(doctor->cli, CLI_MAILBOX) != NULL;
    struct proof proof = {.doctor = doctor, .to = cli_option(doctor->cli, CLI_CANARY)};
    struct listener listener = {.fd = -1};
    struct error err = {0};

    if (!doctor_has_config(doctor, "lanes") || !doctor_has_pool(doctor, "lanes"))
        return;
    if (open_watch(doctor, &listener, &err) != 0) {
        findings_add(
            &doctor->found, FINDING_UNKNOWN, "lanes",
            "give an address and port that are free, or a mailbox that is there",
            "nothing was sent: %s", err.text);
        return;
    }
    random_text(&random_system, CREDENTIAL_ALPHABET, proof.run, CANARY_RUN_LEN);
    listener.name = doctor->config->submission.host;
    listener.mailbox = proof.to;
    listener.run = proof.run;
    prepare(&proof);
    for (size_t i = 0; i < proof.count; i++)
        send_trial(&proof, &proof.trials[i]);
    if (watch(&proof, &listener, &err) != 0)
        findings_add(&doctor->found, FINDING_UNKNOWN, "arrivals", NULL, "%s", err.text);
    for (size_t i = 0; i < proof.count; i++) {
        judge(&proof, &proof.trials[i], is_watched);
        end_lease(&proof, &proof.trials[i]);
    }
    listener_close(&listener);
}
