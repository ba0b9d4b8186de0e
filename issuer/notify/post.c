/*
 * post.c - one libcurl handle a post, and where each may connect.
 */
#include "base/base.h"

#include "issuer/notify/post.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

enum {
    POLL_MS = 200 /* how soon we see that we shall stop */
};

struct attempt {
    struct post *post;
    const struct post_terms *terms;
    CURL *curl;
    struct curl_slist *headers;
    size_t answer_bytes;
    bool is_plain;
    char refused[ADDRESS_TEXT_MAX + 1]; /* an address that may not be posted to; "" */
    char fault[CURL_ERROR_SIZE];
};

static bool is_public(const struct address *address)
{
    /* Beyond address_is_special: shared by protocols, or with an IPv4 address inside. */
    static const char *const never[] = {
        "192.0.0.0/24", "198.18.0.0/15", "64:ff9b::/96", "64:ff9b:1::/48",
        "2001::/32",    "2002::/16",     "100::/64",     "fec0::/10",
    };

    return !address_is_special(address) &&
           !address_is_among(address, never, ARRAY_LEN(never));
}

static bool is_loopback(const struct address *address)
{
    static const char *const loopback[] = {"127.0.0.0/8", "::1"};

    return address_is_among(address, loopback, ARRAY_LEN(loopback));
}

bool post_address_is_allowed(const struct post_terms *terms, bool is_plain,
                             const struct address *address)
{
    bool is_named = networks_contain(terms->private, terms->private_count, address);

    if (is_plain)
        return is_named && is_loopback(address);
    return is_named || is_public(address);
}

static bool address_of(const struct curl_sockaddr *from, struct address *out)
{
    if (from->family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)&from->addr;
        *out = (struct address){
            .bytes = {[10] = 0xff, [11] = 0xff}
        };
        memcpy(out->bytes + 12, &v4->sin_addr, 4);
        return true;
    }
    if (from->family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)&from->addr;
        memcpy(out->bytes, &v6->sin6_addr, 16);
        return true;
    }
    return false;
}

/* Here the connection begins: what is allowed here is where it goes. */
static curl_socket_t on_open(void *context, curlsocktype purpose UNUSED,
                             struct curl_sockaddr *to)
{
    struct attempt *attempt = context;
    struct address address;

    if (!address_of(to, &address))
        return CURL_SOCKET_BAD;
    if (!post_address_is_allowed(attempt->terms, attempt->is_plain, &address)) {
        address_format(&address, attempt->refused);
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* What it says is not kept; only how much it is. */
static size_t on_answer(char *bytes UNUSED, size_t size, size_t count, void *context)
{
    struct attempt *attempt = context;

    attempt->answer_bytes += size * count;
    return attempt->answer_bytes > POST_ANSWER_MAX ? 0 : size * count;
}

static bool add_header(struct attempt *attempt, const char *line)
{
    struct curl_slist *longer = curl_slist_append(attempt->headers, line);

    if (longer != NULL)
        attempt->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct attempt *attempt)
{
    const struct post *post = attempt->post;

    for (size_t i = 0; i < POST_HEADERS_MAX && post->headers[i] != NULL; i++)
        if (!add_header(attempt, post->headers[i]))
            return false;
    return add_header(attempt, "Expect:");
}

/* What is the same for every post. */
static CURLcode set_rules(CURL *curl)
{
    static const struct {
        CURLoption option;
        long value;
    } rules[] = {
        {CURLOPT_FOLLOWLOCATION,    0                      },
        {CURLOPT_NETRC,             CURL_NETRC_IGNORED     },
        {CURLOPT_NOSIGNAL,          1                      },
        {CURLOPT_CONNECTTIMEOUT_MS, POST_CONNECT_MS        },
        {CURLOPT_TIMEOUT_MS,        POST_TOTAL_MS          },
        {CURLOPT_SSL_VERIFYPEER,    1                      },
        {CURLOPT_SSL_VERIFYHOST,    2                      },
        {CURLOPT_SSLVERSION,        CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_FORBID_REUSE,      1                      },
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < ARRAY_LEN(rules) && code == CURLE_OK; i++)
        code = curl_easy_setopt(curl, rules[i].option, rules[i].value);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    return code;
}

/* Where it goes, and what we look at on the way. */
static CURLcode set_way(struct attempt *attempt)
{
    const char *ca_file = attempt->terms->ca_file;
    CURL *curl = attempt->curl;
    const struct {
        CURLoption option;
        const void *value; /* NULL: as it is by default */
    } ways[] = {
        {CURLOPT_URL,            attempt->post->url                  },
        {CURLOPT_PROTOCOLS_STR,  attempt->is_plain ? "http" : "https"},
        {CURLOPT_USERAGENT,      "cleansmtp/" CLEANSMTP_VERSION      },
        {CURLOPT_CAINFO,         ca_file[0] != '\0' ? ca_file : NULL },
        {CURLOPT_HTTPHEADER,     attempt->headers                    },
        {CURLOPT_POSTFIELDS,     attempt->post->body.at              },
        {CURLOPT_OPENSOCKETDATA, attempt                             },
        {CURLOPT_WRITEDATA,      attempt                             },
        {CURLOPT_HEADERDATA,     attempt                             },
        {CURLOPT_ERRORBUFFER,    attempt->fault                      },
        {CURLOPT_PRIVATE,        attempt                             },
    };
    CURLcode code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_answer);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                                (curl_off_t)attempt->post->body.len);
    for (size_t i = 0; i < ARRAY_LEN(ways) && code == CURLE_OK; i++)
        if (ways[i].value != NULL)
            code = curl_easy_setopt(curl, ways[i].option, ways[i].value);
    return code;
}

