/*
 * test_app.c - one writer, lent readers, reloads.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/issuer/app_fixture.h"

static int add_row(struct store *store, void *context, struct error *err)
{
    return store_shared_add(store, context, "", 1, err);
}

static int add_row_then_fail(struct store *store, void *context, struct error *err)
{
    if (store_shared_add(store, context, "", 1, err) != 0)
        return -1;
    return error_set(err, ERROR_REFUSED, "on second thoughts");
}

static size_t count_shared(struct app_fixture *f)
{
    struct error err = {0};
    struct store *store = NULL;
    struct shared_range *rows = NULL;
    size_t count = 0;

    assert_int_equal(app_take_reader(f->app, &store, &err), 0);
    assert_int_equal(store_shared_list(store, &f->mem, &rows, &count, &err), 0);
    app_give_back(f->app, store);
    return count;
}

static void what_is_written_is_read_and_what_failed_is_not(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    char first[] = "192.0.2.1";
    char second[] = "192.0.2.2";

    app_fixture_start(&f, NULL);
    assert_int_equal(app_write(f.app, add_row, first, &err), 0);
    assert_int_equal(app_write(f.app, add_row_then_fail, second, &err), -1);
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_int_equal(count_shared(&f), 1);
    app_fixture_stop(&f);
}

static void a_reader_that_was_given_back_is_lent_again(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct store *first = NULL;
    struct store *second = NULL;

    app_fixture_start(&f, NULL);
    assert_int_equal(app_take_reader(f.app, &first, &err), 0);
    assert_int_equal(app_take_reader(f.app, &second, &err), 0);
    assert_ptr_not_equal(first, second);
    app_give_back(f.app, first);
    struct store *again = NULL;
    assert_int_equal(app_take_reader(f.app, &again, &err), 0);
    assert_ptr_equal(again, first);
    app_give_back(f.app, again);
    app_give_back(f.app, second);
    app_fixture_stop(&f);
}

struct crowd {
    struct app_fixture *fixture;
    int number;
};

static void *write_ten(void *context)
{
    struct crowd *crowd = context;

    for (int i = 0; i < 10; i++) {
        struct error err = {0};
        char network[24];
        (void)snprintf(network, sizeof network, "192.0.2.%d", crowd->number * 10 + i);
        if (app_write(crowd->fixture->app, add_row, network, &err) != 0)
            return crowd;
    }
    return NULL;
}

static void threads_take_the_writing_handle_in_turn(void **state UNUSED)
{
    enum {
        THREADS = 8
    };
    struct app_fixture f;
    pthread_t threads[THREADS];
    struct crowd crowd[THREADS];

    app_fixture_start(&f, NULL);
    for (int i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){&f, i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_ten, &crowd[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
    assert_int_equal(count_shared(&f), 10 * THREADS);
    app_fixture_stop(&f);
}

static struct config *another_config(struct app_fixture *f, const char *state_dir,
                                     const char *more)
{
    struct error err = {0};
    struct config *config = NULL;
    const char *path = arena_printf(&f->mem, "%s/other.conf", f->folder);
    const char *text = arena_printf(&f->mem,
                                    "state_dir = \"%s\"\nruntime_dir = \"%s\"\n"
                                    "database = \"sqlite:%s/cleansmtp.db\"\n%s\n",
                                    state_dir, f->folder, f->folder, more);

    assert_int_equal(file_write(path, slice_from(text), 0600, &err), 0);
    assert_int_equal(config_load(path, &config, &err), 0);
    return config;
}

static void a_reload_swaps_the_configuration_and_keeps_the_old(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};

    app_fixture_start(&f, NULL);
    const struct config *old = app_config(f.app);
    struct config *config = another_config(&f, f.folder, "policy { messages_max = 7 }");
    assert_int_equal(app_reload(f.app, config, &err), 0);
    assert_int_equal(app_config(f.app)->policy.messages_max, 7);
    assert_int_equal(old->policy.messages_max, 100);
    app_fixture_stop(&f);
}

static void what_needs_a_restart_is_not_reloaded(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};

    app_fixture_start(&f, NULL);
    const struct config *old = app_config(f.app);
    struct config *moved = another_config(&f, "/nonexistent", "");
    assert_int_equal(app_reload(f.app, moved, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_non_null(strstr(err.text, "state_dir"));
    config_free(moved);
    struct config *listening = another_config(&f, f.folder,
                                              "console { listen = \"127.0.0.1:9\" }");
    assert_int_equal(app_reload(f.app, listening, &err), -1);
    config_free(listening);
    assert_ptr_equal(app_config(f.app), old);
    app_fixture_stop(&f);
}

static void an_app_does_not_start_without_its_pepper(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct app *app = NULL;

    app_fixture_start(&f, NULL);
    const char *pepper = arena_printf(&f.mem, "%s/pepper", f.folder);
    assert_int_equal(unlink(pepper), 0);
    struct config *config = another_config(&f, f.folder, "");
    const struct app_parts parts = {
        .config = config, .clock = clock_system, .random = random_system};
    assert_int_equal(app_new(&parts, &app, &err), -1);
    assert_non_null(strstr(err.text, "pepper"));
    assert_int_equal(file_write(pepper, SLICE("1 zz\n"), 0600, &err), 0);
    assert_int_equal(app_new(&parts, &app, &err), -1);
    config_free(config);
    app_fixture_stop(&f);
}

static void a_role_may_do_what_its_row_says(void **state UNUSED)
{
    struct error err = {0};
    const struct actor auditor = {.name = "agent:eve", .role = ROLE_AUDITOR};

    assert_int_equal(app_allow(&fixture_agent, ACT_MINT, &err), 0);
    assert_int_equal(app_allow(&auditor, ACT_MINT, &err), -1);
    assert_int_equal(err.kind, ERROR_DENIED);
    assert_string_equal(err.text, "the role \"auditor\" may not give a lease");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_and_what_failed_is_not),
        cmocka_unit_test(a_reader_that_was_given_back_is_lent_again),
        cmocka_unit_test(threads_take_the_writing_handle_in_turn),
        cmocka_unit_test(a_reload_swaps_the_configuration_and_keeps_the_old),
        cmocka_unit_test(what_needs_a_restart_is_not_reloaded),
        cmocka_unit_test(an_app_does_not_start_without_its_pepper),
        cmocka_unit_test(a_role_may_do_what_its_row_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
