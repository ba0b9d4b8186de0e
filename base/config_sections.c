/*
 * config_sections.c - what the options of each section mean, checked and put into the struct.
 */
#include "base/base.h"

#include "base/config_reading.h"

#include "base/address.h"
#include "base/config_value.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/number.h"

/* "file:line: section.option why"; the line is left out where the value is a default. */
static int bad(struct reading *r, const char *option, const char *why)
{
    char *shown = arena_strdup(r->mem, option);
    char *bar = strchr(shown, '|');
    int line = config_line_of(r, option);

    if (bar != NULL)
        *bar = '.';
    const char *place = line == 0 ? "" : arena_printf(r->mem, ":%d", line);
    return error_set(r->err, ERROR_INVALID, "%s%s: %s %s", r->config->path, place,
                     shown, why);
}

static const char *text_of(struct reading *r, const char *option)
{
    const char *value = cfg_getstr(r->tree, option);

    return arena_strdup(r->mem, value == NULL ? "" : value);
}

static int read_path(struct reading *r, const char *option, const char **out)
{
    const char *value = text_of(r, option);

    if (value[0] != '\0' && value[0] != '/')
        return bad(r, option, "must be an absolute path");
    *out = value;
    return 0;
}

/* Seconds, or milliseconds with in_ms; "500ms" is taken where it makes sense. */
static int read_duration(struct reading *r, const char *option, bool in_ms,
                         int64_t *out)
{
    struct slice text = slice_from(cfg_getstr(r->tree, option));
    struct error why = {0};
    uint64_t ms;
    int64_t seconds;

    if (in_ms && slice_ends_nocase(text, "ms")) {
        if (!number_u64(slice_take(text, text.len - 2), 60000, &ms))
            return bad(r, option, "is not a duration such as 500ms");
        *out = (int64_t)ms;
        return 0;
    }
    if (number_duration_s(text, &seconds, &why) != 0)
        return bad(r, option, why.text);
    *out = in_ms ? seconds * 1000 : seconds;
    return 0;
}

static int read_number(struct reading *r, const char *option, long min, long max,
                       unsigned *out)
{
    long value = cfg_getint(r->tree, option);

    if (value < min || value > max)
        return bad(r, option,
                   arena_printf(r->mem, "must be from %ld to %ld", min, max));
    *out = (unsigned)value;
    return 0;
}

static int read_size(struct reading *r, const char *option, uint64_t min, uint64_t *out)
{
    struct error why = {0};

    if (number_size(slice_from(cfg_getstr(r->tree, option)), out, &why) != 0)
        return bad(r, option, why.text);
    if (*out < min)
        return bad(
            r, option,
            arena_printf(r->mem, "must be at least %llu", (unsigned long long)min));
    return 0;
}

static int read_word(struct reading *r, const char *option, const char *const *words,
                     size_t count, unsigned *out)
{
    const char *value = cfg_getstr(r->tree, option);

    for (size_t i = 0; i < count; i++)
        if (strcmp(value, words[i]) == 0) {
            *out = (unsigned)i;
            return 0;
        }
    return bad(r, option, arena_printf(r->mem, "cannot be \"%.40s\"", value));
}

static int read_list(struct reading *r, const char *option, struct config_list *out)
{
    unsigned count = cfg_size(r->tree, option);

    if (count == 0 || count > CONFIG_LIST_MAX)
        return bad(r, option, "must have 1 to 32 entries");
    for (unsigned i = 0; i < count; i++)
        out->at[i] = arena_strdup(r->mem, cfg_getnstr(r->tree, option, i));
    out->count = count;
    return 0;
}

static int read_url(struct reading *r, const char *option, const char **out)
{
    const char *value = text_of(r, option);

    if (!config_is_url(value))
        return bad(r, option,
                   "must be http:// or https:// and a host, without a final \"/\"");
    *out = value;
    return 0;
}

