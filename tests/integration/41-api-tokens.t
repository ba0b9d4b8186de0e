#!/usr/bin/env python3
"""41-api-tokens.t - tokens over real TCP against a real cleansmtpd: what opens the API and what does not.

A token opens what its scopes and its owner's role allow, a cookie opens nothing there, and a token opens
no page. Revoked, expired by its owner's end, or from a wrong address it counts at the next request. No
token stands in the database, in its journal or in the log. Every answer of the API on the way is held
against the API's own description, by a JSON Schema library that is not ours.
"""
import http.client
import json
import os
import re
import subprocess
import sys
import urllib.parse
import zlib

import jsonschema

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from issuer import Issuer, check, done  # noqa: E402

LEAK = re.compile(r"\bcsat_[0-9A-Za-z]{49}\b")  # what a scanner for leaked secrets would look for
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PASSWORD = "correct horse battery staple"


def base62(number, digits):
    text = ""
    for _ in range(digits):
        number, rest = divmod(number, 62)
        text = DIGITS[rest] + text
    return text


def well_formed(token):
    return LEAK.fullmatch(token) and token[-6:] == base62(zlib.crc32(token[:-6].encode()), 6)


class House(Issuer):
    description = None

    def token(self, owner, *options):
        return self.json("token", "create", "Zammad", "--owner", owner, *options)

    def ask(self, method, target, token=None, body=None, port=None, headers=None):
        """Status, headers, and the body as JSON where it is some."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.console, timeout=120)
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        data = None
        if isinstance(body, dict):
            data = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        elif body is not None:
            data = body
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection.request(method, target, data, sent)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        kind = answer.getheader("Content-Type", "")
        value = json.loads(text) if "json" in kind else text
        if self.description and target.startswith("/api/") and port in (None, self.console):
            self.description.look(method, target, answer, value)
        return answer.status, answer, value


class Description:
    """/api/openapi.json, and the answers that are not as it says."""

    def __init__(self, document):
        self.document = document
        self.wrong = []
        self.looked = 0
        self.paths = [(re.compile("/".join("[^/]+" if part[:1] == "{" else re.escape(part)
                                           for part in path.split("/"))), item)
                      for path, item in document["paths"].items()]

    def valid(self, schema, value):
        whole = {"components": self.document["components"], **schema}
        return not any(jsonschema.Draft202012Validator(whole).iter_errors(value))

    def look(self, method, target, answer, value):
        path = urllib.parse.urlparse(target).path
        operation = next((item[method.lower()] for pattern, item in self.paths
                          if method.lower() in item and pattern.fullmatch(path)), {})
        said = operation.get("responses", {}).get(str(answer.status))
        if said is None and answer.status >= 400:
            said = self.document["components"]["responses"]["Problem"]
        kind = answer.getheader("Content-Type", "").split(";")[0]
        self.looked += 1
        if said is None or kind not in said["content"] or \
                not self.valid(said["content"][kind]["schema"], value):
            self.wrong.append((method, target, answer.status, kind, value))


def described(house):
    status, answer, document = house.ask("GET", "/api/openapi.json")
    check("the description of the API is for everybody, without a token",
          status == 200 and document["openapi"] == "3.1.0" and
          answer.getheader("Content-Type") == "application/json", status)
    local = subprocess.run(["curl", "-sS", "--unix-socket", f"{house.dir}/run/api",
                            "http://localhost/api/openapi.json"], capture_output=True)
    check("on the unix socket it is the same", json.loads(local.stdout) == document)
    wrong = []
    for name, schema in document["components"]["schemas"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            wrong.append((name, error.message))
    check("each of its schemas is one", not wrong and len(wrong) < len(document["paths"]), wrong)
    house.description = Description(document)


def sign_in(house, name, link):
    """The session's cookie of somebody who has just set the password."""
    house.ask("POST", urllib.parse.urlparse(link).path,
              body=urllib.parse.urlencode({"password": PASSWORD, "again": PASSWORD}))
    _, answer, _ = house.ask("POST", "/sign-in",
                             body=urllib.parse.urlencode({"name": name, "password": PASSWORD}))
    return answer.getheader("Set-Cookie", "").split(";")[0]


