/*
 * people.c - who may sign in: adding, another role, a new set-up link, disabling.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/settings.h"
#include "issuer/web/speak.h"

#include "issuer/identity/agent.h"

/* What only this answer knows. */
struct extra {
    unsigned status;              /* 0: 200 */
    const char *link, *link_name; /* just made: shown now and never again */
    const char *name;             /* typed, to be shown again */
    enum role role;
};

static json_t *standing(struct page *page, const struct agent *agent)
{
    if (agent->disabled_at != 0)
        return view_mark("rest", speak(page, "console.people.disabled"));
    if (agent->password_hash != NULL)
        return view_mark("clear", speak(page, "console.people.active"));
    return agent->setup_until > page->now
               ? view_mark("used", speak(page, "console.people.waits"))
               : view_mark("unsure", speak(page, "console.people.late"));
}

static const char *role_label(const struct page *page, enum role role)
{
    return speak(
        page, arena_printf(page->mem, "console.people.role.%s.name", role_name(role)));
}

/* To choose from, the present one chosen. */
static json_t *other_roles(const struct page *page, enum role present)
{
    json_t *list = json_array();

    for (int i = 0; i < ROLE_COUNT; i++) {
        json_t *role = json_object();
        view_text(role, "role", role_name((enum role)i));
        view_text(role, "label", role_label(page, (enum role)i));
        view_flag(role, "is_present", i == (int)present);
        json_array_append_new(list, role);
    }
    return list;
}

static json_t *person(struct page *page, const struct agent *agent)
{
    json_t *line = json_object();
    bool is_disabled = agent->disabled_at != 0;
    bool is_self = agent->id == page->session.agent.id;

    view_text(line, "name", agent->name);
    view_text(line, "role", role_label(page, agent->role));
    view_take(line, "mark", standing(page, agent));
    speak_put_when(page, line, "since",
                   is_disabled ? agent->disabled_at : agent->created_at);
    view_text(line, "path",
              arena_printf(page->mem, "/settings/people/%s", agent->name));
    view_flag(line, "is_self", is_self);
    /* Whoever shuts the door on themselves cannot open it again. */
    view_flag(line, "may_change", !is_disabled && !is_self);
    view_take(line, "others", other_roles(page, agent->role));
    return line;
}

static int put_people(struct page *page, struct error *err)
{
    struct agent *agents = NULL;
    struct store *store = NULL;
    size_t count = 0;
    json_t *list = json_array();

    view_take(page->view, "people", list);
    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_agent_list(store, page->mem, &agents, &count, err);
    app_give_back(page->app, store);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, person(page, &agents[i]));
    return result;
}

static void put_roles(struct page *page, enum role chosen)
{
    static const char *const does[ROLE_COUNT] = {
        [ROLE_AGENT] = "console.people.role.agent.does",
        [ROLE_LEAD] = "console.people.role.lead.does",
        [ROLE_POSTMASTER] = "console.people.role.postmaster.does",
        [ROLE_AUDITOR] = "console.people.role.auditor.does",
        [ROLE_ADMIN] = "console.people.role.admin.does",
    };
    json_t *list = json_array();

    for (int i = 0; i < ROLE_COUNT; i++) {
        json_t *role = json_object();
        view_text(role, "role", role_name((enum role)i));
        view_text(role, "label", role_label(page, (enum role)i));
        view_text(role, "does", speak(page, does[i]));
        view_flag(role, "is_chosen", i == (int)chosen);
        json_array_append_new(list, role);
    }
    view_take(page->view, "roles", list);
}

static int show(struct page *page, const struct extra *extra, struct error *err)
{
    json_t *link = json_null();

    if (extra->link != NULL) {
        link = json_object();
        page->response->is_secret = true;
        view_text(link, "url", extra->link);
        view_text(link, "who", extra->link_name);
    }
    view_take(page->view, "link", link);
    view_text(page->view, "typed", extra->name != NULL ? extra->name : "");
    put_roles(page, extra->role);
    if (put_people(page, err) != 0)
        return -1;
    return settings_show(page, SETTINGS_PEOPLE,
                         extra->status != 0 ? extra->status : 200, err);
}

/* What a person can mend goes over the page; the rest is err. */
static int refused(struct page *page, struct extra *extra, const struct error *why,
                   const char *field, struct error *err)
{
    extra->status = problem_status(why->kind);
    if (why->kind != ERROR_INVALID && why->kind != ERROR_CONFLICT) {
        *err = *why;
        return -1;
    }
    page_problem(page, why->text, field);
    return show(page, extra, err);
}

int page_people(struct page *page, struct error *err)
{
    return show(page, &(struct extra){.role = ROLE_AGENT}, err);
}

int page_people_add(struct page *page, struct error *err)
{
    struct extra extra = {.name = page_field(page, "name")};
    struct error why = {0};

    if (!role_parse(form_slice(&page->form, "role"), &extra.role))
        return error_set(err, ERROR_INVALID, "%s",
                         speak(page, "console.error.incomplete"));
    if (agent_add(page->app, page->mem, &page->actor,
                  extra.name != NULL ? extra.name : "", extra.role, &extra.link,
                  &why) != 0)
        return refused(page, &extra, &why, "name", err);
    extra.link_name = extra.name;
    extra.name = NULL;
    extra.role = ROLE_AGENT;
    return show(page, &extra, err);
}

int page_people_role(struct page *page, struct error *err)
{
    const char *name = arena_slice(page->mem, page->request->params[0]);
    struct extra extra = {0};
    struct error why = {0};
    enum role role;

    if (!role_parse(form_slice(&page->form, "role"), &role))
        return error_set(err, ERROR_INVALID, "%s",
                         speak(page, "console.error.incomplete"));
    if (agent_set_role(page->app, page->mem, &page->actor, name, role, &why) != 0)
        return refused(page, &extra, &why, "people", err);
    http_see_other(page->response, "/settings/people");
    return 0;
}

int page_people_reset(struct page *page, struct error *err)
{
    const char *name = arena_slice(page->mem, page->request->params[0]);
    struct extra extra = {.link_name = name};
    struct error why = {0};

    if (agent_reset(page->app, page->mem, &page->actor, name, &extra.link, &why) != 0)
        return refused(page, &extra, &why, "people", err);
    return show(page, &extra, err);
}

int page_people_disable(struct page *page, struct error *err)
{
    const char *name = arena_slice(page->mem, page->request->params[0]);
    struct extra extra = {0};
    struct error why = {0};

    if (agent_disable(page->app, page->mem, &page->actor, name, &why) != 0)
        return refused(page, &extra, &why, "people", err);
    http_see_other(page->response, "/settings/people");
    return 0;
}
