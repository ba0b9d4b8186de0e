/*
 * spf_internal.h - the two halves below check_host(): the grammar of a record (spf_record.c) and
 * macros (spf_macro.c). For core/spf*.c and their tests only.
 */
#ifndef CORE_SPF_INTERNAL_H
#define CORE_SPF_INTERNAL_H

#include "base/strbuf.h"
#include "core/spf.h"

enum {
    LABEL_BYTES_MAX = 63, /* RFC 1035 2.3.4 */
    /* Before names are cut to DOMAIN_MAX from the left (7.3). Beyond it the name is useless: the
     * right end, which would be kept, is lost. */
    SPF_EXPANDED_MAX = 16 * 1024,
    SPF_SHOWN_MAX = 100
};

enum spf_kind {
    SPF_KIND_ALL,
    SPF_KIND_INCLUDE,
    SPF_KIND_A,
    SPF_KIND_MX,
    SPF_KIND_PTR,
    SPF_KIND_IP4,
    SPF_KIND_IP6,
    SPF_KIND_EXISTS,
    SPF_KIND_REDIRECT,
    SPF_KIND_EXP,
    SPF_KIND_OTHER, /* a modifier nobody knows; ignored (RFC 7208 6) */
    SPF_KIND_COUNT
};

/* What a term points at lives as long as the record. */
struct spf_term {
    enum spf_kind kind;
    enum spf_result qualifier; /* what a match means; of mechanisms */
    struct slice text;         /* the term as published */
    struct slice domain; /* domain-spec, not expanded; empty: the current domain */
    struct address base; /* ip4, ip6 */
    unsigned prefix4, prefix6; /* 0 to 32, 0 to 128; of ip4 and ip6 the one that fits */
};

/* "v=spf1" and nothing or a blank behind it (4.5). */
bool spf_is_record(struct slice text);
/* The terms behind the version. */
struct slice spf_terms(struct slice record);
/* The next term of *rest. 1, 0 when there is none, -1 when it breaks the grammar. */
NODISCARD int spf_term_next(struct slice *rest, struct spf_term *out,
                            struct error *err);
/* The whole record keeps to the grammar (4.6); redirect and exp stand at most once (6). */
NODISCARD int spf_record_check(struct slice record, struct error *err);
/* The start of foreign bytes, printable. */
void spf_shown(struct slice text, char out[SPF_SHOWN_MAX + 1]);

/* What macro letters stand for (7.2). */
struct spf_values {
    const char *sender;     /* %{s}; %{l} and %{o} are its two sides */
    const char *domain;     /* %{d}: the domain whose record is read */
    const char *helo;       /* %{h} */
    const char *validated;  /* %{p} */
    struct address address; /* %{i}, %{v} */
};
/* Macros keep to the grammar (7.1); is_domain: a domain-spec, which ends in a macro or in a label
 * that no address could have. */
bool spf_macro_is_valid(struct slice text, bool is_domain);
bool spf_macro_asks_name(struct slice text); /* has %{p} */
/* text is valid. out gets at most its ceiling; look at out->full. */
void spf_expand(struct slice text, const struct spf_values *values, struct strbuf *out);

/* The one record of the domain into *out. Otherwise -1, and *failure is none, temperror, or permerror
 * (several), with its why. In spf.c, for spf_propose. */
NODISCARD int spf_fetch(const struct spf_dns *dns, struct arena *mem,
                        const char *domain, struct slice *out,
                        struct spf_outcome *failure);

#endif
