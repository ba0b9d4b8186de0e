/*
 * server.h - one listener and its site (libmicrohttpd, kept inside server.c).
 *
 * Every request passes the guard first: the forms of request smuggling that the library lets
 * through (two Content-Lengths, Content-Length with chunked, two Hosts, control characters) are
 * refused, and a connection that has no whole request after 10 s is closed, however busily it
 * drips.
 */
#ifndef ISSUER_HTTP_SERVER_H
#define ISSUER_HTTP_SERVER_H

#include "issuer/http/router.h"

struct http_server;
/* fd is a listening socket (base/socket.h), taken over on success. */
NODISCARD int http_server_start(int fd, const struct site *site, unsigned threads,
                                struct http_server **out, struct error *err);
/* Finishes what is being answered. */
void http_server_stop(struct http_server *server);

#endif
