/*
 * test_authd_map.c - the maps a mail server looks up: who may go out, as whom, and by which lane.
 */
#include "base/base.h"

#include "base/log.h"
#include "core/usage.h"
#include "tests/unit/auth/authd_lab.h"

/* The reply, without its netstring. */
static const char *look_up(struct authd *authd, const char *map, const char *key)
{
    static char reply[1000];
    const struct socketmap_request request = {.map = slice_from(map),
                                              .key = slice_from(key)};
    struct strbuf out;

    strbuf_init(&out, 2000);
    authd_begin_view(authd);
    authd_map(authd, &request, &out);
    authd_end_view(authd);
    const char *at = strchr(out.at, ':');
    assert_non_null(at);
    assert_int_equal(strtol(out.at, NULL, 10), out.len - (size_t)(at - out.at) - 2);
    usage_copy(reply, sizeof reply, slice_take(slice_from(at + 1), strlen(at) - 2));
    strbuf_release(&out);
    return reply;
}

static void each_key_gets_its_reply(void **state)
{
    static const struct {
        const char *map, *key, *starts;
    } cases[] = {
        {"egress",  "cs-aaaaaaaa",               "OK FILTER clean01:"           },
        {"egress",  "CS-AAAAAAAA@" SEED_REALM,   "OK FILTER clean01:"           },
        {"egress",  "cs-aaaaaaab",
         "OK 550 5.7.1 These temporary sending details have expired"            },
        {"egress",  "cs-aaaaaaac",
         "OK 550 5.7.1 These temporary sending details have been ended"         },
        {"egress",  "cs-aaaaaaad",               "OK 550 5.7.1 "                },
        {"egress",  "cs-zzzzzzzz",               "OK 550 5.7.1 "                },
        {"egress",  "cs-aaaaaaaa@other.example", "OK 550 5.7.1 "                },
        {"egress",  "cs-x",                      "OK 550 5.7.1 "                },
        {"egress",  "anna@hosted.example",       "NOTFOUND "                    },
        {"egress",  "",                          "NOTFOUND "                    },
        {"senders", "customer0@hosted.example",
         "OK cs-aaaaaaaa,cs-aaaaaaaa@clean.mail.example"                        },
        {"senders", "Customer0@Hosted.Example",  "OK cs-aaaaaaaa,"              },
        {"senders", "customer1@hosted.example",  "NOTFOUND "                    },
        {"senders", "customer2@hosted.example",  "NOTFOUND "                    },
        {"senders", "customer3@hosted.example",  "NOTFOUND "                    },
        {"senders", "customer77@hosted.example", "NOTFOUND "                    },
        {"senders", "@hosted.example",           "NOTFOUND "                    },
        {"senders", "customer0",                 "NOTFOUND "                    },
        {"senders", "<>",                        "NOTFOUND "                    },
        {"senders", "",                          "NOTFOUND "                    },
        {"lanes",   "customer0@hosted.example",  "OK clean01:"                  },
        {"lanes",   "customer1@hosted.example",  "NOTFOUND "                    },
        {"lanes",   "<>",                        "NOTFOUND "                    },
        {"ages",    "customer0@hosted.example",  "PERM there is no map \"ages\""},
        {"",        "x",                         "PERM there is no map \"\""    },
        {"egress",  NULL,                        "PERM the request has no key"  },
    };
    struct authd *authd = start();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *reply = look_up(authd, cases[i].map, cases[i].key);
        if (!slice_starts(slice_from(reply), cases[i].starts))
            fail_msg("%s %s: %s", cases[i].map, cases[i].key, reply);
    }
    authd_free(authd);
}

static void a_map_that_cannot_be_read_is_temporary(void **state)
{
    static const char *const keys[][2] = {
        {"egress",  "cs-aaaaaaaa"             },
        {"senders", "customer0@hosted.example"},
        {"senders", "somebody@else.example"   },
        {"lanes",   "customer0@hosted.example"}
    };
    struct authd *authd = start();

    (void)state;
    run("mv %s/state/cleansmtp.db %s/aside", folder, folder);
    pass_time(2);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_true(slice_starts(slice_from(look_up(authd, keys[i][0], keys[i][1])),
                                 "TEMP the answer cannot be found out now"));
    /* What is none of ours needs no database. */
    assert_string_equal(look_up(authd, "egress", "anna@hosted.example"), "NOTFOUND ");
    run("mv %s/aside %s/state/cleansmtp.db", folder, folder);
    authd_free(authd);
}

