/*
 * page.c - the frame around every page.
 */
#include "base/base.h"

#include "issuer/web/page.h"

#include "base/log.h"
#include "base/number.h"
#include "base/timetext.h"
#include "base/timezone.h"
#include "issuer/identity/agent.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

/* ---- beginning and end ---- */

/* "Europe/Berlin (CET)"; once is enough where both are the same word. */
static void put_zone(struct page *page)
{
    const char *name = speak_zone_name(page);
    const char *zone = timetext_zone(page->mem, page->now);

    speak_put_when(page, page->view, "updated", page->now);
    view_text(page->view, "zone", zone);
    view_text(page->view, "timezone",
              strcmp(name, zone) == 0 ? name
                                      : speak_with(page, "console.frame.zone", "place",
                                                   name, "zone", zone, NULL));
}

void page_begin(struct page *page, const struct web *web, struct http_request *request,
                struct http_response *response)
{
    *page = (struct page){.web = web,
                          .app = web->app,
                          .config = app_config(web->app),
                          .request = request,
                          .response = response,
                          .mem = request->mem,
                          .now = app_now(web->app),
                          .lang = "en",
                          .view = json_object()};
    view_text(page->view, "lang", page->lang);
    view_text(page->view, "brand", page->config->brand.name);
    view_text(page->view, "support", page->config->brand.support);
    put_zone(page);
    view_take(page->view, "token", json_null());
    view_text(page->view, "theme", NULL);
    view_take(page->view, "live", json_null());
    page_problem(page, NULL, NULL);
}

void page_done(struct page *page)
{
    json_decref(page->view);
    timezone_use(NULL);
}

/* ---- who asks ---- */

static bool is_https(const struct config *config)
{
    return slice_starts(slice_from(config->console.url), "https:");
}

const char *page_cookie_name(const struct config *config)
{
    return is_https(config) ? "__Host-cs" : "cs";
}

static void put_cookie(struct page *page, const char *value, const char *more)
{
    http_header(page->response, "Set-Cookie",
                arena_printf(page->mem, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s",
                             page_cookie_name(page->config), value,
                             is_https(page->config) ? "; Secure" : "", more));
}

void page_set_cookie(struct page *page, const char *token)
{
    put_cookie(page, token, "");
}

void page_clear_cookie(struct page *page)
{
    put_cookie(page, "", "; Max-Age=0");
}

/* scheme://host[:port] */
static struct slice origin_of(const char *url)
{
    struct slice text = slice_from(url);
    ptrdiff_t scheme = slice_find(text, SLICE("://"));

    if (scheme < 0)
        return text;
    ptrdiff_t slash = slice_find_byte(slice_skip(text, (size_t)scheme + 3), '/');
    return slash < 0 ? text : slice_take(text, (size_t)(scheme + 3 + slash));
}

/* Sec-Fetch-Site decides where there is one; it is missing over plain http on a network. Origin
 * is "null" then on our own forms, because our Referrer-Policy tells the browser to keep it, so
 * it cannot be held against them: the form's token is what counts. */
bool page_is_same_origin(const struct page *page, const char *site_url)
{
    const struct http_request *request = page->request;

    if (request->fetch_site.at != NULL)
        return slice_is(request->fetch_site, "same-origin") ||
               slice_is(request->fetch_site, "none");
    if (request->origin.at == NULL || slice_is(request->origin, "null"))
        return true;
    return slice_equal_nocase(request->origin, origin_of(site_url));
}

int page_adopt(struct page *page, struct slice token, struct error *err)
{
    if ((page->is_automatic ? session_peek : session_look)(page->app, page->mem, token,
                                                           &page->session, err) != 0) {
        page->session = (struct session){0};
        return -1;
    }
    page->actor.name = arena_printf(page->mem, "agent:%s", page->session.agent.name);
    page->actor.role = page->session.agent.role;
    view_text(page->view, "token", page->session.form_token);
    if (page->session.agent.theme[0] != '\0')
        view_text(page->view, "theme", page->session.agent.theme);
    /* One that is not offered any more: the host's. */
    timezone_use(timezone_find(page->session.agent.zone));
    put_zone(page);
    return 0;
}

