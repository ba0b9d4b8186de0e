/*
 * saslauthd_mux.c - requests and answers of the saslauthd socket.
 */
#include "base/base.h"

#include "auth/saslauthd_mux.h"

#include "base/secret.h"

enum {
    LENGTH_BYTES = 2,
    FIELDS_NEEDED = SASLAUTHD_REALM + 1
};

void saslauthd_reader_init(struct saslauthd_reader *reader)
{
    *reader = (struct saslauthd_reader){0};
}

void saslauthd_reader_forget(struct saslauthd_reader *reader)
{
    secret_wipe(reader->login, sizeof reader->login);
    secret_wipe(reader->others, sizeof reader->others);
    reader->is_done = true;
}

bool saslauthd_reader_is_partial(const struct saslauthd_reader *reader)
{
    return !reader->is_done && (reader->field > 0 || reader->got > 0);
}

static char *text_of(struct saslauthd_reader *reader, unsigned field)
{
    return field == SASLAUTHD_LOGIN ? reader->login : reader->others[field - 1];
}

static struct slice value_of(struct saslauthd_reader *reader, unsigned field)
{
    return slice_of(text_of(reader, field), reader->wanted[field]);
}

/* Take what input has of the current field; true when the field is whole. */
static bool take_field(struct saslauthd_reader *reader, struct slice *input)
{
    size_t *wanted = &reader->wanted[reader->field];

    for (; reader->got < LENGTH_BYTES && input->len > 0; reader->got++) {
        *wanted = *wanted << 8 | (uint8_t)input->at[0];
        *input = slice_skip(*input, 1);
    }
    if (reader->got < LENGTH_BYTES)
        return false;
    size_t have = reader->got - LENGTH_BYTES;
    struct slice piece = slice_take(*input, *wanted - have);
    if (piece.len > 0 && *wanted <= SASLAUTHD_FIELD_MAX)
        memcpy(text_of(reader, reader->field) + have, piece.at, piece.len);
    reader->got += piece.len;
    *input = slice_skip(*input, piece.len);
    return reader->got == LENGTH_BYTES + *wanted;
}

/* libsasl cuts "user@realm" at the last '@' and tells the halves apart, or tells the realm of its
 * configuration; a login that already ends with that realm stays as it is. */
static struct slice full_login(struct saslauthd_reader *reader)
{
    struct slice login = value_of(reader, SASLAUTHD_LOGIN);
    struct slice realm = value_of(reader, SASLAUTHD_REALM);

    if (realm.len == 0)
        return login;
    if (login.len > realm.len && login.at[login.len - realm.len - 1] == '@' &&
        slice_equal_nocase(slice_skip(login, login.len - realm.len), realm))
        return login;
    reader->login[login.len] = '@';
    memcpy(reader->login + login.len + 1, realm.at, realm.len);
    return slice_of(reader->login, login.len + 1 + realm.len);
}

static void fill(struct saslauthd_reader *reader, struct verify_request *out)
{
    bool is_too_long = false;
    struct slice client = SLICE("");

    for (unsigned i = 0; i < FIELDS_NEEDED; i++)
        is_too_long |= reader->wanted[i] > SASLAUTHD_FIELD_MAX;
    if (reader->wanted[SASLAUTHD_CLIENT] <= SASLAUTHD_FIELD_MAX) {
        struct slice rest = value_of(reader, SASLAUTHD_CLIENT);
        (void)slice_cut(&rest, ';', &client); /* the port is of no use */
    }
    *out = (struct verify_request){
        .login = SLICE(""),
        .password = SLICE(""),
        .service = SLICE(""),
        .client = client,
        .is_tls_untold = true,
    };
    if (is_too_long)
        return;
    out->login = full_login(reader);
    out->password = value_of(reader, SASLAUTHD_PASSWORD);
    out->service = value_of(reader, SASLAUTHD_SERVICE);
}

enum saslauthd_step saslauthd_reader_take(struct saslauthd_reader *reader,
                                          struct slice input,
                                          struct verify_request *out)
{
    if (reader->is_done) {
        reader->surplus += input.len;
        return reader->surplus > SASLAUTHD_SURPLUS_MAX ? SASLAUTHD_BROKEN
                                                       : SASLAUTHD_MORE;
    }
    while (reader->field < SASLAUTHD_FIELD_COUNT) {
        if (!take_field(reader, &input))
            return SASLAUTHD_MORE;
        reader->field++;
        reader->got = 0;
        if (reader->field == FIELDS_NEEDED && input.len == 0)
            break;
    }
    if (input.len > 0)
        return SASLAUTHD_BROKEN;
    reader->is_done = true;
    fill(reader, out);
    return SASLAUTHD_READY;
}

bool saslauthd_answer(enum verdict verdict, struct strbuf *out)
{
    if (verdict == VERDICT_TEMPORARY)
        return false;
    const char *word = verdict == VERDICT_OK ? "OK" : "NO";
    strbuf_putc(out, '\0');
    strbuf_putc(out, '\2');
    strbuf_puts(out, word);
    return true;
}
