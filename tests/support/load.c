/*
 * load.c - clients that ask a server, one request at a time each.
 */
#include "base/base.h"

#include "tests/support/load.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/socket.h"
#include "tests/support/seed.h"

enum {
    REQUEST_MAX = 1024,
    CONNECT_MS = 10000
};

struct client {
    int fd;
    char buffer[4096];
    size_t len;
};

/* Requests one behind the other, each with its length. */
struct script {
    struct strbuf *requests;
    unsigned count;
};

struct running {
    const struct load *load;
    struct script script;
    struct client clients[LOAD_CLIENTS_MAX];
    struct pollfd fds[LOAD_CLIENTS_MAX];
    unsigned asked, answered;
};

/* ---- requests ---------------------------------------------------------------------------------- */

static void ask_auth(unsigned request, unsigned login, struct strbuf *out)
{
    char username[USERNAME_LEN + 1], password[PASSWORD_SHOWN_LEN + 1], message[64];

    seed_username(login, username);
    seed_password(login, password);
    int len = snprintf(message, sizeof message, "%c%s%c%s", 0, username, 0, password);
    strbuf_printf(out,
                  "AUTH\t%u\tPLAIN\tservice=smtp\tnologin\tlip=198.51.100.10\t"
                  "rip=192.0.2.50\tsecured\tresp=",
                  request);
    base64_append(out, message, (size_t)len);
    strbuf_putc(out, '\n');
}

static void add_counted(struct strbuf *out, const char *text)
{
    size_t len = strlen(text);

    strbuf_putc(out, (char)(len >> 8));
    strbuf_putc(out, (char)(len & 0xff));
    strbuf_puts(out, text);
}

static void ask_saslauthd(unsigned request, unsigned login, struct strbuf *out)
{
    char username[USERNAME_LEN + 1], password[PASSWORD_SHOWN_LEN + 1];

    (void)request;
    seed_username(login, username);
    seed_password(login, password);
    add_counted(out, username);
    add_counted(out, password);
    add_counted(out, "smtp");
    add_counted(out, SEED_REALM);
}

/* As Postfix 3.7 writes it. */
static void ask_policy(const char *state, unsigned request, unsigned login,
                       struct strbuf *out)
{
    char username[USERNAME_LEN + 1], mailbox[64];

    seed_username(login, username);
    seed_mailbox(login, mailbox);
    strbuf_printf(
        out,
        "request=smtpd_access_policy\nprotocol_state=%s\nprotocol_name=ESMTP\n"
        "client_address=192.0.2.50\nclient_name=unknown\nclient_port=40512\n"
        "reverse_client_name=unknown\nserver_address=198.51.100.10\nserver_port=587\n"
        "helo_name=[192.0.2.50]\nsender=%s\nrecipient=anna@remote.example\n"
        "recipient_count=%d\nqueue_id=4ABCDE%u\ninstance=4d2.6745.%x.%u\nsize=%d\n"
        "etrn_domain=\nstress=\nsasl_method=PLAIN\nsasl_username=%s\nsasl_sender=\n"
        "ccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
        "encryption_protocol=TLSv1.3\nencryption_cipher=TLS_AES_256_GCM_SHA384\n"
        "encryption_keysize=256\npolicy_context=\n\n",
        state, mailbox, state[0] == 'R' ? 0 : 1, request, request, login,
        state[0] == 'R' ? 0 : 2048, username);
}

static void ask_rcpt(unsigned request, unsigned login, struct strbuf *out)
{
    ask_policy("RCPT", request, login, out);
}

static void ask_end(unsigned request, unsigned login, struct strbuf *out)
{
    ask_policy("END-OF-MESSAGE", request, login, out);
}

const struct load_protocol load_auth = {.greeting = "DONE\n",
                                        .is_polite = true,
                                        .good = "OK\t",
                                        .end = "\n",
                                        .ask = ask_auth};
const struct load_protocol load_echo = {
    .greeting = "DONE\n", .good = "AUTH\t", .end = "\n", .ask = ask_auth};
const struct load_protocol load_saslauthd = {
    .good = "OK", .skip = 2, .ask = ask_saslauthd};
const struct load_protocol load_policy_rcpt = {
    .good = "action=", .end = "\n\n", .ask = ask_rcpt};
const struct load_protocol load_policy_end = {
    .good = "action=FILTER ", .end = "\n\n", .ask = ask_end};

static void write_script(const struct load *load, struct script *out)
{
    const uint64_t stride = 7919; /* a prime: every login has its turn */

    *out = (struct script){.count = load->requests};
    out->requests = xcalloc(out->count, sizeof *out->requests);
    for (unsigned i = 0; i < out->count; i++) {
        unsigned number = load->first + i;
        strbuf_init(&out->requests[i], REQUEST_MAX);
        load->protocol->ask(number,
                            4 + (unsigned)(number * stride % (load->logins - 4)),
                            &out->requests[i]);
    }
}

static void release_script(struct script *script)
{
    for (unsigned i = 0; i < script->count; i++)
        strbuf_release(&script->requests[i]);
    free(script->requests);
}

/* ---- one client ---------------------------------------------------------------------------------- */

