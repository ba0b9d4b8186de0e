/*
 * doctor_pool.c - each reserved address: on this host, named both ways, in the customers' SPF, on
 * no list.
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "issuer/cli/output.h"

enum {
    DOMAINS_MAX = 20, /* whose SPF is looked at, each against every address */
    LEASES_READ =
        200, /* the newest: their mailboxes say which domains customers have */
};

/* One reserved address, looked at. */
struct ward {
    struct doctor *doctor;
    const char *address, *lane, *state;
};

static const char *about(const struct ward *ward, const char *what)
{
    return arena_printf(ward->doctor->mem, "%s %s", ward->address, what);
}

/* ---- on this host ---- */

static bool on_an_interface(const struct address *wanted)
{
    struct ifaddrs *all = NULL;
    bool found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next) {
        struct address have = {
            .bytes = {[10] = 0xff, [11] = 0xff}
        };
        if (at->ifa_addr == NULL)
            continue;
        if (at->ifa_addr->sa_family == AF_INET) {
            struct sockaddr_in v4;
            memcpy(&v4, at->ifa_addr, sizeof v4);
            memcpy(have.bytes + 12, &v4.sin_addr, 4);
        } else if (at->ifa_addr->sa_family == AF_INET6) {
            struct sockaddr_in6 v6;
            memcpy(&v6, at->ifa_addr, sizeof v6);
            memcpy(have.bytes, &v6.sin6_addr, 16);
        } else {
            continue;
        }
        found = address_equal(&have, wanted);
    }
    freeifaddrs(all);
    return found;
}

/* 0, or the error of bind. A port of the kernel's choice: nobody is disturbed. */
static int try_bind(const struct address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is_v4 = address_is_v4(address);
    int why = 0;

    memcpy(&v4.sin_addr, address->bytes + 12, 4);
    memcpy(&v6.sin6_addr, address->bytes, 16);
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int result = is_v4 ? bind(fd, (const struct sockaddr *)&v4, sizeof v4)
                       : bind(fd, (const struct sockaddr *)&v6, sizeof v6);
    if (result != 0)
        why = errno;
    close(fd);
    return why;
}

static void check_host(const struct ward *ward)
{
    struct findings *found = &ward->doctor->found;
    const char *check = about(ward, "on this host");
    struct address address;
    struct error why = {0};

    if (!address_parse(slice_from(ward->address), &address))
        return;
    int bound = try_bind(&address);
    if (bound == 0 && on_an_interface(&address)) {
        findings_add(found, FINDING_OK, check, NULL, "lane %s can send from it",
                     ward->lane);
    } else if (bound == 0) {
        /* net.ipv4.ip_nonlocal_bind: the bind proves nothing. */
        findings_add(
            found, FINDING_PROBLEM, check,
            "add it to an interface of the host that sends",
            "it can be bound, but is on no interface: answers will not come back");
    } else {
        error_set_errno(&why, ERROR_UNAVAILABLE, bound, "it cannot be bound");
        findings_add(found, FINDING_PROBLEM, check,
                     "add it to an interface, or run doctor on the host that sends",
                     "%s: mail of lane %s waits", why.text, ward->lane);
    }
}

/* ---- its name, and SPF: the daemon asks ---- */

static enum finding_result result_of(const json_t *check)
{
    const char *word = member(check, "result");

    return strcmp(word, "yes") == 0  ? FINDING_OK
           : strcmp(word, "no") == 0 ? FINDING_PROBLEM
                                     : FINDING_UNKNOWN;
}

static json_t *ask_reach(const struct ward *ward, const char *domain, struct error *err)
{
    struct cli *cli = ward->doctor->cli;
    const char *path = cli_path(cli, "pool", ward->address, "reach");
    json_t *reach = NULL;

    if (domain != NULL)
        path = arena_printf(&cli->mem, "%s?domain=%s", path, domain);
    return cli_get(cli, path, &reach, err) == 0 ? reach : NULL;
}

static void check_name(const struct ward *ward)
{
    struct findings *found = &ward->doctor->found;
    const char *check = about(ward, "name");
    struct error why = {0};
    json_t *reach = ask_reach(ward, NULL, &why);

    if (reach == NULL) {
        findings_add(found, FINDING_UNKNOWN, check, NULL, "%s", why.text);
        return;
    }
    const json_t *row = json_array_get(json_object_get(reach, "checks"), 0);
    enum finding_result result = result_of(row);
    findings_add(found, result, check,
                 result == FINDING_PROBLEM
                     ? "have the reverse name, its address and the HELO name agree: "
                       "recipients refuse what they cannot name"
                     : NULL,
                 "%s", member(row, "answer"));
    json_decref(reach);
}

/* How the results of RFC 7208 weigh; one that is not here is unknown. */
static const struct {
    const char *spf;
    enum finding_result result;
} spf_rows[] = {
    {"pass",      FINDING_OK     },
    {"none",      FINDING_WARNING},
    {"neutral",   FINDING_WARNING},
    {"softfail",  FINDING_PROBLEM},
    {"fail",      FINDING_PROBLEM},
    {"permerror", FINDING_PROBLEM},
};

