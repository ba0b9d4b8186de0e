/*
 * exim_value.c - options, blocks, lines of access control lists.
 */
#include "base/base.h"

#include "issuer/mtacheck/exim.h"

const char *exim_value(const struct exim_look *look, const char *scope,
                       const char *name)
{
    const char *found = scope != NULL
                            ? settings_find(&look->facts->settings, scope, name)
                            : NULL;

    return found != NULL ? found : "";
}

bool exim_mentions(const char *text, const char *what)
{
    return slice_find(slice_from(text), slice_from(what)) >= 0;
}

bool exim_starts(const char *text, const char *prefix)
{
    return slice_starts(slice_from(text), prefix);
}

static struct slice skip_blanks(struct slice text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = slice_skip(text, 1);
    return text;
}

bool exim_match(struct slice *found, struct slice *wanted)
{
    for (;;) {
        *found = skip_blanks(*found);
        *wanted = skip_blanks(*wanted);
        if (wanted->len == 0 || found->len == 0 || found->at[0] != wanted->at[0])
            return wanted->len == 0;
        *found = slice_skip(*found, 1);
        *wanted = slice_skip(*wanted, 1);
    }
}

bool exim_has(const char *text, const char *wanted)
{
    for (struct slice from = slice_from(text); from.len > 0;
         from = slice_skip(from, 1)) {
        struct slice found = from;
        struct slice rest = slice_from(wanted);
        if (exim_match(&found, &rest))
            return true;
    }
    return false;
}

const char *exim_next_block(const struct exim_look *look, const char *kind,
                            size_t *index)
{
    const struct settings *settings = &look->facts->settings;

    while (*index < settings->count) {
        const struct setting *row = &settings->at[(*index)++];
        if (row->name[0] == '\0' && exim_starts(row->scope, kind))
            return row->scope;
    }
    return NULL;
}

const char *exim_acl_line(const struct exim_look *look, const char *acl,
                          const char *text, size_t *index)
{
    const struct settings *settings = &look->facts->settings;

    for (; *index < settings->count; (*index)++) {
        const struct setting *row = &settings->at[*index];
        if (strcmp(row->name, "acl") == 0 && slice_is(slice_from(row->scope), acl) &&
            exim_mentions(row->value, text))
            return settings->at[(*index)++].value;
    }
    return NULL;
}

bool exim_is_our_login(const struct exim_look *look, const char *authenticator)
{
    if (strcmp(exim_value(look, authenticator, "driver"), "dovecot") == 0)
        return strcmp(exim_value(look, authenticator, "server_socket"),
                      look->facts->auth) == 0;
    return exim_mentions(exim_value(look, authenticator, "server_condition"),
                         "saslauthd{");
}

/* The table in "set VARIABLE = ${extract{KEY}{TABLE}}"; "" when there is none. */
static const char *exim_table(const struct exim_look *look, const char *variable)
{
    size_t index = 0;
    struct slice rest = slice_from(exim_acl_line(
        look, "acl clean_ask", arena_printf(look->mem, "set %s = ${extract{", variable),
        &index));
    ptrdiff_t place = slice_find(rest, SLICE("}{"));

    if (place < 0)
        return "";
    rest = slice_skip(rest, (size_t)place + 2);
    ptrdiff_t end = slice_find_byte(rest, '}');
    return arena_slice(look->mem, end < 0 ? rest : slice_take(rest, (size_t)end));
}

void exim_find_ours(struct exim_look *look)
{
    size_t index = 0;
    const char *router;

    while (look->router == NULL &&
           (router = exim_next_block(look, "router ", &index)) != NULL)
        if (exim_mentions(exim_value(look, router, "condition"), "def:" EXIM_ADDRESS))
            look->router = router;
    if (look->router != NULL && exim_value(look, look->router, "transport")[0] != '\0')
        look->transport = arena_printf(look->mem, "transport %s",
                                       exim_value(look, look->router, "transport"));
    if (strcmp(exim_value(look, look->transport, "driver"), "smtp") != 0)
        look->transport = NULL;
    look->addresses = exim_table(look, EXIM_ADDRESS);
    look->helos = exim_table(look, "acl_m_clean_helo");
}
