/*
 * journal.c - segments of usage lines: append, sync, rotate, recover.
 *
 * One descriptor on the newest segment, and the text of what is not written yet. The length of what is known to be good is kept, and a
 * failed write is cut back to it, so that a full disk never leaves half a line in front of the
 * next record.
 */
#include "base/base.h"

#include "auth/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"

enum {
    /* A segment may exceed the rotation size by what was written to it last. */
    SEGMENT_READ_MAX = USAGE_SEGMENT_BYTES + JOURNAL_PENDING_MAX,
    FOLDER_MODE = 0750,
    SEGMENT_MODE = 0640 /* cleansmtpd reads by group */
};

struct journal {
    int folder_fd;       /* also carries the lock */
    int fd;              /* newest segment; -1: the next append begins one */
    int64_t segment_seq; /* its first record */
    int64_t good_bytes;  /* whole lines in it */
    int64_t written_seq; /* newest record in it or before it */
    int64_t last_seq;    /* newest number given: the end of pending */
    struct strbuf pending;
    bool is_torn; /* bytes behind good_bytes could not be cut off yet */
};

/* ---- the folder ---------------------------------------------------------------------------- */

static int compare_seq(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* First records of all segments, ascending, in mem. */
static int list_segments(const struct journal *journal, struct arena *mem,
                         int64_t **out, size_t *out_count, struct error *err)
{
    size_t count = 0, size = 16;
    int64_t *seqs = arena_array(mem, size, sizeof *seqs);
    struct dirent *entry;
    DIR *dir = NULL;
    int fd = openat(journal->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || (dir = fdopendir(fd)) == NULL) {
        int why = errno;
        if (fd >= 0)
            (void)close(fd);
        return error_set_errno(err, ERROR_UNAVAILABLE, why,
                               "could not list the journal");
    }
    /* One thread, and a stream of our own. */
    while ((entry = readdir(dir)) != NULL) { // NOLINT(concurrency-mt-unsafe)
        if (count == size) {
            int64_t *more = arena_array(mem, 2 * size, sizeof *more);
            memcpy(more, seqs, size * sizeof *seqs);
            seqs = more;
            size *= 2;
        }
        if (usage_segment_parse(slice_from(entry->d_name), &seqs[count]))
            count++;
    }
    (void)closedir(dir);
    qsort(seqs, count, sizeof *seqs, compare_seq);
    *out = seqs;
    *out_count = count;
    return 0;
}

static int open_segment(const struct journal *journal, int64_t first_seq, int flags,
                        struct error *err)
{
    char name[USAGE_SEGMENT_NAME_LEN + 1];

    usage_segment_name(first_seq, name);
    int fd = openat(journal->folder_fd, name, flags | O_CLOEXEC, SEGMENT_MODE);
    if (fd < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not open journal segment \"%s\"", name);
    return fd;
}

static int open_folder(const char *folder, struct error *err)
{
    if (file_mkdirs(folder, FOLDER_MODE, err) != 0)
        return -1;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not open journal \"%s\"", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int why = errno;
    (void)close(fd);
    return error_set_errno(err, why == EWOULDBLOCK ? ERROR_CONFLICT : ERROR_UNAVAILABLE,
                           why, "could not lock journal \"%s\"", folder);
}

/* ---- recovery -------------------------------------------------------------------------------- */

/* Show the records of one segment; *out_good is where its whole lines end. */
static int replay(struct journal *journal, int64_t first_seq, struct slice content,
                  const struct journal_visitor *visitor, int64_t *out_good,
                  struct error *err)
{
    struct slice rest = content;
    struct usage_line line;
    enum usage_take taken;

    while ((taken = usage_take(&rest, &line)) == USAGE_TAKEN) {
        if (line.seq <= journal->last_seq)
            return error_set(err, ERROR_INTEGRITY,
                             "journal segment %lld holds record %lld behind %lld",
                             (long long)first_seq, (long long)line.seq,
                             (long long)journal->last_seq);
        journal->last_seq = line.seq;
        visitor->visit(visitor->context, &line);
    }
    /* A crash may leave the last line with its LF and without its middle. In front of further
     * lines it is damage that no crash explains. */
    ptrdiff_t end = slice_find_byte(rest, '\n');
    if (taken == USAGE_DAMAGED && end >= 0 && (size_t)end + 1 < rest.len)
        return error_set(err, ERROR_INTEGRITY,
                         "journal segment %lld is damaged behind record %lld",
                         (long long)first_seq, (long long)journal->last_seq);
    *out_good = (int64_t)(content.len - rest.len);
    return 0;
}

static int cut_torn_line(struct journal *journal, struct error *err)
{
    struct stat now;

    if (fstat(journal->fd, &now) != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not stat journal");
    if (now.st_size == journal->good_bytes)
        return 0;
    if (ftruncate(journal->fd, journal->good_bytes) != 0 || fdatasync(journal->fd) != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not cut off an unfinished journal record");
    return 0;
}

static int recover_segment(struct journal *journal, int64_t first_seq, bool is_newest,
                           const struct journal_visitor *visitor, struct error *err)
{
    struct strbuf content;
    int64_t good = 0;
    int result = -1;

    strbuf_init(&content, SEGMENT_READ_MAX);
    int fd = open_segment(journal, first_seq, is_newest ? O_RDWR : O_RDONLY, err);
    if (fd < 0 || file_read_fd(&content, fd, SEGMENT_READ_MAX, err) != 0)
        goto out;
    if (first_seq <= journal->last_seq) {
        (void)error_set(err, ERROR_INTEGRITY, "journal segment %lld overlaps another",
                        (long long)first_seq);
        goto out;
    }
    if (replay(journal, first_seq, strbuf_slice(&content), visitor, &good, err) != 0)
        goto out;
    /* An empty newest segment still says which numbers were given before it. */
    if (journal->last_seq < first_seq - 1)
        journal->last_seq = first_seq - 1;
    if (is_newest) {
        journal->fd = fd;
        journal->segment_seq = first_seq;
        journal->good_bytes = good;
        fd = -1;
    }
    result = 0;
out:
    if (fd >= 0)
        (void)close(fd);
    strbuf_release(&content);
    return result;
}

int journal_open(const char *folder, const struct journal_visitor *visitor,
                 struct journal **out, struct error *err)
{
    struct journal *journal = xcalloc(1, sizeof *journal);
    struct arena mem;
    int64_t *segments;
    size_t count = 0;
    int result = -1;

    arena_init(&mem);
    journal->fd = -1;
    strbuf_init(&journal->pending, JOURNAL_PENDING_MAX);
    journal->folder_fd = open_folder(folder, err);
    if (journal->folder_fd < 0 ||
        list_segments(journal, &mem, &segments, &count, err) != 0)
        goto out;
    for (size_t i = 0; i < count; i++)
        if (recover_segment(journal, segments[i], i + 1 == count, visitor, err) != 0)
            goto out;
    journal->written_seq = journal->last_seq;
    if (journal->fd >= 0 && cut_torn_line(journal, err) != 0)
        goto out;
    *out = journal;
    journal = NULL;
    result = 0;
out:
    journal_close(journal);
    arena_release(&mem);
    return result;
}

void journal_close(struct journal *journal)
{
    struct error ignored;

    if (journal == NULL)
        return;
    (void)!journal_flush(journal, false, &ignored);
    if (journal->fd >= 0)
        (void)close(journal->fd);
    if (journal->folder_fd >= 0)
        (void)close(journal->folder_fd);
    strbuf_release(&journal->pending);
    free(journal);
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* A new segment, named for the next record, in place of the present one. */
static int begin_segment(struct journal *journal, struct error *err)
{
    int64_t first_seq = journal->written_seq + 1;
    /* One that a failed append left empty is taken up again. */
    int fd = open_segment(journal, first_seq, O_RDWR | O_CREAT, err);

    if (fd < 0)
        return -1;
    if (fsync(journal->folder_fd) != 0) {
        (void)error_set_errno(err, ERROR_UNAVAILABLE, errno,
                              "could not sync the journal folder");
        (void)close(fd);
        return -1;
    }
    /* Records of logins wait for no sync of their own; the end of a segment is one. */
    bool is_kept = journal->fd < 0 || fdatasync(journal->fd) == 0;
    int why = errno;
    if (journal->fd >= 0)
        (void)close(journal->fd);
    journal->fd = fd;
    journal->segment_seq = first_seq;
    journal->good_bytes = 0;
    journal->is_torn = true; /* whatever a file of that name holds is not ours */
    return is_kept ? 0
                   : error_set_errno(err, ERROR_UNAVAILABLE, why,
                                     "could not sync the journal");
}

/* *out_done bytes were written, all of them unless -1. */
static int write_at_end(struct journal *journal, struct slice text, size_t *out_done,
                        struct error *err)
{
    size_t done = 0;
    int result = 0;

    while (done < text.len && result == 0) {
        ssize_t count = pwrite(journal->fd, text.at + done, text.len - done,
                               (off_t)(journal->good_bytes + (int64_t)done));
        if (count > 0)
            done += (size_t)count;
        else if (count == 0 || errno != EINTR)
            result = error_set_errno(err, ERROR_UNAVAILABLE, count < 0 ? errno : ENOSPC,
                                     "could not write to the journal");
    }
    *out_done = done;
    return result;
}

/* The segment that takes the next record, with nothing behind its last whole line. */
static int ready_segment(struct journal *journal, struct error *err)
{
    if ((journal->fd < 0 || journal->good_bytes >= USAGE_SEGMENT_BYTES) &&
        begin_segment(journal, err) != 0)
        return -1;
    if (journal->is_torn && cut_torn_line(journal, err) != 0)
        return -1;
    journal->is_torn = false;
    return 0;
}

/* What is not in the file was never acknowledged, and its numbers were never seen. */
static void drop_pending(struct journal *journal)
{
    strbuf_reset(&journal->pending);
    journal->last_seq = journal->written_seq;
}

/* The whole lines of text are in the file: cleansmtpd may have read them already. */
static void count_written(struct journal *journal, struct slice text)
{
    struct slice line;

    while (slice_cut(&text, '\n', &line) && text.at != NULL) {
        journal->good_bytes += (int64_t)line.len + 1;
        journal->written_seq++;
    }
}

static int write_pending(struct journal *journal, struct error *err)
{
    size_t done = 0;
    int result = 0;

    if (journal->pending.len == 0)
        return 0;
    result = ready_segment(journal, err);
    if (result == 0)
        result = write_at_end(journal, strbuf_slice(&journal->pending), &done, err);
    count_written(journal, slice_take(strbuf_slice(&journal->pending), done));
    if (result != 0 && journal->fd >= 0) {
        /* A line without its LF nobody has taken for a record; cut it off before the next. */
        struct error ignored;
        journal->is_torn = cut_torn_line(journal, &ignored) != 0;
    }
    drop_pending(journal);
    return result;
}

int journal_flush(struct journal *journal, bool is_durable, struct error *err)
{
    if (write_pending(journal, err) != 0)
        return -1;
    if (!is_durable || journal->fd < 0 || fdatasync(journal->fd) == 0)
        return 0;
    (void)error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not sync the journal");
    /* The lines may be read, or lost: their numbers are used up either way. After a failed sync
     * the kernel's pages cannot be trusted, so the next record goes to a new file. */
    (void)close(journal->fd);
    journal->fd = -1;
    return -1;
}

int journal_append(struct journal *journal, struct usage_line *line, struct error *err)
{
    struct usage_line numbered = *line;

    if (journal->pending.len + USAGE_LINE_MAX > JOURNAL_PENDING_MAX &&
        write_pending(journal, err) != 0)
        return -1;
    numbered.seq = journal->last_seq + 1;
    if (!usage_format(&numbered, &journal->pending))
        return error_set(err, ERROR_INTERNAL, "journal record is too long");
    journal->last_seq = numbered.seq;
    line->seq = numbered.seq;
    return 0;
}

int64_t journal_last_seq(const struct journal *journal)
{
    return journal->last_seq;
}

int journal_set_taken(struct journal *journal, int64_t seq, struct error *err)
{
    struct arena mem;
    int64_t *segments;
    size_t count = 0;
    int result = -1;

    /* The next record must lie behind what was taken in, or it would be skipped there. What is
     * pending was not taken in, so nothing is. */
    if (seq > journal->last_seq) {
        if (journal->fd >= 0)
            (void)close(journal->fd);
        journal->fd = -1;
        drop_pending(journal);
        journal->last_seq = journal->written_seq = seq;
    }
    arena_init(&mem);
    if (list_segments(journal, &mem, &segments, &count, err) != 0)
        goto out;
    /* A segment ends where the next one begins; the newest stays, it names the next number. */
    for (size_t i = 0; i + 1 < count && segments[i + 1] <= seq + 1; i++) {
        char name[USAGE_SEGMENT_NAME_LEN + 1];
        usage_segment_name(segments[i], name);
        if (unlinkat(journal->folder_fd, name, 0) != 0 && errno != ENOENT) {
            (void)error_set_errno(err, ERROR_UNAVAILABLE, errno,
                                  "could not remove journal segment \"%s\"", name);
            goto out;
        }
    }
    result = 0;
out:
    arena_release(&mem);
    return result;
}
