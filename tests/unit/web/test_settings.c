/*
 * test_settings.c - the settings pages: every option by name and default, lists, letters, the mail
 * server's configuration, people; and who sees which.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/limits.h"
#include "issuer/render/manual.h"
#include "issuer/render/recipe.h"
#include "tests/support/issuer/browser.h"

static int start(void **state)
{
    return browser_start(state,
                         "brand { name = \"Example & Sons\" }\n"
                         "policy { lease_max = \"48h\" }\n"
                         "zones { use = { \"bl.spamcop.net\", \"bl.own.example\" }\n"
                         "zone \"bl.own.example\" { title = \"Our own list\"\n"
                         "codes = { \"127.0.0.2=<spam>\" }\n"
                         "clears = \"6h+1h\" test_points = no } }");
}

/* The row of an option: from its name to the end of the row. */
static const char *row_of(struct browser *b, const char *option)
{
    const char *row = between(
        b, arena_printf(&b->fixture.mem, "<code>%s</code>", option), "</tr>");

    if (row == NULL)
        fail_msg("%s is not on the page:\n%s", option, b->page.at);
    return row;
}

static void row_has(struct browser *b, const char *option, const char *text)
{
    const char *row = row_of(b, option);

    if (strstr(row, text) == NULL)
        fail_msg("%s lacks \"%s\": %s", option, text, row);
}

static void a_setting_has_its_name_value_default_and_sentence(void **state)
{
    struct browser *b = *state;

    get(b, "/settings");
    assert_string_equal(b->location, "/settings/policy");
    get(b, b->location);
    assert_int_equal(b->status, 200);
    row_has(b, "policy.lease_max", "<code>&quot;48h&quot;</code>");
    row_has(b, "policy.lease_max", "<code>&quot;72h&quot;</code>");
    row_has(b, "policy.lease_max", "How long one may last.");
    row_has(b, "policy.lease_max", ">set in line ");
    row_has(b, "policy.messages_max", "<code>100</code>");
    row_has(b, "policy.messages_max", "<small>by default</small>");
    must_show(b, app_config(b->fixture.app)->path);
    assert_false(shows(b, "brand.name"));
    get(b, "/settings/messages");
    row_has(b, "brand.name", "&quot;Example &amp; Sons&quot;");
    get(b, "/settings/server");
    row_has(b, "submission.realm", "follows from other settings");
    get(b, "/settings/lists");
    row_has(b, "zone &quot;bl.own.example&quot;.clears",
            "<code>&quot;6h+1h&quot;</code>");
}

static void every_option_stands_on_one_page_with_words_of_the_manual(void **state)
{
    static const char *const paths[] = {"/settings/policy",   "/settings/lists",
                                        "/settings/messages", "/settings/server",
                                        "/settings/host",     "/settings/webhooks"};
    struct browser *b = *state;
    const struct config *config = app_config(b->fixture.app);
    unsigned seen[512] = {0};

    sign_in_as(b, "ada", ROLE_ADMIN);

    assert_true(config->options_count > 50 && config->options_count < ARRAY_LEN(seen));
    for (size_t p = 0; p < ARRAY_LEN(paths); p++) {
        get(b, paths[p]);
        assert_int_equal(b->status, 200);
        for (size_t i = 0; i < config->options_count; i++) {
            /* The titles of this file are names, so quotes are all there is to escape. */
            struct strbuf name;
            strbuf_init(&name, 512);
            strbuf_puts(&name, "<code>");
            for (const char *c = config->options[i].name; *c != '\0'; c++)
                if (*c == '"')
                    strbuf_puts(&name, "&quot;");
                else
                    strbuf_putc(&name, *c);
            strbuf_puts(&name, "</code> <small class=\"does\">");
            seen[i] += shows(b, name.at);
            strbuf_release(&name);
        }
    }
    for (size_t i = 0; i < config->options_count; i++) {
        if (seen[i] != 1)
            fail_msg("%s stands on %u pages", config->options[i].name, seen[i]);
        if (manual_sentence(config->options[i].manual).len < 10)
            fail_msg("the manual has no sentence on %s", config->options[i].manual);
    }
    assert_int_equal(manual_sentence("policy").len, 0);
}

