/*
 * english.h - what a sentence says, by the catalogue that is built in: for tests of what people read.
 */
#ifndef TESTS_SUPPORT_ISSUER_ENGLISH_H
#define TESTS_SUPPORT_ISSUER_ENGLISH_H

#include "issuer/render/say.h"

/* A speaker of English as of now. The templates are read once and stay. */
struct speaker english_speaker(struct arena *mem, int64_t now);
/* Lives in mem; "(nothing)" where there is nothing to say. */
const char *english(struct arena *mem, struct sentence sentence, int64_t now);

#endif
