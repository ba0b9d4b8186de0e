/*
 * test_audit.c - any change of a record breaks the chain.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/audit.h"

static const uint8_t zeros[DIGEST_BYTES];

static struct audit_record sealed(void)
{
    struct audit_record record = {
        .seq = 1,
        .at = 1795000000,
        .actor = "agent:ana",
        .action = "lease.mint",
        .object = "lease:17",
        .detail = "mailbox=anna@customer.example",
    };

    audit_seal(&record);
    return record;
}

static void a_chain_of_sealed_records_holds(void **state)
{
    struct audit_record first = sealed(), second = sealed();

    (void)state;
    assert_true(audit_follows(&first, 0, zeros));
    second.seq = 2;
    memcpy(second.prev_hash, first.hash, DIGEST_BYTES);
    audit_seal(&second);
    assert_true(audit_follows(&second, first.seq, first.hash));
    assert_memory_not_equal(first.hash, second.hash, DIGEST_BYTES);
}

static void any_changed_field_breaks_the_chain(void **state)
{
    static const struct audit_record good = {.actor = "agent:ana",
                                             .action = "lease.mint",
                                             .object = "lease:17",
                                             .detail = "mailbox=anna@customer.example"};
    static const struct {
        const char *name;
        int64_t seq_step, at_step;
        const char *actor, *action, *object, *detail;
    } cases[] = {
        {"seq",                              1,  0,                NULL,        NULL,          NULL,       NULL                           },
        {"seq back",                         -1, 0,                NULL,        NULL,          NULL,       NULL                           },
        {"a second later",                   0,  1,                NULL,        NULL,          NULL,       NULL                           },
        {"high byte of the time",            0,  (int64_t)1 << 56, NULL,        NULL,          NULL,       NULL                           },
        {"actor",                            0,  0,                "agent:anb", NULL,          NULL,       NULL                           },
        {"action",                           0,  0,                NULL,        "lease.minT",  NULL,       NULL                           },
        {"object",                           0,  0,                NULL,        NULL,          "lease:18", NULL                           },
        {"detail",                           0,  0,                NULL,        NULL,          NULL,       "mailbox=bnna@customer.example"},
        {"detail removed",                   0,  0,                NULL,        NULL,          NULL,       ""                             },
        {"a byte moved to the next field",   0,  0,                "agent:an",  "alease.mint", NULL,       NULL                           },
        {"a byte moved to the field before", 0,  0,                NULL,        "lease.mintl", "ease:17",
         NULL                                                                                                                             },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct audit_record record = sealed();
        record.seq += cases[i].seq_step;
        record.at += cases[i].at_step;
        record.actor = cases[i].actor != NULL ? cases[i].actor : good.actor;
        record.action = cases[i].action != NULL ? cases[i].action : good.action;
        record.object = cases[i].object != NULL ? cases[i].object : good.object;
        record.detail = cases[i].detail != NULL ? cases[i].detail : good.detail;
        if (audit_follows(&record, 0, zeros) ||
            audit_follows(&record, record.seq - 1, zeros))
            fail_msg("%s: not noticed", cases[i].name);
    }
}

static void any_changed_byte_of_a_text_breaks_the_chain(void **state)
{
    struct audit_record record = sealed();
    const char **const texts[] = {&record.actor, &record.action, &record.object,
                                  &record.detail};

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(texts); t++) {
        const char *good = *texts[t];
        char text[64];
        assert_true(strlen(good) < sizeof text);
        memcpy(text, good, strlen(good) + 1);
        *texts[t] = text;
        for (size_t i = 0; good[i] != '\0'; i++)
            for (int bit = 0; bit < 8; bit++) {
                text[i] = (char)(good[i] ^ (1 << bit));
                assert_false(audit_follows(&record, 0, zeros));
                text[i] = good[i];
            }
        assert_true(audit_follows(&record, 0, zeros));
        *texts[t] = good;
    }
}

static void any_changed_bit_of_a_hash_breaks_the_chain(void **state)
{
    struct audit_record record = sealed();
    uint8_t before[DIGEST_BYTES] = {0};

    (void)state;
    for (size_t i = 0; i < (size_t)DIGEST_BYTES * 8; i++) {
        uint8_t bit = (uint8_t)(1U << (i % 8));
        record.hash[i / 8] ^= bit;
        assert_false(audit_follows(&record, 0, zeros));
        record.hash[i / 8] ^= bit;
        before[i / 8] ^= bit;
        assert_false(audit_follows(&record, 0, before));
        /* A chain and a record changed alike are noticed by the record's own hash. */
        memcpy(record.prev_hash, before, DIGEST_BYTES);
        assert_false(audit_follows(&record, 0, before));
        before[i / 8] ^= bit;
        memcpy(record.prev_hash, before, DIGEST_BYTES);
    }
    assert_true(audit_follows(&record, 0, zeros));
}

static void a_removed_or_swapped_record_is_noticed(void **state)
{
    struct audit_record chain[3];
    const uint8_t *before = zeros;

    (void)state;
    for (int i = 0; i < 3; i++) {
        chain[i] = sealed();
        chain[i].seq = i + 1;
        memcpy(chain[i].prev_hash, before, DIGEST_BYTES);
        audit_seal(&chain[i]);
        before = chain[i].hash;
    }
    assert_false(audit_follows(&chain[1], 0, zeros));
    assert_false(audit_follows(&chain[2], chain[0].seq, chain[0].hash));
    assert_false(audit_follows(&chain[1], chain[2].seq, chain[2].hash));
    assert_false(audit_follows(&chain[0], chain[0].seq, chain[0].hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_sealed_records_holds),
        cmocka_unit_test(any_changed_field_breaks_the_chain),
        cmocka_unit_test(any_changed_byte_of_a_text_breaks_the_chain),
        cmocka_unit_test(any_changed_bit_of_a_hash_breaks_the_chain),
        cmocka_unit_test(a_removed_or_swapped_record_is_noticed),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
