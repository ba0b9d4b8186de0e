/*
 * postfix_login.c - how logins come in at a service of master.cf: TLS, SASL, the sockets' places, and what
 * else Postfix asks of a sender who is logged in.
 */
#include "base/base.h"

#include "issuer/mtacheck/postfix.h"

#include "base/number.h"

enum {
    PORT_SMTP = 25,
    PORT_SUBMISSIONS = 465,
    PORT_SUBMISSION = 587
};

static const char *value(const struct postfix_look *look, const char *name)
{
    return postfix_value(look->facts, look->service, name);
}

static bool is_yes(const struct postfix_look *look, const char *name)
{
    return postfix_is_yes(look->facts, look->service, name);
}

/* "clean.example.net:587", "[::1]:587", "submission"; 0: no port, or a name that we do not know. */
static uint64_t port_of(const struct mtacheck_facts *facts, const char *service)
{
    static const struct {
        const char *name;
        uint64_t port;
    } names[] = {
        {"smtp",        PORT_SMTP       },
        {"smtps",       PORT_SUBMISSIONS},
        {"submissions", PORT_SUBMISSIONS},
        {"submission",  PORT_SUBMISSION },
    };
    struct slice port = slice_from(settings_find(&facts->settings, service, "service"));
    ptrdiff_t colon;
    uint64_t number;

    while ((colon = slice_find_byte(port, ':')) >= 0)
        port = slice_skip(port, (size_t)colon + 1);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_is(port, names[i].name))
            return names[i].port;
    return number_u64(port, UINT16_MAX, &number) ? number : 0;
}

/* Does it listen to this host alone? Its passwords travel nowhere: nginx stands in front. */
static bool is_inside(const struct postfix_look *look)
{
    static const char *const insides[] = {"127.", "localhost:", "[::1]:", "::1:"};
    struct slice name = slice_from(
        settings_find(&look->facts->settings, look->service, "service"));

    for (size_t i = 0; i < ARRAY_LEN(insides); i++)
        if (slice_starts(name, insides[i]))
            return true;
    return false;
}

/* ---- TLS and SASL -------------------------------------------------------------------------- */

static bool level_is(const struct postfix_look *look, const char *level)
{
    return slice_is_nocase(slice_from(value(look, "smtpd_tls_security_level")), level);
}

static bool password_is_bare(struct postfix_look *look)
{
    if (is_yes(look, "smtpd_tls_auth_only") || is_yes(look, "smtpd_tls_wrappermode") ||
        is_yes(look, "smtpd_enforce_tls") || level_is(look, "encrypt") ||
        is_inside(look))
        return false;
    return postfix_blame(look, "smtpd_tls_auth_only", "yes");
}

static bool has_no_certificate(struct postfix_look *look)
{
    static const char *const certificates[] = {
        "smtpd_tls_cert_file", "smtpd_tls_chain_files", "smtpd_tls_eccert_file",
        "smtpd_tls_dcert_file"};

    if (is_inside(look))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(certificates); i++)
        if (value(look, certificates[i])[0] != '\0')
            return false;
    return postfix_blame(look, "smtpd_tls_cert_file", NULL);
}

static bool sasl_type_is_wrong(struct postfix_look *look)
{
    return look->is_direct && strcmp(value(look, "smtpd_sasl_type"), "dovecot") != 0 &&
           postfix_blame(look, "smtpd_sasl_type", "dovecot");
}

/* What counts with TLS is smtpd_sasl_tls_security_options; it follows the other one where nobody sets
 * it, which postconf shows in main.cf only. */
static bool forbids_plain(struct postfix_look *look)
{
    const struct settings *settings = &look->facts->settings;
    const char *name = "smtpd_sasl_tls_security_options";

    if (settings_find(settings, look->service, name) == NULL &&
        settings_find(settings, look->service, "smtpd_sasl_security_options") != NULL)
        name = "smtpd_sasl_security_options";
    return look->is_direct && postfix_has_word(value(look, name), "noplaintext") &&
           postfix_blame(look, name, "noanonymous");
}

