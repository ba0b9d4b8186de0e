/*
 * server.c - libmicrohttpd, the guard in front of it (request_guard.h), and the reaper behind it
 * (connections.h).
 *
 * A thread a connection: a handler may wait seconds for DNS, for a hash or for its turn to
 * write, and nobody else's page shall wait with it. How many handlers run at once is bounded by
 * a gate, so connections are cheap and work is not doubled under load.
 *
 * What the guard refuses is closed after the answer, so that what follows in it is never read as
 * a request.
 *
 * X-Forwarded-For and its kin are never read: whoever connects could write them.
 */
#include "base/base.h"

#include "issuer/http/server.h"

#include <unistd.h>

#include <microhttpd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "issuer/http/connections.h"
#include "issuer/http/monitor.h"
#include "issuer/http/request_guard.h"

enum {
    CONNECTIONS_MAX = 200,
    CONNECTION_MEMORY = 16 * 1024, /* request line and headers; above is 431 */
    STACK_BYTES = 1024 * 1024,
    IDLE_TIMEOUT_S = 10,
    DRAIN_MAX = 16 * 1024 *
                1024, /* a refused body is read away, that the answer arrives */
    BUFFERED_MAX = 64 * 1024 * 1024, /* of all connections together */
    STOP_WAIT_S = 10
};

struct http_server {
    const struct site *site;
    int fd;
    struct MHD_Daemon *daemon;
    struct connections *connections;
    struct monitor monitor; /* of all below; told when a handler ended */
    unsigned running, running_max;
    unsigned answering; /* whole requests whose answer is not sent yet */
    size_t buffered_bytes;
};

/* One request, from its first line to the end of its answer. */
struct exchange {
    struct http_server *server;
    struct peer *peer;
    struct arena mem;
    struct http_request request;
    const struct route *route;
    struct strbuf body;
    char client[ADDRESS_TEXT_MAX + 1]; /* behind a proxy */
    const char *uri;                   /* raw, in mem; NULL when the guard refused it */
    unsigned refusal;                  /* status; 0: none */
    const char *sentence;
    int64_t drained_bytes;
    bool is_begun, is_answering;
};

static const char too_much[] = "That is more than this page takes.";

static int64_t now_ms(void)
{
    return clock_monotonic_ms(&clock_system);
}

/* ---- connections ---- */

static void peer_opened(struct http_server *server, struct MHD_Connection *connection,
                        void **socket_context)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *from = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    *socket_context = peer_open(server->connections, fd != NULL ? fd->connect_fd : -1,
                                from != NULL ? from->client_addr : NULL);
}

/* The library calls this before it closes the socket, so while a peer is in the list its
 * descriptor is its own. */
static void on_connection(void *context, struct MHD_Connection *connection,
                          void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        peer_opened(context, connection, socket_context);
    else if (*socket_context != NULL)
        peer_close(*socket_context);
}

/* ---- the guard ---- */

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind UNUSED,
                                  const char *key, size_t key_len, const char *value,
                                  size_t value_len)
{
    request_see_header(
        context, slice_of(key, key_len),
        slice_of(value != NULL ? value : "", value != NULL ? value_len : 0));
    return MHD_YES;
}

/* 0, or the status to refuse with; *out_sentence says why. */
static unsigned guard(struct exchange *x, struct MHD_Connection *connection,
                      const char *method, const char *version,
                      const char **out_sentence)
{
    struct request_seen seen = {0};

    *out_sentence = "Your program sent a request that we do not read.";
    (void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, see_header, &seen);
    return request_refusal(&seen, method, version, x->uri != NULL, &x->request.method);
}

/* ---- one request ---- */

/* The first the library tells of a request: its raw target, before it decodes anything. */
static void *begin_exchange(void *context, const char *uri,
                            struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct exchange *x = xcalloc(1, sizeof *x);
    struct slice target = slice_from(uri);

    x->server = context;
    x->peer = info != NULL ? info->socket_context : NULL;
    arena_init(&x->mem);
    strbuf_init(&x->body, 0);
    if (request_uri_is_good(target))
        x->uri = arena_slice(&x->mem, target);
    return x;
}

static struct slice header(struct MHD_Connection *connection, const char *name)
{
    const char *value = NULL;
    size_t len = 0;

    if (MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, name, strlen(name),
                                      &value, &len) != MHD_YES ||
        value == NULL)
        return (struct slice){0};
    return slice_of(value, len);
}

