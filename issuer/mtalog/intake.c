/*
 * intake.c - from a log file to the store, batch by batch.
 */
#include "base/base.h"

#include "issuer/mtalog/intake.h"

#include "base/alloc.h"

struct intake {
    struct follow *follow;
    bool is_started;  /* a round has found the place since we began */
    bool was_amiss;   /* the file was missing or unreadable in the last round */
    bool is_gap_open; /* and that is in the store */
    bool closes_gap;  /* the next line, or the end of the log, ends what is open */
    int64_t said_at;  /* that something is amiss; 0: nothing is */
    int64_t
        skip_until; /* the place was lost: older lines were taken in before; 0: take all */
};

enum {
    SAY_AGAIN_S = 3600,
    /* Lines of one moment are not always written in the order of their times. */
    DISORDER_S = 5
};

struct intake *intake_new(void)
{
    struct intake *intake = xcalloc(1, sizeof *intake);

    intake->follow = follow_new();
    return intake;
}

void intake_free(struct intake *intake)
{
    if (intake == NULL)
        return;
    follow_free(intake->follow);
    free(intake);
}

/* What one batch is made in. */
struct filling {
    struct intake *intake;
    const struct intake_terms *terms;
    struct arena mem;
    struct delivery_event *events;
    struct log_batch batch;
    size_t lines;
    bool is_at_end;
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void take_line(struct filling *f, const struct follow_line *text)
{
    struct intake *intake = f->intake;
    struct log_position *after = &f->batch.after;
    struct mtalog_line line;

    f->lines++;
    after->lines++;
    after->cut_lines += text->is_cut;
    f->terms->read(text->text, f->terms->now, &line);
    if (line.at == 0)
        return;
    if (intake->skip_until > 0) {
        if (line.at < intake->skip_until)
            return;
        intake->skip_until = 0;
    }
    /* A clock that was ahead must not make us believe that we have read the future. */
    int64_t at = earlier(line.at, f->terms->now);
    if (intake->closes_gap) {
        f->batch.closes_at = at;
        intake->closes_gap = false;
    }
    after->line_at = later(after->line_at, at);
    after->complete_until = later(after->complete_until, at);
    f->batch.count += mtalog_events(&f->mem, &line, f->events + f->batch.count);
}

/* At the end of a file: is it the end of the log? Leaves a file that another one follows. */
static int reach_end(struct filling *f, struct error *err)
{
    struct intake *intake = f->intake;
    struct follow_line rest;

    switch (follow_end(intake->follow, f->terms->path)) {
    case FOLLOW_CURRENT:
        f->batch.after.complete_until = later(f->batch.after.complete_until,
                                              f->terms->now);
        if (intake->closes_gap)
            f->batch.closes_at = f->terms->now;
        intake->closes_gap = false;
        f->is_at_end = true;
        return 0;
    case FOLLOW_WAITS: f->is_at_end = true; return 0;
    case FOLLOW_QUIET: break;
    }
    int got = follow_next(intake->follow, true, &rest, err);
    if (got < 0)
        return -1;
    if (got > 0)
        take_line(f, &rest);
    /* While FILE was missing, somebody may have logged to nowhere. */
    if (intake->is_gap_open)
        intake->closes_gap = true;
    /* A new FILE with old lines is the old one, written anew by somebody. */
    intake->skip_until = f->batch.after.line_at - DISORDER_S;
    return follow_leave(intake->follow, f->terms->path, err);
}

static int fill(struct filling *f, struct error *err)
{
    struct follow_line line;
    int got = 0;

    while (f->lines < INTAKE_BATCH_LINES &&
           (got = follow_next(f->intake->follow, false, &line, err)) == 1)
        take_line(f, &line);
    if (got < 0)
        return -1;
    if (f->lines < INTAKE_BATCH_LINES && reach_end(f, err) != 0)
        return -1;
    return follow_position(f->intake->follow, &f->batch.after, err);
}

static bool is_worth_a_commit(const struct log_batch *batch)
{
    const struct log_position *before = &batch->before;
    const struct log_position *after = &batch->after;

    return after->inode != before->inode || after->offset != before->offset ||
           batch->opens != LOG_GAP_NONE || batch->drops_missing ||
           batch->closes_at != 0 ||
           after->complete_until >= before->complete_until + INTAKE_SEEN_S;
}

/* How the place was found is told with the first batch. */
static void tell_found(struct filling *f, enum follow_found found)
{
    struct intake *intake = f->intake;
    const struct log_position *position = &f->batch.before;

    switch (found) {
    case FOLLOW_BEGINS:
        f->batch.opens = LOG_GAP_STARTED_LATE;
        f->batch.opens_at = 0;
        intake->closes_gap = true;
        break;
    case FOLLOW_LOST:
        f->batch.opens = LOG_GAP_LOST;
        f->batch.opens_at = later(position->complete_until, position->line_at);
        intake->closes_gap = true;
        intake->skip_until = position->line_at;
        break;
    case FOLLOW_GOES_ON:
        /* A process before us may have ended between opening a gap and closing it. */
        if (!intake->is_started)
            intake->closes_gap = true;
        break;
    case FOLLOW_MISSING:
    case FOLLOW_UNREADABLE:
    case FOLLOW_FOUND_COUNT: break;
    }
}

/* The file that was missing or unreadable is there, and it is the one we know: nothing is lost. */
static void tell_recovered(struct filling *f, enum follow_found found)
{
    struct intake *intake = f->intake;

    if ((intake->was_amiss || !intake->is_started) && found == FOLLOW_GOES_ON &&
        follow_end(intake->follow, f->terms->path) == FOLLOW_CURRENT) {
        f->batch.drops_missing = intake->is_gap_open || !intake->is_started;
        intake->is_gap_open = false;
    }
}

static int tell_amiss(struct filling *f, enum follow_found found, struct error *err)
{
    struct intake *intake = f->intake;
    const struct log_position *position = &f->batch.before;

    /* Without a position nothing is covered anyway. */
    if (intake->is_gap_open || position->inode == 0 ||
        f->terms->now - position->complete_until <= INTAKE_GRACE_S)
        return 0;
    f->batch.opens = found == FOLLOW_MISSING ? LOG_GAP_MISSING : LOG_GAP_UNREADABLE;
    f->batch.opens_at = position->complete_until;
    if (f->terms->commit(f->terms->context, &f->batch, err) != 0)
        return -1;
    intake->is_gap_open = true;
    return 0;
}

/* The old file is held and at its end, and FILE is not there. */
static bool is_without_current(const struct filling *f)
{
    return f->is_at_end &&
           f->terms->now - f->batch.after.complete_until > INTAKE_GRACE_S &&
           follow_is_deserted(f->terms->path);
}

static int take_batches(struct filling *f, enum follow_found found,
                        struct intake_report *report, struct error *err)
{
    struct intake *intake = f->intake;

