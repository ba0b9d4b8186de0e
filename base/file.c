/*
 * file.c - whole small files.
 */
#include "base/base.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

int file_read_fd(struct strbuf *out, int fd, size_t max_bytes, struct error *err)
{
    char chunk[16384];
    size_t total = 0;

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not read");
        if (got == 0)
            return 0;
        total += (size_t)got;
        if (total > max_bytes)
            return error_set(err, ERROR_INVALID, "larger than %zu bytes", max_bytes);
        strbuf_add(out, chunk, (size_t)got);
    }
}

int file_read(struct arena *mem, const char *path, size_t max_bytes, struct slice *out,
              struct error *err)
{
    struct strbuf text;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        int why = errno;
        return error_set_errno(err, why == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE,
                               why, "could not open \"%s\"", path);
    }
    strbuf_init(&text, max_bytes);
    int result = file_read_fd(&text, fd, max_bytes, err);
    close(fd);
    if (result == 0)
        *out = slice_of(arena_strndup(mem, text.at, text.len), text.len);
    else
        error_prefix(err, "\"%s\"", path);
    strbuf_wipe(&text); /* it may have been a key */
    return result;
}

int file_write_fd(int fd, struct slice content, struct error *err)
{
    while (content.len > 0) {
        ssize_t put = write(fd, content.at, content.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not write");
        content = slice_skip(content, (size_t)put);
    }
    return 0;
}

/* Make the rename of path durable. */
static int sync_folder(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? xstrdup(".")
                   : slash == path ? xstrdup("/")
                                   : xstrndup(path, (size_t)(slash - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = 0;

    if (fd < 0 || fsync(fd) != 0)
        result = error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not sync \"%s\"",
                                 folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return result;
}

int file_write(const char *path, struct slice content, mode_t mode, struct error *err)
{
    char beside[4096];
    int len = snprintf(beside, sizeof beside, "%s.new", path);
    int result = -1;

    if (len < 0 || (size_t)len >= sizeof beside)
        return error_set(err, ERROR_INVALID, "\"%.100s…\" is too long a path", path);
    /* What a crash left there may be open to others or to more eyes than mode allows. */
    unlink(beside);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not create \"%s\"",
                               beside);
    if (file_write_fd(fd, content, err) != 0) {
        error_prefix(err, "\"%s\"", beside);
        goto out;
    }
    if (fchmod(fd, mode) != 0 || fsync(fd) != 0 || rename(beside, path) != 0) {
        error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not write \"%s\"", path);
        goto out;
    }
    result = sync_folder(path, err);

out:
    close(fd);
    if (result != 0)
        unlink(beside);
    return result;
}

int file_mkdirs(const char *path, mode_t mode, struct error *err)
{
    if (path[0] == '\0')
        return error_set(err, ERROR_INVALID, "a folder needs a name");
    char *work = xstrdup(path);
    struct stat about;
    int result = 0;

    for (char *at = work + 1;; at++) {
        char byte = *at;
        if (byte != '/' && byte != '\0')
            continue;
        *at = '\0';
        /* chmod: the umask has no say, or a socket below would not be reached. */
        bool made = mkdir(work, mode) == 0;
        if (made ? chmod(work, mode) != 0 : errno != EEXIST) {
            result = error_set_errno(err, ERROR_UNAVAILABLE, errno,
                                     "could not make the folder \"%s\"", work);
            break;
        }
        *at = byte;
        if (byte == '\0')
            break;
    }
    if (result == 0 && (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)))
        result = error_set(err, ERROR_CONFLICT, "\"%s\" is there and is not a folder",
                           path);
    free(work);
    return result;
}
