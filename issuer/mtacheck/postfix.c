/*
 * postfix.c - the services of master.cf that take logins: each message of a login of ours must be
 * judged by cleansmtp-authd at the end of its data, because that answer names the lane.
 */
#include "base/base.h"

#include "issuer/mtacheck/postfix.h"

#include "base/number.h"

/* One service, and what a rule found there. */
struct look {
    const struct mtacheck_facts *facts;
    struct arena *mem;
    const char *service;
    struct postfix_asking at_end, at_recipient, at_data;
    bool is_direct; /* asks our auth socket itself */
    /* out: */
    const char *name; /* the parameter; NULL: the service as a whole */
    const char *found, *wanted;
};

static const char *value(const struct look *look, const char *name)
{
    return postfix_value(look->facts, look->service, name);
}

static bool is_yes(const struct look *look, const char *name)
{
    return postfix_is_yes(look->facts, look->service, name);
}

/* A finding about a parameter. */
static bool blame(struct look *look, const char *name, const char *wanted)
{
    look->name = name;
    look->found = value(look, name);
    look->wanted = wanted;
    return true;
}

static bool blame_word(struct look *look, const char *name, struct slice word)
{
    look->name = name;
    look->found = arena_slice(look->mem, word);
    return true;
}

static bool has_word(const char *list, const char *wanted)
{
    struct slice rest = slice_from(list);
    struct slice word;

    while (settings_word(&rest, &word))
        if (slice_is_nocase(word, wanted))
            return true;
    return false;
}

/* ---- the end of data --------------------------------------------------------------- */

#define END_OF_DATA "smtpd_end_of_data_restrictions"

static bool end_is_absent(struct look *look)
{
    return look->at_end.reach == POSTFIX_ABSENT && blame(look, END_OF_DATA, NULL);
}

static bool end_is_passed(struct look *look)
{
    return look->at_end.reach == POSTFIX_PASSED &&
           blame_word(look, END_OF_DATA, look->at_end.word);
}

static bool end_is_uncounted(struct look *look)
{
    return look->at_end.reach == POSTFIX_MAPPED &&
           blame_word(look, END_OF_DATA, look->at_end.word);
}

static bool end_is_unread(struct look *look)
{
    return look->at_end.reach == POSTFIX_UNREAD &&
           blame_word(look, END_OF_DATA, look->at_end.word);
}

