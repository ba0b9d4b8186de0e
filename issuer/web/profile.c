/*
 * profile.c - one's own page: who one is here, password, look, sessions.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

#include "base/timezone.h"
#include "issuer/identity/profile.h"

static struct self self_of(const struct page *page)
{
    return (struct self){
        .app = page->app,
        .mem = page->mem,
        .agent = &page->session.agent,
        .token = cookie_find(page->request->cookie, page_cookie_name(page->config)),
        .client = page->request->client != NULL ? page->request->client : "",
    };
}

static void put_themes(struct page *page)
{
    static const struct {
        const char *value, *label;
    } rows[] = {
        {"",      "console.profile.theme.device"},
        {"light", "console.profile.theme.light" },
        {"dark",  "console.profile.theme.dark"  },
    };
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *theme = json_object();
        view_text(theme, "value", rows[i].value);
        view_text(theme, "label", speak(page, rows[i].label));
        view_flag(theme, "is_chosen",
                  strcmp(rows[i].value, page->session.agent.theme) == 0);
        json_array_append_new(list, theme);
    }
    view_take(page->view, "themes", list);
}

static void put_zones(struct page *page)
{
    json_t *list = json_array();

    for (size_t i = 0; i < timezone_count(); i++) {
        const char *name = timezone_name(timezone_at(i));
        json_t *zone = json_object();
        view_text(zone, "value", name);
        view_flag(zone, "is_chosen", strcmp(name, page->session.agent.zone) == 0);
        json_array_append_new(list, zone);
    }
    view_take(page->view, "zones", list);
    view_flag(page->view, "has_zones", timezone_count() > 0);
    view_text(page->view, "home", page->config->timezone);
}

static int put_sessions(struct page *page, struct error *err)
{
    const struct self self = self_of(page);
    struct session_line *lines = NULL;
    json_t *list = json_array();
    size_t count = 0;

    view_take(page->view, "sessions", list);
    if (profile_sessions(&self, &lines, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        json_t *line = json_object();
        view_flag(line, "is_own", lines[i].is_own);
        view_text(line, "client", lines[i].client[0] != '\0' ? lines[i].client : NULL);
        speak_put_when(page, line, "begun", lines[i].created_at);
        speak_put_when(page, line, "seen", lines[i].seen_at);
        json_array_append_new(list, line);
    }
    view_flag(page->view, "has_others", count > 1);
    return 0;
}

/* note: good news above, or NULL. */
static int show(struct page *page, const char *note, unsigned status, struct error *err)
{
    view_text(page->view, "note", note);
    view_text(page->view, "name", page->session.agent.name);
    view_text(page->view, "role", role_name(page->session.agent.role));
    put_themes(page);
    put_zones(page);
    if (put_sessions(page, err) != 0)
        return -1;
    return page_show(page,
                     &(struct page_name){.template = "html/profile.html",
                                         .title = speak(page, "console.profile.title"),
                                         .section = "",
                                         .status = status},
                     err);
}

int page_profile(struct page *page, struct error *err)
{
    static const struct {
        const char *query, *note;
    } rows[] = {
        {"done=password", "console.profile.done.password"},
        {"done=sessions", "console.profile.done.sessions"},
        {"done=look",     "console.profile.done.look"    },
    };
    const char *note = NULL;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (slice_is(page->request->query, rows[i].query))
            note = speak(page, rows[i].note);
    return show(page, note, 200, err);
}

int page_profile_look(struct page *page, struct error *err)
{
    const struct self self = self_of(page);
    const char *theme = page_field(page, "theme");
    const char *zone = page_field(page, "zone");

    if (profile_set_look(&self, theme != NULL ? theme : "", zone != NULL ? zone : "",
                         err) != 0)
        return -1;
    http_see_other(page->response, "/me?done=look");
    return 0;
}

int page_profile_password(struct page *page, struct error *err)
{
    const struct self self = self_of(page);
    struct slice password = form_slice(&page->form, "password");
    struct error why = {0};
    int result;

    if (slice_equal(password, form_slice(&page->form, "again")))
        result = profile_set_password(&self, form_slice(&page->form, "present"),
                                      password, &why);
    else
        result = error_set(&why, ERROR_INVALID, "%s",
                           speak(page, "console.error.passwords"));
    form_wipe(&page->form, "present");
    form_wipe(&page->form, "password");
    form_wipe(&page->form, "again");
    if (result == 0) {
        http_see_other(page->response, "/me?done=password");
        return 0;
    }
    if (why.kind != ERROR_INVALID && why.kind != ERROR_DENIED &&
        why.kind != ERROR_EXHAUSTED) {
        *err = why;
        return -1;
    }
    page_problem(page, why.text, why.kind == ERROR_INVALID ? "password" : "present");
    return show(page, NULL, problem_status(why.kind), err);
}

int page_profile_sessions(struct page *page, struct error *err)
{
    const struct self self = self_of(page);

    if (profile_end_others(&self, err) != 0)
        return -1;
    http_see_other(page->response, "/me?done=sessions");
    return 0;
}