static bool relays_nothing(struct postfix_look *look)
{
    if (postfix_has_word(value(look, "smtpd_relay_restrictions"),
                         "permit_sasl_authenticated") ||
        postfix_has_word(value(look, "smtpd_recipient_restrictions"),
                         "permit_sasl_authenticated"))
        return false;
    return postfix_blame(look, "smtpd_relay_restrictions",
                         "permit_sasl_authenticated, ...");
}

static bool serves_port_25(struct postfix_look *look)
{
    return look->is_direct && port_of(look->facts, look->service) == PORT_SMTP &&
           postfix_blame(look, "smtpd_sasl_path", NULL);
}

/* A chrooted smtpd starts from the queue folder: there only a relative path leads to a socket. Before
 * compatibility level 1 "-" is "y". */
static bool is_hidden(const struct postfix_look *look, struct slice endpoint)
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

static bool auth_is_hidden(struct postfix_look *look)
{
    return strcmp(value(look, "smtpd_sasl_type"), "dovecot") == 0 &&
           is_hidden(look, slice_from(value(look, "smtpd_sasl_path"))) &&
           postfix_blame(look, "smtpd_sasl_path", NULL);
}

static bool policy_is_hidden(struct postfix_look *look)
{
    struct slice spec = look->at_end.spec;
    struct slice endpoint;

    return look->at_end.reach == POSTFIX_ASKED && settings_word(&spec, &endpoint) &&
           is_hidden(look, endpoint) && postfix_blame_word(look, "chroot", endpoint);
}

static bool has_no_tls(struct postfix_look *look)
{
    if (is_yes(look, "smtpd_tls_wrappermode") || is_yes(look, "smtpd_use_tls") ||
        is_yes(look, "smtpd_enforce_tls") || level_is(look, "may") ||
        level_is(look, "encrypt") || is_inside(look))
        return false;
    return postfix_blame(look, "smtpd_tls_security_level", "encrypt");
}

static bool waits_for_the_client(struct postfix_look *look)
{
    return port_of(look->facts, look->service) == PORT_SUBMISSIONS &&
           !is_yes(look, "smtpd_tls_wrappermode") &&
           postfix_blame(look, "smtpd_tls_wrappermode", "yes");
}

/* Do messages of our logins come in here, whoever checks the password? */
static bool is_for_us(const struct postfix_look *look)
{
    return look->is_direct || look->at_end.reach == POSTFIX_ASKED ||
           look->at_end.reach == POSTFIX_MAPPED;
}

static bool is_another_service(struct postfix_look *look)
{
    const char *name = value(look, "smtpd_sasl_service");

    return is_for_us(look) && name[0] != '\0' && strcmp(name, "smtp") != 0 &&
           strcmp(name, "submission") != 0 &&
           postfix_blame(look, "smtpd_sasl_service", "smtp");
}

static bool is_cyrus(const struct postfix_look *look)
{
    return is_for_us(look) && strcmp(value(look, "smtpd_sasl_type"), "cyrus") == 0;
}

static bool cyrus_has_no_socket(struct postfix_look *look)
{
    return is_cyrus(look) && !look->is_direct && look->facts->saslauthd[0] == '\0' &&
           postfix_blame(look, "smtpd_sasl_type", NULL);
}

static bool realm_is_foreign(struct postfix_look *look)
{
    const char *realm = value(look, "smtpd_sasl_local_domain");

    return is_cyrus(look) && realm[0] != '\0' &&
           !slice_equal_nocase(slice_from(realm), slice_from(look->facts->realm)) &&
           postfix_blame(look, "smtpd_sasl_local_domain", "");
}

/* ---- senders ----------------------------------------------------------------------------------- */

/* The first word in a list that holds a sender against smtpd_sender_login_maps; at NULL: none, or a
 * login has passed before. */