/* No session is no error: *err is filled only when we could not look. */
static bool find_session(struct page *page, struct error *err)
{
    struct slice token = cookie_find(page->request->cookie,
                                     page_cookie_name(page->config));
    struct error why = {0};

    if (token.len == 0)
        return false;
    if (page_adopt(page, token, &why) == 0)
        return true;
    if (why.kind != ERROR_NOT_FOUND)
        *err = why;
    return false;
}

static bool token_is_right(const struct page *page)
{
    struct slice token = form_slice(&page->form, "token");

    return token.len == TOKEN_LEN &&
           secret_same_bytes(token.at, page->session.form_token, TOKEN_LEN);
}

bool page_may(const struct page *page, enum act act)
{
    return page->session.agent.id != 0 && role_may(page->actor.role, act);
}

/* ---- running one page ---- */

static int read_form(struct page *page, struct error *err)
{
    if (page->request->method != HTTP_POST)
        return 0;
    if (!page_is_same_origin(page, page->config->console.url))
        return error_set(err, ERROR_DENIED, "%s",
                         speak(page, "console.error.other_site"));
    return form_parse(page->mem, page->request->content_type, page->request->body,
                      &page->form, err);
}

static int run_signed_in(struct page *page, const struct page_kind *kind,
                         struct error *err)
{
    struct error why = {0};

    if (!find_session(page, &why)) {
        if (why.kind != ERROR_NONE) {
            *err = why;
            return -1;
        }
        return page_session_over(page, err);
    }
    if (page->request->method == HTTP_POST && !token_is_right(page))
        return error_set(err, ERROR_DENIED, "%s",
                         speak(page, "console.error.other_session"));
    if (app_allow(&page->actor, kind->act, err) != 0)
        return -1;
    return kind->run(page, err);
}

void page_run(const struct web *web, const struct page_kind *kind,
              struct http_request *request, struct http_response *response)
{
    struct page page;
    struct error err = {0};
    int result;

    page_begin(&page, web, request, response);
    page.is_automatic = kind->access == PAGE_LIVE;
    result = read_form(&page, &err);
    if (result == 0)
        result = kind->access == PAGE_OPEN ? kind->run(&page, &err)
                                           : run_signed_in(&page, kind, &err);
    if (result != 0)
        page_fail(&page, &err);
    page_done(&page);
}

/* ---- answering ---- */

static json_t *menu(const struct page *page, const char *section)
{
    static const struct {
        const char *name, *href, *label;
        enum act act;
    } rows[] = {
        {"today",     "/",          "console.menu.today",     ACT_VIEW_CASES},
        {"cases",     "/cases",     "console.menu.cases",     ACT_VIEW_CASES},
        {"leases",    "/leases",    "console.menu.leases",    ACT_VIEW_CASES},
        {"pool",      "/pool",      "console.menu.pool",      ACT_VIEW_POOL },
        {"listings",  "/listings",  "console.menu.listings",  ACT_VIEW_POOL },
        {"approvals", "/approvals", "console.menu.approvals", ACT_VIEW_CASES},
        {"audit",     "/audit",     "console.menu.audit",     ACT_VIEW_AUDIT},
        {"settings",  "/settings",  "console.menu.settings",  ACT_VIEW_POOL },
    };
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!page_may(page, rows[i].act))
            continue;
        json_t *entry = json_object();
        view_text(entry, "href", rows[i].href);
        view_text(entry, "label", speak(page, rows[i].label));
        view_flag(entry, "is_here", strcmp(rows[i].name, section) == 0);
        json_array_append_new(list, entry);
    }
    return list;
}

int page_show(struct page *page, const struct page_name *name, struct error *err)
{
    struct http_response *response = page->response;
    bool has_problem = !json_is_null(json_object_get(page->view, "problem"));

    view_text(page->view, "title",
              has_problem ? speak_with(page, "console.frame.error_title", "title",
                                       name->title, NULL)
                          : name->title);
    view_take(page->view, "menu", menu(page, name->section));
    view_text(page->view, "agent",
              page->session.agent.id != 0 ? page->session.agent.name : NULL);
    strbuf_reset(&response->body);
    if (template_render(app_templates(page->app), name->template, page->view,
                        &response->body, err) != 0)
        return -1;
    response->status = name->status;
    response->content_type = "text/html; charset=utf-8";
    return 0;
}

