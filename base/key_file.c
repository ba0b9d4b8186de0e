/*
 * key_file.c - open, look, read, and nothing left behind.
 */
#include "base/base.h"

#include "base/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* text has room for one byte more than may be in the file. */
static int read_all(int fd, size_t max_bytes, struct secret *text, struct error *err)
{
    struct stat about;

    text->len = 0;
    if (fstat(fd, &about) != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not read");
    if (!S_ISREG(about.st_mode))
        return error_set(err, ERROR_INVALID, "not a file");
    while (text->len <= max_bytes) {
        ssize_t got = read(fd, text->at + text->len, max_bytes + 1 - text->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not read");
        if (got == 0) {
            text->at[text->len] = '\0';
            return 0;
        }
        text->len += (size_t)got;
    }
    return error_set(err, ERROR_INVALID, "larger than %zu bytes", max_bytes);
}

int key_file_read(const char *path, enum key_link link, size_t max_bytes,
                  struct secret *out, struct error *err)
{
    /* Without O_NONBLOCK the open itself would wait for a fifo's writer. */
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                (link == KEY_LINK_REFUSED ? O_NOFOLLOW : 0);
    int fd = open(path, flags);

    if (fd < 0) {
        int why = errno;
        return error_set_errno(err, why == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE,
                               why, "could not open \"%s\"", path);
    }
    struct secret text = secret_new(max_bytes + 1);
    int result = read_all(fd, max_bytes, &text, err);
    close(fd);
    if (result == 0) {
        *out = text;
        return 0;
    }
    secret_free(&text);
    return error_prefix(err, "\"%s\"", path);
}
