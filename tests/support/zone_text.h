/*
 * zone_text.h - DNS as a text: a line a record, "name TYPE value".
 *
 * A name "*" stands for every name. The values "!failed" and "!timeout" make the question end like
 * that, "!empty" is an answer without records. What is not there does not exist. Lines that are
 * none are passed over, so that a fuzzer may write them.
 */
#ifndef TESTS_SUPPORT_ZONE_TEXT_H
#define TESTS_SUPPORT_ZONE_TEXT_H

#include "core/spf.h"

struct zone_text {
    struct slice text;
    size_t questions; /* asked so far */
};

/* The result points at zone, which must outlive it. */
struct spf_dns zone_text_dns(struct zone_text *zone);

#endif
