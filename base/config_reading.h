/*
 * config_reading.h - one reading of the configuration file, shared by what reads it.
 *
 * Private to config.c (the file and its tables), config_sections.c, config_zones.c (sections with a
 * title) and config_show.c (every option as text).
 */
#ifndef BASE_CONFIG_READING_H
#define BASE_CONFIG_READING_H

#include <confuse.h>

#include "base/arena.h"
#include "base/config.h"

enum {
    OPTIONS_MAX = 512 /* options and sections of one file; the tables above have 60 */
};

/* What one reading of the file works with. */
struct reading {
    cfg_t *tree;
    struct config *config;
    struct arena *mem;
    struct error *err;
    struct error cause; /* the first thing that libconfuse or we complained of */
    struct {
        const char
            *option; /* "policy|lease_max", "zone|bl.example|codes"; lives in mem */
        int line;
    } seen[OPTIONS_MAX];
    size_t seen_count;
    int last_line; /* of the file */
    bool is_whole; /* nothing is open at its end */
};

/* The line of option, else of the end of its section (libconfuse does not call for an empty
 * list), else 0. */
int config_line_of(const struct reading *r, const char *option);

/* The tree's options into r->config. */
NODISCARD int config_read_sections(struct reading *r);
/* The tree's options as text into r->config->options, when r->config is filled in. */
void config_list_options(struct reading *r);
/* A section `zone "bl.example" { ... }`, a section `key "zen.example" { ... }`. */
NODISCARD int config_read_zone(struct reading *r, cfg_t *section,
                               struct config_zone *out);
NODISCARD int config_read_key(struct reading *r, cfg_t *section,
                              struct config_zone_key *out);

#endif
