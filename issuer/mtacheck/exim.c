/*
 * exim.c - the pieces of the recipe for Exim: the address is bound when the message comes in, kept
 * with it, and used by a router and a transport that carry nothing else.
 */
#include "base/base.h"

#include "issuer/mtacheck/exim.h"

#define PASTE_AGAIN "write it as \"cleansmtp mta exim\" prints it"

static bool blame(struct exim_look *look, const char *where, const char *found,
                  const char *wanted)
{
    look->where = where;
    look->found = found;
    look->wanted = wanted;
    return true;
}

static bool blame_option(struct exim_look *look, const char *scope, const char *name,
                         const char *wanted)
{
    return blame(look, arena_printf(look->mem, "%s %s", scope, name),
                 exim_value(look, scope, name), wanted);
}

/* ---- access control lists -------------------------------------------------------------- */

static bool acl_says(const struct exim_look *look, const char *acl, const char *text)
{
    size_t index = 0;

    return exim_acl_line(look, acl, text, &index) != NULL;
}

/* Is the list of that option ours, or does its first line call ours? */
static bool asks_first(const struct exim_look *look, const char *option,
                       const char *ours)
{
    const char *name = exim_value(look, "", option);
    size_t index = 0;

    if (strcmp(name, ours) == 0)
        return true;
    const char *first = exim_acl_line(look, arena_printf(look->mem, "acl %s", name), "",
                                      &index);
    return first != NULL &&
           strcmp(first, arena_printf(look->mem, "require acl = %s", ours)) == 0;
}

/* A list of ours puts its question to clean_ask. */
static bool is_judged(const struct exim_look *look, const char *option,
                      const char *ours, const char *state)
{
    const char *call = arena_printf(look->mem, "acl = clean_ask %s", state);

    return asks_first(look, option, ours) &&
           acl_says(look, arena_printf(look->mem, "acl %s", ours), call);
}

static bool mail_is_unjudged(struct exim_look *look)
{
    return !is_judged(look, "acl_smtp_mail", "clean_mail", "MAIL") &&
           blame_option(look, "", "acl_smtp_mail", "clean_mail");
}

static bool recipients_are_unjudged(struct exim_look *look)
{
    return !is_judged(look, "acl_smtp_rcpt", "clean_rcpt", "RCPT") &&
           blame_option(look, "", "acl_smtp_rcpt", "clean_rcpt");
}

static bool data_is_unjudged(struct exim_look *look)
{
    return !is_judged(look, "acl_smtp_data", "clean_data", "END-OF-MESSAGE") &&
           blame_option(look, "", "acl_smtp_data", "clean_data");
}

static bool asks_elsewhere(struct exim_look *look)
{
    const char *question = arena_printf(look->mem, "${readsocket{%s}",
                                        look->facts->policy);

    return !acl_says(look, "acl clean_ask", question) &&
           blame(look, "acl clean_ask readsocket", NULL, look->facts->policy);
}

static bool unbound_is_taken(struct exim_look *look)
{
    size_t index = 0;
    const char *line;

    while ((line = exim_acl_line(look, "acl clean_ask", "!def:" EXIM_ADDRESS,
                                 &index)) != NULL)
        if (exim_starts(line, "defer "))
            return false;
    return blame(look, "acl clean_ask", NULL,
                 "defer condition = ${if !def:" EXIM_ADDRESS "}");
}

/* ---- routers ------------------------------------------------------------------------------- */

static bool router_is_absent(struct exim_look *look)
{
    return look->router == NULL && blame(look, "routers", NULL, "clean_lane");
}

/* A router that leads to an smtp transport, ours aside. */
static bool sends(const struct exim_look *look, const char *router)
{
    const char *transport = exim_value(look, router, "transport");
    const char *scope = arena_printf(look->mem, "transport %s", transport);

    return transport[0] != '\0' &&
           strcmp(exim_value(look, scope, "driver"), "smtp") == 0 &&
           (look->router == NULL || strcmp(router, look->router) != 0);
}

static bool other_comes_first(struct exim_look *look)
{
    size_t index = 0;
    const char *router;

    while (look->router != NULL &&
           (router = exim_next_block(look, "router ", &index)) != NULL &&
           strcmp(router, look->router) != 0)
        if (sends(look, router))
            return blame(look, router, NULL, NULL);
    return false;
}

static bool goes_on(struct exim_look *look)
{
    return look->router != NULL &&
           strcmp(exim_value(look, look->router, "more"), "no") != 0 &&
           blame_option(look, look->router, "more", "no");
}

#define OTHER_FAMILY "${if isip4{$" EXIM_ADDRESS "}{::/0}{0.0.0.0/0}}"

