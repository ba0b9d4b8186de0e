/*
 * organisation.c - the public suffix list, asked.
 */
#include "base/base.h"

#include "issuer/cases/organisation.h"

#include <libpsl.h>

const char *organisation_of(struct arena *mem, const char *domain)
{
    char *lower = arena_strdup(mem, domain);
    size_t len = strlen(lower);

    /* libpsl compares bytes: lower case is the caller's part (psl_registrable_domain). */
    for (size_t i = 0; i < len; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] - 'A' + 'a');
    if (len > 0 && lower[len - 1] == '.')
        lower[len - 1] = '\0';
    /* NULL where libpsl was built without a list: then no two domains are one organisation. */
    const psl_ctx_t *list = psl_builtin();
    const char *found = list != NULL ? psl_registrable_domain(list, lower) : NULL;
    return found != NULL ? found : lower;
}
