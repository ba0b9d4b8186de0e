/*
 * test_credential.c - usernames, passwords and link keys: made, and read back as people type them.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/credential.h"

static const char *plain = "abcdefghjkmnpqrstvwxyz234";

static void a_made_username_is_read_back(void **state)
{
    char made[USERNAME_LEN + 1], back[USERNAME_LEN + 1];

    (void)state;
    for (int i = 0; i < 100; i++) {
        username_make(&random_system, made);
        assert_int_equal(strlen(made), USERNAME_LEN);
        assert_memory_equal(made, USERNAME_PREFIX, strlen(USERNAME_PREFIX));
        assert_true(username_parse(slice_from(made), slice_from(""), back));
        assert_string_equal(made, back);
    }
}

static void each_byte_is_of_the_alphabet_or_not(void **state)
{
    char typed[PASSWORD_LEN], out[PASSWORD_LEN + 1];

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool is_letter = byte != 0 &&
                         (strchr(CREDENTIAL_ALPHABET, byte) != NULL ||
                          (byte >= 'A' && byte <= 'Z' &&
                           strchr(CREDENTIAL_ALPHABET, byte + 32) != NULL));
        memset(typed, byte, sizeof typed);
        assert_int_equal(password_normalise(slice_of(typed, sizeof typed), out),
                         is_letter);
    }
}

static void a_username_is_taken_in_any_case_and_with_our_realm_only(void **state)
{
    static const struct {
        const char *login;
        bool is_good;
    } cases[] = {
        {"cs-abcdefgh",                    true },
        {"CS-ABCDEFGH",                    true },
        {"cs-abcdefgh@clean.example",      true },
        {"Cs-aBcDeFgH@CLEAN.example",      true },
        {"cs-abcdefgh@other.example",      false},
        {"cs-abcdefgh@clean.example.test", false},
        {"cs-abcdefgh@",                   false},
        {"cs-abcdefghclean.example",       false},
        {"cs-abcdefghj",                   false},
        {"cs-abcdefg",                     false},
        {"cs-abcdefg1",                    false},
        {"cs-abcdefgl",                    false},
        {"xs-abcdefgh",                    false},
        {" cs-abcdefgh",                   false},
        {"anna@clean.example",             false},
        {"cs-",                            false},
        {"",                               false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[USERNAME_LEN + 1] = "untouched";
        bool is_good = username_parse(slice_from(cases[i].login),
                                      slice_from("clean.example"), out);
        if (is_good != cases[i].is_good ||
            strcmp(out, is_good ? "cs-abcdefgh" : "untouched") != 0)
            fail_msg("\"%s\": %d, \"%s\"", cases[i].login, is_good, out);
    }
}

static void a_nul_is_never_part_of_a_credential(void **state)
{
    char out[PASSWORD_LEN + 1], text[PASSWORD_LEN + 1];

    (void)state;
    assert_false(
        username_parse(slice_of("cs-abcd\0fgh", USERNAME_LEN), slice_from(""), out));
    memcpy(text, plain, sizeof text);
    text[7] = '\0';
    assert_false(password_normalise(slice_of(text, PASSWORD_LEN), out));
    assert_false(link_id_is_valid(slice_of("abcdef\0hjkmnp", LINK_ID_LEN)));
}

static void a_made_password_is_shown_in_groups_and_read_back(void **state)
{
    char out[PASSWORD_LEN + 1];

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct secret shown = password_make(&random_system);
        assert_int_equal(shown.len, PASSWORD_SHOWN_LEN);
        for (size_t at = 0; at < shown.len; at++)
            assert_int_equal(shown.at[at] == '-', at % 6 == 5);
        assert_true(password_normalise(slice_of(shown.at, shown.len), out));
        assert_int_equal(strlen(out), PASSWORD_LEN);
        secret_free(&shown);
    }
}

static void a_password_is_read_as_people_type_it(void **state)
{
    static const struct {
        const char *name, *typed;
        bool is_good;
    } cases[] = {
        {"plain",            "abcdefghjkmnpqrstvwxyz234",           true },
        {"groups",           "abcde-fghjk-mnpqr-stvwx-yz234",       true },
        {"capitals",         "ABCDE-FGHJK-MNPQR-STVWX-YZ234",       true },
        {"blanks",           " abcde fghjk\tmnpqr stvwx yz234\r\n", true },
        {"hyphens anywhere", "-a-b-cdefghjkmnpqrstvwxyz234--",      true },
        {"one missing",      "abcdefghjkmnpqrstvwxyz23",            false},
        {"one too many",     "abcdefghjkmnpqrstvwxyz2345",          false},
        {"look-alike 0",     "abcdefghjkmnpqrstvwxyz230",           false},
        {"look-alike l",     "lbcdefghjkmnpqrstvwxyz234",           false},
        {"underscore",       "abcde_fghjkmnpqrstvwxyz234",          false},
        {"beyond ASCII",
         "\xc3\xa4"
         "bcdefghjkmnpqrstvwxyz234",                                false},
        {"only hyphens",     "-----",                               false},
        {"empty",            "",                                    false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[PASSWORD_LEN + 1] = "untouched";
        bool is_good = password_normalise(slice_from(cases[i].typed), out);
        if (is_good != cases[i].is_good ||
            strcmp(out, is_good ? plain : "untouched") != 0)
            fail_msg("%s: %d, \"%s\"", cases[i].name, is_good, out);
    }
}

static void a_link_key_may_carry_the_mark_of_a_fragment(void **state)
{
    static const struct {
        const char *typed;
        bool is_good;
    } cases[] = {
        {"abcdefghjkmnpqrstvwxyz234",         true },
        {"#abcdefghjkmnpqrstvwxyz234",        true },
        {"  #ABCDE-FGHJK-MNPQR-STVWX-YZ234 ", true },
        {"##abcdefghjkmnpqrstvwxyz234",       false},
        {"abcdefghjkmnpqrstvwxyz234#",        false},
        {"#",                                 false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[LINK_KEY_LEN + 1] = "untouched";
        bool is_good = link_key_normalise(slice_from(cases[i].typed), out);
        if (is_good != cases[i].is_good ||
            strcmp(out, is_good ? plain : "untouched") != 0)
            fail_msg("\"%s\": %d, \"%s\"", cases[i].typed, is_good, out);
    }
}

static void made_links_are_valid(void **state)
{
    char id[LINK_ID_LEN + 1], key[LINK_KEY_LEN + 1], out[LINK_KEY_LEN + 1];

    (void)state;
    link_id_make(&random_system, id);
    link_key_make(&random_system, key);
    assert_true(link_id_is_valid(slice_from(id)));
    assert_true(link_key_normalise(slice_from(key), out));
    assert_string_equal(key, out);
}

static void a_link_id_is_taken_exactly(void **state)
{
    static const char *const strangers[] = {
        "",
        "abcdefghjkmn",
        "abcdefghjkmnpq",
        "Abcdefghjkmnp",
        "abcdef-hjkmnp",
        "abcdefghjkmn0",
    };

    (void)state;
    assert_true(link_id_is_valid(slice_from("abcdefghjkmnp")));
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        if (link_id_is_valid(slice_from(strangers[i])))
            fail_msg("\"%s\" is taken for a link id", strangers[i]);
}

static void a_pin_is_six_digits_however_it_is_typed(void **state)
{
    static const struct {
        const char *typed;
        bool is_good;
    } cases[] = {
        {"482913",    true },
        {"482 913",   true },
        {" 48-29-13", true },
        {"48291",     false},
        {"4829133",   false},
        {"48291a",    false},
        {"４82913",  false},
        {"",          false},
    };
    char made[PIN_LEN + 1];
    char read[PIN_LEN + 1];

    (void)state;
    pin_make(&random_system, made);
    assert_true(pin_normalise(slice_from(made), read));
    assert_string_equal(read, made);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[PIN_LEN + 1] = "-";
        assert_int_equal(pin_normalise(slice_from(cases[i].typed), out),
                         cases[i].is_good);
        assert_string_equal(out, cases[i].is_good ? "482913" : "-");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_username_is_read_back),
        cmocka_unit_test(each_byte_is_of_the_alphabet_or_not),
        cmocka_unit_test(a_username_is_taken_in_any_case_and_with_our_realm_only),
        cmocka_unit_test(a_nul_is_never_part_of_a_credential),
        cmocka_unit_test(a_made_password_is_shown_in_groups_and_read_back),
        cmocka_unit_test(a_password_is_read_as_people_type_it),
        cmocka_unit_test(a_link_key_may_carry_the_mark_of_a_fragment),
        cmocka_unit_test(made_links_are_valid),
        cmocka_unit_test(a_link_id_is_taken_exactly),
        cmocka_unit_test(a_pin_is_six_digits_however_it_is_typed),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
