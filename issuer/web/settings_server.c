/*
 * settings_server.c - the mail server's part: what to paste there, and how it is tested.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/settings.h"

#include "base/limits.h"
#include "issuer/render/recipe.h"

static void put_servers(struct page *page, const struct recipe *here)
{
    size_t count = 0;
    const struct recipe *all = recipes_all(&count);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *line = json_object();
        view_text(line, "server", all[i].server);
        view_text(line, "name", all[i].title);
        view_text(line, "href",
                  arena_printf(page->mem, "/settings/server/%s", all[i].server));
        view_flag(line, "has_check", all[i].has_check);
        view_flag(line, "is_here", &all[i] == here);
        json_array_append_new(list, line);
    }
    view_take(page->view, "servers", list);
}

int page_settings_server(struct page *page, struct error *err)
{
    put_servers(page, NULL);
    view_take(page->view, "recipe", json_null());
    return settings_show(page, SETTINGS_SERVER, 200, err);
}

static int put_recipe(struct page *page, const struct recipe *recipe, struct error *err)
{
    struct recipe_facts facts = {.config = page->config};
    struct pool_address *pool = NULL;
    struct store *store = NULL;
    struct strbuf text;

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_pool_list(store, page->mem, page->now, &pool, &facts.pool_count,
                                 err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    facts.pool = pool;
    strbuf_init(&text, PAGE_MAX);
    result = recipe_render(app_templates(page->app), recipe, &facts, &text, err);
    if (result == 0) {
        json_t *view = json_object();
        view_text(view, "server", recipe->server);
        view_text(view, "name", recipe->title);
        view_text(view, "text", text.at);
        view_flag(view, "has_check", recipe->has_check);
        view_take(page->view, "recipe", view);
    }
    strbuf_release(&text);
    return result;
}

int page_settings_recipe(struct page *page, struct error *err)
{
    const char *server = arena_slice(page->mem, page->request->params[0]);
    const struct recipe *recipe = NULL;

    if (recipe_find(page->mem, server, &recipe, err) != 0)
        return -1;
    put_servers(page, recipe);
    if (put_recipe(page, recipe, err) != 0)
        return -1;
    return settings_show(page, SETTINGS_SERVER, 200, err);
}