def made(house):
    status, out, err = house.cli("token", "create", "Zammad", "--owner", "lea")
    check("token create prints the token alone on standard output",
          status == 0 and well_formed(out.strip()) and out.count("\n") == 1, out + err)
    check("and says on standard error what it is, without it",
          "of lea for diagnose" in err and "csat_" not in err, err)
    many = [house.token("lea")["token"] for _ in range(15)] + [out.strip()]
    check("a scanner's pattern and checksum find every one of them",
          all(well_formed(token) for token in many) and len(set(many)) == len(many), many)
    for row in house.json("token", "list"):
        if row["id"] != 1:
            house.cli("token", "revoke", str(row["id"]))
    check("token list shows no token", "csat_" not in house.cli("--json", "token", "list")[1])
    check("token create without an owner is wrong usage", house.cli("token", "create", "x")[0] == 2)
    check("for nobody: not found", house.cli("token", "create", "x", "--owner", "eve")[0] == 3)
    check("with a network that is none: wrong usage",
          house.cli("token", "create", "x", "--owner", "lea", "--from", "here")[0] == 2)
    check("with a scope beyond its owner's role: wrong usage",
          house.cli("token", "create", "x", "--owner", "aud", "--scope", "lease:create")[0] == 2)
    return out.strip()


def doors(house, token, cookie):
    status, answer, body = house.ask("GET", "/api/v1/cases", token)
    check("a token opens the API", status == 200 and body["items"] == [], body)
    check("its answers are kept by nobody", answer.getheader("Cache-Control") == "no-store")
    status, answer, body = house.ask("GET", "/api/v1/cases")
    check("without one: 401, a problem document, and what is wanted",
          status == 401 and body["kind"] == "denied" and
          answer.getheader("WWW-Authenticate", "").startswith("Bearer"), body)
    status, _, body = house.ask("GET", "/api/v1/cases", headers={"Cookie": cookie})
    check("a cookie does not open the API", status == 401, body)
    check("the same cookie opens a page", house.ask("GET", "/", headers={"Cookie": cookie})[0] == 200)
    status, answer, _ = house.ask("GET", "/", token)
    check("a token opens no page", status == 303 and answer.getheader("Location") == "/sign-in", status)
    status, _, body = house.ask("GET", "/cases.json", token)
    check("nor an export of a page", status == 303, status)
    check("the customers' listener has no API",
          house.ask("GET", "/api/v1/cases", token, port=house.customer)[0] == 404)
    for name, target, wanted in [("no such resource", "/api/v1/nothing", 404),
                                 ("below /api/, no such version", "/api/v2/cases", 404),
                                 ("a method that it does not take", "/api/v1/audit/verify", 405)]:
        status, answer, body = house.ask("POST", target, token, {})
        check(f"{name}: {wanted} as a problem document",
              status == wanted and answer.getheader("Content-Type") == "application/problem+json", body)
    status, answer, _ = house.ask("GET", "/nothing", token)
    check("elsewhere it is a page", status == 404 and "html" in answer.getheader("Content-Type"))
    status, answer, body = house.ask("POST", "/api/v1/leases", token, {"x": "y" * 100000})
    check("a body above the ceiling is 413, as a problem document",
          status == 413 and answer.getheader("Content-Type") == "application/problem+json", body)


def scopes(house):
    all_of_them = ["diagnose", "lease:create", "lease:revoke", "pool:read", "audit:read"]
    rows = [
        ("GET", "/api/v1/cases", None, {"diagnose", "lease:create", "lease:revoke"}),
        ("POST", "/api/v1/diagnoses", {"bounce": "550 5.1.1 no such user"}, {"diagnose"}),
        ("POST", "/api/v1/leases", {}, {"lease:create"}),
        ("POST", "/api/v1/leases/99/link", {}, {"lease:create"}),
        ("POST", "/api/v1/leases/99/revoke", {}, {"lease:revoke"}),
        ("GET", "/api/v1/pool", None, {"pool:read"}),
        ("GET", "/api/v1/audit?tail=1", None, {"audit:read"}),
        ("POST", "/api/v1/approvals/1/approve", {}, set()),
        ("POST", "/api/v1/leases/99/reveal", {}, set()),
        ("POST", "/api/v1/shared", {"network": "192.0.2.1"}, set()),
        ("GET", "/api/v1/users", None, set()),
        ("GET", "/api/v1/tokens", None, set()),
    ]
    wrong = []
    for scope in all_of_them:
        # One token a request: what is refused again and again would have to wait.
        for method, target, body, allowed in rows:
            made_now = house.token("ada", "--scope", scope)
            status, _, answer = house.ask(method, target, made_now["token"], body)
            if (status == 403) == (scope in allowed):
                wrong.append((scope, method, target, status, answer))
            house.cli("token", "revoke", str(made_now["id"]))
    check("every scope allows what it names and nothing else", not wrong, wrong)
    made_now = house.token("ada", "--scope", "pool:read")
    status, _, body = house.ask("GET", "/api/v1/audit", made_now["token"])
    last = house.json("audit", "tail", "--limit", "1")[0]
    check("what a scope does not allow is 403 and in the audit log",
          status == 403 and last["action"] == "token.refused" and
          last["actor"] == f"agent:ada token:{made_now['id']}", (body, last))