static struct slice owner_rule(const char *list)
{
    struct slice rest = slice_from(list);
    struct slice word;

    while (settings_word(&rest, &word)) {
        if (slice_is(word, "permit_sasl_authenticated") || slice_is(word, "permit"))
            break;
        if (slice_ends_nocase(word, "sender_login_mismatch") &&
            !slice_is(word, "reject_unauthenticated_sender_login_mismatch"))
            return word;
    }
    return (struct slice){0};
}

static bool has_our_senders(const struct postfix_look *look, const char *maps)
{
    static const char joined[] = "unionmap:{";
    struct slice rest = slice_from(maps);
    struct slice word;
    struct slice table;

    while (settings_word(&rest, &word)) {
        struct slice tables = word;
        if (slice_starts(word, joined) && word.at[word.len - 1] == '}')
            tables = slice_take(slice_skip(word, sizeof joined - 1),
                                word.len - sizeof joined);
        while (settings_word(&tables, &table))
            if (postfix_is_our_map(look->facts, look->mem, table, "senders"))
                return true;
    }
    return false;
}

/* With an empty list of owners only who must own a sender is refused, not who writes as nobody's. */
static bool sender_is_not_owned(struct postfix_look *look)
{
    static const char *const lists[] = {
        "smtpd_client_restrictions", "smtpd_helo_restrictions",
        "smtpd_sender_restrictions", "smtpd_relay_restrictions",
        "smtpd_recipient_restrictions"};
    const char *maps = value(look, "smtpd_sender_login_maps");

    if (!is_for_us(look) || has_our_senders(look, maps))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct slice word = owner_rule(value(look, lists[i]));
        if (word.at == NULL ||
            (maps[0] == '\0' && slice_is(word, "reject_known_sender_login_mismatch")))
            continue;
        postfix_blame_word(look, lists[i], word);
        look->wanted = arena_printf(
            look->mem,
            "smtpd_sender_login_maps = unionmap:{%s%ssocketmap:unix:%s:senders}", maps,
            maps[0] != '\0' ? ", " : "", look->facts->socketmap);
        return true;
    }
    return false;
}

static const struct postfix_rule login_rules[] = {
    {{"tls.optional", MTACHECK_LEAK, "a password may travel without TLS",
      "smtpd_tls_auth_only = yes"},
     password_is_bare    },
    {{"tls.certificate", MTACHECK_MISSING,
      "without a certificate there is no TLS, and without TLS no login",
      "smtpd_tls_cert_file and smtpd_tls_key_file, or smtpd_tls_chain_files"},
     has_no_certificate  },
    {{"tls.absent", MTACHECK_MISSING,
      "there is no TLS at this service, and without TLS no login",
      "smtpd_tls_security_level = encrypt, or smtpd_tls_wrappermode = yes for port 465"},
     has_no_tls          },
    {{"tls.wrapper", MTACHECK_MISSING,
      "mail programs begin with TLS at port 465, and wait in vain for each other",
      "smtpd_tls_wrappermode = yes"},
     waits_for_the_client},
    {{"sasl.type", MTACHECK_MISSING,
      "cleansmtp-authd speaks Dovecot's protocol here, and no login works",
      "smtpd_sasl_type = dovecot"},
     sasl_type_is_wrong  },
    {{"sasl.noplaintext", MTACHECK_MISSING,
      "PLAIN and LOGIN are what we offer, and this forbids both", "noanonymous alone"},
     forbids_plain       },
    {{"sasl.chroot", MTACHECK_MISSING,
      "a chrooted smtpd cannot see this socket, and ends when a client connects",
      "\"n\" in the chroot column, or a socket below the queue folder"},
     auth_is_hidden      },
    {{"policy.chroot", MTACHECK_MISSING,
      "a chrooted smtpd cannot see the policy socket: messages of our logins are deferred",
      "\"n\" in the chroot column, or a socket below the queue folder"},
     policy_is_hidden    },
    {{"sasl.port25", MTACHECK_ADVICE,
      "while cleansmtp-authd is down, this port takes no mail from anybody",
      "keep our auth socket on a submission service of its own"},
     serves_port_25      },
    {{"relay.refused", MTACHECK_MISSING,
      "a login does not open relaying: every outside recipient is refused",
      "permit_sasl_authenticated in smtpd_relay_restrictions"},
     relays_nothing      },
    {{"sasl.service", MTACHECK_MISSING,
      "cleansmtp-authd lets in for smtp and submission alone: every login is refused",
      "smtpd_sasl_service = smtp"},
     is_another_service  },
    {{"sasl.cyrus", MTACHECK_MISSING,
      "Cyrus SASL asks at a saslauthd socket, and cleansmtp-authd has none",
      "auth.saslauthd in cleansmtp.conf, and the part smtpd.conf of \"cleansmtp mta "
      "postfix\""},
     cyrus_has_no_socket },
    {{"sasl.realm", MTACHECK_MISSING,
      "Cyrus SASL gives our logins this realm, which is not submission.realm: they are refused",
      "smtpd_sasl_local_domain ="},
     realm_is_foreign    },
    {{"sender.unowned", MTACHECK_MISSING,
      "this refuses our logins as senders who belong to somebody else, or to nobody",
      "join our map with yours in smtpd_sender_login_maps"},
     sender_is_not_owned },
};

