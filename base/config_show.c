/*
 * config_show.c - every option with its value, as the file would say it.
 */
#include "base/base.h"

#include "base/config.h"

#include "base/config_reading.h"
#include "base/config_value.h"

static void show_option(struct strbuf *out, const struct config *config,
                        const char *section, cfg_opt_t *option)
{
    bool is_default = (option->flags & CFGF_MODIFIED) == 0;
    const char *filled_in = is_default ? config_derived(config, section, option->name)
                                       : NULL;
    unsigned count = cfg_opt_size(option);

    strbuf_printf(out, "%s%s%s =", section, section[0] != '\0' ? "." : "",
                  option->name);
    for (unsigned i = 0; i < count; i++) {
        switch (option->type) {
        case CFGT_INT: strbuf_printf(out, " %ld", cfg_opt_getnint(option, i)); break;
        case CFGT_BOOL:
            strbuf_puts(out, cfg_opt_getnbool(option, i) == cfg_true ? " yes" : " no");
            break;
        case CFGT_STR:
            strbuf_putc(out, ' ');
            config_write_text(out, filled_in != NULL ? filled_in
                                                     : cfg_opt_getnstr(option, i));
            break;
        default: break; /* libconfuse's other types do not occur in our tables */
        }
    }
    strbuf_puts(out, is_default ? " # default\n" : "\n");
}

static void show_options(struct strbuf *out, const struct config *config,
                         const char *name, cfg_t *section)
{
    for (cfg_opt_t *option = section->opts; option->name != NULL; option++)
        if (option->type != CFGT_SEC)
            show_option(out, config, name, option);
}

/* zone "bl.example".title = "Example": each section of that name. */
static void show_titled(struct strbuf *out, const struct config *config,
                        struct arena *mem, cfg_opt_t *sections)
{
    for (unsigned i = 0; i < cfg_opt_size(sections); i++) {
        cfg_t *section = cfg_opt_getnsec(sections, i);
        const char *name = arena_printf(mem, "%s \"%s\"", sections->name,
                                        cfg_title(section));
        show_options(out, config, name, section);
    }
}

void config_show(const struct config *config, struct strbuf *out)
{
    struct arena mem;
    struct error err = {0};
    struct config path_only = {.path = config->path};
    struct reading r = {.config = &path_only, .mem = &mem, .err = &err};

    /* Read again: the struct has the meaning, the tree knows what the file said. */
    arena_init(&mem);
    if (config_parse(&r) != 0) {
        strbuf_printf(out, "# %s changed and cannot be read now: %s\n", config->path,
                      err.text);
        goto out;
    }
    assert(r.tree != NULL);
    for (cfg_opt_t *option = r.tree->opts; option->name != NULL; option++) {
        if (option->type != CFGT_SEC) {
            show_option(out, config, "", option);
            continue;
        }
        cfg_t *section = cfg_opt_getnsec(option, 0);
        show_options(out, config, option->name, section);
        for (cfg_opt_t *inner = section->opts; inner->name != NULL; inner++)
            if (inner->type == CFGT_SEC)
                show_titled(out, config, &mem, inner);
    }

out:
    cfg_free(r.tree);
    arena_release(&mem);
}
