/*
 * manual.h - what an option of the configuration is, in the words of cleansmtp.conf(5).
 *
 * The sentences are taken out of the manual when the program is built (tools/manual-words.sh), so
 * that there is one place that says them.
 */
#ifndef ISSUER_RENDER_MANUAL_H
#define ISSUER_RENDER_MANUAL_H

#include "base/slice.h"

/* The first sentence about an option, as plain text; option as in the manual: "zone.codes"
 * (struct config_option, manual). The empty slice for what is no option. */
struct slice manual_sentence(const char *option);

#endif
