/*
 * usage.c - take in authd's journal.
 *
 * The store's position says what was taken in; it moves in the transaction that applies the
 * records, so a crash between reading and writing repeats nothing and loses nothing. Segments
 * are authd's: it removes them when it sees that we have them (auth/journal.h).
 */
#include "base/base.h"

#include "issuer/jobs/jobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "core/usage.h"

enum {
    BATCH_RECORDS = 256, /* one transaction */
    CHUNK_BYTES = 64 * 1024
};

struct taking {
    struct app *app;
    struct journal_mark *mark;
    char *folder;
    int64_t position; /* the newest record taken in */
    struct usage_line *lines;
    struct usage_record *records;
    size_t count;
};

static int apply(struct store *store, void *context, struct error *err)
{
    const struct taking *t = context;

    return store_usage_apply(store, t->records, t->count, err);
}

static int flush(struct taking *t, struct error *err)
{
    if (t->count == 0)
        return 0;
    if (app_write(t->app, apply, t, err) != 0)
        return -1;
    t->position = t->records[t->count - 1].seq;
    t->count = 0;
    return 0;
}

static void add_record(struct taking *t, const struct usage_line *line)
{
    struct usage_line *kept = &t->lines[t->count];

    *kept = *line;
    t->records[t->count++] = (struct usage_record){.seq = kept->seq,
                                                   .at = kept->at,
                                                   .kind = usage_kind_name(kept->kind),
                                                   .username = kept->username,
                                                   .detail = kept->detail,
                                                   .client = kept->client,
                                                   .program = kept->program,
                                                   .recipients = kept->recipients};
}

/* Take the whole lines of text, *out_used bytes of it. */
static int take_lines(struct taking *t, struct slice text, const char *path,
                      size_t *out_used, struct error *err)
{
    struct slice rest = text;
    struct usage_line line;
    enum usage_take took;

    while ((took = usage_take(&rest, &line)) == USAGE_TAKEN) {
        if (line.seq <= t->position)
            continue;
        add_record(t, &line);
        if (t->count == BATCH_RECORDS && flush(t, err) != 0)
            return -1;
    }
    /* What is good is taken in, also before a damaged line. */
    if (flush(t, err) != 0)
        return -1;
    *out_used = text.len - rest.len;
    if (took == USAGE_DAMAGED)
        return error_set(
            err, ERROR_INTEGRITY,
            "\"%s\" is damaged behind record %lld: what follows is not counted", path,
            (long long)t->position);
    return 0;
}

/* Read on in one segment from t->mark->offset. */
static int take_segment(struct taking *t, const char *path, struct error *err)
{
    char *chunk = xmalloc(CHUNK_BYTES);
    int result = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        /* Removed just now: authd does so with what we have. */
        result = errno == ENOENT ? 0
                                 : error_set_errno(err, ERROR_INTERNAL, errno,
                                                   "could not open \"%s\"", path);
        goto out;
    }
    for (;;) {
        ssize_t got = pread(fd, chunk, CHUNK_BYTES, t->mark->offset);
        size_t used = 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not read \"%s\"",
                            path);
            goto out;
        }
        if (take_lines(t, slice_of(chunk, (size_t)got), path, &used, err) != 0)
            goto out;
        t->mark->offset += (int64_t)used;
        if (used == 0)
            break; /* the end, or a line that is not finished yet */
    }
    result = 0;
out:
    if (fd >= 0)
        close(fd);
    free(chunk);
    return result;
}

static int compare_seq(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;

    return (*left > *right) - (*left < *right);
}

/* The first records of all segments, ascending; freed by the caller. */
static int list_segments(const char *folder, int64_t **out, size_t *out_count,
                         struct error *err)
{
    int64_t *list = NULL;
    size_t count = 0;
    size_t room = 0;
    DIR *dir = opendir(folder);

    if (dir == NULL && errno != ENOENT)
        return error_set_errno(err, ERROR_INTERNAL, errno, "could not open \"%s\"",
                               folder);
    /* readdir is safe on a stream of one thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        int64_t first;
        if (!usage_segment_parse(slice_from(entry->d_name), &first))
            continue;
        if (count == room) {
            room = room == 0 ? 16 : 2 * room;
            list = xreallocarray(list, room, sizeof *list);
        }
        list[count++] = first;
    }
    if (dir != NULL)
        closedir(dir);
    if (count > 0)
        qsort(list, count, sizeof *list, compare_seq);
    *out = list;
    *out_count = count;
    return 0;
}

/* From the last segment that begins at or before the next record, to the end. */
static int take_segments(struct taking *t, const int64_t *list, size_t count,
                         struct error *err)
{
    size_t from = 0;

    while (from + 1 < count && list[from + 1] <= t->position + 1)
        from++;
    for (size_t i = from; i < count; i++) {
        char path[512];
        char name[USAGE_SEGMENT_NAME_LEN + 1];
        usage_segment_name(list[i], name);
        int len = snprintf(path, sizeof path, "%s/%s", t->folder, name);
        if (len < 0 || (size_t)len >= sizeof path)
            return error_set(err, ERROR_INTERNAL, "the name of state_dir is too long");
        /* The offset counts only for this very segment and a position nobody else moved. */
        if (t->mark->segment != list[i] || t->mark->seq != t->position) {
            t->mark->segment = list[i];
            t->mark->offset = 0;
        }
        int result = take_segment(t, path, err);
        t->mark->seq = t->position;
        if (result != 0)
            return -1;
    }
    return 0;
}

static int read_position(struct app *app, int64_t *out, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_usage_position(store, out, err);
    app_give_back(app, store);
    return result;
}

static int take_all(struct taking *t, struct error *err)
{
    int64_t *list = NULL;
    size_t count = 0;

    if (read_position(t->app, &t->position, err) != 0 ||
        list_segments(t->folder, &list, &count, err) != 0)
        return -1;
    int result = take_segments(t, list, count, err);
    free(list);
    return result;
}

int job_usage(struct app *app, struct error *err)
{
    struct journal_mark *mark = app_journal(app);
    struct taking t = {.app = app, .mark = mark};
    struct arena mem;

    arena_init(&mem);
    t.folder = arena_printf(&mem, "%s/journal", app_config(app)->state_dir);
    t.lines = arena_array(&mem, BATCH_RECORDS, sizeof *t.lines);
    t.records = arena_array(&mem, BATCH_RECORDS, sizeof *t.records);
    pthread_mutex_lock(&mark->turn);
    int result = take_all(&t, err);
    pthread_mutex_unlock(&mark->turn);
    arena_release(&mem);
    return result;
}