/* Either way the hosts of the other family are left out. */
static bool other_family_is_found(struct exim_look *look)
{
    const char *ignored = exim_value(look, look->router, "ignore_target_hosts");

    if (look->router == NULL ||
        (exim_mentions(exim_value(look, look->router, "ipv4_only"), EXIM_ADDRESS) &&
         exim_mentions(exim_value(look, look->router, "ipv6_only"), EXIM_ADDRESS)) ||
        exim_has(ignored, OTHER_FAMILY))
        return false;
    return blame_option(look, look->router, "ignore_target_hosts",
                        "<; ... ; " OTHER_FAMILY);
}

/* The router that defers what has a login of ours, before any that sends by another address; NULL:
 * there is none. */
static const char *find_unbound(const struct exim_look *look)
{
    size_t index = 0;
    const char *router;

    while ((router = exim_next_block(look, "router ", &index)) != NULL &&
           !sends(look, router))
        if (exim_starts(exim_value(look, router, "data"), ":defer:") &&
            exim_mentions(exim_value(look, router, "condition"),
                          "$authenticated_id}{" EXIM_OURS))
            return router;
    return NULL;
}

static bool unbound_is_sent(struct exim_look *look)
{
    return find_unbound(look) == NULL && blame(look, "routers", NULL, "clean_unbound");
}

/* What the domains are is the site's own; every domain there is, is not. */
static bool takes_local_mail(struct exim_look *look)
{
    const char *const routers[] = {look->router, find_unbound(look)};

    for (size_t i = 0; i < ARRAY_LEN(routers); i++)
        if (routers[i] != NULL && exim_value(look, routers[i], "domains")[0] == '\0')
            return blame_option(look, routers[i], "domains", "! +local_domains");
    return false;
}

static bool goes_to_one_host(struct exim_look *look)
{
    return look->router != NULL &&
           strcmp(exim_value(look, look->router, "driver"), "dnslookup") != 0 &&
           blame_option(look, look->router, "driver", "dnslookup");
}

static bool router_falls_back(struct exim_look *look)
{
    return exim_value(look, look->router, "fallback_hosts")[0] != '\0' &&
           blame_option(look, look->router, "fallback_hosts", "");
}

/* ---- transports --------------------------------------------------------------------------- */

static bool transport_is_absent(struct exim_look *look)
{
    return look->router != NULL &&
           strcmp(exim_value(look, look->transport, "driver"), "smtp") != 0 &&
           blame_option(look, look->router, "transport", "clean_smtp");
}

/* The address alone, and in a list that colons do not part: those of IPv6 would. */
static bool is_unbound(struct exim_look *look)
{
    static const char bound[] = "<; $" EXIM_ADDRESS;
    struct slice found = slice_from(exim_value(look, look->transport, "interface"));
    struct slice wanted = slice_from(bound);

    return look->transport != NULL &&
           !(exim_match(&found, &wanted) && found.len == 0) &&
           blame_option(look, look->transport, "interface", bound);
}

static bool shares_connections(struct exim_look *look)
{
    return look->transport != NULL &&
           strcmp(exim_value(look, look->transport, "connection_max_messages"), "1") !=
               0 &&
           blame_option(look, look->transport, "connection_max_messages", "1");
}

static bool transport_goes_to_one_host(struct exim_look *look)
{
    const char *value = exim_value(look, look->transport, "hosts_override");

    return value[0] != '\0' && strcmp(value, "no") != 0 &&
           strcmp(value, "false") != 0 &&
           blame_option(look, look->transport, "hosts_override", "no");
}

static bool transport_falls_back(struct exim_look *look)
{
    return exim_value(look, look->transport, "fallback_hosts")[0] != '\0' &&
           blame_option(look, look->transport, "fallback_hosts", "");
}

static bool greets_wrongly(struct exim_look *look)
{
    return look->transport != NULL &&
           !exim_mentions(exim_value(look, look->transport, "helo_data"),
                          "acl_m_clean_helo") &&
           blame_option(look, look->transport, "helo_data", "$acl_m_clean_helo");
}

static bool transport_is_shared(struct exim_look *look)
{
    size_t index = 0;
    const char *router;

    while (look->transport != NULL &&
           (router = exim_next_block(look, "router ", &index)) != NULL)
        if (strcmp(router, look->router) != 0 &&
            strcmp(exim_value(look, router, "transport"),
                   exim_value(look, look->router, "transport")) == 0)
            return blame_option(look, router, "transport", NULL);
    return false;
}

/* The recipe that is found in many places: the address looked up at delivery. */
static bool binds_by_login(struct exim_look *look)
{
    size_t index = 0;
    const char *transport;

    while ((transport = exim_next_block(look, "transport ", &index)) != NULL)
        if (exim_mentions(exim_value(look, transport, "interface"), "authenticated_id"))
            return blame_option(look, transport, "interface", NULL);
    return false;
}

