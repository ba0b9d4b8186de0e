/*
 * sign_in.c - signing in and out, and the one-use set-up page.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

#include "issuer/identity/agent.h"

/* Where to go after signing in: a page of ours, or Today. Letters, digits and a few signs only:
 * "//host" and "/\host" are other sites to a browser. */
static const char *safe_next(struct arena *mem, struct slice next)
{
    if (next.len == 0 || next.len > 200 || next.at[0] != '/' ||
        (next.len > 1 && next.at[1] == '/'))
        return "/";
    for (size_t i = 0; i < next.len; i++) {
        char c = next.at[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit && (c == '\0' || strchr("/.:-", c) == NULL))
            return "/";
    }
    return arena_slice(mem, next);
}

struct sign_in {
    const char *next, *name;
    const char *note; /* good news above the form, or NULL */
    unsigned status;
};

/* What was typed when the session ended, to be carried through the sign-in; null: nothing. */
static void put_kept(struct page *page)
{
    static const char *const names[] = {"bounce", "ticket", "mailbox"};
    struct slice bounce = form_slice(&page->form, "bounce");

    if (slice_trim(bounce).len == 0) {
        view_take(page->view, "kept", json_null());
        return;
    }
    json_t *kept = json_object();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        view_slice(kept, names[i], form_slice(&page->form, names[i]));
    view_take(page->view, "kept", kept);
}

static int show(struct page *page, const struct sign_in *s, struct error *err)
{
    view_text(page->view, "next", s->next != NULL ? s->next : "/");
    view_text(page->view, "name", s->name != NULL ? s->name : "");
    view_text(page->view, "note", s->note);
    put_kept(page);
    return page_show(page,
                     &(struct page_name){.template = "html/sign_in.html",
                                         .title = speak(page, "console.sign_in.title"),
                                         .section = "",
                                         .status = s->status},
                     err);
}

int page_sign_in(struct page *page, struct error *err)
{
    struct form query = {0};
    struct sign_in s = {.status = 200};

    if (form_parse(page->mem, SLICE("application/x-www-form-urlencoded"),
                   page->request->query, &query, err) != 0)
        return -1;
    s.next = safe_next(page->mem, form_slice(&query, "next"));
    if (form_slice(&query, "set-up").at != NULL)
        s.note = speak(page, "console.sign_in.set");
    return show(page, &s, err);
}

int page_session_over(struct page *page, struct error *err)
{
    struct sign_in s = {.status = 401, .next = "/"};

    if (page->request->method != HTTP_POST) {
        const char *next = safe_next(page->mem, page->request->path);
        http_see_other(page->response,
                       strcmp(next, "/") == 0
                           ? "/sign-in"
                           : arena_printf(page->mem, "/sign-in?next=%s", next));
        return 0;
    }
    page_problem(page,
                 speak(page, slice_trim(form_slice(&page->form, "bounce")).len > 0
                                 ? "console.error.over_kept"
                                 : "console.error.over"),
                 "name");
    return show(page, &s, err);
}

static int fail_sign_in(struct page *page, const struct error *why, const char *name,
                        struct error *err)
{
    struct sign_in s = {.name = name, .status = problem_status(why->kind)};

    if (why->kind != ERROR_DENIED && why->kind != ERROR_EXHAUSTED) {
        *err = *why;
        return -1;
    }
    s.next = safe_next(page->mem, form_slice(&page->form, "next"));
    page_problem(page, why->text, "name");
    return show(page, &s, err);
}

int page_sign_in_post(struct page *page, struct error *err)
{
    struct slice old = cookie_find(page->request->cookie,
                                   page_cookie_name(page->config));
    struct slice name = slice_trim(form_slice(&page->form, "name"));
    char token[TOKEN_LEN + 1] = "";
    struct error why = {0};

    int result = agent_sign_in(page->app, page->mem, name,
                               form_slice(&page->form, "password"),
                               page->request->client, token, &why);
    form_wipe(&page->form, "password");
    if (result != 0)
        return fail_sign_in(page, &why, arena_slice(page->mem, name), err);
    /* The session before this one has no owner any more. */
    if (old.len == TOKEN_LEN)
        (void)!session_end(page->app, old, &why);
    page_set_cookie(page, token);
    if (slice_trim(form_slice(&page->form, "bounce")).len > 0) {
        if (page_adopt(page, slice_from(token), err) != 0)
            return -1;
        return page_today_with(page, 200, err);
    }
    http_see_other(page->response,
                   safe_next(page->mem, form_slice(&page->form, "next")));
    return 0;
}

int page_sign_out(struct page *page, struct error *err)
{
    struct slice token = cookie_find(page->request->cookie,
                                     page_cookie_name(page->config));

    if (session_end(page->app, token, err) != 0)
        return -1;
    page_clear_cookie(page);
    http_see_other(page->response, "/sign-in");
    return 0;
}

/* ---- the set-up page ---- */

static int show_set_up(struct page *page, const char *token, unsigned status,
                       struct error *err)
{
    struct agent agent;

    if (agent_setup_look(page->app, page->mem, token, &agent, err) != 0)
        return -1;
    view_text(page->view, "name", agent.name);
    view_text(page->view, "action", arena_printf(page->mem, "/set-up/%s", token));
    view_number(page->view, "password_min", AGENT_PASSWORD_MIN);
    return page_show(page,
                     &(struct page_name){.template = "html/set_up.html",
                                         .title = speak(page, "console.set_up.title"),
                                         .section = "",
                                         .status = status},
                     err);
}

int page_set_up(struct page *page, struct error *err)
{
    return show_set_up(page, arena_slice(page->mem, page->request->params[0]), 200,
                       err);
}

int page_set_up_post(struct page *page, struct error *err)
{
    const char *token = arena_slice(page->mem, page->request->params[0]);
    struct slice password = form_slice(&page->form, "password");
    struct error why = {0};
    int result;

    if (slice_equal(password, form_slice(&page->form, "again")))
        result = agent_setup(page->app, page->mem, token, password, &why);
    else
        result = error_set(&why, ERROR_INVALID, "%s",
                           speak(page, "console.error.passwords"));
    form_wipe(&page->form, "password");
    form_wipe(&page->form, "again");
    if (result == 0) {
        http_see_other(page->response, "/sign-in?set-up=done");
        return 0;
    }
    if (why.kind != ERROR_INVALID) {
        *err = why;
        return -1;
    }
    page_problem(page, why.text, "password");
    return show_set_up(page, token, problem_status(why.kind), err);
}
