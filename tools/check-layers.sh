#!/bin/sh
# check-layers.sh - refuse an #include that points up or sideways, and a library's header
# outside the files that wrap it.
set -u
bad=0

sources() { find "$@" -name '*.[ch]' 2>/dev/null; }

# folder: folders its files may include, besides itself
while read -r dir may; do
	[ -d "$dir" ] || continue
	for inc in $(sources "$dir" | xargs -r sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' | sort -u); do
		case " $dir $may " in
		*" $inc "*) continue ;;
		esac
		sources "$dir" | xargs grep -Hn "^#include \"$inc/" | sed "s|\$|   <- $dir/ must not include $inc/|"
		bad=1
	done
done <<'T'
base
core    base
db      base core
auth    base core db
issuer  base core db
T

# folder inside issuer: the issuer folders it may include ("issuer" itself is the app). A
# service does not know that a browser asked; the jailed parser and the command line stand alone.
while read -r dir may; do
	[ -d "issuer/$dir" ] || continue
	for inc in $(sources "issuer/$dir" | xargs -r sed -n 's/^#include "issuer\/\([a-z]*\)[/.].*/\1/p' | sort -u); do
		case " $dir $may " in
		*" $inc "*) continue ;;
		esac
		sources "issuer/$dir" | xargs grep -Hn "^#include \"issuer/$inc" | sed "s|\$|   <- issuer/$dir/ must not include issuer/$inc|"
		bad=1
	done
done <<'T'
bounce
mtacheck
cli      mtacheck
http
render
dnsbl
mtalog
identity app
cases    app dnsbl mtalog
leases   app dnsbl cases identity
jobs     app cases leases dnsbl identity mtalog notify
notify   app
observe  app dnsbl
api      app http render cases leases dnsbl identity observe notify
web      app http render cases leases dnsbl identity observe notify
T

# library header: the only files that may include it
while read -r header owners; do
	for f in $(sources base core db auth issuer | xargs -r grep -l "^#include <$header>"); do
		case " $owners " in
		*" $f "*) continue ;;
		esac
		echo "$f: <$header> belongs to $owners"
		bad=1
	done
done <<'T'
microhttpd.h  issuer/http/server.c
sqlite3.h     db/sql_sqlite.c
sodium.h      base/seal.c issuer/notify/sign.c base/secret.c base/encode.c core/verifier.c core/audit.c core/digest.c issuer/identity/agent.c issuer/leases/pin.c
confuse.h     base/config.c base/config_reading.h
seccomp.h     base/sandbox.c
ares.h        issuer/dnsbl/resolver_cares.c
libpsl.h      issuer/cases/organisation.c
event2/event.h      auth/authd_server.c auth/authd_server_internal.h auth/ticker.c
event2/bufferevent.h auth/authd_server.c
event2/listener.h   auth/authd_server.c
gmime/gmime.h issuer/bounce/mime_gmime.c
pcre2.h       issuer/bounce/pattern.c
qrencode.h    issuer/render/qr.c
curl/curl.h   issuer/notify/post.c issuer/cli/client.c issuer/cli/doctor/smtp.c
openssl/pem.h    issuer/cli/doctor/certificate.c
openssl/x509.h   issuer/cli/doctor/certificate.c
openssl/x509_vfy.h issuer/cli/doctor/certificate.c
openssl/x509v3.h issuer/cli/doctor/certificate.c
T
exit $bad
