/*
 * sandbox.h - give rights away, for good (libseccomp, rlimits, prctl).
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/error.h"

/* No core dumps with secrets, no ptrace by others of our uid, no new privileges. */
NODISCARD int sandbox_basics(struct error *err);

struct sandbox_limits {
    uint64_t memory_bytes; /* RLIMIT_AS; 0 leaves it */
    uint64_t cpu_s;        /* RLIMIT_CPU */
    uint64_t
        output_bytes; /* RLIMIT_FSIZE for regular files; pipes are the reader's to cap */
    uint64_t descriptors; /* RLIMIT_NOFILE */
};
NODISCARD int sandbox_limit(const struct sandbox_limits *limits, struct error *err);

/* From here on only: read, write, close and fstat on open descriptors, memory, exit, and what
 * libc needs for them. Anything else kills the process. For parsers of strangers' bytes. */
NODISCARD int sandbox_compute_only(struct error *err);

#endif
