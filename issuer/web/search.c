/*
 * search.c - lists that people search.
 */
#include "base/base.h"

#include "issuer/web/search.h"

#include "base/escape.h"
#include "base/number.h"
#include "base/timetext.h"
#include "issuer/web/speak.h"

enum {
    DAY_S = 24 * 3600,
    QUERY_MAX = 2048,
    WORDS_MAX = 200 /* of one field */
};

enum ending {
    ENDING_PAGE,
    ENDING_CSV,
    ENDING_JSON
};

static enum ending ending_of(const struct page *page)
{
    if (slice_ends_nocase(page->request->path, ".csv"))
        return ENDING_CSV;
    return slice_ends_nocase(page->request->path, ".json") ? ENDING_JSON : ENDING_PAGE;
}

bool search_is_export(const struct page *page)
{
    return ending_of(page) != ENDING_PAGE;
}

/* ---- the question ---- */

/* A field of the query, trimmed; NULL when it is not there or empty. */
static const char *field(const struct page *page, const struct form *query,
                         const char *name)
{
    struct slice value = slice_trim(form_slice(query, name));

    return value.len > 0 ? arena_slice(page->mem, slice_take(value, WORDS_MAX)) : NULL;
}

static int read_day(const struct page *page, const struct form *query, const char *name,
                    int64_t *out, struct error *err)
{
    const char *text = field(page, query, name);

    if (text == NULL || timetext_date_parse(slice_from(text), out))
        return 0;
    return error_set(err, ERROR_INVALID, "%s",
                     speak_with(page, "console.error.no_day", "text",
                                arena_printf(page->mem, "%.20s", text), NULL));
}

static int read_state(const struct page *page, const struct form *query,
                      const struct search_list *list, const char **out,
                      struct error *err)
{
    const char *text = field(page, query, "state");

    if (text == NULL)
        return 0;
    for (size_t i = 0; i < list->states_count; i++)
        if (strcmp(list->states[i].value, text) == 0) {
            *out = list->states[i].value;
            return 0;
        }
    return error_set(err, ERROR_INVALID, "%s",
                     speak_with(page, "console.error.no_state", "text",
                                arena_printf(page->mem, "%.40s", text), NULL));
}

int search_read(struct page *page, const struct search_list *list, struct search *out,
                struct error *err)
{
    struct search search = {.now = page->now};
    struct form query = {0};

    if (form_parse(page->mem, SLICE("application/x-www-form-urlencoded"),
                   page->request->query, &query, err) != 0)
        return -1;
    struct slice before = form_slice(&query, "before");
    if (before.at != NULL && !number_i64(before, 1, INT64_MAX, &search.before))
        return error_set(err, ERROR_NOT_FOUND, "%s",
                         speak(page, "console.error.no_page"));
    search.text = field(page, &query, "q");
    search.person = field(page, &query, "by");
    search.max = search_is_export(page) ? SEARCH_EXPORT_MAX : SEARCH_A_PAGE;
    if (read_state(page, &query, list, &search.state, err) != 0 ||
        read_day(page, &query, "from", &search.since, err) != 0 ||
        read_day(page, &query, "until", &search.until, err) != 0)
        return -1;
    /* The last day is asked for with all its hours; 25 of them in October. */
    if (search.until != 0)
        search.until = timetext_floor(search.until + DAY_S + DAY_S / 2, DAY_S);
    *out = search;
    return 0;
}

/* ---- the form, and the next page ---- */

static void add_pair(struct strbuf *query, const char *name, const char *value)
{
    if (value == NULL)
        return;
    strbuf_printf(query, "%s%s=", query->len == 0 ? "?" : "&", name);
    escape_append(query, ESCAPE_URL, slice_from(value));
}

/* The day as it was asked for, or NULL. */
static const char *day_of(const struct page *page, int64_t when)
{
    return when == 0 ? NULL : timetext_date(page->mem, when);
}

/* The same question at another path, from another row on. */
static const char *link_to(const struct page *page, const struct search *search,
                           const char *path, int64_t before)
{
    struct strbuf query;

    strbuf_init(&query, QUERY_MAX);
    add_pair(&query, "q", search->text);
    add_pair(&query, "by", search->person);
    add_pair(&query, "state", search->state);
    add_pair(&query, "from", day_of(page, search->since));
    add_pair(&query, "until", day_of(page, search->until == 0 ? 0 : search->until - 1));
    if (before != 0)
        add_pair(&query, "before", arena_printf(page->mem, "%lld", (long long)before));
    const char *link = arena_printf(page->mem, "%s%s", path,
                                    query.len > 0 ? query.at : "");
    strbuf_release(&query);
    return link;
}

