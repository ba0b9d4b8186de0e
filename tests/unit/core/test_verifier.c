/*
 * test_verifier.c - the stored digest of a password, and the pepper file.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/verifier.h"

#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_B "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"
#define USER "cs-abcdefgh"
#define PASSWORD "abcde-fghjk-mnpqr-stvwx-yz234"

static struct pepper two_keys(void)
{
    struct pepper pepper;

    assert_int_equal(
        pepper_parse(slice_from("7 " HEX_A "\n9 " HEX_B "\n"), &pepper, NULL), 0);
    return pepper;
}

static void the_newest_key_is_the_last_line(void **state)
{
    struct pepper pepper;
    struct error err = {0};

    (void)state;
    assert_int_equal(
        pepper_parse(slice_from("# old first\n\n9 " HEX_A "\n  2 " HEX_B "  \n"),
                     &pepper, &err),
        0);
    assert_int_equal(pepper.count, 2);
    assert_int_equal(pepper_newest(&pepper), 2);
    assert_int_equal(pepper.keys[0].key.len, PEPPER_BYTES);
    assert_int_equal((unsigned char)pepper.keys[1].key.at[0], 0xff);
    pepper_release(&pepper);
    assert_int_equal(pepper_newest(&pepper), 0);
}

static void a_pepper_that_is_not_understood_is_refused_and_never_quoted(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"empty",          ""                                                                      },
        {"only comments",  "# 1 " HEX_A "\n"                                                       },
        {"no id",          HEX_A "\n"                                                              },
        {"id 0",           "0 " HEX_A "\n"                                                         },
        {"id too large",   "65536 " HEX_A "\n"                                                     },
        {"negative id",    "-1 " HEX_A "\n"                                                        },
        {"id twice",       "1 " HEX_A "\n1 " HEX_B "\n"                                            },
        {"short",          "1 0001020304\n"                                                        },
        {"long",           "1 " HEX_A "00\n"                                                       },
        {"not hex",
         "1 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"                    },
        {"good, then bad", "1 " HEX_A "\n2 " HEX_B "x\n"                                           },
        {"nine keys",      "1 " HEX_A "\n2 " HEX_A "\n3 " HEX_A "\n4 " HEX_A "\n5 " HEX_A
                      "\n6 " HEX_A "\n7 " HEX_A "\n8 " HEX_A "\n9 " HEX_A "\n"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct pepper pepper = {.count = 77};
        struct error err = {0};
        if (pepper_parse(slice_from(cases[i].text), &pepper, &err) != -1 ||
            err.kind != ERROR_INVALID || pepper.count != 77)
            fail_msg("%s: taken, or the output was touched", cases[i].name);
        if (strstr(err.text, "0102030405") != NULL)
            fail_msg("%s: the message quotes the key: %s", cases[i].name, err.text);
    }
}

static void only_the_right_password_of_the_right_user_is_taken(void **state)
{
    static const struct {
        const char *name, *username, *password;
        bool is_good;
    } cases[] = {
        {"as made",                  USER,          PASSWORD,                          true },
        {"capitals without hyphens", USER,          "ABCDEFGHJKMNPQRSTVWXYZ234",       true },
        {"with blanks",              USER,          " abcde fghjk mnpqr stvwx yz234 ", true },
        {"last character wrong",     USER,          "abcde-fghjk-mnpqr-stvwx-yz235",   false},
        {"first character wrong",    USER,          "bbcde-fghjk-mnpqr-stvwx-yz234",   false},
        {"cut",                      USER,          "abcde-fghjk-mnpqr-stvwx-yz23",    false},
        {"not of our form",          USER,          "hunter2",                         false},
        {"empty",                    USER,          "",                                false},
        {"another user's",           "cs-abcdefgj", PASSWORD,                          false},
        {"no user",                  "",            PASSWORD,                          false},
    };
    struct pepper pepper = two_keys();
    struct verifier stored;

    (void)state;
    assert_true(
        verifier_make(&pepper, 7, slice_from(USER), slice_from(PASSWORD), &stored));
    assert_int_equal(stored.pepper_id, 7);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool is_known = false;
        bool is_good = verifier_check(&pepper, &stored, slice_from(cases[i].username),
                                      slice_from(cases[i].password), &is_known);
        if (is_good != cases[i].is_good || !is_known)
            fail_msg("%s: %d, key known %d", cases[i].name, is_good, is_known);
    }
    pepper_release(&pepper);
}

static void any_changed_bit_of_the_verifier_refuses_the_password(void **state)
{
    struct pepper pepper = two_keys();
    struct verifier stored;
    bool is_known;

    (void)state;
    assert_true(
        verifier_make(&pepper, 9, slice_from(USER), slice_from(PASSWORD), &stored));
    for (size_t i = 0; i < sizeof stored.bytes * 8; i++) {
        uint8_t bit = (uint8_t)(1U << (i % 8));
        stored.bytes[i / 8] ^= bit;
        assert_false(verifier_check(&pepper, &stored, slice_from(USER),
                                    slice_from(PASSWORD), &is_known));
        stored.bytes[i / 8] ^= bit;
    }
    assert_true(verifier_check(&pepper, &stored, slice_from(USER), slice_from(PASSWORD),
                               &is_known));
    pepper_release(&pepper);
}

static void two_keys_give_two_verifiers(void **state)
{
    struct pepper pepper = two_keys();
    struct verifier old, new;
    bool is_known;

    (void)state;
    assert_true(
        verifier_make(&pepper, 7, slice_from(USER), slice_from(PASSWORD), &old));
    assert_true(
        verifier_make(&pepper, 9, slice_from(USER), slice_from(PASSWORD), &new));
    assert_memory_not_equal(old.bytes, new.bytes, sizeof old.bytes);
    old.pepper_id = 9;
    assert_false(verifier_check(&pepper, &old, slice_from(USER), slice_from(PASSWORD),
                                &is_known));
    assert_true(is_known);
    pepper_release(&pepper);
}

static void a_lost_key_is_our_fault_and_no_login(void **state)
{
    struct pepper pepper = two_keys();
    struct verifier stored, lost = {.pepper_id = 1};
    bool is_known = true;

    (void)state;
    assert_true(
        verifier_make(&pepper, 7, slice_from(USER), slice_from(PASSWORD), &stored));
    stored.pepper_id = 8;
    assert_false(verifier_check(&pepper, &stored, slice_from(USER),
                                slice_from(PASSWORD), &is_known));
    assert_false(is_known);
    assert_false(
        verifier_make(&pepper, 8, slice_from(USER), slice_from(PASSWORD), &lost));
    assert_false(
        verifier_make(&pepper, 0, slice_from(USER), slice_from(PASSWORD), &lost));
    assert_false(
        verifier_make(&pepper, 7, slice_from(USER), slice_from("short"), &lost));
    assert_int_equal(lost.pepper_id, 1);
    pepper_release(&pepper);
}

static void nobody_and_a_link_never_used_have_no_password(void **state)
{
    static const char *const typed[] = {PASSWORD, "", "\0", "-----"};
    const struct verifier unused = {.pepper_id = 0};
    struct pepper pepper = two_keys();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
        bool is_known = false;
        assert_false(verifier_check(&pepper, NULL, slice_from(USER),
                                    slice_from(typed[i]), &is_known));
        assert_true(is_known);
        assert_false(verifier_check(&pepper, &unused, slice_from(USER),
                                    slice_from(typed[i]), &is_known));
        assert_true(is_known);
    }
    pepper_release(&pepper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_key_is_the_last_line),
        cmocka_unit_test(a_pepper_that_is_not_understood_is_refused_and_never_quoted),
        cmocka_unit_test(only_the_right_password_of_the_right_user_is_taken),
        cmocka_unit_test(any_changed_bit_of_the_verifier_refuses_the_password),
        cmocka_unit_test(two_keys_give_two_verifiers),
        cmocka_unit_test(a_lost_key_is_our_fault_and_no_login),
        cmocka_unit_test(nobody_and_a_link_never_used_have_no_password),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