/* Does an address stand there, and not as a piece of another? */
static bool has_address(const char *text, const char *address)
{
    static const char inside[] = "0123456789abcdefABCDEF.";
    size_t len = strlen(address);

    for (const char *at = strstr(text, address); at != NULL;
         at = strstr(at + 1, address))
        if ((at == text || strchr(inside, at[-1]) == NULL) &&
            (at[len] == '\0' || strchr(inside, at[len]) == NULL))
            return true;
    return false;
}

static bool is_used_by_others(struct exim_look *look)
{
    size_t index = 0;
    const char *transport;

    while ((transport = exim_next_block(look, "transport ", &index)) != NULL)
        for (size_t i = 0; i < look->facts->lanes_count; i++)
            if (has_address(exim_value(look, transport, "interface"),
                            look->facts->lanes[i].address))
                return blame_option(look, transport, "interface", NULL);
    return false;
}

/* ---- logins ----------------------------------------------------------------------------------- */

/* Exim takes one authenticator for each mechanism. */
static bool has_no(struct exim_look *look, const char *mechanism)
{
    size_t index = 0;
    const char *authenticator;

    while ((authenticator = exim_next_block(look, "authenticator ", &index)) != NULL)
        if (slice_is_nocase(slice_from(exim_value(look, authenticator, "public_name")),
                            mechanism) &&
            exim_is_our_login(look, authenticator))
            return false;
    return blame(look, "authenticators", NULL, mechanism);
}

static bool has_no_plain(struct exim_look *look)
{
    return has_no(look, "PLAIN");
}

static bool has_no_login(struct exim_look *look)
{
    return has_no(look, "LOGIN");
}

static bool password_is_bare(struct exim_look *look)
{
    size_t index = 0;
    const char *authenticator;

    while ((authenticator = exim_next_block(look, "authenticator ", &index)) != NULL)
        if (exim_is_our_login(look, authenticator) &&
            !exim_mentions(
                exim_value(look, authenticator, "server_advertise_condition"), "tls_"))
            return blame_option(look, authenticator, "server_advertise_condition",
                                "${if def:tls_in_cipher}");
    return false;
}

/* Exim's plaintext driver asks for what its prompts say, and a mail program waits to be asked. */
static bool asks_for_nothing(struct exim_look *look)
{
    size_t index = 0;
    const char *authenticator;

    while ((authenticator = exim_next_block(look, "authenticator ", &index)) != NULL)
        if (exim_is_our_login(look, authenticator) &&
            strcmp(exim_value(look, authenticator, "driver"), "plaintext") == 0 &&
            exim_value(look, authenticator, "server_prompts")[0] == '\0')
            return blame_option(look, authenticator, "server_prompts", NULL);
    return false;
}

static bool login_is_nameless(struct exim_look *look)
{
    size_t index = 0;
    const char *authenticator;

    while ((authenticator = exim_next_block(look, "authenticator ", &index)) != NULL)
        if (exim_is_our_login(look, authenticator) &&
            !exim_mentions(exim_value(look, authenticator, "server_set_id"), "$auth"))
            return blame_option(look, authenticator, "server_set_id", "$auth1");
    return false;
}

#define FIRST_LINE \
 "that list, or \"require acl = ...\" as the first line of a list of your own"

