/*
 * postfix.c - the services of master.cf that take logins: each message of a login of ours must be
 * judged by cleansmtp-authd at the end of its data, because that answer names the lane.
 */
#include "base/base.h"

#include "issuer/mtacheck/postfix.h"

#include "base/number.h"

static const char *value(const struct postfix_look *look, const char *name)
{
    return postfix_value(look->facts, look->service, name);
}

bool postfix_blame(struct postfix_look *look, const char *name, const char *wanted)
{
    look->name = name;
    look->found = value(look, name);
    look->wanted = wanted;
    return true;
}

bool postfix_blame_word(struct postfix_look *look, const char *name, struct slice word)
{
    look->name = name;
    look->found = arena_slice(look->mem, word);
    return true;
}

bool postfix_has_word(const char *list, const char *wanted)
{
    struct slice rest = slice_from(list);
    struct slice word;

    while (settings_word(&rest, &word))
        if (slice_is_nocase(word, wanted))
            return true;
    return false;
}

void postfix_check_rules(struct postfix_look *look, const struct postfix_rule *rules,
                         size_t count, struct mtacheck_findings *out)
{
    for (size_t i = 0; i < count; i++) {
        look->name = look->found = look->wanted = NULL;
        if (rules[i].is_wrong(look))
            mtacheck_report(
                out, (struct mtacheck_finding){
                         &rules[i].rule,
                         arena_printf(look->mem, "%s %s", look->service, look->name),
                         look->found, look->wanted});
    }
}

/* ---- the end of data --------------------------------------------------------------- */

#define END_OF_DATA "smtpd_end_of_data_restrictions"

static bool end_is_absent(struct postfix_look *look)
{
    return look->at_end.reach == POSTFIX_ABSENT &&
           postfix_blame(look, END_OF_DATA, NULL);
}

static bool end_is_passed(struct postfix_look *look)
{
    return look->at_end.reach == POSTFIX_PASSED &&
           postfix_blame_word(look, END_OF_DATA, look->at_end.word);
}

static bool end_is_uncounted(struct postfix_look *look)
{
    return look->at_end.reach == POSTFIX_MAPPED &&
           postfix_blame_word(look, END_OF_DATA, look->at_end.word);
}

static bool end_is_unread(struct postfix_look *look)
{
    return look->at_end.reach == POSTFIX_UNREAD &&
           postfix_blame_word(look, END_OF_DATA, look->at_end.word);
}

static bool class_is_undeclared(struct postfix_look *look)
{
    return look->at_end.reach == POSTFIX_UNDECLARED &&
           postfix_blame_word(look, "smtpd_restriction_classes", look->at_end.word);
}

/* Is it 4xx, or DEFER? DEFER_IF_REJECT lets pass. */
static bool is_deferral(const char *action)
{
    struct slice rest = slice_from(action);
    struct slice word;
    uint64_t code;

    if (!settings_word(&rest, &word))
        return false;
    return slice_is_nocase(word, "DEFER") || slice_is_nocase(word, "DEFER_IF_PERMIT") ||
           (number_u64(word, 599, &code) && code >= 400 && code <= 499);
}

static bool default_passes(struct postfix_look *look)
{
    static const char name[] = "smtpd_policy_service_default_action";

    if (look->at_end.reach != POSTFIX_ASKED)
        return false;
    const char *own = postfix_policy_default(look->mem, look->at_end.spec);
    if (is_deferral(own != NULL ? own : value(look, name)))
        return false;
    postfix_blame(look, own != NULL ? "default_action" : name, "450 4.3.0 ...");
    look->found = own != NULL ? own : look->found;
    return true;
}

static bool has_proxy_filter(struct postfix_look *look)
{
    return value(look, "smtpd_proxy_filter")[0] != '\0' &&
           postfix_blame(look, "smtpd_proxy_filter", "");
}

/* ---- what only the early checks see ------------------------------------------------ */

static bool recipients_are_unjudged(struct postfix_look *look)
{
    return look->at_recipient.reach != POSTFIX_ASKED &&
           postfix_blame(look, "smtpd_recipient_restrictions", NULL);
}

