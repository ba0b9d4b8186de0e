/*
 * settings.c - what the daemon runs with: every option by its name, its value and its default.
 *
 * The file is the only place where options are changed, so these pages only show them. Names and
 * defaults are those of base/config.c, sentences those of cleansmtp.conf(5); neither is written
 * down here again.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/settings.h"
#include "issuer/web/speak.h"

#include "issuer/render/manual.h"

static const struct row {
    const char *path, *template;
    const char *label; /* keys of the catalogue */
    const char *lead;
    const char *options; /* names or sections; NULL: none; "": those of no other page */
    enum act act;
} rows[] = {
    [SETTINGS_POLICY] = {"/settings/policy",   "html/settings.html",
                         "console.settings.policy.label",   "console.settings.policy.lead",   "policy",                  ACT_VIEW_POOL    },
    [SETTINGS_LISTS] = {"/settings/lists",    "html/settings_lists.html",
                         "console.settings.lists.label",    "console.settings.lists.lead",
                         "zones zone key dns",                                                                           ACT_VIEW_POOL    },
    [SETTINGS_MESSAGES] = {"/settings/messages", "html/settings_messages.html",
                         "console.settings.messages.label", "console.settings.messages.lead",
                         "languages template_dir timezone timezones brand",                                              ACT_VIEW_POOL    },
    [SETTINGS_SERVER] = {"/settings/server",   "html/settings_server.html",
                         "console.settings.server.label",   "console.settings.server.lead",   "submission mta_log auth",
                         ACT_VIEW_POOL                                                                                                    },
    [SETTINGS_HOST] = {"/settings/host",     "html/settings.html",
                         "console.settings.host.label",     "console.settings.host.lead",     "",
                         ACT_VIEW_POOL                                                                                                    },
    [SETTINGS_PEOPLE] = {"/settings/people",   "html/settings_people.html",
                         "console.settings.people.label",   "console.settings.people.lead",   NULL,                      ACT_CHANGE_PEOPLE},
    [SETTINGS_TOKENS] = {"/settings/tokens",   "html/settings_tokens.html",
                         "console.settings.tokens.label",   "console.settings.tokens.lead",   NULL,                      ACT_VIEW_CASES   },
    [SETTINGS_WEBHOOKS] = {"/settings/webhooks", "html/settings_webhooks.html",
                         "console.settings.webhooks.label", "console.settings.webhooks.lead", "webhooks",
                         ACT_CHANGE_WEBHOOKS                                                                                              },
};
_Static_assert(ARRAY_LEN(rows) == SETTINGS_PAGE_COUNT, "a row a page");

/* ---- which options ---- */

/* "policy" of "policy.lease_max"; at the top level the option itself. */
static struct slice section_of(const struct config_option *option)
{
    struct slice rest = slice_from(option->manual), section = {0};

    (void)slice_cut(&rest, '.', &section);
    return section;
}

static bool names(const char *options, struct slice section)
{
    struct slice rest = slice_from(options), word;

    while (slice_cut(&rest, ' ', &word))
        if (slice_equal(word, section))
            return true;
    return false;
}

static bool is_on(const struct row *row, const struct config_option *option)
{
    struct slice section = section_of(option);

    if (row->options == NULL || row->options[0] != '\0')
        return row->options != NULL && names(row->options, section);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].options != NULL && names(rows[i].options, section))
            return false;
    return true;
}

static json_t *option_line(const struct page *page, const struct config_option *option)
{
    json_t *line = json_object();

    view_text(line, "name", option->name);
    view_slice(line, "sentence", manual_sentence(option->manual));
    view_text(line, "value",
              option->value[0] != '\0' ? option->value
                                       : speak(page, "console.settings.none"));
    view_text(line, "standard",
              option->standard == NULL      ? speak(page, "console.settings.follows")
              : option->standard[0] != '\0' ? option->standard
                                            : speak(page, "console.settings.none"));
    view_flag(line, "is_code", option->standard != NULL && option->standard[0] != '\0');
    if (option->line != 0)
        view_number(line, "line", option->line);
    else
        view_text(line, "line", NULL);
    return line;
}

/* "policy", or "top" for what stands outside of sections. */
static const char *group_name(struct page *page, const struct config_option *option)
{
    struct slice section = section_of(option);

    return section.len == strlen(option->manual) ? "top"
                                                 : arena_slice(page->mem, section);
}

/* A table a section, in the order of the manual. */
static json_t *groups(struct page *page, const struct row *row)
{
    json_t *list = json_array();
    json_t *options = NULL;
    const char *name = "";

    for (size_t i = 0; i < page->config->options_count; i++) {
        const struct config_option *option = &page->config->options[i];
        if (!is_on(row, option))
            continue;
        if (options == NULL || strcmp(name, group_name(page, option)) != 0) {
            name = group_name(page, option);
            json_t *group = json_object();
            options = json_array();
            view_text(group, "title",
                      speak(page, arena_printf(page->mem, "console.settings.group.%s",
                                               name)));
            view_take(group, "options", options);
            json_array_append_new(list, group);
        }
        json_array_append_new(options, option_line(page, option));
    }
    return list;
}

/* ---- the frame ---- */

static json_t *menu(const struct page *page, enum settings_page here)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!page_may(page, rows[i].act))
            continue;
        json_t *entry = json_object();
        view_text(entry, "href", rows[i].path);
        view_text(entry, "label", speak(page, rows[i].label));
        view_flag(entry, "is_here", i == (size_t)here);
        json_array_append_new(list, entry);
    }
    return list;
}

int settings_show(struct page *page, enum settings_page which, unsigned status,
                  struct error *err)
{
    const struct row *row = &rows[which];
    json_t *list = groups(page, row);

    view_take(page->view, "pages", menu(page, which));
    view_text(page->view, "heading", speak(page, row->label));
    view_text(page->view, "lead", speak(page, row->lead));
    view_text(page->view, "file", page->config->path);
    view_flag(page->view, "has_options", json_array_size(list) > 0);
    view_take(page->view, "groups", list);
    return page_show(
        page,
        &(struct page_name){.template = row->template,
                            .title = speak_with(page, "console.settings.page_title",
                                                "page", speak(page, row->label), NULL),
                            .section = "settings",
                            .status = status},
        err);
}

int page_settings(struct page *page, struct error *err UNUSED)
{
    http_see_other(page->response, rows[0].path);
    return 0;
}

int page_settings_policy(struct page *page, struct error *err)
{
    return settings_show(page, SETTINGS_POLICY, 200, err);
}

int page_settings_host(struct page *page, struct error *err)
{
    return settings_show(page, SETTINGS_HOST, 200, err);
}
