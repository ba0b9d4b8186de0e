/*
 * stamp.h - the times at the start of log lines.
 *
 * Local times are read in the zone of TZ, which cleansmtpd sets from `timezone`: it must be the
 * mail server's. In the hour that comes twice in autumn either may be meant.
 */
#ifndef ISSUER_MTALOG_STAMP_H
#define ISSUER_MTALOG_STAMP_H

#include "base/slice.h"

/* "Nov 24 09:02:11 " (RFC 3164 4.1.2, local, without a year) or
 * "2026-11-24T09:02:11.123456+01:00 " (RFC 5424, rsyslog of Debian 12). The year is the latest that
 * does not lie in the future: more than a day behind now. */
NODISCARD bool stamp_take_syslog(struct slice *text, int64_t now, int64_t *out);
/* "2026-11-24 09:02:11 ", local, or with the log_selector or log_timezone forms: milliseconds, then
 * "+0100 " and "[pid] ". */
NODISCARD bool stamp_take_exim(struct slice *text, int64_t *out);

#endif
