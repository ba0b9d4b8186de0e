/*
 * actor.c - the words of an actor.
 */
#include "base/base.h"

#include "core/actor.h"

struct slice actor_person(const char *actor)
{
    struct slice rest = slice_from(actor);
    struct slice person = {0};

    (void)slice_cut(&rest, ' ', &person);
    return person;
}

bool actor_is_same_person(const char *a, const char *b)
{
    return slice_equal(actor_person(a), actor_person(b));
}

bool actor_for_is_valid(struct slice name)
{
    return name.len > 0 && name.len <= ACTOR_FOR_MAX && slice_is_printable(name) &&
           slice_find_byte(name, ' ') < 0;
}
