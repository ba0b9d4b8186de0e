/*
 * browser.h - the two sites, driven without a socket: a browser of our own with a cookie.
 *
 * Short names, because a test reads as a list of what a person does. What goes wrong fails the test.
 */
#ifndef TESTS_SUPPORT_BROWSER_H
#define TESTS_SUPPORT_BROWSER_H

#include "issuer/web/web.h"
#include "tests/support/issuer/app_fixture.h"

struct browser {
    struct app_fixture fixture;
    struct web web;
    struct site console, customer;
    char cookie[128];
    char token[65];
    /* The last answer. */
    unsigned status;
    struct strbuf page;
    char location[256];
    bool is_secret;
};

/* A browser with the filled fixture (app_fixture_fill), in which ana, an agent, is signed in. */
int browser_start(void **state, const char *options);
int browser_stop(void **state);

struct ask {
    enum http_method method;
    const char *path, *body; /* "/cases?before=3" */
    const char *fetch_site, *origin, *type;
};
void ask(struct browser *b, const struct site *site, const struct ask *what);
/* Of the console; post sends the form's token along. */
void get(struct browser *b, const char *path);
void post(struct browser *b, const char *path, const char *body);

bool shows(const struct browser *b, const char *text);
void must_show(const struct browser *b, const char *text);
/* What stands between two marks, or NULL. Lives in the fixture's arena. */
const char *between(struct browser *b, const char *before, const char *after);
/* From now on the token of the form on the page goes along. */
void take_token(struct browser *b);

/* Somebody who has set their password, "a few long words"; and who is signed in with it. */
void add_agent(struct browser *b, const char *name, enum role role);
void sign_in(struct browser *b, const char *name);
/* From now on the browser is that new person's. */
void sign_in_as(struct browser *b, const char *name, enum role role);

#endif
