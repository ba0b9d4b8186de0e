/*
 * certificate.c - name, chain and dates of a server's certificate.
 *
 * Dates are left out of the chain's judgement and told apart: "it ended yesterday" is another
 * thing to mend than "nobody trusts its issuer".
 */
#include "base/base.h"

#include "issuer/cli/doctor/certificate.h"

#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

enum {
    NAMES_SHOWN = 4
};

static X509 *parse(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    return certificate;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts = {0};

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

/* The stretch in which all of them are good. */
static void take_dates(STACK_OF(X509) * all, struct certificate_facts *out)
{
    out->not_before = INT64_MIN;
    out->not_after = INT64_MAX;
    for (int i = 0; i < sk_X509_num(all); i++) {
        const X509 *one = sk_X509_value(all, i);
        int64_t from = seconds_of(X509_get0_notBefore(one));
        int64_t until = seconds_of(X509_get0_notAfter(one));
        out->not_before = from > out->not_before ? from : out->not_before;
        out->not_after = until < out->not_after ? until : out->not_after;
    }
}

static const char *names_of(struct arena *mem, X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL,
                                            NULL);
    const char *text = "";
    int shown = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < NAMES_SHOWN; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        const char *word = arena_strndup(
            mem, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
            (size_t)ASN1_STRING_length(name->d.dNSName));
        text = arena_printf(mem, "%s%s%s", text, shown++ > 0 ? ", " : "", word);
    }
    GENERAL_NAMES_free(names);
    if (shown > 0)
        return text;
    char *subject = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
    text = arena_strdup(mem, subject == NULL ? "nobody" : subject);
    OPENSSL_free(subject);
    return text;
}

static X509_STORE *trusted(const char *ca_file)
{
    X509_STORE *store = X509_STORE_new();

    if (store == NULL)
        return NULL;
    int loaded = ca_file == NULL ? X509_STORE_set_default_paths(store)
                                 : X509_STORE_load_file(store, ca_file);
    if (loaded == 1)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static int check_chain(STACK_OF(X509) * all, const char *ca_file,
                       struct certificate_facts *out, struct error *err)
{
    X509_STORE *store = trusted(ca_file);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int result = -1;

    if (store == NULL) {
        error_set(err, ERROR_INVALID,
                  "no certificates of issuers can be read from \"%s\"",
                  ca_file == NULL ? "the system's folder" : ca_file);
        goto out;
    }
    if (context == NULL ||
        X509_STORE_CTX_init(context, store, sk_X509_value(all, 0), all) != 1) {
        error_set(err, ERROR_INTERNAL, "OpenSSL could not begin to check a chain");
        goto out;
    }
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
    if (X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER) != 1) {
        error_set(err, ERROR_INTERNAL, "OpenSSL could not begin to check a chain");
        goto out;
    }
    if (X509_verify_cert(context) != 1)
        out->chain_why = X509_verify_cert_error_string(
            X509_STORE_CTX_get_error(context));
    result = 0;

out:
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return result;
}

int certificate_read(struct arena *mem, const struct certificate_chain *chain,
                     const char *host, const char *ca_file,
                     struct certificate_facts *out, struct error *err)
{
    struct certificate_facts facts = {0};
    STACK_OF(X509) *all = sk_X509_new_null();
    int result = -1;

    if (all == NULL)
        return error_set(err, ERROR_INTERNAL, "OpenSSL has no memory");
    for (size_t i = 0; i < chain->count; i++) {
        X509 *one = parse(chain->pem[i]);
        if (one != NULL && sk_X509_push(all, one) == 0)
            X509_free(one);
    }
    if (sk_X509_num(all) <= 0) {
        error_set(err, ERROR_INVALID,
                  "the server sent no certificate that can be read");
        goto out;
    }
    facts.is_name_right = X509_check_host(sk_X509_value(all, 0), host, strlen(host), 0,
                                          NULL) == 1;
    facts.names = names_of(mem, sk_X509_value(all, 0));
    take_dates(all, &facts);
    if (check_chain(all, ca_file, &facts, err) != 0)
        goto out;
    *out = facts;
    result = 0;

out:
    sk_X509_pop_free(all, X509_free);
    return result;
}
