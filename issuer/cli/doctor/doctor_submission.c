/*
 * doctor_submission.c - the server that customers' mail programs connect to: its two ports, and
 * the certificate on each.
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include "base/timetext.h"
#include "issuer/cli/doctor/smtp.h"

enum {
    ENDS_SOON_S = 14 * 86400
};

static void judge(struct doctor *doctor, const struct certificate_facts *facts,
                  const char *port)
{
    struct findings *found = &doctor->found;
    const char *host = doctor->config->submission.host;
    char until[TIMETEXT_RFC3339_MAX + 1];

    if (facts->is_name_right)
        findings_add(found, FINDING_OK,
                     arena_printf(doctor->mem, "%s certificate name", port), NULL,
                     "it is for %s", host);
    else
        findings_add(found, FINDING_PROBLEM,
                     arena_printf(doctor->mem, "%s certificate name", port),
                     arena_printf(doctor->mem, "get a certificate for %s", host),
                     "it is for %s: mail programs will warn or refuse", facts->names);
    if (facts->chain_why == NULL)
        findings_add(found, FINDING_OK,
                     arena_printf(doctor->mem, "%s certificate chain", port), NULL,
                     "it leads to an issuer that is trusted");
    else
        findings_add(found, FINDING_PROBLEM,
                     arena_printf(doctor->mem, "%s certificate chain", port),
                     "send the whole chain of an issuer that mail programs trust",
                     "it does not hold: %s", facts->chain_why);
    timetext_rfc3339(facts->not_after, until);
    const char *check = arena_printf(doctor->mem, "%s certificate date", port);
    if (doctor->now >= facts->not_after)
        findings_add(found, FINDING_PROBLEM, check, "renew it now", "it ended %s",
                     until);
    else if (doctor->now < facts->not_before)
        findings_add(found, FINDING_PROBLEM, check, "look at the clock, or wait",
                     "it does not hold yet");
    else if (facts->not_after - doctor->now < ENDS_SOON_S)
        findings_add(found, FINDING_WARNING, check, "renew it", "it ends %s", until);
    else
        findings_add(found, FINDING_OK, check, NULL, "it holds until %s", until);
}

static void check_port(struct doctor *doctor, unsigned number, bool is_tls_first)
{
    const struct smtp_server server = {.host = doctor->config->submission.host,
                                       .port = number,
                                       .is_tls_first = is_tls_first,
                                       .greeting = "doctor.invalid"};
    const char *port = arena_printf(doctor->mem, "%u", number);
    struct certificate_chain chain = {0};
    struct certificate_facts facts = {0};
    struct error why = {0};

    if (smtp_look(&server, doctor->mem, &chain, &why) != 0) {
        findings_add(&doctor->found, FINDING_PROBLEM,
                     arena_printf(doctor->mem, "%s answers", port),
                     "`cleansmtp mta` prints the service for your mail server",
                     "%s port %u: %s", server.host, number, why.text);
        return;
    }
    findings_add(&doctor->found, FINDING_OK,
                 arena_printf(doctor->mem, "%s answers", port), NULL,
                 "%s speaks %s there", server.host,
                 is_tls_first ? "TLS from the start" : "STARTTLS");
    if (certificate_read(doctor->mem, &chain, server.host, doctor->ca_file, &facts,
                         &why) != 0)
        findings_add(&doctor->found, FINDING_UNKNOWN,
                     arena_printf(doctor->mem, "%s certificate", port), NULL, "%s",
                     why.text);
    else
        judge(doctor, &facts, port);
}

void doctor_check_submission(struct doctor *doctor)
{
    if (!doctor_has_config(doctor, "ports"))
        return;
    check_port(doctor, doctor->config->submission.port, true);
    check_port(doctor, doctor->config->submission.starttls_port, false);
}