static bool class_is_undeclared(struct look *look)
{
    return look->at_end.reach == POSTFIX_UNDECLARED &&
           blame_word(look, "smtpd_restriction_classes", look->at_end.word);
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

static bool default_passes(struct look *look)
{
    static const char name[] = "smtpd_policy_service_default_action";

    if (look->at_end.reach != POSTFIX_ASKED)
        return false;
    const char *own = postfix_policy_default(look->mem, look->at_end.spec);
    if (is_deferral(own != NULL ? own : value(look, name)))
        return false;
    blame(look, own != NULL ? "default_action" : name, "450 4.3.0 ...");
    look->found = own != NULL ? own : look->found;
    return true;
}

static bool has_proxy_filter(struct look *look)
{
    return value(look, "smtpd_proxy_filter")[0] != '\0' &&
           blame(look, "smtpd_proxy_filter", "");
}

/* ---- what only the early checks see ------------------------------------------------ */

static bool recipients_are_unjudged(struct look *look)
{
    return look->at_recipient.reach != POSTFIX_ASKED &&
           blame(look, "smtpd_recipient_restrictions", NULL);
}

static bool data_is_unjudged(struct look *look)
{
    return look->at_data.reach != POSTFIX_ASKED &&
           blame(look, "smtpd_data_restrictions", NULL);
}

/* ---- the login ----------------------------------------------------------------------- */

static bool password_is_bare(struct look *look)
{
    if (is_yes(look, "smtpd_tls_auth_only") || is_yes(look, "smtpd_tls_wrappermode") ||
        is_yes(look, "smtpd_enforce_tls") ||
        slice_is_nocase(slice_from(value(look, "smtpd_tls_security_level")), "encrypt"))
        return false;
    return blame(look, "smtpd_tls_auth_only", "yes");
}

static bool has_no_certificate(struct look *look)
{
    static const char *const certificates[] = {
        "smtpd_tls_cert_file", "smtpd_tls_chain_files", "smtpd_tls_eccert_file",
        "smtpd_tls_dcert_file"};

    for (size_t i = 0; i < ARRAY_LEN(certificates); i++)
        if (value(look, certificates[i])[0] != '\0')
            return false;
    return blame(look, "smtpd_tls_cert_file", NULL);
}

static bool sasl_type_is_wrong(struct look *look)
{
    return look->is_direct && strcmp(value(look, "smtpd_sasl_type"), "dovecot") != 0 &&
           blame(look, "smtpd_sasl_type", "dovecot");
}

/* What counts with TLS is smtpd_sasl_tls_security_options; it follows the other one where nobody sets
 * it, which postconf shows in main.cf only. */
static bool forbids_plain(struct look *look)
{
    const struct settings *settings = &look->facts->settings;
    const char *name = "smtpd_sasl_tls_security_options";

    if (settings_find(settings, look->service, name) == NULL &&
        settings_find(settings, look->service, "smtpd_sasl_security_options") != NULL)
        name = "smtpd_sasl_security_options";
    return look->is_direct && has_word(value(look, name), "noplaintext") &&
           blame(look, name, "noanonymous");
}

static bool relays_nothing(struct look *look)
{
    if (has_word(value(look, "smtpd_relay_restrictions"),
                 "permit_sasl_authenticated") ||
        has_word(value(look, "smtpd_recipient_restrictions"),
                 "permit_sasl_authenticated"))
        return false;
    return blame(look, "smtpd_relay_restrictions", "permit_sasl_authenticated, ...");
}

static bool serves_port_25(struct look *look)
{
    const char *name = settings_find(&look->facts->settings, look->service, "service");
    struct slice port = slice_from(name);
    ptrdiff_t colon;

    while ((colon = slice_find_byte(port, ':')) >= 0)
        port = slice_skip(port, (size_t)colon + 1);
    return look->is_direct && (slice_is(port, "smtp") || slice_is(port, "25")) &&
           blame(look, "smtpd_sasl_path", NULL);
}

/* A chrooted smtpd starts from the queue folder: there only a relative path leads to a socket. Before
 * compatibility level 1 "-" is "y". */
static bool is_hidden(const struct look *look, struct slice endpoint)
{
    const char *chroot = settings_find(&look->facts->settings, look->service, "chroot");
    const char *level = postfix_value(look->facts, "", "compatibility_level");

    if (slice_starts(endpoint, "unix:"))
        endpoint = slice_skip(endpoint, 5);
    if (chroot == NULL || strcmp(chroot, "n") == 0 ||
        (strcmp(chroot, "-") == 0 && strcmp(level, "0") != 0))
        return false;
    return slice_starts(endpoint, "/");
}

static bool auth_is_hidden(struct look *look)
{
    return strcmp(value(look, "smtpd_sasl_type"), "dovecot") == 0 &&
           is_hidden(look, slice_from(value(look, "smtpd_sasl_path"))) &&
           blame(look, "smtpd_sasl_path", NULL);
}

static bool policy_is_hidden(struct look *look)
{
    struct slice spec = look->at_end.spec;
    struct slice endpoint;

    return look->at_end.reach == POSTFIX_ASKED && settings_word(&spec, &endpoint) &&
           is_hidden(look, endpoint) && blame_word(look, "chroot", endpoint);
}

/* ---- what a lane leaves out ---------------------------------------------------------- */

static bool has_content_filter(struct look *look)
{
    return value(look, "content_filter")[0] != '\0' &&
           blame(look, "content_filter", NULL);
}

static bool leaves_out_mappings(struct look *look)
{
    return has_word(value(look, "receive_override_options"), "no_address_mappings") &&
           blame(look, "receive_override_options", NULL);
}

#define PASTE_WORDS \
 "check_sasl_access regexp:$config_directory/clean_logins goes in front"
#define OWN_OPTION "; a service with an -o of its own needs it there as well"

static const struct service_rule {
    struct mtacheck_rule rule;
    bool (*is_wrong)(struct look *look);
} service_rules[] = {
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
    {{"tls.optional", MTACHECK_LEAK, "a password may travel without TLS",
      "smtpd_tls_auth_only = yes"},
     password_is_bare       },
    {{"tls.certificate", MTACHECK_MISSING,
      "without a certificate there is no TLS, and without TLS no login",
      "smtpd_tls_cert_file and smtpd_tls_key_file, or smtpd_tls_chain_files"},
     has_no_certificate     },
    {{"sasl.type", MTACHECK_MISSING,
      "cleansmtp-authd speaks Dovecot's protocol here, and no login works",
      "smtpd_sasl_type = dovecot"},
     sasl_type_is_wrong     },
    {{"sasl.noplaintext", MTACHECK_MISSING,
      "PLAIN and LOGIN are what we offer, and this forbids both", "noanonymous alone"},
     forbids_plain          },
    {{"sasl.chroot", MTACHECK_MISSING,
      "a chrooted smtpd cannot see this socket, and ends when a client connects",
      "\"n\" in the chroot column, or a socket below the queue folder"},
     auth_is_hidden         },
    {{"policy.chroot", MTACHECK_MISSING,
      "a chrooted smtpd cannot see the policy socket: messages of our logins are deferred",
      "\"n\" in the chroot column, or a socket below the queue folder"},
     policy_is_hidden       },
    {{"sasl.port25", MTACHECK_ADVICE,
      "while cleansmtp-authd is down, this port takes no mail from anybody",
      "keep our auth socket on a submission service of its own"},
     serves_port_25         },
    {{"relay.refused", MTACHECK_MISSING,
      "a login does not open relaying: every outside recipient is refused",
      "permit_sasl_authenticated in smtpd_relay_restrictions"},
     relays_nothing         },
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
    struct look look = {.facts = facts, .mem = mem, .service = service};
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
    for (size_t i = 0; i < ARRAY_LEN(service_rules); i++) {
        look.name = look.found = look.wanted = NULL;
        if (service_rules[i].is_wrong(&look))
            mtacheck_report(out, (struct mtacheck_finding){
                                     &service_rules[i].rule,
                                     arena_printf(mem, "%s %s", service, look.name),
                                     look.found, look.wanted});
    }
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
    if (services > 0)
        postfix_check_requeue(facts, mem, out);
    else
        mtacheck_report(
            out, (struct mtacheck_finding){.rule = &no_service, .where = "master.cf"});
}