void postfix_check_login(struct postfix_look *look, struct mtacheck_findings *out)
{
    if (is_cyrus(look) && !look->is_direct && look->facts->saslauthd[0] != '\0')
        mtacheck_socket(look->facts, look->facts->saslauthd, out);
    postfix_check_rules(look, login_rules, ARRAY_LEN(login_rules), out);
}

/* ---- the ways in ---------------------------------------------------------------------------------- */

static const struct mtacheck_rule login_off = {
    "login.off", MTACHECK_MISSING,
    "this service names our auth socket and takes no login",
    "smtpd_sasl_auth_enable = yes"};
static const struct mtacheck_rule login_port = {
    "login.port", MTACHECK_ADVICE,
    "customers are told this port, and no service here takes logins at it",
    "paste both services of \"cleansmtp mta postfix\", or set the ports in section submission"};

static bool names_our_socket(const struct mtacheck_facts *facts, struct arena *mem,
                             const char *service)
{
    const char *own = settings_find(&facts->settings, service, "smtpd_sasl_path");
    const char *path = own != NULL ? postfix_socket_path(facts, mem, slice_from(own))
                                   : NULL;

    return path != NULL && strcmp(path, facts->auth) == 0;
}

void postfix_check_ports(const struct mtacheck_facts *facts, struct arena *mem,
                         struct mtacheck_findings *out)
{
    bool is_served[ARRAY_LEN(facts->ports)] = {false};

    for (size_t i = 0; i < facts->settings.count; i++) {
        const struct setting *row = &facts->settings.at[i];
        if (strcmp(row->name, "command") != 0 ||
            !postfix_runs(facts, row->scope, "smtpd"))
            continue;
        if (postfix_is_yes(facts, row->scope, "smtpd_sasl_auth_enable"))
            for (size_t k = 0; k < ARRAY_LEN(is_served); k++)
                is_served[k] |= port_of(facts, row->scope) == facts->ports[k];
        else if (names_our_socket(facts, mem, row->scope))
            mtacheck_report(
                out, (struct mtacheck_finding){
                         &login_off,
                         arena_printf(mem, "%s smtpd_sasl_auth_enable", row->scope),
                         "no", "yes"});
    }
    for (size_t k = 0; k < ARRAY_LEN(is_served); k++)
        if (facts->ports[k] != 0 && !is_served[k])
            mtacheck_report(out,
                            (struct mtacheck_finding){
                                .rule = &login_port,
                                .where = "master.cf",
                                .wanted = arena_printf(mem, "%u", facts->ports[k])});
}