static bool data_is_unjudged(struct postfix_look *look)
{
    return look->at_data.reach != POSTFIX_ASKED &&
           postfix_blame(look, "smtpd_data_restrictions", NULL);
}

/* ---- what a lane leaves out ---------------------------------------------------------- */

static bool has_content_filter(struct postfix_look *look)
{
    return value(look, "content_filter")[0] != '\0' &&
           postfix_blame(look, "content_filter", NULL);
}

static bool leaves_out_mappings(struct postfix_look *look)
{
    return postfix_has_word(value(look, "receive_override_options"),
                            "no_address_mappings") &&
           postfix_blame(look, "receive_override_options", NULL);
}

#define PASTE_WORDS \
 "check_sasl_access regexp:$config_directory/clean_logins goes in front"
#define OWN_OPTION "; a service with an -o of its own needs it there as well"

static const struct postfix_rule service_rules[] = {
    {{"end.absent", MTACHECK_LEAK,
      "messages of our logins are not judged: they leave by the default address, and no "
      "limit counts",
      PASTE_WORDS OWN_OPTION},
     end_is_absent          },
    {{"end.passed", MTACHECK_LEAK,
      "this stands before our check and may let a message pass without a lane",
      PASTE_WORDS},
     end_is_passed          },
    {{"end.uncounted", MTACHECK_MISSING,
      "this map names the lane and counts nothing: senders, recipients and numbers of "
      "messages are not limited",
      "ask the policy socket, as \"cleansmtp mta postfix\" prints it"},
     end_is_uncounted       },
    {{"end.unread", MTACHECK_LEAK,
      "this table cannot be read, so nobody is asked about messages of our logins",
      "paste the part clean_logins of \"cleansmtp mta postfix\" into that file"},
     end_is_unread          },
    {{"class.undeclared", MTACHECK_MISSING,
      "every message of our logins gets 451: the class is not declared",
      "name it in smtpd_restriction_classes"},
     class_is_undeclared    },
    {{"policy.default", MTACHECK_LEAK,
      "while cleansmtp-authd is down, messages pass by the default address",
      "paste clean_policy again as \"cleansmtp mta postfix\" prints it"},
     default_passes         },
    {{"proxy.filter", MTACHECK_LEAK,
      "Postfix takes no lane where a proxy filter stands: messages fail, or leave by the "
      "default address",
      "let our logins in by a service without smtpd_proxy_filter"},
     has_proxy_filter       },
    {{"recipient.unjudged", MTACHECK_MISSING,
      "a message to several recipients is deferred where the lease is for some domains' only",
      PASTE_WORDS OWN_OPTION},
     recipients_are_unjudged},
    {{"data.unjudged", MTACHECK_ADVICE,
      "a message that is refused anyway is transferred first", PASTE_WORDS OWN_OPTION},
     data_is_unjudged       },
    {{"filter.skipped", MTACHECK_ADVICE,
      "a lane takes the place of the content filter: mail of leases is not filtered",
      "filter with a milter if that matters"},
     has_content_filter     },
    {{"mappings.skipped", MTACHECK_ADVICE,
      "aliases are left to the content filter, which mail of leases does not meet: it "
      "leaves with the addresses as they were typed",
      "a submission service without no_address_mappings"},
     leaves_out_mappings    },
};

static void check_service(const struct mtacheck_facts *facts, struct arena *mem,
                          const char *service, struct mtacheck_findings *out)
{
    struct postfix_look look = {.facts = facts, .mem = mem, .service = service};
    const char *path = postfix_socket_path(facts, mem,
                                           slice_from(value(&look, "smtpd_sasl_path")));

    look.is_direct = path != NULL && strcmp(path, facts->auth) == 0;
    if (path != NULL &&
        (look.is_direct || strcmp(value(&look, "smtpd_sasl_type"), "dovecot") == 0))
        mtacheck_socket(facts, path, out);
    postfix_asking(facts, mem, value(&look, END_OF_DATA), &look.at_end);
    postfix_asking(facts, mem, value(&look, "smtpd_recipient_restrictions"),
                   &look.at_recipient);
    postfix_asking(facts, mem, value(&look, "smtpd_data_restrictions"), &look.at_data);
    if (look.at_end.reach == POSTFIX_MAPPED)
        mtacheck_socket(facts, facts->socketmap, out);
    if (look.at_end.reach == POSTFIX_ASKED || look.at_end.reach == POSTFIX_MAPPED)
        postfix_check_mark(facts, mem, service, out);
    postfix_check_rules(&look, service_rules, ARRAY_LEN(service_rules), out);
    postfix_check_login(&look, out);
}

