/*
 * config_value.h - what the values of the configuration file may be, and are by default.
 *
 * Private to config.c, and apart from it so that these rules are read, and tested, without a
 * parser around them.
 */
#ifndef BASE_CONFIG_VALUE_H
#define BASE_CONFIG_VALUE_H

#include "base/arena.h"
#include "base/config.h"
#include "base/strbuf.h"

/* The name of a DNS list zone: lower case, at least one dot, labels as in RFC 1035 2.3.4. */
NODISCARD bool config_is_zone(const char *name);
/* A host name (RFC 1123 2.1). */
NODISCARD bool config_is_host(const char *name);
/* "127.0.0.1:8025", "[::1]:8025" or "unix:/path". */
NODISCARD bool config_is_listen(const char *where);
/* http:// or https://, a host, and no final "/"; nothing that would need quoting. */
NODISCARD bool config_is_url(const char *url);
/* A name below zoneinfo, such as "Europe/Berlin"; whether it exists is libc's affair. */
NODISCARD bool config_is_timezone(const char *name);

/* cleansmtp-bounce: beside us, as in a build tree, else where it is installed. Lives in mem. */
const char *config_bounce_program(struct arena *mem);
/* What was filled in for an option that the file leaves out and that follows from others; NULL
 * for any other option. section is "" at the top level. */
const char *config_derived(const struct config *config, const char *section,
                           const char *name);
/* text in quotes, as the file would have to say it. */
void config_write_text(struct strbuf *out, const char *text);

#endif