/* Take the first answer out of the buffer: 1 good, 0 not whole yet, -1 bad. */
static int take_answer(const struct load_protocol *protocol, struct client *client)
{
    struct slice all = slice_of(client->buffer, client->len);
    size_t len = all.len;

    if (protocol->end != NULL) {
        ptrdiff_t end = slice_find(all, slice_from(protocol->end));
        if (end < 0)
            return 0;
        len = (size_t)end + strlen(protocol->end);
    } else if (len < protocol->skip + strlen(protocol->good)) {
        return 0;
    }
    if (!slice_starts(slice_skip(all, protocol->skip), protocol->good))
        return -1;
    client->len -= len;
    memmove(client->buffer, client->buffer + len, client->len);
    return 1;
}

static bool hear(struct client *client)
{
    ssize_t count = recv(client->fd, client->buffer + client->len,
                         sizeof client->buffer - client->len, 0);

    if (count > 0)
        client->len += (size_t)count;
    return count > 0;
}

static int be_polite(const struct client *client, unsigned number, struct error *err)
{
    char hello[64];
    int len = snprintf(hello, sizeof hello, "VERSION\t1\t0\nCPID\t%u\n",
                       (unsigned)getpid() * LOAD_CLIENTS_MAX + number);

    return send(client->fd, hello, (size_t)len, MSG_NOSIGNAL) == len
               ? 0
               : error_set(err, ERROR_UNAVAILABLE, "could not say hello");
}

static int open_client(struct running *running, struct client *client,
                       struct error *err)
{
    const struct load *load = running->load;
    const struct load_protocol greeting = {.good = "", .end = load->protocol->greeting};

    client->fd = -1;
    client->len = 0;
    if (socket_connect_unix(load->path, CONNECT_MS, &client->fd, err) != 0)
        return -1;
    if (load->protocol->greeting == NULL)
        return 0;
    while (take_answer(&greeting, client) == 0)
        if (!hear(client))
            return error_set(err, ERROR_UNAVAILABLE, "no greeting on \"%s\"",
                             load->path);
    return load->protocol->is_polite
               ? be_polite(client, (unsigned)(client - running->clients), err)
               : 0;
}

static int ask(struct running *running, struct client *client, struct error *err)
{
    const struct strbuf *request = &running->script.requests[running->asked++];

    if (running->load->protocol->end == NULL && open_client(running, client, err) != 0)
        return -1;
    if (send(client->fd, request->at, request->len, MSG_NOSIGNAL) !=
        (ssize_t)request->len)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not ask \"%s\"",
                               running->load->path);
    return 0;
}

/* Read what is there; after an answer ask the next. */
static int go_on(struct running *running, struct client *client, struct error *err)
{
    const struct load *load = running->load;

    if (!hear(client))
        return error_set(err, ERROR_UNAVAILABLE, "no answer on \"%s\"", load->path);
    int taken = take_answer(load->protocol, client);
    if (taken < 0)
        return error_set(err, ERROR_INTERNAL, "wrong answer on \"%s\": %.*s",
                         load->path, (int)client->len, client->buffer);
    if (taken == 0)
        return 0;
    running->answered++;
    if (load->protocol->end == NULL) {
        (void)close(client->fd);
        client->fd = -1;
    }
    return running->asked < load->requests ? ask(running, client, err) : 0;
}

/* ---- all clients ---------------------------------------------------------------------------------- */

static int run_one(struct running *running, struct error *err)
{
    while (running->answered < running->load->requests)
        if (go_on(running, &running->clients[0], err) != 0)
            return -1;
    return 0;
}

static int run_many(struct running *running, struct error *err)
{
    unsigned clients = running->load->clients;

    while (running->answered < running->load->requests) {
        for (unsigned i = 0; i < clients; i++)
            running->fds[i] = (struct pollfd){.fd = running->clients[i].fd,
                                              .events = POLLIN};
        if (poll(running->fds, clients, CONNECT_MS) <= 0)
            return error_set(err, ERROR_UNAVAILABLE, "no answer on \"%s\"",
                             running->load->path);
        for (unsigned i = 0; i < clients; i++)
            if (running->fds[i].revents != 0 &&
                go_on(running, &running->clients[i], err) != 0)
                return -1;
    }
    return 0;
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int load_run(const struct load *load, double *out_s, struct error *err)
{
    struct running *running = xcalloc(1, sizeof *running);
    int result = -1;
    double start;

    assert(load->clients <= LOAD_CLIENTS_MAX && load->clients <= load->requests);
    running->load = load;
    for (unsigned i = 0; i < load->clients; i++)
        running->clients[i].fd = -1;
    write_script(load, &running->script);
    for (unsigned i = 0; i < load->clients && load->protocol->end != NULL; i++)
        if (open_client(running, &running->clients[i], err) != 0)
            goto out;
    start = now_s();
    for (unsigned i = 0; i < load->clients; i++)
        if (ask(running, &running->clients[i], err) != 0)
            goto out;
    result = load->clients == 1 ? run_one(running, err) : run_many(running, err);
    *out_s = now_s() - start;
out:
    for (unsigned i = 0; i < load->clients; i++)
        if (running->clients[i].fd >= 0)
            (void)close(running->clients[i].fd);
    release_script(&running->script);
    free(running);
    return result;
}
