/*
 * follow.c - read on in a log file that others write, cut and rename.
 */
#include "base/base.h"

#include "issuer/mtalog/follow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "issuer/mtalog/line.h"

enum {
    WINDOW_BYTES = 64 * 1024,
    MARK_BYTES =
        1024, /* the last lines; times and process ids make them unlike any others */
    FILES_MAX = 64,      /* rotated files of one log that are looked at */
    QUIET_ROUNDS = 2,    /* the next file grows: the logger has moved on */
    DESERTED_ROUNDS = 10 /* the next file is empty: nobody logs at all */
};

struct follow {
    int fd; /* -1: none */
    int64_t inode, offset;
    bool is_inside_line;
    char *window;
    int64_t window_at; /* offset in the file of the window's first byte */
    size_t window_len;
    int64_t ended_at; /* offset at which the last round ended */
    unsigned quiet_rounds;
    bool next_grows; /* since when they are counted */
};

struct file {
    char path[PATH_MAX];
    int64_t inode, size;
    struct timespec changed;
};

struct follow *follow_new(void)
{
    struct follow *follow = xcalloc(1, sizeof *follow);

    follow->fd = -1;
    follow->window = xmalloc(WINDOW_BYTES);
    return follow;
}

static void let_go(struct follow *follow)
{
    if (follow->fd >= 0)
        close(follow->fd);
    follow->fd = -1;
    follow->window_len = 0;
    follow->quiet_rounds = 0;
    follow->ended_at = -1;
}

void follow_free(struct follow *follow)
{
    if (follow == NULL)
        return;
    let_go(follow);
    free(follow->window);
    free(follow);
}

/* ---- files ----------------------------------------------------------------------------------- */

static ssize_t read_at(int fd, char *out, size_t size, int64_t offset)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = pread(fd, out + len, size - len, (off_t)offset + (off_t)len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* A regular file only: opening a pipe would wait, a folder has no lines. */
static int open_file(const char *path, int64_t *out_inode, struct error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE,
                        errno, "could not open \"%s\"", path);
        return -1;
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        error_set(err, ERROR_UNAVAILABLE, "\"%s\" is not a file", path);
        return -1;
    }
    *out_inode = (int64_t)info.st_ino;
    return fd;
}

/* "mail.log.1", "mail.log-20261124", "mail.log.20261124-0300": digits and joints behind the name,
 * as logrotate writes them (logrotate.conf(5): dateformat, start). Others (.gz, .bak, .swp) are
 * compressed or somebody's copy. */
static bool is_rotated_name(const char *entry, const char *name)
{
    size_t len = strlen(name);

    if (strncmp(entry, name, len) != 0 || (entry[len] != '.' && entry[len] != '-'))
        return false;
    const char *rest = entry + len + 1;
    return rest[0] >= '0' && rest[0] <= '9' &&
           strspn(rest, "0123456789.-_") == strlen(rest);
}

