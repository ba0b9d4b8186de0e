/*
 * english.c - one set of templates for all tests of a program.
 */
#include "base/base.h"

#include "tests/support/issuer/english.h"

static struct templates *templates;

static void forget(void)
{
    templates_free(templates);
}

struct speaker english_speaker(struct arena *mem, int64_t now)
{
    struct error err = {0};

    if (templates == NULL &&
        (templates_load(NULL, &templates, &err) != 0 || atexit(forget) != 0))
        abort();
    return (struct speaker){
        .templates = templates, .mem = mem, .lang = "en", .now = now};
}

const char *english(struct arena *mem, struct sentence sentence, int64_t now)
{
    const struct speaker speaker = english_speaker(mem, now);
    const char *words = say(&speaker, sentence);

    return words != NULL ? words : "(nothing)";
}
