/*
 * nginx_auth.c - logins that nginx asks about, and our answers.
 *
 * Source: nginx 1.22 src/mail/ngx_mail_auth_http_module.c, for what is sent, how it is escaped
 * (ngx_mail_auth_http_escape), and what becomes of the answer.
 */
#include "base/base.h"

#include "auth/nginx_auth.h"

#include "base/number.h"
#include "base/secret.h"

enum {
    ATTEMPTS_MAX = 3, /* wrong passwords of a session, before nginx closes it */
    WAIT_S = 1        /* until the next one; authd has held the refusal back already */
};

void nginx_reader_init(struct nginx_reader *reader)
{
    *reader = (struct nginx_reader){0};
    strbuf_init(&reader->text, NGINX_REQUEST_MAX);
}

void nginx_reader_release(struct nginx_reader *reader)
{
    strbuf_wipe(&reader->text);
    secret_wipe(reader, sizeof *reader);
}

bool nginx_reader_is_partial(const struct nginx_reader *reader)
{
    return !reader->is_done && reader->text.len > 0;
}

/* ---- a request ------------------------------------------------------------------------------ */

/* Headers that we use; absent ones have no place (at == NULL). */
struct headers {
    struct slice method, login, password, protocol, client, attempt, tls;
};

static struct slice *place_of(struct slice name, struct headers *headers)
{
    const struct {
        const char *name;
        struct slice *place;
    } places[] = {
        {"Auth-Method",        &headers->method  },
        {"Auth-User",          &headers->login   },
        {"Auth-Pass",          &headers->password},
        {"Auth-Protocol",      &headers->protocol},
        {"Auth-Login-Attempt", &headers->attempt },
        {"Auth-SSL",           &headers->tls     },
        {"Client-IP",          &headers->client  },
    };

    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (slice_is_nocase(name, places[i].name))
            return places[i].place;
    return NULL;
}

/* The next line without its CRLF; a LF alone is none of nginx's. Octets beyond ASCII come as they
 * are: nginx 1.22 escapes blanks, controls and '%' alone. */
static bool take_line(struct slice *rest, struct slice *line)
{
    if (!slice_cut(rest, '\n', line) || line->len == 0 ||
        line->at[line->len - 1] != '\r')
        return false;
    line->len--;
    for (size_t i = 0; i < line->len; i++)
        if ((unsigned char)line->at[i] < ' ')
            return false;
    return true;
}

/* "GET /any HTTP/1.0" */
static bool is_request_line(struct slice line)
{
    struct slice rest = line, method, target, version;

    return slice_cut(&rest, ' ', &method) && slice_is(method, "GET") &&
           slice_cut(&rest, ' ', &target) && slice_starts(target, "/") &&
           slice_cut(&rest, ' ', &version) && rest.at == NULL &&
           slice_is(version, "HTTP/1.0");
}

/* text is all up to the empty line, with its CRLF. */
static bool read_headers(struct slice text, struct headers *out)
{
    struct slice line;

    if (!take_line(&text, &line) || !is_request_line(line))
        return false;
    while (text.len > 0) {
        struct slice name, value;
        if (!take_line(&text, &line))
            return false;
        if (line.len == 0)
            return text.len == 0;
        value = line;
        if (!slice_cut(&value, ':', &name) || value.at == NULL || name.len == 0 ||
            slice_find_byte(name, ' ') >= 0)
            return false;
        struct slice *place = place_of(name, out);
        /* Twice the same name would let a value speak for another. */
        if (place != NULL && place->at != NULL)
            return false;
        if (place != NULL)
            *place = slice_trim(value);
    }
    return false;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* "%41" is one octet, and a blank or '%' never stands for itself. What is too long for out
 * is no login of ours: *out_len is then 0. false: not escaped as nginx does it. */
static bool unescape(struct slice text, char *out, size_t *out_len)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++, len++) {
        int byte = (unsigned char)text.at[i];
        if (byte == ' ')
            return false;
        if (byte == '%') {
            int high = i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.at[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            byte = high << 4 | low;
            i += 2;
        }
        if (len < NGINX_VALUE_MAX)
            out[len] = (char)byte;
    }
    *out_len = len <= NGINX_VALUE_MAX ? len : 0;
    return true;
}

static bool fill(struct nginx_reader *reader, const struct headers *headers,
                 struct verify_request *out)
{
    size_t login_len, password_len;

    /* Both are nginx's own words: without them it is somebody else. */
    if (headers->method.at == NULL ||
        (headers->attempt.at != NULL &&
         !number_u64(headers->attempt, UINT32_MAX, &reader->attempt)) ||
        !unescape(headers->login, reader->login, &login_len) ||
        !unescape(headers->password, reader->password, &password_len))
        return false;
    if (!slice_is(headers->method, "plain"))
        login_len = 0;
    *out = (struct verify_request){
        .login = slice_of(reader->login, login_len),
        .password = slice_of(reader->password, password_len),
        .service = headers->protocol.at != NULL ? headers->protocol : SLICE(""),
        .client = headers->client.at != NULL ? headers->client : SLICE(""),
        .secured = slice_is(headers->tls, "on"),
    };
    return true;
}

enum nginx_step nginx_reader_take(struct nginx_reader *reader, struct slice input,
                                  struct verify_request *out)
{
    static const char end[] = "\r\n\r\n";
    size_t before = reader->text.len;
    struct headers headers = {0};

    if (reader->is_done)
        return input.len > 0 ? NGINX_BROKEN : NGINX_MORE;
    strbuf_add_slice(&reader->text, input);
    if (reader->text.full)
        return NGINX_BROKEN;
    /* The end may have begun in what came before. */
    size_t from = before < sizeof end - 2 ? 0 : before - (sizeof end - 2);
    struct slice text = strbuf_slice(&reader->text);
    if (slice_find(slice_skip(text, from), SLICE(end)) < 0)
        return NGINX_MORE;
    reader->is_done = true;
    /* A byte behind the empty line makes it fail: there is no body, and no second request. */
    return read_headers(text, &headers) && fill(reader, &headers, out) ? NGINX_READY
                                                                       : NGINX_BROKEN;
}

/* ---- an answer -------------------------------------------------------------------------------- */

void nginx_auth_answer(const struct nginx_answer *answer, struct strbuf *out)
{
    const struct verdict_answer *words = verdict_answer(answer->verdict);
    const char *reason = words->reason != NULL ? words->reason
                                               : "Error: authentication failed";

    strbuf_puts(out, "HTTP/1.0 200 OK\r\n");
    if (answer->verdict == VERDICT_OK) {
        strbuf_printf(out,
                      "Auth-Status: OK\r\nAuth-User: %s\r\nAuth-Server: %s\r\n"
                      "Auth-Port: %u\r\n\r\n",
                      answer->username, answer->address, answer->port);
        return;
    }
    bool is_fault = answer->verdict == VERDICT_TEMPORARY;
    strbuf_printf(out, "Auth-Status: %s\r\nAuth-Error-Code: %s\r\n", reason,
                  is_fault ? "454 4.7.0" : "535 5.7.8");
    /* Without it nginx closes the session. */
    if (!is_fault && answer->attempt < ATTEMPTS_MAX)
        strbuf_printf(out, "Auth-Wait: %d\r\n", WAIT_S);
    strbuf_puts(out, "\r\n");
}
