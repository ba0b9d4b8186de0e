/*
 * config_show.c - every option with its value, as the file would say it.
 */
#include "base/base.h"

#include "base/config.h"

#include "base/config_reading.h"
#include "base/config_value.h"
#include "base/limits.h"

/* A section of the tree that is being listed. */
struct place {
    const char *section; /* "", "policy", "zone" */
    const char *title;   /* of one that may stand many times, else NULL */
};

static const char *text_of(struct reading *r, cfg_opt_t *option, const char *filled_in)
{
    struct strbuf text;

    strbuf_init(&text, FILE_MAX);
    for (unsigned i = 0; i < cfg_opt_size(option); i++) {
        if (i > 0)
            strbuf_putc(&text, ' ');
        switch (option->type) {
        case CFGT_INT: strbuf_printf(&text, "%ld", cfg_opt_getnint(option, i)); break;
        case CFGT_BOOL:
            strbuf_puts(&text, cfg_opt_getnbool(option, i) == cfg_true ? "yes" : "no");
            break;
        case CFGT_STR:
            config_write_text(&text, filled_in != NULL ? filled_in
                                                       : cfg_opt_getnstr(option, i));
            break;
        default: break; /* libconfuse's other types do not occur in our tables */
        }
    }
    const char *kept = arena_slice(r->mem, strbuf_slice(&text));
    strbuf_release(&text);
    return kept;
}

/* The default of our tables in the same words; a list stands there as {"en", "de"}. */
static const char *standard_of(struct reading *r, const cfg_opt_t *option)
{
    const cfg_defvalue_t *def = &option->def;
    struct strbuf text;

    strbuf_init(&text, FILE_MAX);
    if ((option->flags & CFGF_LIST) != 0) {
        for (const char *p = def->parsed; *p != '\0'; p++)
            if (strchr("{},", *p) == NULL)
                strbuf_putc(&text, *p);
    } else if (option->type == CFGT_INT) {
        strbuf_printf(&text, "%ld", def->number);
    } else if (option->type == CFGT_BOOL) {
        strbuf_puts(&text, def->boolean == cfg_true ? "yes" : "no");
    } else {
        config_write_text(&text, def->string);
    }
    const char *kept = arena_slice(r->mem, strbuf_slice(&text));
    strbuf_release(&text);
    return kept;
}

static void list_option(struct reading *r, const struct place *place, cfg_opt_t *option)
{
    struct config *c = r->config;
    const char *dot = place->section[0] != '\0' ? "." : "";
    const char *title = place->title != NULL
                            ? arena_printf(r->mem, " \"%s\"", place->title)
                            : "";
    bool is_default = (option->flags & CFGF_MODIFIED) == 0;
    const char *derived = config_derived(c, place->section, option->name);
    const char *seen = place->title != NULL
                           ? arena_printf(r->mem, "%s|%s|%s", place->section,
                                          place->title, option->name)
                       : dot[0] != '\0'
                           ? arena_printf(r->mem, "%s|%s", place->section, option->name)
                           : option->name;

    assert(c->options_count < OPTIONS_MAX);
    c->options[c->options_count++] = (struct config_option){
        .name = arena_printf(r->mem, "%s%s%s%s", place->section, title, dot,
                             option->name),
        .manual = arena_printf(r->mem, "%s%s%s", place->section, dot, option->name),
        .value = text_of(r, option, is_default ? derived : NULL),
        .standard = derived != NULL ? NULL : standard_of(r, option),
        .line = is_default ? 0 : config_line_of(r, seen),
    };
}

static void list_options(struct reading *r, const struct place *place, cfg_t *section)
{
    for (cfg_opt_t *option = section->opts; option->name != NULL; option++)
        if (option->type != CFGT_SEC)
            list_option(r, place, option);
}

/* zone "bl.example".title = "Example": each section of that name. */
static void list_titled(struct reading *r, cfg_opt_t *sections)
{
    for (unsigned i = 0; i < cfg_opt_size(sections); i++) {
        cfg_t *section = cfg_opt_getnsec(sections, i);
        const struct place place = {.section = sections->name,
                                    .title = cfg_title(section)};
        list_options(r, &place, section);
    }
}

void config_list_options(struct reading *r)
{
    /* At most 32 zones and 32 keys were accepted, so that there is room. */
    r->config->options = arena_array(r->mem, OPTIONS_MAX, sizeof *r->config->options);
    for (cfg_opt_t *option = r->tree->opts; option->name != NULL; option++) {
        if (option->type == CFGT_FUNC) /* the mark of the end */
            continue;
        if (option->type != CFGT_SEC) {
            list_option(r, &(struct place){.section = ""}, option);
            continue;
        }
        cfg_t *section = cfg_opt_getnsec(option, 0);
        list_options(r, &(struct place){.section = option->name}, section);
        for (cfg_opt_t *inner = section->opts; inner->name != NULL; inner++)
            if (inner->type == CFGT_SEC)
                list_titled(r, inner);
    }
}

void config_show(const struct config *config, struct strbuf *out)
{
    for (size_t i = 0; i < config->options_count; i++) {
        const struct config_option *option = &config->options[i];
        strbuf_printf(out, "%s =%s%s%s\n", option->name,
                      option->value[0] != '\0' ? " " : "", option->value,
                      option->line == 0 ? " # default" : "");
    }
}
