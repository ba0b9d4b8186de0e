/*
 * config.h - the configuration file: one table of options, one immutable struct.
 *
 * All programs read the same file (cleansmtp.conf(5), libconfuse syntax). Unknown names,
 * values out of range and bad durations are refused with file and line. A reload builds a new
 * struct; whoever holds the old one keeps it until it lets go.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/address.h"
#include "base/error.h"
#include "base/strbuf.h"

#define CONFIG_DEFAULT_PATH "/etc/cleansmtp/cleansmtp.conf"

enum {
    CONFIG_LIST_MAX = 32,
    CONFIG_ZONES_MAX = 32
};

struct config_list {
    const char *at[CONFIG_LIST_MAX];
    size_t count;
};

/* A block list that the file defines. Its words are checked where the catalogue's are
 * (issuer/dnsbl/zone_row.h); here only that they are there. */
struct config_zone {
    const char *name, *title;
    struct config_list codes; /* "127.0.0.2=spam source", as in the catalogue */
    const char *lookup_url;   /* "" when there is none */
    const char *clears;       /* "24h+4h", "by hand", "?" */
    const char *expiry;       /* a sentence; "" when there is none */
    bool has_test_points, may_grant;
    int line; /* of its codes */
};
/* Where the key of a list stands that answers only who has one. The file holds the secret, the
 * configuration does not. */
struct config_zone_key {
    const char *zone, *file;
    int line;
};

/* The sockets of cleansmtp-authd; each has its row in config_sockets. */
enum config_socket {
    CONFIG_SOCKET_DOVECOT,
    CONFIG_SOCKET_VERIFY,
    CONFIG_SOCKET_POLICY,
    CONFIG_SOCKET_SOCKETMAP,
    CONFIG_SOCKET_SASLAUTHD,
    CONFIG_SOCKET_NGINX,
    CONFIG_SOCKET_COUNT
};

enum config_peer {
    CONFIG_PEER_POSTFIX,
    CONFIG_PEER_EXIM,
    CONFIG_PEER_DOVECOT
};
enum config_log_format {
    CONFIG_LOG_POSTFIX,
    CONFIG_LOG_EXIM
};
enum config_log_proof {
    CONFIG_LOG_PROOF_OFF,
    CONFIG_LOG_PROOF_PREFERRED,
    CONFIG_LOG_PROOF_REQUIRED
};

/* An option as the file says it, or would: texts in quotes, the entries of a list with a blank
 * between. */
struct config_option {
    const char *name;   /* "policy.lease_max", "zone \"bl.example\".codes" */
    const char *manual; /* the same in cleansmtp.conf(5): "zone.codes" */
    const char *value;
    const char *standard; /* its default; NULL: it follows from other options */
    int line;             /* in the file; 0 when the file leaves it out */
};

struct config {
    const char *path; /* the file it was read from */
    struct config_option
        *options; /* every one, in the order of the tables in config.c */
    size_t options_count;
    const char *state_dir, *runtime_dir;
    const char *database;         /* a path; the "sqlite:" scheme is taken off */
    const char *timezone;         /* TZ name for people, default "UTC" */
    struct config_list timezones; /* further ones that agents may choose */
    const char *template_dir;
    struct config_list
        languages; /* offered to customers; the first where nobody chose */
    struct {
        const char *name;    /* the host's name on pages: "Example Hosting" */
        const char *support; /* mailbox or sentence for "ask us"; may be "" */
        const char *phone;   /* "+49 30 555 0100"; may be "" */
        const char *logo;    /* a few letters in a coloured field; may be "" */
        uint8_t color[3];    /* of that field: red, green, blue */
    } brand;
    struct {
        const char *listen, *url;
        bool is_proxied; /* every request comes through a proxy that names the client */
    } console, customer;
    struct {
        const char *host, *realm;
        const char *canary; /* the mailbox that the egress proof sends as */
        unsigned port, starttls_port;
    } submission;
    struct {
        struct config_list servers;
        unsigned port;
        int64_t timeout_s;
    } dns;
    struct {
        struct config_list use; /* names of the catalogue or of `defined` */
        int64_t check_every_s;  /* 0: only when a person asks */
        unsigned questions_per_second;
        struct config_zone *defined;
        size_t defined_count;
        struct config_zone_key *keys;
        size_t keys_count;
    } zones;
    struct {
        int64_t lease_default_s, lease_max_s, link_valid_s;
        unsigned messages_max, messages_per_hour;
        unsigned recipients_max, recipients_per_message;
        uint64_t message_size_max; /* bytes */
        unsigned leases_per_week,
            leases_per_month; /* of one mailbox, before a second person is asked */
        unsigned agent_leases_per_hour,
            agent_leases_per_day; /* by one person with all his tokens, likewise */
        bool needs_pin; /* a PIN, beside the mailbox, at the page of every link */
        bool console_reveal;
        enum config_log_proof log_proof;
    } policy;
    struct {
        /* socket paths; "" switches one off (config_sockets) */
        const char *dovecot, *verify, *policy, *socketmap, *saslauthd, *nginx;
        /* Where nginx goes on with a good login; "" and 0 without auth.nginx. */
        const char *nginx_address;
        unsigned nginx_port;
        enum config_peer peer;
        const char *group;        /* of the sockets; "" keeps ours */
        int64_t failure_delay_ms; /* before a refusal is answered */
    } auth;
    struct {
        const char *file; /* "": no log proof */
        enum config_log_format format;
        int64_t keep_s;
    } mta_log;
    struct {
        struct network *private; /* that webhooks may be posted to, though not public */
        size_t private_count;
        const char *ca_file; /* of receivers' certificates; "": the system's */
    } webhooks;
    const char *
        bounce_program; /* path of cleansmtp-bounce; default: beside us, then LIBEXECDIR */
    const char *bounce_rules; /* folder with rows of our own for it; "": none */
    void *memory;             /* the config's own arena; private */
};

struct config_socket_row {
    const char *name;   /* "auth.dovecot" */
    const char *option; /* the same for libconfuse: "auth|dovecot" */
    const char
        *file; /* below runtime_dir, unless the file names it; NULL: then it is off */
    size_t place; /* of its path in struct config */
};
extern const struct config_socket_row config_sockets[CONFIG_SOCKET_COUNT];
const char *config_socket_path(const struct config *config, enum config_socket socket);

/* A new configuration; free it with config_free. Defaults that build on others (sockets below
 * runtime_dir, the database below state_dir) are filled in. */
NODISCARD int config_load(const char *path, struct config **out, struct error *err);
void config_free(struct config *config);

/* -c, else CLEANSMTP_CONFIG, else the default path. */
const char *config_path(const char *from_option);

/* Every option with its value, one a line, defaults marked "# default"; secrets do not exist here.
 * What was read, also when the file has changed since. */
void config_show(const struct config *config, struct strbuf *out);

#endif