static void a_list_says_what_it_means_and_is_asked_on_a_button_only(void **state)
{
    struct browser *b = *state;

    get(b, "/settings/lists");
    size_t rounds = b->fixture.dns.rounds;
    get(b, "/settings/lists");
    assert_int_equal(b->fixture.dns.rounds, rounds);
    must_show(b, "reported as a source of spam");
    must_show(b, "a listing, grounds for a lease");
    must_show(b, "https://www.spamcop.net/bl.shtml?{ip}");
    must_show(b, "by itself 24 h after the last report, and up to 4 h more");
    must_show(b, "Our own list");
    must_show(b, "&lt;spam&gt;");
    must_show(b, "It has no entries to test it with.");
    post(b, "/settings/lists/bl.spamcop.net/test", "");
    assert_int_equal(b->status, 200);
    assert_true(b->fixture.dns.rounds > rounds);
    must_show(b, "SpamCop answers, just now.");
    fake_resolver_fail(&b->fixture.dns, FIXTURE_ZONE, "127.0.0.2", DNS_TIMEOUT);
    post(b, "/settings/lists/bl.spamcop.net/test", "");
    must_show(b, "We could not get a sure answer from SpamCop.");
    fake_resolver_list(&b->fixture.dns, "bl.own.example", "127.0.0.1", "127.0.0.2",
                       NULL);
    post(b, "/settings/lists/bl.own.example/test", "");
    must_show(b, "Our own list lists 127.0.0.1: do not believe it.");
    /* In the catalogue, but not asked here; and no list at all. */
    post(b, "/settings/lists/zen.spamhaus.org/test", "");
    assert_int_equal(b->status, 404);
    post(b, "/settings/lists/evil.example/test", "");
    assert_int_equal(b->status, 404);
}

static void every_letter_is_shown_in_every_language(void **state)
{
    struct browser *b = *state;

    get(b, "/settings/messages");
    assert_int_equal(b->status, 200);
    must_show(b, "Example &amp; Sons");
    must_show(b, "info@recipient.example");
    must_show(b, "<pre class=\"letter\" lang=\"de\">Guten Tag");
    for (size_t i = 0; i < templates_count; i++) {
        struct slice name = slice_from(templates_table[i].name), word;
        if (!slice_cut(&name, '/', &word) || !slice_is(word, "email") ||
            !slice_cut(&name, '.', &word) || !slice_is(name, "en.txt"))
            continue;
        /* Not sent by itself: it is a part of two others. */
        if (slice_is(word, "whitelist"))
            must_show(b, "To the postmaster of recipient.example:");
        else
            must_show(b, arena_printf(&b->fixture.mem, "email/%.*s.en.txt",
                                      (int)word.len, word.at));
    }
}

static void the_mail_server_page_is_what_the_command_prints(void **state)
{
    struct browser *b = *state;
    size_t count = 0;
    const struct recipe *recipes = recipes_all(&count);

    get(b, "/settings/server");
    assert_int_equal(b->status, 200);
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_printf(&b->fixture.mem, "/settings/server/%s",
                                        recipes[i].server);
        get(b, "/settings/server");
        must_show(b, path);
        get(b, path);
        assert_int_equal(b->status, 200);
        must_show(b, "cleansmtp doctor --canary");
        assert_int_equal(shows(b, arena_printf(&b->fixture.mem, "mta %s --check",
                                               recipes[i].server)),
                         recipes[i].has_check);
    }
    get(b, "/settings/server/postfix");
    must_show(b, "smtp_bind_address=" FIXTURE_RESERVED);
    must_show(b, "data-copy=\"recipe\"");
    get(b, "/settings/server/sendmail");
    assert_int_equal(b->status, 404);
    must_show(b, "postfix, exim, dovecot");
}