static int read_listen(struct reading *r, const char *option, const char **out)
{
    const char *value = text_of(r, option);

    if (!config_is_listen(value))
        return bad(r, option,
                   "must be an address and port such as 127.0.0.1:8025, or unix:/path");
    *out = value;
    return 0;
}

static int read_dns(struct reading *r)
{
    struct config *c = r->config;
    struct address parsed;

    if (read_list(r, "dns|servers", &c->dns.servers) != 0 ||
        read_number(r, "dns|port", 1, 65535, &c->dns.port) != 0 ||
        read_duration(r, "dns|timeout", false, &c->dns.timeout_s) != 0)
        return -1;
    if (c->dns.timeout_s > 30)
        return bad(r, "dns|timeout", "must be at most 30s");
    for (size_t i = 0; i < c->dns.servers.count; i++)
        if (!address_parse(slice_from(c->dns.servers.at[i]), &parsed))
            return bad(r, "dns|servers", "must be addresses");
    return 0;
}

/* How often our addresses are asked about, and how fast. */
static int read_rounds(struct reading *r)
{
    struct config *c = r->config;

    if (read_number(r, "zones|questions_per_second", 4, 1000,
                    &c->zones.questions_per_second) != 0)
        return -1;
    if (strcmp(cfg_getstr(r->tree, "zones|check_every"), "off") == 0)
        return 0;
    if (read_duration(r, "zones|check_every", false, &c->zones.check_every_s) != 0)
        return -1;
    if (c->zones.check_every_s < 1 || c->zones.check_every_s > INT64_C(24) * 3600)
        return bad(r, "zones|check_every", "must be from 1s to 24h, or \"off\"");
    return 0;
}

static int read_zones(struct reading *r)
{
    struct config *c = r->config;
    unsigned defined = cfg_size(r->tree, "zones|zone");
    unsigned keys = cfg_size(r->tree, "zones|key");

    if (read_list(r, "zones|use", &c->zones.use) != 0 || read_rounds(r) != 0)
        return -1;
    for (size_t i = 0; i < c->zones.use.count; i++)
        if (!config_is_zone(c->zones.use.at[i]))
            return bad(r, "zones|use",
                       "must be names of block list zones, in lower case");
    if (defined > CONFIG_ZONES_MAX || keys > CONFIG_ZONES_MAX)
        return bad(r, "zones", "must have at most 32 zones and 32 keys");
    c->zones.defined = arena_array(r->mem, defined, sizeof *c->zones.defined);
    c->zones.keys = arena_array(r->mem, keys, sizeof *c->zones.keys);
    for (unsigned i = 0; i < defined; i++)
        if (config_read_zone(r, cfg_getnsec(r->tree, "zones|zone", i),
                             &c->zones.defined[i]) != 0)
            return -1;
    for (unsigned i = 0; i < keys; i++)
        if (config_read_key(r, cfg_getnsec(r->tree, "zones|key", i),
                            &c->zones.keys[i]) != 0)
            return -1;
    c->zones.defined_count = defined;
    c->zones.keys_count = keys;
    return 0;
}

/* What the leases' logins may do at the mail server. */
static int read_limits(struct reading *r)
{
    struct config *c = r->config;

    if (read_number(r, "policy|messages_max", 1, 100000, &c->policy.messages_max) !=
            0 ||
        read_number(r, "policy|messages_per_hour", 1, 100000,
                    &c->policy.messages_per_hour) != 0 ||
        read_number(r, "policy|recipients_max", 1, 1000000,
                    &c->policy.recipients_max) != 0 ||
        read_number(r, "policy|recipients_per_message", 1, 100000,
                    &c->policy.recipients_per_message) != 0)
        return -1;
    /* A message has headers; less could send nothing. */
    return read_size(r, "policy|message_size_max", 10240, &c->policy.message_size_max);
}