static const struct exim_rule {
    struct mtacheck_rule rule;
    bool (*is_wrong)(struct exim_look *look);
} rules[] = {
    {{"mail.unjudged", MTACHECK_LEAK,
      "before the end of data, callouts and cut-through delivery go by the default address",
      FIRST_LINE},
     mail_is_unjudged          },
    {{"recipient.unjudged", MTACHECK_MISSING,
      "a recipient outside the lease's domains is refused late, and a message to several is deferred",
      FIRST_LINE},
     recipients_are_unjudged   },
    {{"data.unjudged", MTACHECK_LEAK,
      "messages of our logins are not judged at their end: no limit counts, and a "
      "revoked lease goes on in an open session",
      FIRST_LINE},
     data_is_unjudged          },
    {{"policy.socket", MTACHECK_MISSING,
      "nobody asks cleansmtp-authd: every message of our logins is deferred",
      PASTE_AGAIN},
     asks_elsewhere            },
    {{"ask.defer", MTACHECK_LEAK,
      "a message without an address is accepted instead of deferred", PASTE_AGAIN},
     unbound_is_taken          },
    {{"router.absent", MTACHECK_LEAK, "no router uses the address of a message",
      PASTE_AGAIN},
     router_is_absent          },
    {{"router.order", MTACHECK_LEAK,
      "it stands before ours and sends by the default address",
      "put clean_lane and clean_unbound in front"},
     other_comes_first         },
    {{"router.more", MTACHECK_LEAK,
      "what it cannot route goes on to a router that sends by the default address",
      "no_more"},
     goes_on                   },
    {{"router.family", MTACHECK_LEAK,
      "to a host of the other address family Exim ignores \"interface\": mail leaves by "
      "the default address",
      PASTE_AGAIN},
     other_family_is_found     },
    {{"router.unbound", MTACHECK_LEAK,
      "what has a login of ours and no address is sent by the default one",
      PASTE_AGAIN},
     unbound_is_sent           },
    {{"router.domains", MTACHECK_MISSING,
      "mail of our logins for domains of this host is not delivered here", PASTE_AGAIN},
     takes_local_mail          },
    {{"router.host", MTACHECK_LEAK,
      "mail of leases goes to a host of this router, and leaves by that host's address",
      PASTE_AGAIN},
     goes_to_one_host          },
    {{"router.fallback", MTACHECK_LEAK, "mail leaves by the fallback host's address",
      "no fallback_hosts"},
     router_falls_back         },
    {{"transport.absent", MTACHECK_LEAK, "it is not an smtp transport of our own",
      PASTE_AGAIN},
     transport_is_absent       },
    {{"transport.interface", MTACHECK_LEAK,
      "mail of our logins leaves by another address", PASTE_AGAIN},
     is_unbound                },
    {{"transport.reuse", MTACHECK_LEAK,
      "Exim sends other waiting messages over the same connection, whatever address they "
      "are bound to",
      "connection_max_messages = 1"},
     shares_connections        },
    {{"transport.host", MTACHECK_LEAK,
      "mail of leases goes to the hosts of this transport, and leaves by their address",
      PASTE_AGAIN},
     transport_goes_to_one_host},
    {{"transport.fallback", MTACHECK_LEAK, "mail leaves by the fallback host's address",
      "no fallback_hosts"},
     transport_falls_back      },
    {{"transport.helo", MTACHECK_MISSING,
      "receivers compare this name with the address's reverse name, and refuse",
      PASTE_AGAIN},
     greets_wrongly            },
    {{"transport.shared", MTACHECK_LEAK,
      "other mail waits for the same transport, and Exim joins what waits",
      "a transport of its own for each"},
     transport_is_shared       },
    {{"transport.login", MTACHECK_LEAK,
      "an address looked up at delivery: messages that wait go over each other's "
      "connections, and when the row is gone by the default address",
      "bind at MAIL, as \"cleansmtp mta exim\" does"},
     binds_by_login            },
    {{"lane.shared", MTACHECK_LEAK,
      "other mail leaves by a reserved address and spoils it",
      "another interface for this transport"},
     is_used_by_others         },
    {{"login.plain", MTACHECK_MISSING, "logins by PLAIN do not reach cleansmtp-authd",
      "paste one of the two ways in of \"cleansmtp mta exim\""},
     has_no_plain              },
    {{"login.login", MTACHECK_ADVICE, "Outlook logs in by LOGIN only",
      "paste the authenticator for LOGIN, too"},
     has_no_login              },
    {{"tls.optional", MTACHECK_LEAK, "a password may travel without TLS",
      "server_advertise_condition = ${if def:tls_in_cipher}"},
     password_is_bare          },
    {{"login.prompts", MTACHECK_MISSING,
      "mail programs that wait to be asked cannot log in", PASTE_AGAIN},
     asks_for_nothing          },
    {{"login.nameless", MTACHECK_LEAK,
      "Exim does not know whose message it is, and nothing of ours counts",
      "server_set_id = $auth1"},
     login_is_nameless         },
};

void mtacheck_exim(const struct mtacheck_facts *facts, struct arena *mem,
                   struct mtacheck_findings *out)
{
    struct exim_look look = {.facts = facts, .mem = mem};
    size_t index = 0;
    const char *authenticator;

    exim_find_ours(&look);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].is_wrong(&look))
            mtacheck_report(out, (struct mtacheck_finding){&rules[i].rule, look.where,
                                                           look.found, look.wanted});
    exim_check_acls(&look, out);
    exim_check_lanes(&look, out);
    mtacheck_socket(facts, facts->policy, out);
    while ((authenticator = exim_next_block(&look, "authenticator ", &index)) != NULL)
        if (exim_is_our_login(&look, authenticator))
            mtacheck_socket(
                facts,
                strcmp(exim_value(&look, authenticator, "driver"), "dovecot") == 0
                    ? facts->auth
                    : facts->saslauthd,
                out);
}