int page_show_live(struct page *page, const char *template, struct error *err)
{
    if (template == NULL) {
        page->response->status = 204;
        return 0;
    }
    return page_show(
        page,
        &(struct page_name){
            .template = template, .title = "", .section = "", .status = 200},
        err);
}

void page_problem(struct page *page, const char *text, const char *field)
{
    if (text == NULL) {
        view_take(page->view, "problem", json_null());
        return;
    }
    json_t *problem = json_object();
    view_text(problem, "text", view_sentence(page->mem, text));
    view_text(problem, "field", field);
    view_take(page->view, "problem", problem);
}

static const char *fault_title(enum error_kind kind)
{
    static const char *const titles[ERROR_KIND_COUNT] = {
        [ERROR_INVALID] = "console.fault.title.invalid",
        [ERROR_DENIED] = "console.fault.title.denied",
        [ERROR_REFUSED] = "console.fault.title.refused",
        [ERROR_NOT_FOUND] = "console.fault.title.not_found",
        [ERROR_CONFLICT] = "console.fault.title.conflict",
        [ERROR_EXHAUSTED] = "console.fault.title.exhausted",
        [ERROR_UNAVAILABLE] = "console.fault.title.unavailable",
        [ERROR_INTEGRITY] = "console.fault.title.integrity",
        [ERROR_INTERNAL] = "console.fault.title.internal",
    };

    assert(kind > ERROR_NONE && kind < ERROR_KIND_COUNT);
    return titles[kind];
}

/* A number for the person to read out and for us to find in the log. */
static const char *make_reference(const struct page *page)
{
    char text[9];

    random_text(app_random(page->app), "ABCDEFGHJKMNPQRSTVWXYZ23456789", text, 8);
    return arena_strndup(page->mem, text, 8);
}

void page_fail(struct page *page, const struct error *err)
{
    bool is_ours = err->kind == ERROR_INTERNAL || err->kind == ERROR_INTEGRITY;
    unsigned status = problem_status(err->kind);
    struct error why = {0};

    if (page->session.agent.id == 0)
        (void)find_session(page, &why);
    view_text(page->view, "heading", speak(page, fault_title(err->kind)));
    view_text(page->view, "lead", view_sentence(page->mem, err->text));
    view_take(page->view, "reference", json_null());
    if (is_ours) {
        const char *reference = make_reference(page);
        view_text(page->view, "heading", speak(page, "console.fault.ours"));
        view_text(page->view, "lead", speak(page, "console.fault.ours_lead"));
        view_text(page->view, "reference", reference);
        log_event(LOG_LEVEL_ERROR, "page.failed", "reference", reference, "why",
                  err->text, NULL);
    }
    page_problem(page, NULL, NULL);
    if (page_show(page,
                  &(struct page_name){.template = "html/fault.html",
                                      .title = speak(page, fault_title(err->kind)),
                                      .section = "",
                                      .status = status},
                  &why) == 0)
        return;
    log_event(LOG_LEVEL_ERROR, "page.failed", "why", why.text, NULL);
    strbuf_reset(&page->response->body);
    strbuf_printf(&page->response->body, "%s\n", speak(page, "console.fault.ours"));
    page->response->status = 500;
    page->response->content_type = "text/plain; charset=utf-8";
}

/* ---- small things ---- */

const char *page_field(const struct page *page, const char *name)
{
    struct slice value = slice_trim(form_slice(&page->form, name));

    return value.len > 0 ? arena_slice(page->mem, value) : NULL;
}

const char *page_asked(const struct page *page, const char *name)
{
    struct form query = {0};
    struct error ignored = {0};

    if (page->request->query.len == 0 ||
        form_parse(page->mem, SLICE("application/x-www-form-urlencoded"),
                   page->request->query, &query, &ignored) != 0)
        return NULL;
    struct slice value = slice_trim(form_slice(&query, name));
    return value.len > 0 ? arena_slice(page->mem, value) : NULL;
}

int page_number(const struct page *page, size_t index, int64_t *out, struct error *err)
{
    if (number_i64(page->request->params[index], 1, INT64_MAX, out))
        return 0;
    return error_set(err, ERROR_NOT_FOUND, "%s", speak(page, "console.error.no_page"));
}
