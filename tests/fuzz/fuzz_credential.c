/*
 * fuzz_credential.c - logins, passwords and link keys as typed, status codes, and the pepper file.
 */
#include "base/base.h"

#include "core/credential.h"
#include "core/status_code.h"
#include "core/verifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* libFuzzer gives the type. NOLINTNEXTLINE(readability-non-const-parameter) */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    secret_startup();
    return 0;
}

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_credentials(struct slice text)
{
    char name[USERNAME_LEN + 1], name_again[USERNAME_LEN + 1];
    char password[PASSWORD_LEN + 1], password_again[PASSWORD_LEN + 1];
    char key[LINK_KEY_LEN + 1];

    if (username_parse(text, slice_from("clean.example"), name)) {
        must(strlen(name) == USERNAME_LEN);
        must(username_parse(slice_from(name), slice_from(""), name_again));
        must(strcmp(name, name_again) == 0);
    }
    if (password_normalise(text, password)) {
        must(strspn(password, CREDENTIAL_ALPHABET) == PASSWORD_LEN);
        must(password_normalise(slice_from(password), password_again));
        must(strcmp(password, password_again) == 0);
        must(link_key_normalise(text, key) && strcmp(key, password) == 0);
    }
    if (link_key_normalise(text, key))
        must(strspn(key, CREDENTIAL_ALPHABET) == LINK_KEY_LEN);
    if (link_id_is_valid(text))
        must(text.len == LINK_ID_LEN);
}

static void check_codes(struct slice text)
{
    struct slice rest = text;
    char enhanced[16];
    unsigned code;

    if (reply_code_take(&rest, &code))
        must(code >= 200 && code <= 599 && text.len - rest.len >= 3);
    else
        must(rest.at == text.at && rest.len == text.len);
    text = rest;
    if (enhanced_code_take(&rest, enhanced))
        must(strlen(enhanced) >= 5 && text.len - rest.len >= strlen(enhanced));
    else
        must(rest.at == text.at && rest.len == text.len);
}

static void check_pepper(struct slice text)
{
    struct pepper pepper;
    struct error err = {0};

    if (pepper_parse(text, &pepper, &err) != 0) {
        must(err.kind == ERROR_INVALID && err.text[0] != '\0');
        return;
    }
    must(pepper.count >= 1 && pepper.count <= PEPPER_KEYS_MAX);
    must(pepper_newest(&pepper) == pepper.keys[pepper.count - 1].id);
    for (size_t i = 0; i < pepper.count; i++) {
        must(pepper.keys[i].id >= 1 && pepper.keys[i].id <= 65535);
        must(pepper.keys[i].key.len == PEPPER_BYTES);
    }
    pepper_release(&pepper);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);

    check_credentials(text);
    check_codes(text);
    check_pepper(text);
    return 0;
}