static int read_quotas(struct reading *r)
{
    struct config *c = r->config;

    if (read_number(r, "policy|leases_per_week", 0, 1000, &c->policy.leases_per_week) !=
            0 ||
        read_number(r, "policy|leases_per_month", 0, 1000,
                    &c->policy.leases_per_month) != 0 ||
        read_number(r, "policy|agent_leases_per_hour", 0, 10000,
                    &c->policy.agent_leases_per_hour) != 0)
        return -1;
    return read_number(r, "policy|agent_leases_per_day", 0, 10000,
                       &c->policy.agent_leases_per_day);
}

static int read_policy(struct reading *r)
{
    static const char *const log_proofs[] = {"off", "preferred", "required"};
    static const char *const proofs[] = {"mailbox", "pin"};
    struct config *c = r->config;
    unsigned log_proof = 0;
    unsigned proof = 0;

    if (read_duration(r, "policy|lease_default", false, &c->policy.lease_default_s) !=
            0 ||
        read_duration(r, "policy|lease_max", false, &c->policy.lease_max_s) != 0 ||
        read_duration(r, "policy|link_valid", false, &c->policy.link_valid_s) != 0 ||
        read_limits(r) != 0 || read_quotas(r) != 0 ||
        read_word(r, "policy|proof", proofs, ARRAY_LEN(proofs), &proof) != 0 ||
        read_word(r, "policy|log_proof", log_proofs, ARRAY_LEN(log_proofs),
                  &log_proof) != 0)
        return -1;
    c->policy.needs_pin = proof == 1;
    c->policy.log_proof = (enum config_log_proof)log_proof;
    c->policy.console_reveal = cfg_getbool(r->tree, "policy|console_reveal") ==
                               cfg_true;
    if (c->policy.lease_default_s > c->policy.lease_max_s)
        return bad(r, "policy|lease_default", "must not exceed lease_max");
    return 0;
}

/* A socket that the file does not name stands in runtime_dir, or is off; one that it names as ""
 * is off. */
static int read_sockets(struct reading *r)
{
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        const struct config_socket_row *row = &config_sockets[i];
        const char **path = (void *)((char *)r->config + row->place);
        if (read_path(r, row->option, path) != 0)
            return -1;
        const cfg_opt_t *option = cfg_getopt(r->tree, row->option);
        if (row->file != NULL && (option->flags & CFGF_MODIFIED) == 0)
            *path = arena_printf(r->mem, "%s/%s", r->config->runtime_dir, row->file);
    }
    return 0;
}

/* "192.0.2.1:587" or "[2001:db8::1]:587": nginx takes no host name. */
static int read_nginx_upstream(struct reading *r)
{
    struct slice text = slice_from(text_of(r, "auth|nginx_upstream")), host, port;
    struct config *c = r->config;
    struct address address;
    char canonical[ADDRESS_TEXT_MAX + 1];
    uint64_t number;

    c->auth.nginx_address = "";
    if (text.len == 0)
        return c->auth.nginx[0] == '\0'
                   ? 0
                   : bad(r, "auth|nginx", "needs auth.nginx_upstream");
    /* The last colon: an IPv6 address has its own. */
    for (port = text; slice_find_byte(port, ':') >= 0;)
        (void)slice_cut(&port, ':', &host);
    host = slice_take(text, text.len - port.len - (port.len < text.len ? 1 : 0));
    bool is_bracketed = host.len > 2 && host.at[0] == '[' &&
                        host.at[host.len - 1] == ']';
    if (is_bracketed)
        host = slice_of(host.at + 1, host.len - 2);
    if (!address_parse(host, &address) || address_is_v4(&address) == is_bracketed ||
        !number_u64(port, 65535, &number) || number == 0)
        return bad(r, "auth|nginx_upstream", "must be an address and a port");
    address_format(&address, canonical);
    c->auth.nginx_address = arena_printf(r->mem, "%s", canonical);
    c->auth.nginx_port = (unsigned)number;
    return 0;
}