static void check_spf(const struct ward *ward, const char *domain)
{
    struct doctor *doctor = ward->doctor;
    const char *check = about(ward, arena_printf(doctor->mem, "SPF of %s", domain));
    enum finding_result result = FINDING_UNKNOWN;
    struct error why = {0};
    json_t *reach = ask_reach(ward, domain, &why);

    if (reach == NULL) {
        findings_add(&doctor->found, FINDING_UNKNOWN, check, NULL, "%s", why.text);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(spf_rows); i++)
        if (strcmp(member(reach, "spf"), spf_rows[i].spf) == 0)
            result = spf_rows[i].result;
    const json_t *row = json_array_get(json_object_get(reach, "checks"), 1);
    const char *proposal = json_string_value(json_object_get(reach, "proposal"));
    const char *todo = NULL;
    if (result == FINDING_PROBLEM && proposal != NULL)
        todo = arena_printf(doctor->mem, "publish at %s: %s", domain, proposal);
    else if (result == FINDING_PROBLEM)
        todo =
            "have the owner of the domain, or the record that it includes, name this "
            "address";
    findings_add(&doctor->found, result, check, todo, "%s", member(row, "answer"));
    json_decref(reach);
}

/* ---- lists ---- */

/* The lists that say listed, and those that say neither that nor clear. */
static void read_lists(const struct ward *ward, const json_t *items,
                       const char **out_listed, const char **out_unknown)
{
    *out_listed = *out_unknown = "";
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *row = json_array_get(items, i);
        bool is_listed = strcmp(member(row, "state"), "listed") == 0;
        const char **lists = is_listed ? out_listed : out_unknown;
        if (is_listed || strcmp(member(row, "state"), "clear") != 0)
            *lists = arena_printf(ward->doctor->mem, "%s%s%s", *lists,
                                  (*lists)[0] != '\0' ? ", " : "", member(row, "list"));
    }
}

static void check_lists(const struct ward *ward)
{
    struct findings *found = &ward->doctor->found;
    const char *check = about(ward, "listings");
    bool is_resting = strcmp(ward->state, "resting") == 0;
    struct error why = {0};
    json_t *answer = NULL;

    if (cli_post(ward->doctor->cli, "/api/v1/listings/check",
                 json_pack("{s:s}", "address", ward->address), &answer, &why) != 0) {
        findings_add(found, FINDING_UNKNOWN, check, NULL, "%s", why.text);
        return;
    }
    const json_t *items = json_object_get(answer, "items");
    const char *listed;
    const char *unknown;
    read_lists(ward, items, &listed, &unknown);
    if (listed[0] != '\0')
        findings_add(found, is_resting ? FINDING_WARNING : FINDING_PROBLEM, check,
                     is_resting ? "activate it when it is clear"
                                : arena_printf(ward->doctor->mem,
                                               "cleansmtp pool rest %s", ward->address),
                     "it is listed now on %s", listed);
    else if (unknown[0] != '\0')
        findings_add(
            found, FINDING_UNKNOWN, check,
            "look at the resolver in dns.servers, and whether these lists answer "
            "it",
            "no answer from %s", unknown);
    else
        findings_add(found, FINDING_OK, check, NULL, "clear on each of %zu lists",
                     json_array_size(items));
    json_decref(answer);
}

/* ---- all of it ---- */

struct domains {
    const char *at[DOMAINS_MAX];
    size_t count;
    bool has_more;
};

static void add_domain(struct domains *domains, const char *domain)
{
    for (size_t i = 0; i < domains->count; i++)
        if (strcasecmp(domains->at[i], domain) == 0)
            return;
    if (domains->count == DOMAINS_MAX)
        domains->has_more = true;
    else
        domains->at[domains->count++] = domain;
}

/* Those that were named, or else those of the customers who have a lease that may still send. */
static void find_domains(struct doctor *doctor, struct domains *out)
{
    const struct cli *cli = doctor->cli;
    struct error ignored = {0};
    json_t *leases = NULL;

    for (size_t i = 0; i < cli->options[CLI_DOMAIN].count; i++)
        add_domain(out, cli->options[CLI_DOMAIN].at[i]);
    if (out->count > 0 ||
        cli_list(doctor->cli, "/api/v1/leases", LEASES_READ, &leases, &ignored) != 0)
        return;
    for (size_t i = 0; i < json_array_size(leases); i++) {
        const json_t *lease = json_array_get(leases, i);
        const char *at = strrchr(member(lease, "mailbox"), '@');
        if (at != NULL && json_is_null(json_object_get(lease, "ended_at")))
            add_domain(out, arena_strdup(doctor->mem, at + 1));
    }
    json_decref(leases);
}

static void check_address(const struct ward *ward, const struct domains *domains)
{
    if (strcmp(ward->state, "retired") == 0)
        return;
    check_host(ward);
    check_name(ward);
    for (size_t i = 0; i < domains->count; i++)
        check_spf(ward, domains->at[i]);
    check_lists(ward);
}

void doctor_check_pool(struct doctor *doctor)
{
    struct domains domains = {0};
    size_t usable = 0;

    if (!doctor_has_pool(doctor, "addresses"))
        return;
    find_domains(doctor, &domains);
    for (size_t i = 0; i < json_array_size(doctor->pool); i++) {
        const json_t *row = json_array_get(doctor->pool, i);
        const struct ward ward = {.doctor = doctor,
                                  .address = member(row, "address"),
                                  .lane = member(row, "lane"),
                                  .state = member(row, "state")};
        usable += strcmp(ward.state, "active") == 0;
        check_address(&ward, &domains);
    }
    if (usable == 0)
        findings_add(&doctor->found, FINDING_PROBLEM, "addresses",
                     "cleansmtp pool add ADDRESS --lane NAME --helo NAME",
                     "no reserved address takes leases");
    if (domains.count == 0)
        findings_add(&doctor->found, FINDING_WARNING, "SPF",
                     "name customers' domains with --domain",
                     "no customer has a lease now, so nobody's SPF was looked at");
    if (domains.has_more)
        findings_add(
            &doctor->found, FINDING_WARNING, "SPF", "name the others with --domain",
            "SPF was looked at for the first %d domains only", (int)DOMAINS_MAX);
}
