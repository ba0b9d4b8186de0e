/*
 * manual.c - sentences of the manual: a line an option, OPTION, a tab, the sentence.
 */
#include "base/base.h"

#include "issuer/render/manual.h"

#include "base/embed.h"

struct slice manual_sentence(const char *option)
{
    struct slice rest = embedded_find(manual_table, manual_count, "options.tsv");
    struct slice line;
    struct slice name;

    while (slice_line(&rest, &line))
        if (slice_cut(&line, '\t', &name) && slice_is(name, option))
            return line;
    return (struct slice){0};
}