static void read_head(struct exchange *x, struct MHD_Connection *connection)
{
    struct http_request *request = &x->request;
    struct slice rest = slice_from(x->uri);

    if (!slice_cut(&rest, '?', &request->path))
        return;
    request->query = rest.at != NULL ? rest : (struct slice){0};
    request->content_type = header(connection, "Content-Type");
    request->cookie = header(connection, "Cookie");
    request->authorization = header(connection, "Authorization");
    request->origin = header(connection, "Origin");
    request->fetch_site = header(connection, "Sec-Fetch-Site");
    request->if_none_match = header(connection, "If-None-Match");
    request->accept_language = header(connection, "Accept-Language");
    request->idempotency_key = header(connection, "Idempotency-Key");
    if (x->peer != NULL) {
        request->client = x->peer->client;
        if (x->server->site->is_proxied &&
            http_forwarded_client(header(connection, "X-Forwarded-For"), x->client))
            request->client = x->client;
        request->has_peer = x->peer->has_peer;
        request->peer_uid = x->peer->uid;
    }
}

static void set_refusal(struct exchange *x, unsigned status, const char *sentence)
{
    x->refusal = status;
    x->sentence = sentence;
}

/* Takes the answer's body along until it is sent. */
struct sent {
    struct strbuf body;
    bool is_secret;
};

static void free_sent(void *context)
{
    struct sent *sent = context;

    if (sent->is_secret)
        strbuf_wipe(&sent->body);
    else
        strbuf_release(&sent->body);
    free(sent);
}

static bool put_header(struct MHD_Response *out, const char *name, const char *value)
{
    return MHD_add_response_header(out, name, value) == MHD_YES;
}

/* Takes the body over. */
static struct MHD_Response *make_response(struct http_response *response, bool is_last)
{
    struct sent *sent = xcalloc(1, sizeof *sent);
    bool is_good = true;

    sent->is_secret = response->is_secret;
    sent->body = response->body;
    response->body = (struct strbuf){0};
    struct MHD_Response *out = MHD_create_response_from_buffer_with_free_callback_cls(
        sent->body.len, sent->body.at, free_sent, sent);
    if (out == NULL) {
        free_sent(sent);
        return NULL;
    }
    if (response->content_type != NULL)
        is_good = put_header(out, "Content-Type", response->content_type);
    for (size_t i = 0; i < response->headers_count; i++)
        is_good = put_header(out, response->headers[i].name,
                             response->headers[i].value) &&
                  is_good;
    if (is_last)
        is_good = put_header(out, "Connection", "close") && is_good;
    if (!is_good) {
        MHD_destroy_response(out);
        return NULL;
    }
    return out;
}

static enum MHD_Result send_response(struct exchange *x,
                                     struct MHD_Connection *connection,
                                     struct http_response *response)
{
    struct MHD_Response *out = make_response(response, x->refusal != 0);