static int read_auth(struct reading *r)
{
    static const char *const peers[] = {"postfix", "exim", "dovecot"};
    struct config *c = r->config;
    unsigned peer = 0;

    if (read_sockets(r) != 0 ||
        read_word(r, "auth|peer", peers, ARRAY_LEN(peers), &peer) != 0 ||
        read_duration(r, "auth|failure_delay", true, &c->auth.failure_delay_ms) != 0 ||
        read_nginx_upstream(r) != 0)
        return -1;
    c->auth.peer = (enum config_peer)peer;
    c->auth.group = text_of(r, "auth|group");
    if (c->auth.failure_delay_ms > 5000) /* Postfix gives up after 10 s */
        return bad(r, "auth|failure_delay", "must be at most 5s");
    return 0;
}

static int read_mta_log(struct reading *r)
{
    static const char *const formats[] = {"postfix", "exim"};
    struct config *c = r->config;
    unsigned format = 0;

    if (read_path(r, "mta_log|file", &c->mta_log.file) != 0 ||
        read_word(r, "mta_log|format", formats, ARRAY_LEN(formats), &format) != 0 ||
        read_duration(r, "mta_log|keep", false, &c->mta_log.keep_s) != 0)
        return -1;
    c->mta_log.format = (enum config_log_format)format;
    if (c->mta_log.keep_s < 86400)
        return bad(r, "mta_log|keep", "must be at least 1d");
    return 0;
}

/* "#0b57b0" */
static int read_color(struct reading *r, const char *option, uint8_t out[3])
{
    const char *value = cfg_getstr(r->tree, option);

    if (value[0] != '#' || strlen(value) != 7 ||
        !hex_decode(slice_from(value + 1), out, 3))
        return bad(r, option, "must be a colour such as #0b57b0");
    return 0;
}

static int read_brand(struct reading *r)
{
    enum {
        LOGO_MAX = 12 /* bytes: a few letters of any script */
    };
    struct config *c = r->config;

    c->brand.name = text_of(r, "brand|name");
    c->brand.support = text_of(r, "brand|support");
    c->brand.phone = text_of(r, "brand|phone");
    c->brand.logo = text_of(r, "brand|logo");
    if (c->brand.name[0] == '\0' || !slice_is_utf8(slice_from(c->brand.name)))
        return bad(r, "brand|name", "must be text");
    if (strlen(c->brand.logo) > LOGO_MAX || !slice_is_utf8(slice_from(c->brand.logo)))
        return bad(r, "brand|logo", "must be a few letters");
    for (const char *p = c->brand.phone; *p != '\0'; p++)
        if (strchr("+0123456789 ()/-", *p) == NULL)
            return bad(r, "brand|phone", "must be a telephone number");
    return read_color(r, "brand|color", c->brand.color);
}

static int read_languages(struct reading *r)
{
    struct config_list *list = &r->config->languages;

    if (read_list(r, "languages", list) != 0)
        return -1;
    for (size_t i = 0; i < list->count; i++)
        for (const char *p = list->at[i]; p == list->at[i] || *p != '\0'; p++)
            if ((*p < 'a' || *p > 'z') && (*p != '-' || p == list->at[i]))
                return bad(r, "languages", "must be codes such as en and de");
    return 0;
}