/* ---- the whole instance ---------------------------------------------------------------- */

static const struct mtacheck_rule too_old = {
    "version", MTACHECK_LEAK,
    "before 3.7 Postfix sends by the default address when the lane's is not there",
    "Postfix 3.7 or later"};
static const struct mtacheck_rule next_hop = {
    "nexthop", MTACHECK_LEAK,
    "mail of leases goes to this host, and leaves by that host's address",
    "default_filter_nexthop ="};
static const struct mtacheck_rule no_service = {
    "login.absent", MTACHECK_MISSING, "no service takes logins",
    "paste one of the two ways in of \"cleansmtp mta postfix\""};

static const struct mtacheck_rule bound_by_sender = {
    "map.lanes", MTACHECK_ADVICE,
    "this map binds a sender, whoever writes as it; what still waits when the lease ends "
    "leaves by the default address",
    "name lanes by login at the end of data, as \"cleansmtp mta postfix\" does"};

static void check_sender_map(const struct mtacheck_facts *facts, struct arena *mem,
                             struct mtacheck_findings *out)
{
    static const char name[] = "sender_dependent_default_transport_maps";
    struct slice rest = slice_from(postfix_value(facts, "", name));
    struct slice table;

    while (settings_word(&rest, &table))
        if (postfix_is_our_map(facts, mem, table, "lanes")) {
            mtacheck_socket(facts, facts->socketmap, out);
            mtacheck_report(out,
                            (struct mtacheck_finding){&bound_by_sender, name,
                                                      arena_slice(mem, table), NULL});
        }
}

/* "3.7.11", "3.12-20260821" */
static bool is_too_old(const char *version)
{
    struct slice rest = slice_from(version);
    struct slice major_text;
    struct slice minor_text;
    uint64_t major;
    uint64_t minor = 0;

    if (!slice_cut(&rest, '.', &major_text) || !number_u64(major_text, 99, &major))
        return true;
    if (slice_cut(&rest, '.', &minor_text)) {
        ptrdiff_t dash = slice_find_byte(minor_text, '-');
        if (dash > 0)
            minor_text = slice_take(minor_text, (size_t)dash);
        if (!number_u64(minor_text, 999, &minor))
            return true;
    }
    return major < 3 || (major == 3 && minor < 7);
}

void mtacheck_postfix(const struct mtacheck_facts *facts, struct arena *mem,
                      struct mtacheck_findings *out)
{
    const char *version = postfix_value(facts, "", "mail_version");
    const char *nexthop = postfix_value(facts, "", "default_filter_nexthop");
    size_t services = 0;

    if (is_too_old(version))
        mtacheck_report(
            out, (struct mtacheck_finding){&too_old, "mail_version", version, "3.7"});
    if (nexthop[0] != '\0')
        mtacheck_report(out, (struct mtacheck_finding){
                                 &next_hop, "default_filter_nexthop", nexthop, ""});
    mtacheck_socket(facts, facts->policy, out);
    postfix_check_lanes(facts, mem, out);
    check_sender_map(facts, mem, out);
    for (size_t i = 0; i < facts->settings.count; i++) {
        const struct setting *row = &facts->settings.at[i];
        if (strcmp(row->name, "command") != 0 ||
            !postfix_runs(facts, row->scope, "smtpd") ||
            !postfix_is_yes(facts, row->scope, "smtpd_sasl_auth_enable"))
            continue;
        services++;
        check_service(facts, mem, row->scope, out);
    }
    if (services > 0) {
        postfix_check_ports(facts, mem, out);
        postfix_check_requeue(facts, mem, out);
    } else {
        mtacheck_report(
            out, (struct mtacheck_finding){.rule = &no_service, .where = "master.cf"});
    }
}
