/*
 * config_value.c - what the values of the configuration file may be, and are by default.
 */
#include "base/base.h"

#include "base/config_value.h"

#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/number.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum {
    LABEL_OCTETS_MAX = 63 /* RFC 1035 2.3.4 */
};

/* Labels of allowed characters with a dot between, none empty; returns their number or 0. */
static size_t count_labels(struct slice name, const char *allowed)
{
    struct slice label = {0};
    size_t count = 0;

    if (name.len == 0 || name.len > DOMAIN_MAX)
        return 0;
    while (slice_cut(&name, '.', &label)) {
        if (label.len == 0 || label.len > LABEL_OCTETS_MAX)
            return 0;
        for (size_t i = 0; i < label.len; i++)
            if (label.at[i] == '\0' || strchr(allowed, label.at[i]) == NULL)
                return 0;
        count++;
    }
    return count;
}

bool config_is_zone(const char *name)
{
    return count_labels(slice_from(name), LOWER DIGITS "-_") >= 2;
}

bool config_is_host(const char *name)
{
    return count_labels(slice_from(name), LOWER UPPER DIGITS "-") >= 1;
}

bool config_is_listen(const char *where)
{
    struct slice text = slice_from(where);
    const char *colon = strrchr(where, ':');
    struct address address;
    uint64_t port;

    if (slice_starts(text, "unix:/"))
        return text.len - 5 < sizeof((struct sockaddr_un *)NULL)->sun_path;
    if (colon == NULL || !number_u64(slice_from(colon + 1), 65535, &port))
        return false;
    struct slice host = slice_of(where, (size_t)(colon - where));
    bool in_brackets = host.len > 2 && host.at[0] == '[' &&
                       host.at[host.len - 1] == ']';
    if (in_brackets)
        host = slice_of(host.at + 1, host.len - 2);
    return address_parse(host, &address) &&
           in_brackets == (slice_find_byte(host, ':') >= 0);
}

bool config_is_url(const char *url)
{
    struct slice text = slice_from(url);
    size_t scheme = slice_starts(text, "http://")    ? 7
                    : slice_starts(text, "https://") ? 8
                                                     : 0;

    if (scheme == 0 || text.len == scheme || text.at[scheme] == '/' ||
        text.at[text.len - 1] == '/')
        return false;
    return slice_is_printable(text) && strpbrk(url, " \"'<>\\`") == NULL;
}

bool config_is_timezone(const char *name)
{
    return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL &&
           strspn(name, LOWER UPPER DIGITS "/_+-.") == strlen(name);
}

const char *config_bounce_program(struct arena *mem)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    if (len > 0) {
        self[len] = '\0';
        char *slash = strrchr(self, '/');
        if (slash != NULL)
            *slash = '\0';
        const char *beside = arena_printf(mem, "%s/cleansmtp-bounce", self);
        if (access(beside, X_OK) == 0)
            return beside;
    }
    return CLEANSMTP_LIBEXECDIR "/cleansmtp-bounce";
}

const char *config_derived(const struct config *c, const char *section,
                           const char *name)
{
    const struct {
        const char *section, *name, *value;
    } rows[] = {
        {"",           "database",       c->database         },
        {"",           "bounce_program", c->bounce_program   },
        {"submission", "realm",          c->submission.realm },
        {"submission", "canary",         c->submission.canary},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].name, name) == 0)
            return rows[i].value;
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        struct slice rest = slice_from(config_sockets[i].name), its_section;
        if (config_sockets[i].file != NULL && slice_cut(&rest, '.', &its_section) &&
            slice_is(its_section, section) && slice_is(rest, name))
            return config_socket_path(c, (enum config_socket)i);
    }
    return NULL;
}

void config_write_text(struct strbuf *out, const char *text)
{
    /* libconfuse reads \", \\ and ${NAME} inside quotes. */
    strbuf_putc(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\' || *text == '$')
            strbuf_putc(out, '\\');
        if (*text == '\n')
            strbuf_puts(out, "\\n");
        else
            strbuf_putc(out, *text);
    }
    strbuf_putc(out, '"');
}
