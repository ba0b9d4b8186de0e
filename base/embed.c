/*
 * embed.c - finding a file that is part of the program.
 */
#include "base/base.h"

#include "base/embed.h"

struct slice embedded_find(const struct embedded *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return slice_of(table[i].begin, (size_t)(table[i].end - table[i].begin));
    return (struct slice){NULL, 0};
}
