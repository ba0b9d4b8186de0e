/*
 * doctor.c - `cleansmtp doctor`: the parts of the examination in their order.
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include "base/clock.h"
#include "issuer/cli/command.h"
#include "issuer/cli/doctor/egress.h"
#include "issuer/cli/output.h"

static const struct {
    const char *group;
    void (*run)(struct doctor *doctor);
    bool is_proof; /* only with --canary */
} parts[] = {
    {"configuration",    doctor_check_config,     false},
    {"this host",        doctor_check_files,      false},
    {"this host",        doctor_check_clock,      false},
    {"this host",        doctor_check_room,       false},
    {"cleansmtpd",       doctor_check_issuer,     false},
    {"cleansmtp-authd",  doctor_check_sockets,    false},
    {"pool",             doctor_check_pool,       false},
    {"submission",       doctor_check_submission, false},
    {"caches of logins", doctor_check_caches,     false},
    {"guides",           doctor_check_guides,     false},
    {"egress",           doctor_prove_egress,     true },
};

bool doctor_has_config(struct doctor *doctor, const char *check)
{
    if (doctor->config != NULL)
        return true;
    findings_add(&doctor->found, FINDING_UNKNOWN, check, NULL,
                 "not looked at: there is no configuration to go by");
    return false;
}

bool doctor_has_pool(struct doctor *doctor, const char *check)
{
    if (doctor->pool != NULL)
        return true;
    findings_add(&doctor->found, FINDING_UNKNOWN, check, NULL,
                 "not looked at: cleansmtpd did not tell the reserved addresses");
    return false;
}

static void show(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;

    if (!cli->is_json) {
        findings_print(&doctor->found, &cli->out);
        return;
    }
    json_t *json = findings_json(&doctor->found);
    print_json(cli, json);
    json_decref(json);
}

static void examine(struct doctor *doctor)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].is_proof && cli_option(doctor->cli, CLI_CANARY) == NULL)
            continue;
        doctor->found.group = parts[i].group;
        parts[i].run(doctor);
    }
}

int run_doctor(struct cli *cli, struct error *err)
{
    struct doctor doctor = {.cli = cli,
                            .mem = &cli->mem,
                            .ca_file = cli_option(cli, CLI_TRUST),
                            .now = clock_now(&clock_system)};

    bool only_listens = cli_option(cli, CLI_LISTEN) != NULL &&
                        cli_option(cli, CLI_CANARY) == NULL;
    int result = 0;

    findings_init(&doctor.found, doctor.mem);
    if (only_listens)
        result = egress_listen(cli, &doctor.found, err);
    else
        examine(&doctor);
    if (result == 0)
        show(&doctor);
    cli->exit_status = findings_exit_status(&doctor.found);
    findings_release(&doctor.found);
    json_decref(doctor.pool);
    return result;
}
