/*
 * file.h - whole small files: read with a ceiling, written so that a crash leaves the old or
 * the new one.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

/* NUL-terminated, in mem. Larger than max_bytes is ERROR_INVALID, absent is ERROR_NOT_FOUND. */
NODISCARD int file_read(struct arena *mem, const char *path, size_t max_bytes,
                        struct slice *out, struct error *err);
/* All that comes from fd until its end; more than max_bytes is ERROR_INVALID. */
NODISCARD int file_read_fd(struct strbuf *out, int fd, size_t max_bytes,
                           struct error *err);
/* Write beside it, fsync file and folder, rename. */
NODISCARD int file_write(const char *path, struct slice content, mode_t mode,
                         struct error *err);
/* The folder and its parents, each with mode whatever the umask; an existing one keeps its own. */
NODISCARD int file_mkdirs(const char *path, mode_t mode, struct error *err);
/* All of it, through EINTR and short writes. */
NODISCARD int file_write_fd(int fd, struct slice content, struct error *err);

#endif
