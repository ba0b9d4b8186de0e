/*
 * fuzz_checkpassword_record.c - descriptor 3 and the answer of authd: whatever parses must give a
 * question that is one record, and a username that is printable.
 */
#include "base/base.h"

#include "auth/checkpassword_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_of((const char *)data, size);
    struct checkpassword_record record;
    char question[VERIFY_RECORD_MAX], username[LOGIN_MAX + 1];

    (void)checkpassword_record_is_complete(bytes);
    if (checkpassword_record_parse(bytes, &record)) {
        const struct checkpassword_question asked = {.login = record.login,
                                                     .password = record.password,
                                                     .service = SLICE("smtp"),
                                                     .client = SLICE("192.0.2.50")};
        size_t len = checkpassword_question_write(&asked, question, sizeof question);
        if (len > 0 &&
            slice_find_byte(slice_of(question, len), '\n') != (ptrdiff_t)len - 1)
            abort();
    }
    if (checkpassword_answer_parse(bytes, username) == CHECKPASSWORD_GOOD &&
        (username[0] == '\0' || !slice_is_printable(slice_from(username))))
        abort();
    return 0;
}