    if (out == NULL)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(connection, response->status, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result answer_refusal(struct exchange *x,
                                      struct MHD_Connection *connection)
{
    const struct site *site = site_for(x->server->site, x->request.path);
    struct http_response response = {.status = x->refusal};

    strbuf_init(&response.body, PAGE_MAX);
    x->request.mem = &x->mem;
    site->refuse(site->context, &x->request, x->refusal, x->sentence, &response);
    site->decorate(site->context, &x->request, &response);
    return send_response(x, connection, &response);
}

/* The whole request is here: nobody takes it away from the handler now. */
static void enter(struct exchange *x)
{
    struct http_server *server = x->server;

    peer_sent_all(x->peer);
    monitor_lock(&server->monitor);
    x->is_answering = true;
    server->answering++;
    while (server->running >= server->running_max)
        monitor_wait(&server->monitor, 1000);
    server->running++;
    monitor_unlock(&server->monitor);
}

static void leave(struct http_server *server)
{
    monitor_lock(&server->monitor);
    server->running--;
    monitor_tell(&server->monitor);
    monitor_unlock(&server->monitor);
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *connection)
{
    struct http_response response = {0};

    if (x->refusal != 0)
        return answer_refusal(x, connection);
    strbuf_init(&response.body, PAGE_MAX);
    x->request.mem = &x->mem;
    x->request.body = strbuf_slice(&x->body);
    enter(x);
    site_answer(x->server->site, &x->request, &response);
    leave(x->server);
    return send_response(x, connection, &response);
}

/* Refuse at once, or read the body away first: closing with unread bytes resets the connection,
 * and the person would see that instead of the reason. */
static enum MHD_Result begin(struct exchange *x, struct MHD_Connection *connection,
                             const char *method, const char *version)
{
    const char *sentence = "";
    bool path_exists;
    uint64_t length = 0;

    x->is_begun = true;
    unsigned refusal = guard(x, connection, method, version, &sentence);
    if (refusal != 0) {
        set_refusal(x, refusal, sentence);
        return answer_refusal(x, connection);
    }
    read_head(x, connection);
    x->route = router_match(x->server->site, x->request.method, x->request.path,
                            x->request.params, &path_exists);
    size_t body_max = x->route != NULL ? x->route->body_max : 0;
    x->body.max = body_max;
    struct slice stated = header(connection, "Content-Length");
    if (stated.at == NULL || !number_u64(stated, UINT64_MAX, &length) ||
        length <= body_max)
        return MHD_YES;
    if (x->route != NULL)
        set_refusal(x, 413, "That is more than this page takes.");
    else
        set_refusal(x, path_exists ? 405 : 404, "There is no such page.");
    return length > DRAIN_MAX ? answer_refusal(x, connection) : MHD_YES;
}

/* Without a route nothing is kept; site_answer then says 404 or 405. MHD_NO closes. */
static enum MHD_Result take_body(struct exchange *x, const char *bytes, size_t len)
{
    struct http_server *server = x->server;
    bool is_kept = x->refusal == 0 && x->route != NULL;
    bool is_busy = false;

    if (is_kept && len > x->body.max - x->body.len) {
        set_refusal(x, 413, too_much);
        is_kept = false;
    }
    peer_sent_body(x->peer, len);
    monitor_lock(&server->monitor);
    if (is_kept) {
        is_busy = server->buffered_bytes + len > BUFFERED_MAX;
        server->buffered_bytes += is_busy ? 0 : len;
    }
    monitor_unlock(&server->monitor);
    if (is_busy)
        set_refusal(x, 503, "Too much is being sent to us at once. Please try again.");
    else if (is_kept) {
        strbuf_add(&x->body, bytes, len);
        return MHD_YES;
    }
    x->drained_bytes += (int64_t)len;
    return x->drained_bytes > DRAIN_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *context UNUSED,
                                  struct MHD_Connection *connection,
                                  const char *url UNUSED, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **exchange)
{
    struct exchange *x = *exchange;

    if (x == NULL)
        return MHD_NO;
    if (!x->is_begun)
        return begin(x, connection, method, version);
    if (*upload_len > 0) {
        size_t len = *upload_len;
        *upload_len = 0;
        return take_body(x, upload, len);
    }
    return answer(x, connection);
}

/* The next request on the connection starts its own time. */
static void on_completed(void *context, struct MHD_Connection *connection UNUSED,
                         void **exchange, enum MHD_RequestTerminationCode why UNUSED)
{
    struct http_server *server = context;
    struct exchange *x = *exchange;

    if (x == NULL)
        return;
    monitor_lock(&server->monitor);
    server->buffered_bytes -= x->body.len;
    if (x->is_answering)
        server->answering--;
    monitor_tell(&server->monitor);
    monitor_unlock(&server->monitor);
    peer_is_answered(x->peer);
    /* It may have been a password. */
    strbuf_wipe(&x->body);
    arena_release(&x->mem);
    free(x);
    *exchange = NULL;
}

/* ---- start and stop ---- */

static void on_library_log(void *context UNUSED, const char *format, va_list args)
    PRINTF(2, 0);
static void on_library_log(void *context UNUSED, const char *format, va_list args)
{
    char text[256];

    if (vsnprintf(text, sizeof text, format, args) > 0)
        log_event(LOG_LEVEL_DEBUG, "http.library", "says", text, NULL);
}

static int prepare(struct http_server *server, struct error *err)
{
    if (monitor_init(&server->monitor, err) != 0)
        return -1;
    if (connections_start(&server->connections, err) != 0) {
        monitor_destroy(&server->monitor);
        return -1;
    }
    return 0;
}

static void finish(struct http_server *server)
{
    connections_stop(server->connections);
    monitor_destroy(&server->monitor);
    free(server);
}

int http_server_start(int fd, const struct site *site, unsigned threads,
                      struct http_server **out, struct error *err)
{
    struct http_server *server = xcalloc(1, sizeof *server);

    server->site = site;
    server->fd = fd;
    server->running_max = threads > 0 ? threads : 1;
    if (prepare(server, err) != 0) {
        free(server);
        return -1;
    }
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log,
        NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned int)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int)IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_URI_LOG_CALLBACK,
        begin_exchange, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (server->daemon == NULL) {
        finish(server);
        return error_set(err, ERROR_UNAVAILABLE, "could not start the HTTP server");
    }
    *out = server;
    return 0;
}

void http_server_stop(struct http_server *server)
{
    int64_t until_ms = now_ms() + INT64_C(1000) * STOP_WAIT_S;

    /* No new connections; what is being answered gets to its end. */
    MHD_socket fd = MHD_quiesce_daemon(server->daemon);
    monitor_lock(&server->monitor);
    while (server->answering > 0 && now_ms() < until_ms)
        monitor_wait(&server->monitor, 100);
    monitor_unlock(&server->monitor);
    MHD_stop_daemon(server->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    finish(server);
}