static int read_sites(struct reading *r)
{
    struct config *c = r->config;

    c->timezone = text_of(r, "timezone");
    c->submission.host = text_of(r, "submission|host");
    c->submission.realm = text_of(r, "submission|realm");
    c->submission.canary = text_of(r, "submission|canary");
    c->console.is_proxied = cfg_getbool(r->tree, "console|proxied") == cfg_true;
    c->customer.is_proxied = cfg_getbool(r->tree, "customer|proxied") == cfg_true;
    if (read_listen(r, "console|listen", &c->console.listen) != 0 ||
        read_listen(r, "customer|listen", &c->customer.listen) != 0 ||
        read_url(r, "console|url", &c->console.url) != 0 ||
        read_url(r, "customer|url", &c->customer.url) != 0 ||
        read_number(r, "submission|port", 1, 65535, &c->submission.port) != 0 ||
        read_number(r, "submission|starttls_port", 1, 65535,
                    &c->submission.starttls_port) != 0)
        return -1;
    if (c->submission.realm[0] == '\0')
        c->submission.realm = c->submission.host;
    if (c->submission.canary[0] == '\0')
        c->submission.canary = arena_printf(r->mem, "postmaster@%s",
                                            c->submission.host);
    if (!config_is_host(c->submission.host))
        return bad(r, "submission|host", "must be a host name");
    if (!config_is_host(c->submission.realm))
        return bad(r, "submission|realm", "must be a host name");
    if (strchr(c->submission.canary, '@') == NULL)
        return bad(r, "submission|canary", "must be a mailbox");
    if (!config_is_timezone(c->timezone))
        return bad(r, "timezone", "must be a name such as Europe/Berlin");
    if (cfg_size(r->tree, "timezones") > 0 &&
        read_list(r, "timezones", &c->timezones) != 0)
        return -1;
    for (size_t i = 0; i < c->timezones.count; i++)
        if (!config_is_timezone(c->timezones.at[i]))
            return bad(r, "timezones", "must be names such as Europe/Berlin");
    if (read_brand(r) != 0)
        return -1;
    return read_languages(r);
}

static int read_folders(struct reading *r)
{
    struct config *c = r->config;
    const char *database = text_of(r, "database");

    if (read_path(r, "state_dir", &c->state_dir) != 0 ||
        read_path(r, "runtime_dir", &c->runtime_dir) != 0 ||
        read_path(r, "template_dir", &c->template_dir) != 0 ||
        read_path(r, "bounce_program", &c->bounce_program) != 0 ||
        read_path(r, "bounce_rules", &c->bounce_rules) != 0)
        return -1;
    if (strncmp(database, "sqlite:", 7) == 0)
        database += 7;
    else if (strstr(database, ":") != NULL)
        return bad(r, "database", "must start with \"sqlite:\"");
    if (database[0] != '\0' && database[0] != '/')
        return bad(r, "database", "must be an absolute path behind \"sqlite:\"");
    if (c->state_dir[0] == '\0')
        return bad(r, "state_dir", "must not be empty");
    if (c->runtime_dir[0] == '\0')
        return bad(r, "runtime_dir", "must not be empty");
    c->database = database[0] != '\0'
                      ? database
                      : arena_printf(r->mem, "%s/cleansmtp.db", c->state_dir);
    return 0;
}

/* Where webhooks may go besides the Internet. */
static int read_webhooks(struct reading *r)
{
    struct config *c = r->config;
    unsigned count = cfg_size(r->tree, "webhooks|private");

    if (count > CONFIG_LIST_MAX)
        return bad(r, "webhooks|private", "must have at most 32 entries");
    c->webhooks.private = arena_array(r->mem, count, sizeof *c->webhooks.private);
    for (unsigned i = 0; i < count; i++) {
        const char *text = cfg_getnstr(r->tree, "webhooks|private", i);
        struct error why = {0};
        if (network_parse(slice_from(text), &c->webhooks.private[i], &why) != 0)
            return bad(r, "webhooks|private", "must be networks or addresses");
    }
    c->webhooks.private_count = count;
    return read_path(r, "webhooks|ca_file", &c->webhooks.ca_file);
}

int config_read_sections(struct reading *r)
{
    if (read_folders(r) != 0 || read_sites(r) != 0 || read_dns(r) != 0 ||
        read_zones(r) != 0 || read_policy(r) != 0 || read_auth(r) != 0 ||
        read_mta_log(r) != 0 || read_webhooks(r) != 0)
        return -1;
    if (r->config->bounce_program[0] == '\0')
        r->config->bounce_program = config_bounce_program(r->mem);
    return 0;
}