void search_put(struct page *page, const struct search_list *list,
                const struct search *search, size_t count, int64_t last)
{
    json_t *states = json_array();
    json_t *view = page->view;
    const char *until = day_of(page, search->until == 0 ? 0 : search->until - 1);

    for (size_t i = 0; i < list->states_count; i++) {
        json_t *state = json_object();
        view_text(state, "value", list->states[i].value);
        view_text(state, "label", speak(page, list->states[i].label));
        view_flag(state, "is_chosen", search->state == list->states[i].value);
        json_array_append_new(states, state);
    }
    view_text(view, "path", list->path);
    view_text(view, "q", search->text != NULL ? search->text : "");
    view_text(view, "by", search->person != NULL ? search->person : "");
    view_text(view, "from", search->since != 0 ? day_of(page, search->since) : "");
    view_text(view, "until", until != NULL ? until : "");
    view_take(view, "states", states);
    view_flag(view, "has_states", list->states_count > 0);
    view_flag(view, "is_narrowed",
              search->text != NULL || search->person != NULL || search->state != NULL ||
                  search->since != 0 || search->until != 0);
    view_text(view, "newest",
              search->before != 0 ? link_to(page, search, list->path, 0) : NULL);
    view_text(view, "older",
              count == search->max ? link_to(page, search, list->path, last) : NULL);
    view_text(view, "csv",
              link_to(page, search, arena_printf(page->mem, "%s.csv", list->path), 0));
    view_text(view, "json",
              link_to(page, search, arena_printf(page->mem, "%s.json", list->path), 0));
}

/* ---- files ---- */

static void add_csv(struct strbuf *out, const json_t *value)
{
    char number[24];

    if (json_is_string(value))
        escape_append(out, ESCAPE_CSV,
                      slice_of(json_string_value(value), json_string_length(value)));
    else if (json_is_integer(value) &&
             snprintf(number, sizeof number, "%lld",
                      (long long)json_integer_value(value)) > 0)
        strbuf_puts(out, number);
}

static void write_csv(struct strbuf *out, const char *const *columns,
                      const json_t *rows)
{
    for (size_t i = 0; columns[i] != NULL; i++)
        strbuf_printf(out, "%s%s", i == 0 ? "" : ",", columns[i]);
    strbuf_puts(out, "\r\n");
    for (size_t r = 0; r < json_array_size(rows); r++) {
        for (size_t i = 0; columns[i] != NULL; i++) {
            strbuf_puts(out, i == 0 ? "" : ",");
            add_csv(out, json_object_get(json_array_get(rows, r), columns[i]));
        }
        strbuf_puts(out, "\r\n");
    }
}

static int write_json(struct strbuf *out, const json_t *rows, struct error *err)
{
    char *text = json_dumps(rows, JSON_INDENT(1));

    if (text == NULL)
        return error_set(err, ERROR_INTERNAL, "a row is not text");
    strbuf_puts(out, text);
    strbuf_putc(out, '\n');
    free(text);
    return 0;
}

int search_export(struct page *page, const struct search_list *list,
                  const char *const *columns, json_t *rows, struct error *err)
{
    struct http_response *response = page->response;
    bool is_csv = ending_of(page) == ENDING_CSV;
    int result = 0;

    strbuf_reset(&response->body);
    if (is_csv)
        write_csv(&response->body, columns, rows);
    else
        result = write_json(&response->body, rows, err);
    json_decref(rows);
    if (result == 0 && response->body.full)
        result = error_set(err, ERROR_INVALID, "%s",
                           speak(page, "console.error.large_file"));
    if (result != 0) {
        strbuf_reset(&response->body);
        return -1;
    }
    response->status = 200;
    response->content_type = is_csv ? "text/csv; charset=utf-8; header=present"
                                    : "application/json";
    http_header(response, "Content-Disposition",
                arena_printf(page->mem, "attachment; filename=\"cleansmtp-%s.%s\"",
                             list->noun, is_csv ? "csv" : "json"));
    return 0;
}
