/*
 * postfix_lanes.c - the transports of master.cf: each lane sends by its address and by no other,
 * and nobody else does.
 */
#include "base/base.h"

#include "base/address.h"
#include "issuer/mtacheck/postfix.h"

/* What a parameter of a lane must be. */
enum wanted {
    WANT_IF_V4, /* the address, or nothing on a lane of the other family */
    WANT_IF_V6,
    WANT_FAMILY,
    WANT_ADDRESS,
    WANT_HELO,
    WANT_YES,
    WANT_NOTHING
};

#define PASTE_AGAIN "paste this lane again as \"cleansmtp mta postfix\" prints it"

static const struct lane_parameter {
    const char *name;
    enum wanted wanted;
    struct mtacheck_rule rule;
} lane_parameters[] = {
    {"smtp_bind_address",
     WANT_IF_V4,   {"lane.bind", MTACHECK_LEAK, "mail of these leases leaves by another address",
      PASTE_AGAIN}  },
    {"smtp_bind_address6",
     WANT_IF_V6,   {"lane.bind6", MTACHECK_LEAK, "mail of these leases leaves by another address",
      PASTE_AGAIN}  },
    {"smtp_bind_address_enforce",
     WANT_YES,     {"lane.enforce", MTACHECK_LEAK,
      "while the address is not on this host, mail leaves by the default one",
      PASTE_AGAIN}    },
    {"inet_protocols",
     WANT_FAMILY,  {"lane.family", MTACHECK_LEAK,
      "to a host of the other address family, mail leaves by the default address",
      PASTE_AGAIN} },
    {"smtp_fallback_relay",
     WANT_NOTHING, {"lane.fallback", MTACHECK_LEAK,
      "what cannot be delivered at once leaves by the fallback relay's address",
      PASTE_AGAIN}},
    {"smtp_helo_name",
     WANT_HELO,    {"lane.helo", MTACHECK_MISSING,
      "receivers compare this name with the address's reverse name, and refuse",
      PASTE_AGAIN}   },
    {"myhostname",
     WANT_HELO,    {"lane.hostname", MTACHECK_MISSING,
      "mail for domains of this host bounces as \"loops back to myself\"",
      PASTE_AGAIN}   },
    {"inet_interfaces",
     WANT_ADDRESS, {"lane.interfaces", MTACHECK_MISSING,
      "mail for domains of this host bounces as \"loops back to myself\"",
      PASTE_AGAIN}},
    {"proxy_interfaces",
     WANT_NOTHING, {"lane.proxy", MTACHECK_MISSING,
      "mail for domains of this host bounces as \"loops back to myself\"",
      PASTE_AGAIN}},
};

static const struct mtacheck_rule pool_empty = {
    "pool.empty", MTACHECK_MISSING, "the pool has no address, so no lease can be given",
    "cleansmtp pool add ADDRESS --lane NAME --helo NAME"};
static const struct mtacheck_rule lane_absent = {
    "lane.absent", MTACHECK_MISSING,
    "mail of these leases is deferred: \"mail transport unavailable\"",
    "paste the lane as \"cleansmtp mta postfix\" prints it, then postfix reload"};
static const struct mtacheck_rule lane_command = {
    "lane.command", MTACHECK_LEAK, "the lane is not Postfix's smtp client",
    PASTE_AGAIN};
static const struct mtacheck_rule lane_address = {
    "lane.address", MTACHECK_MISSING,
    "the address is not on this host: mail of these leases is deferred",
    "add it to the network interface, for good"};
static const struct mtacheck_rule lane_shared = {
    "lane.shared", MTACHECK_LEAK,
    "other mail leaves by a reserved address and spoils it",
    "give this service another smtp_bind_address"};
static const struct mtacheck_rule lane_stale = {
    "lane.stale", MTACHECK_ADVICE,
    "this looks like a lane, but the pool has no such lane",
    "when its queue is empty, take it out of master.cf"};

static const char *wanted_value(enum wanted wanted, const struct mtacheck_lane *lane,
                                bool is_v4)
{
    switch (wanted) {
    case WANT_IF_V4: return is_v4 ? lane->address : "";
    case WANT_IF_V6: return is_v4 ? "" : lane->address;
    case WANT_FAMILY: return is_v4 ? "ipv4" : "ipv6";
    case WANT_ADDRESS: return lane->address;
    case WANT_HELO: return lane->helo;
    case WANT_YES: return "yes";
    case WANT_NOTHING: break;
    }
    return "";
}

