/*
 * client.c - HTTP over the daemon's unix socket.
 */
#include "base/base.h"

#include "issuer/cli/client.h"

#include <errno.h>

#include <curl/curl.h>

enum {
    CONNECT_MS = 5000,
    ANSWER_MS = 120000, /* a whole walk along the audit chain */
    HEADER_MAX = 128
};

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct strbuf *out = context;

    strbuf_add(out, bytes, size * count);
    return out->full ? 0 : size * count;
}

static int explain(CURL *curl, CURLcode code, const struct client_request *request,
                   struct error *err)
{
    long os = 0;

    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os);
    if (code == CURLE_COULDNT_CONNECT && (os == EACCES || os == EPERM))
        return error_set(
            err, ERROR_DENIED,
            "not allowed to use \"%s\": only root and the owner of the state "
            "folder are",
            request->socket);
    if (code == CURLE_COULDNT_CONNECT)
        return error_set(err, ERROR_UNAVAILABLE,
                         "could not reach cleansmtpd at \"%s\": is it running?",
                         request->socket);
    return error_set(err, ERROR_UNAVAILABLE, "could not talk to cleansmtpd: %s",
                     curl_easy_strerror(code));
}

static struct curl_slist *headers_of(const struct client_request *request)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    char line[HEADER_MAX];

    if (request->body.at != NULL)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    if (request->idempotency_key != NULL &&
        snprintf(line, sizeof line, "Idempotency-Key: %s", request->idempotency_key) <
            (int)sizeof line)
        headers = curl_slist_append(headers, line);
    return headers;
}

/* A handle that can only ever talk to this socket: no proxy of the environment, no redirect. */
static CURLcode prepare(CURL *curl, const struct client_request *request,
                        struct curl_slist *headers, struct strbuf *out_body)
{
    char url[4096];
    CURLcode code = CURLE_OK;

    if (snprintf(url, sizeof url, "http://localhost%s", request->path) >=
        (int)sizeof url)
        return CURLE_URL_MALFORMAT;
    code = code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_URL, url) : code;
    code = code == CURLE_OK
               ? curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->socket)
               : code;
    code = code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_PROXY, "") : code;
    code = code == CURLE_OK
               ? curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method)
               : code;
    code = code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers)
                            : code;
    code = code == CURLE_OK
               ? curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS)
               : code;
    code = code == CURLE_OK
               ? curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS)
               : code;
    code = code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) : code;
    code = code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body)
                            : code;
    code = code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEDATA, out_body)
                            : code;
    if (code == CURLE_OK && request->body.at != NULL) {
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                                (curl_off_t)request->body.len);
        code = code == CURLE_OK
                   ? curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at)
                   : code;
    }
    return code;
}

int client_call(const struct client_request *request, long *out_status,
                struct strbuf *out_body, struct error *err)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    int result = -1;

    if (curl == NULL)
        return error_set(err, ERROR_INTERNAL, "could not start libcurl");
    headers = headers_of(request);
    CURLcode code = prepare(curl, request, headers, out_body);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    if (out_body->full) {
        error_set(err, ERROR_INTERNAL, "the answer of cleansmtpd is too long");
        goto out;
    }
    if (code != CURLE_OK) {
        explain(curl, code, request, err);
        goto out;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, out_status);
    result = 0;

out:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return result;
}
