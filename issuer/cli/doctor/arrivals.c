/*
 * arrivals.c - Maildirs and files of mail.
 */
#include "base/base.h"

#include "issuer/cli/doctor/arrivals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

enum {
    READ_MAX = 8 * 1024 *
               1024 /* the end of a file of mail; more than a whole message */
};

/* The last READ_MAX bytes of the file; a file that went away meanwhile has none. */
static struct slice read_end(struct arena *mem, const char *path, off_t size)
{
    off_t from = size > READ_MAX ? size - READ_MAX : 0;
    size_t want = (size_t)(size - from);
    char *bytes = arena_alloc(mem, want + 1);
    size_t have = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return slice_of(bytes, 0);
    while (have < want) {
        ssize_t got = pread(fd, bytes + have, want - have, from + (off_t)have);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    close(fd);
    return slice_of(bytes, have);
}

static enum received_result look_at_file(const char *path, const char *token,
                                         int64_t since, struct hop *out)
{
    enum received_result result = RECEIVED_NOT_HERE;
    struct stat about;
    struct arena mem;

    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_mtime < since)
        return RECEIVED_NOT_HERE;
    arena_init(&mem);
    result = received_find(read_end(&mem, path, about.st_size), token, out);
    arena_release(&mem);
    return result;
}

static enum received_result look_at_folder(const char *path, const char *token,
                                           int64_t since, struct hop *out)
{
    enum received_result result = RECEIVED_NOT_HERE;
    const struct dirent *entry;
    DIR *folder = opendir(path);
    struct arena mem;

    if (folder == NULL)
        return RECEIVED_NOT_HERE;
    arena_init(&mem);
    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (result == RECEIVED_NOT_HERE && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            result = look_at_file(arena_printf(&mem, "%s/%s", path, entry->d_name),
                                  token, since, out);
    arena_release(&mem);
    closedir(folder);
    return result;
}

int arrivals_find(const char *path, const char *token, int64_t since,
                  enum received_result *out_result, struct hop *out_hop,
                  struct error *err)
{
    static const char *const parts[] = {"new", "cur"};
    struct stat about;
    struct arena mem;

    if (stat(path, &about) != 0)
        return error_set_errno(err, ERROR_NOT_FOUND, errno, "\"%.150s\" cannot be read",
                               path);
    *out_result = RECEIVED_NOT_HERE;
    if (!S_ISDIR(about.st_mode)) {
        *out_result = look_at_file(path, token, 0, out_hop);
        return 0;
    }
    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(parts) && *out_result == RECEIVED_NOT_HERE; i++)
        *out_result = look_at_folder(arena_printf(&mem, "%s/%s", path, parts[i]), token,
                                     since, out_hop);
    arena_release(&mem);
    return 0;
}