static void a_person_is_added_reset_and_disabled(void **state)
{
    struct browser *b = *state;

    sign_in_as(b, "root", ROLE_ADMIN);
    get(b, "/settings/people");
    assert_int_equal(b->status, 200);
    must_show(b, "This is you");
    assert_false(shows(b, "/settings/people/root/disable"));
    post(b, "/settings/people", "name=ben&role=lead");
    assert_int_equal(b->status, 200);
    assert_true(b->is_secret);
    const char *first = between(b, "<code id=\"link\">", "</code>");
    assert_non_null(first);
    first = strstr(first, "/set-up/");
    assert_non_null(first);
    must_show(b, "Set-up link for ben");
    get(b, "/settings/people");
    assert_false(shows(b, "/set-up/"));
    must_show(b, "has a set-up link");
    post(b, "/settings/people/ben/reset", "");
    const char *second = between(b, "<code id=\"link\">", "</code>");
    assert_non_null(second);
    second = strstr(second, "/set-up/");
    assert_non_null(second);
    get(b, first);
    assert_int_equal(b->status, 404);
    get(b, second);
    assert_int_equal(b->status, 200);
    post(b, "/settings/people/ben/role", "role=auditor");
    assert_string_equal(b->location, "/settings/people");
    get(b, b->location);
    must_show(b, "<option value=\"auditor\" selected>auditor</option>");
    post(b, "/settings/people/ben/role",
         "role=auditor"); /* the page before was open twice */
    assert_int_equal(b->status, 409);
    must_show(b, "There is a problem");
    post(b, "/settings/people/ben/role", "role=king");
    assert_int_equal(b->status, 400);
    assert_false(shows(b, "/settings/people/root/role"));
    post(b, "/settings/people/root/role", "role=lead");
    assert_int_equal(b->status, 403);
    post(b, "/settings/people/ben/disable", "");
    assert_string_equal(b->location, "/settings/people");
    get(b, b->location);
    must_show(b, "disabled");
    assert_false(shows(b, "/settings/people/ben/disable"));
    get(b, second);
    assert_int_equal(b->status, 404);
    post(b, "/settings/people/ben/reset", "");
    assert_int_equal(b->status, 409);
    must_show(b, "There is a problem");
    get(b, "/audit");
    must_show(b, "agent.add");
    must_show(b, "agent.reset");
    must_show(b, "agent.disable");
    must_show(b, "agent.role");
    must_show(b, "role=auditor was=lead");
    must_show(b, "role=lead");
}

static void a_wrong_name_is_said_over_the_form(void **state)
{
    static const struct {
        const char *form;
        unsigned status;
        const char *says;
    } cases[] = {
        {"name=Ben+Miller&role=lead",      400, "value=\"Ben Miller\""    },
        {"name=%3Cscript%3E&role=auditor", 400, "value=\"&lt;script&gt;\""},
        {"name=&role=agent",               400, "There is a problem"      },
        {"name=ana&role=agent",            409, "href=\"#name\""          },
        {"name=ben&role=king",             400, "The form is incomplete"  },
        {"name=ben",                       400, "The form is incomplete"  },
    };
    struct browser *b = *state;

    sign_in_as(b, "root", ROLE_ADMIN);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        post(b, "/settings/people", cases[i].form);
        if (b->status != cases[i].status)
            fail_msg("%s: %u", cases[i].form, b->status);
        must_show(b, cases[i].says);
        assert_false(shows(b, "/set-up/"));
    }
    post(b, "/settings/people/nobody/disable", "");
    assert_int_equal(b->status, 404);
}

static void only_who_looks_after_people_sees_them(void **state)
{
    static const struct {
        const char *name;
        enum role role;
        unsigned test; /* the answer to asking a list now */
    } people[] = {
        {"alf", ROLE_AGENT,      200},
        {"lea", ROLE_LEAD,       200},
        {"pia", ROLE_POSTMASTER, 200},
        {"eva", ROLE_AUDITOR,    403},
    };
    static const char *const forms[] = {
        "/settings/people", "/settings/people/ana/reset", "/settings/people/ana/role",
        "/settings/people/ana/disable"};
    struct browser *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(people); i++) {
        sign_in_as(b, people[i].name, people[i].role);
        get(b, "/settings/lists");
        assert_int_equal(b->status, 200);
        assert_false(shows(b, "/settings/people"));
        assert_int_equal(shows(b, "Test now"), people[i].test == 200);
        post(b, "/settings/lists/bl.spamcop.net/test", "");
        assert_int_equal(b->status, people[i].test);
        get(b, "/settings/people");
        assert_int_equal(b->status, 403);
        for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
            post(b, forms[f], "name=mallory&role=admin");
            assert_int_equal(b->status, 403);
        }
    }
    b->cookie[0] = '\0';
    get(b, "/settings/policy");
    assert_int_equal(b->status, 303);
    sign_in(b, "ana"); /* who is neither reset nor disabled */
}

/* ---- tokens ---- */

#define TOKEN_FORM "name=Zammad&for=30d&password=a+few+long+words"

