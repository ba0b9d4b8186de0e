/*
 * smtp.c - submission by libcurl.
 *
 * The password is handed to libcurl and to nobody else: no trace of the session is kept or
 * printed.
 */
#include "base/base.h"

#include "issuer/cli/doctor/smtp.h"

#include <curl/curl.h>

enum {
    CONNECT_MS = 10000,
    SESSION_MS = 60000,
    CHAIN_MAX = 10,
    URL_MAX = 1024
};

struct session {
    CURL *curl;
    CURLcode code;
    char why[CURL_ERROR_SIZE];
};

static void set_long(struct session *s, CURLoption option, long value)
{
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->curl, option, value);
}

static void set_text(struct session *s, CURLoption option, const char *value)
{
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->curl, option, value);
}

static int begin(struct session *s, const struct smtp_server *server, struct error *err)
{
    char url[URL_MAX];

    *s = (struct session){.curl = curl_easy_init()};
    if (s->curl == NULL)
        return error_set(err, ERROR_INTERNAL, "could not start libcurl");
    if (snprintf(url, sizeof url, "%s://%s:%u/%s",
                 server->is_tls_first ? "smtps" : "smtp", server->host, server->port,
                 server->greeting) >= (int)sizeof url)
        return error_set(err, ERROR_INVALID, "the name of the host is too long");
    set_text(s, CURLOPT_URL, url);
    set_text(s, CURLOPT_PROXY, ""); /* none of the environment */
    set_long(s, CURLOPT_USE_SSL, CURLUSESSL_ALL);
    set_long(s, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    set_long(s, CURLOPT_TIMEOUT_MS, SESSION_MS);
    set_long(s, CURLOPT_NOSIGNAL, 1);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, s->why);
    return 0;
}

/* libcurl knows best what was wrong; where it has no words, what kind it was. */
static const char *why_not(const struct session *s)
{
    return s->why[0] != '\0' ? s->why : curl_easy_strerror(s->code);
}

static void take_chain(struct session *s, struct arena *mem,
                       struct certificate_chain *out)
{
    const char **pem = arena_array(mem, CHAIN_MAX, sizeof *pem);
    struct curl_certinfo *info = NULL;

    *out = (struct certificate_chain){.pem = pem};
    if (curl_easy_getinfo(s->curl, CURLINFO_CERTINFO, &info) != CURLE_OK ||
        info == NULL)
        return;
    for (int i = 0; i < info->num_of_certs && out->count < CHAIN_MAX; i++)
        for (const struct curl_slist *at = info->certinfo[i]; at != NULL; at = at->next)
            if (strncmp(at->data, "Cert:", 5) == 0)
                pem[out->count++] = arena_strdup(mem, at->data + 5);
}

int smtp_look(const struct smtp_server *server, struct arena *mem,
              struct certificate_chain *out, struct error *err)
{
    struct session s;
    int result = -1;

    if (begin(&s, server, err) != 0)
        goto out;
    /* Nothing is told to this server: what it has is judged afterwards, with reasons. */
    set_long(&s, CURLOPT_SSL_VERIFYPEER, 0);
    set_long(&s, CURLOPT_SSL_VERIFYHOST, 0);
    set_long(&s, CURLOPT_CERTINFO, 1);
    set_long(&s, CURLOPT_CONNECT_ONLY, 1);
    if (s.code == CURLE_OK)
        s.code = curl_easy_perform(s.curl);
    if (s.code != CURLE_OK) {
        error_set(err, ERROR_UNAVAILABLE, "%s", why_not(&s));
        goto out;
    }
    take_chain(&s, mem, out);
    result = 0;

out:
    curl_easy_cleanup(s.curl);
    return result;
}

static size_t on_read(char *into, size_t size, size_t count, void *context)
{
    struct slice *rest = context;
    struct slice piece = slice_take(*rest, size * count);

    memcpy(into, piece.at, piece.len);
    *rest = slice_skip(*rest, piece.len);
    return piece.len;
}

static void prepare(struct session *s, const struct smtp_server *server,
                    const struct smtp_message *message, struct curl_slist *to,
                    struct slice *text)
{
    set_long(s, CURLOPT_SSL_VERIFYPEER, 1);
    set_long(s, CURLOPT_SSL_VERIFYHOST, 2);
    if (server->ca_file != NULL)
        set_text(s, CURLOPT_CAINFO, server->ca_file);
    set_text(s, CURLOPT_USERNAME, message->username);
    set_text(s, CURLOPT_PASSWORD, message->password->at);
    set_text(s, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN");
    set_text(s, CURLOPT_MAIL_FROM, message->from);
    set_long(s, CURLOPT_UPLOAD, 1);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, to);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->curl, CURLOPT_READFUNCTION, on_read);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->curl, CURLOPT_READDATA, text);
}

static enum error_kind kind_of(CURLcode code)
{
    switch (code) {
    case CURLE_LOGIN_DENIED: return ERROR_DENIED;
    case CURLE_SEND_ERROR: /* MAIL or RCPT was refused */
    case CURLE_WEIRD_SERVER_REPLY: return ERROR_REFUSED;
    case CURLE_PEER_FAILED_VERIFICATION: return ERROR_INVALID;
    default: return ERROR_UNAVAILABLE;
    }
}

int smtp_send(const struct smtp_server *server, const struct smtp_message *message,
              struct error *err)
{
    struct slice text = message->text;
    struct curl_slist *to = NULL;
    struct session s;
    int result = -1;

    if (begin(&s, server, err) != 0)
        goto out;
    to = curl_slist_append(NULL, message->to);
    prepare(&s, server, message, to, &text);
    if (s.code == CURLE_OK)
        s.code = curl_easy_perform(s.curl);
    if (s.code != CURLE_OK) {
        long reply = 0;
        curl_easy_getinfo(s.curl, CURLINFO_RESPONSE_CODE, &reply);
        error_set(err, kind_of(s.code), "%s (last reply %ld)", why_not(&s), reply);
        goto out;
    }
    result = 0;

out:
    curl_slist_free_all(to);
    curl_easy_cleanup(s.curl);
    return result;
}
