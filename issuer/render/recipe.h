/*
 * recipe.h - a mail server's part of the configuration, as text for the pool that there is.
 */
#ifndef ISSUER_RENDER_RECIPE_H
#define ISSUER_RENDER_RECIPE_H

#include "base/config.h"
#include "core/pool.h"
#include "issuer/render/template.h"

/* A server is a row of the table in recipe.c, a template below templates/mta/, and a word in
 * cleansmtp(1). */
struct recipe {
    const char *server;   /* "dovecot24", as `cleansmtp mta` has it */
    const char *title;    /* "Dovecot 2.4" */
    const char *template; /* "mta/dovecot24.txt" */
    bool has_check;       /* `cleansmtp mta SERVER --check` knows it */
};
const struct recipe *recipes_all(size_t *out_count);
/* ERROR_NOT_FOUND, with the names there are. */
NODISCARD int recipe_find(struct arena *mem, const char *server,
                          const struct recipe **out, struct error *err);

/* What the text is made for. A lane for every address that sends or may send again, so that
 * resting and waking an address needs no change at the mail server. */
struct recipe_facts {
    const struct config *config;
    const struct pool_address *pool;
    size_t pool_count;
};
NODISCARD int recipe_render(const struct templates *templates,
                            const struct recipe *recipe,
                            const struct recipe_facts *facts, struct strbuf *out,
                            struct error *err);

#endif