def names(house):
    token = house.token("lea", "--scope", "diagnose")
    status, _, body = house.ask("POST", "/api/v1/cases", token["token"],
                                {"bounce": "550 5.1.1 no such user",
                                 "on_behalf_of": "ben@desk.example"})
    check("a case opened for a helpdesk agent", status == 201, body)
    wanted = f"agent:lea token:{token['id']} for:ben@desk.example"
    records = house.json("audit", "tail", "--limit", "3")
    check("the audit log keeps owner, token and agent",
          any(r["action"] == "case.open" and r["actor"] == wanted for r in records), records)


def ends(house):
    token = house.token("lea")
    check("a token works", house.ask("GET", "/api/v1/cases", token["token"])[0] == 200)
    status, _, err = house.cli("token", "revoke", str(token["id"]))
    check("token revoke says whose it was", status == 0 and "lea" in err, err)
    status, _, body = house.ask("GET", "/api/v1/cases", token["token"])
    check("revoked, it stops at the next request", status == 401 and "revoked" in body["detail"], body)
    check("revoking again is a conflict", house.cli("token", "revoke", str(token["id"]))[0] == 4)
    near = house.token("lea", "--from", "203.0.113.0/24", "--from", "2001:db8::/32")
    for client, wanted in [("203.0.113.7", 200), ("2001:db8::1", 200), ("203.0.114.1", 401)]:
        status, _, body = house.ask("GET", "/api/v1/cases", near["token"],
                                    headers={"X-Forwarded-For": client})
        check(f"a token for two networks, from {client}: {wanted}", status == wanted, body)
    used = [r for r in house.json("token", "list") if r["id"] == near["id"]][0]
    check("the list knows when and from where it was used",
          used["used_at"] is not None and used["used_from"] == "203.0.113.7", used)
    link = house.json("user", "add", "ben", "--role", "agent")["link"]
    sign_in(house, "ben", link)
    of_ben = house.token("ben")
    check("a token of ben works", house.ask("GET", "/api/v1/cases", of_ben["token"])[0] == 200)
    house.cli("user", "disable", "ben")
    status, _, body = house.ask("GET", "/api/v1/cases", of_ben["token"])
    check("it dies with him", status == 401, body)


def guessing(house, token):
    from_here = {"X-Forwarded-For": "198.51.100.66"}
    wrong = "csat_" + "0" * 43
    wrong += base62(zlib.crc32(wrong.encode()), 6)
    before = house.json("audit", "tail", "--limit", "1")[0]["seq"]
    got = [house.ask("GET", "/api/v1/cases", wrong, headers=from_here)[0] for _ in range(60)]
    after = house.json("audit", "tail", "--limit", "1")[0]["seq"]
    check("wrong tokens: 401 five times, then too many requests",
          got[:5] == [401] * 5 and got.count(429) > 20 and set(got) == {401, 429}, got)
    check("they do not fill the audit log", got.count(401) == after - before, (before, after))
    check("a right token from the same address does not wait",
          house.ask("GET", "/api/v1/cases", token, headers=from_here)[0] == 200)


def leaks(house, tokens):
    found = []
    for folder, _, files in os.walk(house.dir):
        for name in files:
            if not os.path.isfile(os.path.join(folder, name)):
                continue  # a socket
            with open(os.path.join(folder, name), "rb") as f:
                data = f.read()
            found += [name for token in tokens if token.encode() in data or token[5:48].encode() in data]
    check("no token stands in any file of the house", not found, found)


def main():
    with House("token").configure(console="proxied = yes") as house:
        described(house)
        link = house.json("user", "add", "lea", "--role", "lead")["link"]
        house.json("user", "add", "aud", "--role", "auditor")
        cookie = sign_in(house, "lea", link)
        token = made(house)
        doors(house, token, cookie)
        scopes(house)
        names(house)
        ends(house)
        guessing(house, token)
        leaks(house, [token])
        check(f"{house.description.looked} answers are as the description says",
              house.description.looked > 100 and not house.description.wrong,
              house.description.wrong[:3])
        check("the audit log is whole", house.cli("audit", "verify")[0] == 0)
    check("cleansmtpd ends cleanly", house.status == 0, house.status)
    done()


main()
