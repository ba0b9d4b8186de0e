/*
 * mta.c - mta ...: the mail server's part of the configuration, printed or checked.
 *
 * The check runs here and not in the daemon: it asks the mail server's own programs, which are on
 * the mail server and want root, while the daemon is nobody in particular and starts no programs
 * but its own parser (docs/decisions/check-where-the-mail-server-is.md).
 */
#include "base/base.h"

#include "issuer/cli/command.h"
#include "issuer/cli/output.h"
#include "issuer/mtacheck/server.h"

static int print_recipe(struct cli *cli, struct error *err)
{
    return cli_get_text(cli, cli_path(cli, "mta", cli->arguments[0], NULL), err);
}

/* A lane for every address of the pool that sends or may send again, like the recipe. */
static int read_lanes(struct cli *cli, struct mtacheck_facts *facts, struct error *err)
{
    json_t *pool;
    json_t *item;
    size_t index;

    if (cli_list(cli, "/api/v1/pool", 0, &pool, err) != 0)
        return -1;
    struct mtacheck_lane *lanes = arena_array(&cli->mem, json_array_size(pool) + 1,
                                              sizeof *lanes);
    json_array_foreach(pool, index, item) {
        if (strcmp(member(item, "state"), "retired") == 0)
            continue;
        lanes[facts->lanes_count++] = (struct mtacheck_lane){
            .lane = arena_strdup(&cli->mem, member(item, "lane")),
            .address = arena_strdup(&cli->mem, member(item, "address")),
            .helo = arena_strdup(&cli->mem, member(item, "helo"))};
    }
    facts->lanes = lanes;
    json_decref(pool);
    return 0;
}

static void print_finding(struct cli *cli, const struct mtacheck_finding *finding)
{
    const struct mtacheck_rule *rule = finding->rule;
    const char *found = "";
    const char *wanted = "";

    if (finding->found != NULL)
        found = arena_printf(&cli->mem, " is \"%s\"", finding->found);
    if (finding->wanted != NULL)
        wanted = arena_printf(&cli->mem, "%s \"%s\"",
                              finding->found != NULL ? ", not" : ": no",
                              finding->wanted);
    print_text(cli, arena_printf(&cli->mem, "%-8s %s%s%s",
                                 mtacheck_severity_name(rule->severity), finding->where,
                                 found, wanted));
    print_text(cli, arena_printf(&cli->mem, "\n         %s\n         to do: %s\n",
                                 rule->sentence, rule->todo));
}

static json_t *finding_json(const struct mtacheck_finding *finding)
{
    const struct mtacheck_rule *rule = finding->rule;

    return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s, s:s}", "rule", rule->id,
                     "severity", mtacheck_severity_name(rule->severity), "where",
                     finding->where, "found", finding->found, "wanted", finding->wanted,
                     "sentence", rule->sentence, "todo", rule->todo);
}

static void show_findings(struct cli *cli, const struct mtacheck_findings *findings)
{
    json_t *items = json_array();

    for (size_t severity = 0; severity < MTACHECK_SEVERITY_COUNT; severity++)
        for (size_t i = 0; i < findings->count; i++) {
            const struct mtacheck_finding *finding = &findings->at[i];
            if (finding->rule->severity != severity)
                continue;
            if (cli->is_json)
                json_array_append_new(items, finding_json(finding));
            else
                print_finding(cli, finding);
        }
    if (cli->is_json)
        print_json(cli, items);
    json_decref(items);
}

static int check_server(struct cli *cli, struct error *err)
{
    const struct mtacheck_server *server = mtacheck_server_find(cli->arguments[0]);
    struct mtacheck_findings *findings = ARENA_NEW(&cli->mem, struct mtacheck_findings);
    struct mtacheck_facts facts = {0};
    const struct config *config;

    if (server == NULL)
        return error_set(err, ERROR_INVALID,
                         "the configuration of \"%.40s\" cannot be checked, only that "
                         "of postfix, exim, dovecot and dovecot24",
                         cli->arguments[0]);
    if (cli_config(cli, &config, err) != 0 || read_lanes(cli, &facts, err) != 0)
        return -1;
    facts.auth = config->auth.dovecot;
    facts.verify = config->auth.verify;
    facts.policy = config->auth.policy;
    facts.saslauthd = config->auth.saslauthd;
    facts.socketmap = config->auth.socketmap;
    facts.realm = config->submission.realm;
    if (config->auth.nginx[0] == '\0') {
        facts.ports[0] = config->submission.port;
        facts.ports[1] = config->submission.starttls_port;
    }
    if (server->gather(&facts, &cli->mem, cli_option(cli, CLI_CONFIG_DIR), err) != 0)
        return -1;
    server->check(&facts, &cli->mem, findings);
    show_findings(cli, findings);
    say("%s: would leak: %zu, missing: %zu, advice: %zu", server->name,
        findings->of[MTACHECK_LEAK], findings->of[MTACHECK_MISSING],
        findings->of[MTACHECK_ADVICE]);
    if (findings->of[MTACHECK_LEAK] + findings->of[MTACHECK_MISSING] > 0)
        cli->exit_status = EXIT_FAILED;
    return 0;
}

int run_mta(struct cli *cli, struct error *err)
{
    if (cli_option(cli, CLI_CHECK) != NULL)
        return check_server(cli, err);
    if (cli_option(cli, CLI_CONFIG_DIR) != NULL)
        return error_set(err, ERROR_INVALID, "--config-dir goes with --check");
    return print_recipe(cli, err);
}
