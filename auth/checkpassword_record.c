/*
 * checkpassword_record.c - what cleansmtp-checkpassword reads, asks and hears.
 */
#include "base/base.h"

#include "auth/checkpassword_record.h"

bool checkpassword_record_is_complete(struct slice bytes)
{
    struct slice rest = bytes, field;

    for (int i = 0; i < 3; i++)
        if (!slice_cut(&rest, '\0', &field) || rest.at == NULL)
            return false;
    return true;
}

bool checkpassword_record_parse(struct slice bytes, struct checkpassword_record *out)
{
    struct slice rest = bytes, login, password;

    /* Both must be ended by their NUL: what is behind the second may be missing. */
    if (bytes.len > CHECKPASSWORD_RECORD_MAX || !slice_cut(&rest, '\0', &login) ||
        !slice_cut(&rest, '\0', &password) || rest.at == NULL)
        return false;
    out->login = login;
    out->password = password;
    return true;
}

struct writer {
    char *at;
    size_t len, size;
    bool is_bad;
};

static void add_field(struct writer *out, struct slice value)
{
    if (out->is_bad || value.len + 1 > out->size - out->len ||
        slice_find_byte(value, '\n') >= 0 || slice_find_byte(value, '\0') >= 0) {
        out->is_bad = true;
        return;
    }
    if (value.len > 0)
        memcpy(out->at + out->len, value.at, value.len);
    out->len += value.len;
    out->at[out->len++] = '\0';
}

size_t checkpassword_question_write(const struct checkpassword_question *question,
                                    char *out, size_t size)
{
    struct writer writer = {.at = out, .size = size};

    add_field(&writer, question->login);
    add_field(&writer, question->password);
    add_field(&writer, question->service);
    add_field(&writer, question->client);
    if (question->secured)
        add_field(&writer, SLICE("secured=yes"));
    if (writer.is_bad || writer.len >= writer.size || question->login.len == 0)
        return 0;
    out[writer.len++] = '\n';
    return writer.len;
}

enum checkpassword_answer checkpassword_answer_parse(struct slice line, char *username)
{
    struct slice rest = line, word, field;

    if (!slice_cut(&rest, '\t', &word))
        return CHECKPASSWORD_TEMPORARY;
    if (slice_is(word, "NO") || slice_is(word, "EXPIRED") || slice_is(word, "REVOKED"))
        return CHECKPASSWORD_REFUSED;
    if (!slice_is(word, "OK"))
        return CHECKPASSWORD_TEMPORARY;
    while (slice_cut(&rest, '\t', &field)) {
        if (!slice_starts(field, "user="))
            continue;
        struct slice name = slice_skip(field, 5);
        /* checkpassword-reply refuses a TAB; an escape would be one. */
        if (name.len == 0 || name.len > LOGIN_MAX || !slice_is_printable(name))
            return CHECKPASSWORD_TEMPORARY;
        memcpy(username, name.at, name.len);
        username[name.len] = '\0';
        return CHECKPASSWORD_GOOD;
    }
    return CHECKPASSWORD_TEMPORARY;
}