static void a_token_is_shown_once_and_revoked_with_a_click(void **state)
{
    struct browser *b = *state;

    sign_in_as(b, "lea", ROLE_LEAD);
    get(b, "/settings/tokens");
    must_show(b, "There are none yet.");
    take_token(b);
    post(b, "/settings/tokens",
         TOKEN_FORM "&diagnose=on&lease%3Acreate=on&networks=192.0.2.0%2F24");
    assert_int_equal(b->status, 200);
    assert_true(b->is_secret);
    const char *token = between(b, "<code id=\"made\">", "</code>");
    assert_non_null(token);
    assert_true(slice_starts(slice_from(token), "csat_"));
    must_show(b, "diagnose lease:create");
    must_show(b, "only from 192.0.2.0/24");
    get(b, "/settings/tokens");
    assert_false(shows(b, "csat_0"));
    assert_false(shows(b, token));
    assert_true(shows(b, "/settings/tokens/1/revoke"));
    post(b, "/settings/tokens/1/revoke", "");
    assert_int_equal(b->status, 303);
    get(b, "/settings/tokens");
    assert_false(shows(b, "/settings/tokens/1/revoke"));
    must_show(b, "revoked");
    /* Two clicks are as good as one. */
    post(b, "/settings/tokens/1/revoke", "");
    assert_int_equal(b->status, 303);
}

static void a_token_wants_the_password_again(void **state)
{
    static const struct {
        const char *form, *field;
        unsigned status;
    } cases[] = {
        {"name=x&diagnose=on&for=30d",                                         "password", 403},
        {"name=x&diagnose=on&for=30d&password=another+long+word",              "password", 403},
        {"name=&diagnose=on&for=30d&password=a+few+long+words",                "name",     400},
        {"name=x&for=30d&password=a+few+long+words",                           "scopes",   400},
        {"name=x&diagnose=on&for=30d&networks=here&password=a+few+long+words",
         "networks",                                                                       400},
        {"name=x&lease%3Acreate=on&for=30d&password=a+few+long+words",         "scopes",   403},
        {"name=x&diagnose=on&for=9&password=a+few+long+words",                 "scopes",   400},
    };
    struct browser *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        get(b, "/settings/tokens");
        post(b, "/settings/tokens", cases[i].form);
        if (b->status != cases[i].status)
            fail_msg("%s: %u\n%s", cases[i].form, b->status, b->page.at);
        must_show(b, arena_printf(&b->fixture.mem, "<a href=\"#%s\">", cases[i].field));
        assert_false(shows(b, "id=\"made\""));
        assert_false(shows(b, "another long word"));
    }
    get(b, "/settings/tokens");
    must_show(b, "There are none yet.");
}

static void everybody_sees_their_own_tokens(void **state)
{
    struct browser *b = *state;

    get(b, "/settings/tokens");
    assert_false(shows(b, "name=\"lease:create\""));
    assert_false(shows(b, "name=\"audit:read\""));
    post(b, "/settings/tokens", TOKEN_FORM "&diagnose=on");
    assert_int_equal(b->status, 200);
    sign_in_as(b, "ben", ROLE_LEAD);
    get(b, "/settings/tokens");
    must_show(b, "There are none yet.");
    assert_true(shows(b, "name=\"lease:create\""));
    post(b, "/settings/tokens/1/revoke", "");
    assert_int_equal(b->status, 404);
    sign_in_as(b, "root", ROLE_ADMIN);
    get(b, "/settings/tokens");
    must_show(b, "Zammad");
    post(b, "/settings/tokens/1/revoke", "");
    assert_int_equal(b->status, 303);
}

#define SETTINGS_TEST(name) cmocka_unit_test_setup_teardown(name, start, browser_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SETTINGS_TEST(a_setting_has_its_name_value_default_and_sentence),
        SETTINGS_TEST(every_option_stands_on_one_page_with_words_of_the_manual),
        SETTINGS_TEST(a_list_says_what_it_means_and_is_asked_on_a_button_only),
        SETTINGS_TEST(every_letter_is_shown_in_every_language),
        SETTINGS_TEST(the_mail_server_page_is_what_the_command_prints),
        SETTINGS_TEST(a_person_is_added_reset_and_disabled),
        SETTINGS_TEST(a_wrong_name_is_said_over_the_form),
        SETTINGS_TEST(only_who_looks_after_people_sees_them),
        SETTINGS_TEST(a_token_is_shown_once_and_revoked_with_a_click),
        SETTINGS_TEST(a_token_wants_the_password_again),
        SETTINGS_TEST(everybody_sees_their_own_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