static void a_held_address_is_no_way_out_of_a_lane(void **state)
{
    struct authd *authd = start();
    struct store *store = open_writer();
    struct error err = {0};

    (void)state;
    assert_int_equal(store_pool_set_state(store, 1, POOL_RESTING, &err), 0);
    assert_true(slice_starts(slice_from(look_up(authd, "egress", "cs-aaaaaaaa")),
                             "OK 450 4.7.1 "));
    assert_true(slice_starts(
        slice_from(look_up(authd, "lanes", "customer0@hosted.example")), "TEMP "));
    /* Who owns the sender does not change by that. */
    assert_true(
        slice_starts(slice_from(look_up(authd, "senders", "customer0@hosted.example")),
                     "OK cs-aaaaaaaa,"));
    assert_string_equal(send_mail(authd, 0, "i0"),
                        "450 4.7.1 These temporary sending details are on hold. "
                        "Please send again later.");
    store_close(store);
    authd_free(authd);
}

/* A lease of a whole domain owns its mailboxes; Postfix asks for the domain alone as well. */
static void a_domain_s_lease_owns_each_of_its_mailboxes(void **state)
{
    static const char *const senders[] = {"@whole.example", NULL};
    static const char *const domains[] = {NULL};
    const struct verifier verifier = {.pepper_id = 1};
    const struct lease_new row = {
        .lease = {.case_id = 1,
                  .pool_address_id = 1,
                  .mailbox = "anna@whole.example",
                  .username = "cs-bbbbbbbb",
                  .link_id = "whole",
                  .created_by = "agent:ana",
                  .messages_max = 5,
                  .messages_per_hour = 5,
                  .created_at = now_s,
                  .expires_at = now_s + 3600,
                  .senders = senders,
                  .recipient_domains = domains},
    };
    struct store *store = open_writer();
    struct error err = {0};
    int64_t id;

    (void)state;
    assert_int_equal(store_lease_add(store, &row, &id, &err), 0);
    assert_int_equal(store_lease_reveal(store, id, &verifier, now_s, &err), 0);
    struct authd *authd = start();
    static const char *const keys[] = {"@whole.example", "@Whole.Example",
                                       "ben@whole.example"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_string_equal(look_up(authd, "senders", keys[i]),
                            "OK cs-bbbbbbbb,cs-bbbbbbbb@" SEED_REALM);
        assert_string_equal(look_up(authd, "lanes", keys[i]), "OK clean01:");
    }
    assert_string_equal(look_up(authd, "senders", "@sub.whole.example"), "NOTFOUND ");
    assert_string_equal(look_up(authd, "senders", "@"), "NOTFOUND ");
    /* While it is suspended it still owns them, and nothing goes by another lane. */
    change_database("UPDATE lease SET is_suspended = 1");
    assert_true(slice_starts(slice_from(look_up(authd, "senders", keys[0])), "OK cs-"));
    assert_string_equal(look_up(authd, "lanes", keys[0]),
                        "TEMP the sending details are on hold");
    store_close(store);
    authd_free(authd);
}

static void the_egress_map_knows_what_the_policy_counted(void **state)
{
    struct authd *authd = start();
    char instance[16];

    (void)state;
    for (int i = 0; i < SEED_MESSAGES_PER_HOUR; i++) {
        (void)snprintf(instance, sizeof instance, "i%d", i);
        assert_string_equal(send_mail(authd, 0, instance), "FILTER clean01:");
        bool is_last = i + 1 == SEED_MESSAGES_PER_HOUR;
        assert_true(slice_starts(slice_from(look_up(authd, "egress", "cs-aaaaaaaa")),
                                 is_last ? "OK 450 4.7.1 " : "OK FILTER clean01:"));
    }
    authd_free(authd);
    run("test $(grep -c 'too_fast, asked by login only' %s/state/journal/*.log) -eq 1",
        folder);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, make_state, remove_state)
    const struct CMUnitTest tests[] = {
        FRESH(each_key_gets_its_reply),
        FRESH(a_map_that_cannot_be_read_is_temporary),
        FRESH(a_held_address_is_no_way_out_of_a_lane),
        FRESH(a_domain_s_lease_owns_each_of_its_mailboxes),
        FRESH(the_egress_map_knows_what_the_policy_counted),
    };

    secret_startup();
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
