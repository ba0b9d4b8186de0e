/*
 * metrics.h - what cleansmtpd knows about itself, as the Prometheus text format 0.0.4 says it.
 *
 * Counts and times only: no mailbox, no address, no list is named, because the page needs no sign-in.
 */
#ifndef ISSUER_OBSERVE_METRICS_H
#define ISSUER_OBSERVE_METRICS_H

#include "base/strbuf.h"
#include "issuer/app.h"
#include "issuer/dnsbl/monitor.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

NODISCARD int metrics_write(struct app *app, struct arena *mem, struct strbuf *out,
                            struct error *err);

/* How the rounds over the lists go, by the clocks of now. */
void watch_report(const struct app *app, struct monitor_report *out);
/* A sentence for people: "the last round over the lists ended 3 min ago: 40 answers of 40". */
const char *watch_sentence(const struct app *app, struct arena *mem);

#endif