/* The same text, or the same address written otherwise. */
static bool is_same(const char *found, const char *wanted)
{
    struct address a;
    struct address b;

    if (address_parse(slice_from(found), &a) && address_parse(slice_from(wanted), &b))
        return address_equal(&a, &b);
    return slice_equal_nocase(slice_from(found), slice_from(wanted));
}

static bool is_v4_lane(const struct mtacheck_lane *lane)
{
    struct address address;

    return address_parse(slice_from(lane->address), &address) &&
           address_is_v4(&address);
}

static void check_lane(const struct mtacheck_facts *facts, struct arena *mem,
                       const struct mtacheck_lane *lane, struct mtacheck_findings *out)
{
    const char *service = arena_printf(mem, "%s/unix", lane->lane);

    if (settings_find(&facts->settings, service, "command") == NULL) {
        mtacheck_report(
            out, (struct mtacheck_finding){&lane_absent, service, NULL, lane->address});
        return;
    }
    if (!postfix_runs(facts, service, "smtp"))
        mtacheck_report(out, (struct mtacheck_finding){
                                 &lane_command, service,
                                 settings_find(&facts->settings, service, "command"),
                                 "smtp"});
    for (size_t i = 0; i < ARRAY_LEN(lane_parameters); i++) {
        const struct lane_parameter *p = &lane_parameters[i];
        const char *wanted = wanted_value(p->wanted, lane, is_v4_lane(lane));
        const char *found = postfix_value(facts, service, p->name);
        if (!is_same(found, wanted))
            mtacheck_report(out,
                            (struct mtacheck_finding){
                                &p->rule, arena_printf(mem, "%s %s", service, p->name),
                                found, wanted});
    }
    if (strcmp(mtacheck_host(facts, "address", lane->address), "here") != 0)
        mtacheck_report(out, (struct mtacheck_finding){&lane_address, service, NULL,
                                                       lane->address});
}

static const struct mtacheck_lane *lane_of(const struct mtacheck_facts *facts,
                                           struct arena *mem, const char *service)
{
    for (size_t i = 0; i < facts->lanes_count; i++)
        if (strcmp(service, arena_printf(mem, "%s/unix", facts->lanes[i].lane)) == 0)
            return &facts->lanes[i];
    return NULL;
}

static bool is_reserved(const struct mtacheck_facts *facts, const char *address)
{
    for (size_t i = 0; i < facts->lanes_count; i++)
        if (address[0] != '\0' && is_same(address, facts->lanes[i].address))
            return true;
    return false;
}

/* An smtp client that is no lane of the pool. */
static void check_other(const struct mtacheck_facts *facts, struct arena *mem,
                        const char *service, struct mtacheck_findings *out)
{
    /* The first is the sender's address also where nothing binds, when it is the only one. */
    static const char *const senders[] = {"inet_interfaces", "smtp_bind_address",
                                          "smtp_bind_address6"};
    bool is_bound = false;

    for (size_t i = 0; i < ARRAY_LEN(senders); i++) {
        const char *found = postfix_value(facts, service, senders[i]);
        is_bound = is_bound || (i > 0 && found[0] != '\0');
        if (is_reserved(facts, found))
            mtacheck_report(out, (struct mtacheck_finding){
                                     &lane_shared,
                                     arena_printf(mem, "%s %s", service, senders[i]),
                                     found, NULL});
    }
    if (is_bound && postfix_is_yes(facts, service, "smtp_bind_address_enforce"))
        mtacheck_report(out,
                        (struct mtacheck_finding){&lane_stale, service, NULL, NULL});
}

void postfix_check_lanes(const struct mtacheck_facts *facts, struct arena *mem,
                         struct mtacheck_findings *out)
{
    if (facts->lanes_count == 0)
        mtacheck_report(
            out, (struct mtacheck_finding){.rule = &pool_empty, .where = "the pool"});
    for (size_t i = 0; i < facts->lanes_count; i++)
        check_lane(facts, mem, &facts->lanes[i], out);
    for (size_t i = 0; i < facts->settings.count; i++) {
        const struct setting *row = &facts->settings.at[i];
        if (strcmp(row->name, "command") == 0 &&
            postfix_runs(facts, row->scope, "smtp") &&
            lane_of(facts, mem, row->scope) == NULL)
            check_other(facts, mem, row->scope, out);
    }
}