    tell_found(f, found);
    tell_recovered(f, found);
    for (int i = 0; i < INTAKE_BATCHES && !f->is_at_end; i++) {
        arena_release(&f->mem);
        f->events = arena_array(&f->mem,
                                (size_t)MTALOG_EVENTS_MAX * (INTAKE_BATCH_LINES + 1),
                                sizeof *f->events);
        f->batch.events = f->events;
        f->batch.count = 0;
        f->lines = 0;
        if (fill(f, err) != 0)
            return -1;
        if (!intake->is_gap_open && is_without_current(f)) {
            f->batch.opens = LOG_GAP_MISSING;
            f->batch.opens_at = f->batch.after.complete_until;
            intake->is_gap_open = true;
        }
        if (is_worth_a_commit(&f->batch) &&
            f->terms->commit(f->terms->context, &f->batch, err) != 0)
            return -1;
        if (f->batch.closes_at != 0)
            intake->is_gap_open = false;
        report->lines += (int64_t)f->lines;
        if (is_worth_a_commit(&f->batch))
            f->batch = (struct log_batch){.before = f->batch.after,
                                          .after = f->batch.after};
    }
    intake->is_started = true;
    report->is_behind = !f->is_at_end;
    return 0;
}

int intake_round(struct intake *intake, const struct intake_terms *terms,
                 struct intake_report *out, struct error *err)
{
    struct filling f = {
        .intake = intake,
        .terms = terms,
        .batch = {.before = terms->position, .after = terms->position}
    };
    struct intake_report report = {.lines = 0};

    arena_init(&f.mem);
    report.found = follow_find(intake->follow, terms->path, &terms->position,
                               &report.why);
    bool is_amiss = report.found == FOLLOW_MISSING || report.found == FOLLOW_UNREADABLE;
    int result = is_amiss ? tell_amiss(&f, report.found, err)
                          : take_batches(&f, report.found, &report, err);
    /* What was not committed is told again. */
    if (result != 0) {
        intake->is_started = false;
        intake->is_gap_open = false;
    }
    intake->was_amiss = is_amiss;
    arena_release(&f.mem);
    if (result == 0)
        *out = report;
    return result;
}

enum intake_saying intake_says(struct intake *intake,
                               const struct intake_report *report, int64_t now)
{
    if (report->found != FOLLOW_MISSING && report->found != FOLLOW_UNREADABLE) {
        bool was_said = intake->said_at != 0;
        intake->said_at = 0;
        return was_said ? INTAKE_SAYS_OVER : INTAKE_SAYS_NOTHING;
    }
    if (intake->said_at != 0 && now - intake->said_at < SAY_AGAIN_S)
        return INTAKE_SAYS_NOTHING;
    intake->said_at = now;
    return INTAKE_SAYS_AMISS;
}
