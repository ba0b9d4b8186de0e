/*
 * key_file.h - a file of keys, read into guarded memory.
 *
 * Not by file_read, whose buffers are ordinary memory. The file is read whole, in one go, through
 * the descriptor that was looked at; a folder, a fifo or a device is ERROR_INVALID rather than a
 * wait. Who may read it is not judged here: the service starts with a key that is open to too
 * many, and `cleansmtp doctor` says so; a login refused for it would mend nothing.
 */
#ifndef BASE_KEY_FILE_H
#define BASE_KEY_FILE_H

#include "base/error.h"
#include "base/secret.h"

enum key_link {
    KEY_LINK_FOLLOWED, /* it may lie elsewhere, on a volume of its own */
    KEY_LINK_REFUSED   /* of a file that we make ourselves */
};

/* What stands in path, to secret_free. ERROR_NOT_FOUND: there is none; ERROR_INVALID: more than
 * max_bytes, or not a file; ERROR_UNAVAILABLE: it could not be opened or read. */
NODISCARD int key_file_read(const char *path, enum key_link link, size_t max_bytes,
                            struct secret *out, struct error *err);

#endif