static void finish(struct attempt *attempt, CURLcode code)
{
    struct post *post = attempt->post;
    curl_off_t wait = 0;
    long status = 0;

    post->was_tried = true;
    if (code == CURLE_OK)
        (void)curl_easy_getinfo(attempt->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK &&
        curl_easy_getinfo(attempt->curl, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK)
        post->retry_after_s = wait;
    post->status = (unsigned)status;
    if (attempt->refused[0] != '\0')
        (void)snprintf(post->why, sizeof post->why,
                       "%s is not a public address (webhooks.private)",
                       attempt->refused);
    else if (attempt->answer_bytes > POST_ANSWER_MAX)
        (void)snprintf(post->why, sizeof post->why, "the answer is longer than %d KiB",
                       POST_ANSWER_MAX / 1024);
    else if (code != CURLE_OK)
        (void)snprintf(post->why, sizeof post->why, "%.150s",
                       attempt->fault[0] != '\0' ? attempt->fault
                                                 : curl_easy_strerror(code));
    else if (status >= 300 && status < 400)
        (void)snprintf(post->why, sizeof post->why,
                       "it answers %ld: a redirect is not followed", status);
    else if (status < 200 || status >= 300)
        (void)snprintf(post->why, sizeof post->why, "it answers %ld", status);
}

static void take_finished(CURLM *multi)
{
    int left = 0;

    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        void *context = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
        finish(context, message->data.result);
    }
}

static void run(CURLM *multi, const struct post_terms *terms)
{
    int running = 1;

    while (running > 0 && !terms->is_stopping(terms->context)) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            break;
        take_finished(multi);
        if (running > 0 && curl_multi_poll(multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            break;
    }
    take_finished(multi);
}

static void begin(CURLM *multi, const struct post_terms *terms, struct attempt *attempt,
                  struct post *post)
{
    *attempt = (struct attempt){
        .post = post,
        .terms = terms,
        .curl = curl_easy_init(),
        .is_plain = slice_starts(slice_from(post->url), "http:")};
    if (attempt->curl == NULL || !add_headers(attempt) ||
        set_rules(attempt->curl) != CURLE_OK || set_way(attempt) != CURLE_OK ||
        curl_multi_add_handle(multi, attempt->curl) != CURLM_OK) {
        post->was_tried = true;
        (void)snprintf(post->why, sizeof post->why, "the request could not be made");
    }
}

void post_all(const struct post_terms *terms, struct post *const *posts, size_t count)
{
    struct attempt attempts[POST_AT_ONCE_MAX];
    CURLM *multi = curl_multi_init();

    assert(count <= POST_AT_ONCE_MAX);
    if (multi == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        begin(multi, terms, &attempts[i], posts[i]);
    run(multi, terms);
    for (size_t i = 0; i < count; i++) {
        (void)curl_multi_remove_handle(multi, attempts[i].curl);
        curl_easy_cleanup(attempts[i].curl);
        curl_slist_free_all(attempts[i].headers);
    }
    (void)curl_multi_cleanup(multi);
}

bool post_is_delivered(const struct post *post)
{
    return post->was_tried && post->status >= 200 && post->status < 300 &&
           post->why[0] == '\0';
}