static bool stat_file(struct file *file)
{
    struct stat info;

    if (stat(file->path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    file->inode = (int64_t)info.st_ino;
    file->size = (int64_t)info.st_size;
    file->changed = info.st_mtim;
    return true;
}

static int compare_files(const void *a, const void *b)
{
    const struct timespec *left = &((const struct file *)a)->changed;
    const struct timespec *right = &((const struct file *)b)->changed;

    if (left->tv_sec != right->tv_sec)
        return left->tv_sec < right->tv_sec ? -1 : 1;
    return (left->tv_nsec > right->tv_nsec) - (left->tv_nsec < right->tv_nsec);
}

/* The rotated files of path, oldest first; freed by the caller. */
static struct file *list_rotated(const char *path, size_t *out_count)
{
    const char *slash = strrchr(path, '/');
    size_t folder_len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    struct file *files = xreallocarray(NULL, FILES_MAX, sizeof *files);
    struct arena mem;
    size_t count = 0;

    arena_init(&mem);
    DIR *dir = opendir(arena_printf(&mem, "%.*s.", (int)folder_len, path));
    /* readdir is safe on a stream of one thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (count == FILES_MAX || !is_rotated_name(entry->d_name, path + folder_len))
            continue;
        struct file *file = &files[count];
        size_t len = strlen(entry->d_name);
        if (folder_len + len >= sizeof file->path)
            continue;
        memcpy(file->path, path, folder_len);
        memcpy(file->path + folder_len, entry->d_name, len + 1);
        count += stat_file(file);
    }
    if (dir != NULL)
        closedir(dir);
    arena_release(&mem);
    if (count > 0)
        qsort(files, count, sizeof *files, compare_files);
    *out_count = count;
    return files;
}

/* ---- the place --------------------------------------------------------------------------------- */

static int64_t mark_bytes_at(int64_t offset)
{
    return offset < MARK_BYTES ? offset : MARK_BYTES;
}

/* Do the bytes before the position stand before it in this file? */
static bool has_mark(int fd, int64_t inode, const struct log_position *position)
{
    char bytes[MARK_BYTES];
    uint8_t mark[DIGEST_BYTES];

    if (position->mark_bytes == 0) /* at the start of a file: no bytes to know it by */
        return inode == position->inode && position->offset == 0;
    if (position->mark_bytes > MARK_BYTES)
        return false;
    size_t len = (size_t)position->mark_bytes;
    if (read_at(fd, bytes, len, position->offset - position->mark_bytes) !=
        (ssize_t)len)
        return false;
    digest_bytes(slice_of(bytes, len), mark);
    return memcmp(mark, position->mark, sizeof mark) == 0;
}

static void stand_at(struct follow *follow, int fd, int64_t inode,
                     const struct log_position *position)
{
    let_go(follow);
    follow->fd = fd;
    follow->inode = inode;
    follow->offset = position != NULL ? position->offset : 0;
    follow->is_inside_line = position != NULL && position->is_inside_line;
}

static bool try_file(struct follow *follow, const char *path,
                     const struct log_position *position)
{
    struct error ignored = {0};
    int64_t inode;
    int fd = open_file(path, &inode, &ignored);

    if (fd < 0)
        return false;
    if (!has_mark(fd, inode, position)) {
        close(fd);
        return false;
    }
    stand_at(follow, fd, inode, position);
    return true;
}

/* The file we hold, if the position is in it and nobody cut it. */
static bool still_there(struct follow *follow, const struct log_position *position)
{
    if (follow->fd < 0 || !has_mark(follow->fd, follow->inode, position))
        return false;
    if (follow->offset != position->offset) { /* what was read was not kept */
        follow->offset = position->offset;
        follow->window_len = 0;
    }
    follow->is_inside_line = position->is_inside_line;
    return true;
}

static bool find_mark(struct follow *follow, const char *path,
                      const struct log_position *position)
{
    size_t count;
    bool found = try_file(follow, path, position);

    if (found)
        return true;
    struct file *files = list_rotated(path, &count);
    /* The newest first: an older copy may hold the same bytes. */
    for (size_t i = count; i > 0 && !found; i--)
        found = try_file(follow, files[i - 1].path, position);
    free(files);
    return found;
}

/* The oldest rotated file that was written to after the newest line we know, else FILE. */
static enum follow_found start_again(struct follow *follow, const char *path,
                                     const struct log_position *position,
                                     struct error *err)
{
    bool is_first = position->inode == 0;
    size_t count;
    int64_t inode;
    int fd = open_file(path, &inode, err);

    if (fd < 0)
        return err->kind == ERROR_NOT_FOUND ? FOLLOW_MISSING : FOLLOW_UNREADABLE;
    if (!is_first) {
        struct error ignored = {0};
        struct file *files = list_rotated(path, &count);
        for (size_t i = 0; i < count; i++) {
            int64_t old_inode;
            if ((int64_t)files[i].changed.tv_sec <= position->line_at)
                continue;
            int old = open_file(files[i].path, &old_inode, &ignored);
            if (old < 0)
                continue;
            close(fd);
            fd = old;
            inode = old_inode;
            break;
        }
        free(files);
    }
    stand_at(follow, fd, inode, NULL);
    return is_first ? FOLLOW_BEGINS : FOLLOW_LOST;
}

enum follow_found follow_find(struct follow *follow, const char *path,
                              const struct log_position *position, struct error *err)
{
    if (position->inode != 0) {
        if (still_there(follow, position) || find_mark(follow, path, position))
            return FOLLOW_GOES_ON;
    }
    let_go(follow);
    return start_again(follow, path, position, err);
}

int follow_position(const struct follow *follow, struct log_position *io,
                    struct error *err)
{
    char bytes[MARK_BYTES];
    int64_t len = mark_bytes_at(follow->offset);

    if (read_at(follow->fd, bytes, (size_t)len, follow->offset - len) != (ssize_t)len)
        return error_set(err, ERROR_UNAVAILABLE, "the log was cut while it was read");
    io->inode = follow->inode;
    io->offset = follow->offset;
    io->is_inside_line = follow->is_inside_line;
    io->mark_bytes = len;
    digest_bytes(slice_of(bytes, (size_t)len), io->mark);
    return 0;
}

/* ---- lines --------------------------------------------------------------------------------------- */

static struct slice unread(const struct follow *follow)
{
    if (follow->window_len == 0 || follow->offset < follow->window_at)
        return slice_of(follow->window, 0);
    return slice_skip(slice_of(follow->window, follow->window_len),
                      (size_t)(follow->offset - follow->window_at));
}

static int fill(struct follow *follow, struct error *err)
{
    ssize_t got = read_at(follow->fd, follow->window, WINDOW_BYTES, follow->offset);

    follow->window_len = 0;
    if (got < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not read the log");
    follow->window_at = follow->offset;
    follow->window_len = (size_t)got;
    return 0;
}

/* The next line of the window: its length with LF; 0 when it does not end in it. */
static size_t whole_line(struct slice text)
{
    ptrdiff_t end = slice_find_byte(text, '\n');

    return end < 0 ? 0 : (size_t)end + 1;
}

int follow_next(struct follow *follow, bool takes_rest, struct follow_line *out,
                struct error *err)
{
    for (;;) {
        size_t len = whole_line(unread(follow));
        if (len == 0) {
            if (fill(follow, err) != 0)
                return -1;
            len = whole_line(unread(follow));
        }
        struct slice text = unread(follow);
        bool ends = len > 0;
        if (!ends && text.len < WINDOW_BYTES && !(takes_rest && text.len > 0) &&
            !(follow->is_inside_line && text.len > 0))
            return 0;
        /* Without an end: the rest of a file nobody writes, or a line longer than the window; its
         * remainder is skipped, not kept in memory. */
        text = slice_take(text, ends ? len : text.len);
        bool is_remainder = follow->is_inside_line;
        follow->offset += (int64_t)text.len;
        follow->is_inside_line = !ends && !takes_rest;
        if (is_remainder)
            continue;
        text = slice_take(text, ends ? len - 1 : text.len);
        out->is_cut = text.len > MTALOG_LINE_MAX;
        out->text = slice_take(text, MTALOG_LINE_MAX);
        return 1;
    }
}

/* ---- the next file ------------------------------------------------------------------------------- */

/* The file that was begun after ours: the oldest rotated one changed later, else FILE. false when
 * there is none yet. */
static bool find_next(const struct follow *follow, const char *path, struct file *out)
{
    struct stat ours;
    size_t count;
    bool found = false;

    if (fstat(follow->fd, &ours) != 0)
        return false;
    struct file self = {.changed = ours.st_mtim};
    struct file *files = list_rotated(path, &count);
    for (size_t i = 0; i < count && !found; i++)
        if (files[i].inode != follow->inode && compare_files(&files[i], &self) > 0) {
            *out = files[i];
            found = true;
        }
    free(files);
    if (found)
        return true;
    int len = snprintf(out->path, sizeof out->path, "%s", path);
    return len > 0 && (size_t)len < sizeof out->path && stat_file(out);
}

enum follow_end follow_end(struct follow *follow, const char *path)
{
    struct stat current;
    struct file next;

    if (stat(path, &current) == 0 && (int64_t)current.st_ino == follow->inode)
        return FOLLOW_CURRENT;
    if (!find_next(follow, path, &next))
        return FOLLOW_WAITS;
    bool next_grows = next.size > 0;
    bool is_quiet = follow->ended_at == follow->offset &&
                    follow->next_grows == next_grows;
    follow->quiet_rounds = is_quiet ? follow->quiet_rounds + 1 : 0;
    follow->ended_at = follow->offset;
    follow->next_grows = next_grows;
    unsigned rounds = next_grows ? QUIET_ROUNDS : DESERTED_ROUNDS;
    return follow->quiet_rounds >= rounds ? FOLLOW_QUIET : FOLLOW_WAITS;
}

bool follow_is_deserted(const char *path)
{
    struct stat current;

    return stat(path, &current) != 0;
}

int follow_leave(struct follow *follow, const char *path, struct error *err)
{
    struct file next;
    int64_t inode;

    if (!find_next(follow, path, &next))
        return error_set(err, ERROR_UNAVAILABLE, "\"%s\" is missing", path);
    int fd = open_file(next.path, &inode, err);
    if (fd < 0)
        return -1;
    stand_at(follow, fd, inode, NULL);
    return 0;
}
