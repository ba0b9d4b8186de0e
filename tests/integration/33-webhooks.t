#!/usr/bin/env python3
"""33-webhooks.t - a real cleansmtpd posts to a real HTTPS receiver on loopback: signed, repeated, never
where it must not go, and nothing is lost when the daemon is killed. TAP."""
import base64, hashlib, hmac, http.server, json, os, re, signal, ssl, subprocess, sys, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authd import Tap  # noqa: E402
from issuer import TOP, Issuer, free_port, wait_for  # noqa: E402

os.chdir(TOP)
tap = Tap()
result = tap.ok
issuer = Issuer("hooks")
work, cs, start, stop = issuer.dir, issuer.cli, issuer.start, issuer.stop


# ---- the receiver ------------------------------------------------------------------------
def certificate(name, issuer=None):
    base = f"{work}/{name}"
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-keyout", base + ".key", "-out", base + ".csr",
                    "-subj", "/CN=" + name], check=True, capture_output=True)
    with open(base + ".ext", "w") as f:
        f.write("basicConstraints=CA:TRUE\n" if issuer is None
                else "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2\n")
    sign = ["-signkey", base + ".key"] if issuer is None else [
        "-CA", f"{work}/{issuer}.crt", "-CAkey", f"{work}/{issuer}.key", "-CAcreateserial"]
    subprocess.run(["openssl", "x509", "-req", "-days", "2", "-in", base + ".csr", "-out",
                    base + ".crt", "-extfile", base + ".ext"] + sign, check=True,
                   capture_output=True)


class Receiver(http.server.BaseHTTPRequestHandler):
    """What it answers is told by the path; every post is written down."""
    posts = []
    behaviour = {}  # path -> list of statuses, the last one for good
    turn = threading.Lock()
    stop = threading.Event()

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.turn:
            self.posts.append((self.path, dict((k.lower(), v) for k, v in self.headers.items()), body))
            answers = self.behaviour.get(self.path, [200])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            self.reply(answer)
        except (OSError, ssl.SSLError):
            pass

    def reply(self, answer):
        if answer == "slow":
            self.stop.wait(60)
            return
        if answer in ("endless", "endless header"):
            self.send_response(200)
            if answer == "endless":
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
            else:
                self.flush_headers()
            while not self.stop.is_set():
                self.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n" if answer == "endless"
                                 else b"x-more: " + b"x" * 4000 + b"\r\n")
            return
        status, *headers = answer if isinstance(answer, tuple) else (answer,)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that refuses our certificate is what we want to see."""


def serve(address, cert):
    server = Server((address, 0), Receiver)
    server.daemon_threads = True
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{work}/{cert}.crt", f"{work}/{cert}.key")
        # The handshake in the thread of the connection: a client that goes away stops nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def posts(path):
    with Receiver.turn:
        return [p for p in Receiver.posts if p[0] == path]


def is_signed(secret, post):
    _, headers, body = post
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.'.encode() + body
    want = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return want in headers["webhook-signature"].split(" ")


# ---- the daemon -----------------------------------------------------------------------------
def add(path, *events, scheme="https", port=None, host="localhost"):
    words = [w for e in events for w in ("--event", e)]
    code, out, err = cs("--json", "webhook", "add", f"{scheme}://{host}:{port or https}{path}", *words)
    assert code == 0, err
    hook = json.loads(out)
    return str(hook["id"]), hook["secret"]


def log(hook):
    code, out, err = cs("--json", "webhook", "log", hook)
    assert code == 0, err
    return json.loads(out)


def newest(hook, condition):
    """The newest post of the log as soon as it is so."""
    return wait_for(lambda: next((p for p in log(hook)[:1] if condition(p)), None))


def cleanup():
    Receiver.stop.set()
    issuer.end()


def main():
    global https
    certificate("ca")
    certificate("receiver", "ca")
    certificate("stranger")
    https = serve("127.0.0.1", "receiver")
    strange = serve("127.0.0.1", "stranger")
    plain = serve("127.0.0.1", None)
    secret_port = serve("127.0.0.2", "receiver")
    issuer.configure(f'''dns {{ servers = {{ "127.0.0.1" }} port = {free_port()} timeout = "1s" }}
zones {{ use = {{ "bl.spamcop.net" }} check_every = "off" }}
webhooks {{ private = {{ "127.0.0.1" }} ca_file = "{work}/ca.crt" }}
''', url="https://console.example")
    start()

    # ---- adding
    code, out, err = cs("webhook", "add", f"https://localhost:{https}/all")
    result(code == 0 and re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", out), "webhook add prints the secret alone", out)
    all_hook, all_secret = "1", out.strip()
    result(all_secret not in cs("--json", "webhook", "list")[1] and
           all_secret[6:] not in cs("audit", "export")[1], "and nobody else does")
    for url in ("http://localhost/", f"http://127.0.0.2:{plain}/", "https://127.0.0.2/", "https://10.0.0.1/",
                "https://user:word@hooks.example/", "ftp://hooks.example/", "https://[::1]/"):
        code, out, err = cs("webhook", "add", url)
        if url == "http://localhost/":
            continue  # a name: it is looked at when it is posted to
        result(code == 2, f"{url} is refused", err)
    result(cs("webhook", "add", f"https://localhost:{https}/", "--event", "lease.stolen")[0] == 2,
           "an event that does not exist is refused")
    before = cs("--json", "webhook", "list")
    code, out, err = cs("webhook", "add", f"https://localhost:{https}/", "--event", "lease.minted\udcff")
    result(code == 2 and "--event is not UTF-8" in err and cs("--json", "webhook", "list") == before,
           "an event that is not UTF-8 is wrong usage, not a webhook for all events", f"{code} {out} {err}")

    # ---- the signature, and what is told
    picky, _ = add("/picky", "listing.started")
    bounce = subprocess.run(["tools/example-bounce.sh"], check=True, capture_output=True).stdout
    open(work + "/bounce.eml", "wb").write(bounce)
    cs("mint", "--bounce", work + "/bounce.eml", "--mailbox", "anna@kunde.example")
    got = wait_for(lambda: posts("/all"))
    result(len(got) == 1, "a new case is posted", got)
    path, headers, body = got[0]
    told = json.loads(body)
    result(is_signed(all_secret, got[0]), "its signature is that of the secret", headers)
    result(not is_signed("whsec_" + base64.b64encode(b"x" * 32).decode(), got[0]), "and of no other")
    result(headers["content-type"] == "application/json" and
           abs(int(headers["webhook-timestamp"]) - time.time()) < 300, "headers as Standard Webhooks has them", headers)
    result(told["type"] == "case.created" and told["data"]["case"] == 1 and
           told["data"]["case_url"] == "https://console.example/cases/1" and
           told["data"]["mailbox"] == "anna@kunde.example" and
           re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["timestamp"]), "it says what happened", body)
    done = newest(all_hook, lambda p: p["state"] == "delivered")
    result(done and done["status"] == 200 and done["attempts"] == 1, "the log says that it was taken", done)

    result(cs("webhook", "test", picky)[0] == 0 and wait_for(lambda: posts("/picky")), "a test event goes to one webhook")
    result(json.loads(posts("/picky")[0][2])["type"] == "webhook.test" and len(posts("/picky")) == 1 and
           len(posts("/all")) == 1, "and to no other, and nothing else went there", posts("/picky"))

    # ---- a new secret
    fresh, first = add("/rotated")
    code, out, err = cs("webhook", "rotate", fresh)
    second = out.strip()
    result(code == 0 and re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", out) and second != first and
           "signs too until" in err, "webhook rotate prints the new secret alone", out + err)
    cs("webhook", "test", fresh)
    both = wait_for(lambda: posts("/rotated"))[0]
    result(is_signed(second, both) and is_signed(first, both) and
           len(both[1]["webhook-signature"].split(" ")) == 2, "a post is signed with both, and not more",
           both[1]["webhook-signature"])
    code, third, err = cs("webhook", "rotate", fresh, "--for", "2s")
    cs("webhook", "test", fresh)
    both = wait_for(lambda: posts("/rotated")[1:])[0]
    result(is_signed(third.strip(), both) and not is_signed(first, both), "a second rotation ends the first secret")
    time.sleep(2.5)
    cs("webhook", "test", fresh)
    alone = wait_for(lambda: posts("/rotated")[2:])[0]
    result(is_signed(third.strip(), alone) and not is_signed(second, alone) and
           " " not in alone[1]["webhook-signature"], "when its time is over, the old one signs no more")
    code, fourth, err = cs("webhook", "rotate", fresh, "--for", "0")
    cs("webhook", "test", fresh)
    alone = wait_for(lambda: posts("/rotated")[3:])[0]
    result("does not sign any more" in err and is_signed(fourth.strip(), alone) and not is_signed(third.strip(), alone),
           "with 0 it ends at once", err)
    result(cs("webhook", "rotate", fresh, "--for", "31d")[0] == 2 and cs("webhook", "rotate", "99")[0] == 3 and
           cs("webhook", "rotate", fresh, "--for", "soon")[0] == 2, "what cannot be is refused")
    database = b"".join(open(os.path.join(work, "state", n), "rb").read()
                        for n in os.listdir(work + "/state") if n.startswith("cleansmtp.db"))
    result(not any(s.strip()[6:].encode() in database or base64.b64decode(s.strip()[6:]) in database
                   for s in (first, second, third, fourth)), "and none of them is in the database")
    cs("webhook", "remove", fresh)

    # ---- what goes wrong
    Receiver.behaviour["/again"] = [500, 200]
    again, secret = add("/again")
    cs("webhook", "test", again)
    wait_for(lambda: len(posts("/again")) >= 2)
    done = newest(again, lambda p: p["state"] == "delivered")
    tries = posts("/again")
    result(done and done["attempts"] == 2 and len(tries) == 2, "500, and it is sent again", done)
    result(len({t[1]["webhook-id"] for t in tries}) == 1 and len({t[2] for t in tries}) == 1 and
           all(is_signed(secret, t) for t in tries), "the second try has the same id and words, and a good signature")
    result(int(tries[1][1]["webhook-timestamp"]) - int(tries[0][1]["webhook-timestamp"]) >= 4, "not at once")

    Receiver.behaviour["/later"] = [(503, ("retry-after", "9")), 200]
    later, _ = add("/later")
    cs("webhook", "test", later)
    wait_for(lambda: len(posts("/later")) >= 2)
    tries = posts("/later")
    result(len(tries) == 2 and int(tries[1][1]["webhook-timestamp"]) - int(tries[0][1]["webhook-timestamp"]) >= 9,
           "Retry-After is honoured", tries)

    def goes_wrong(path, answer, why, name, **place):
        Receiver.behaviour[path] = [answer]
        hook, _ = add(path, **place)
        cs("webhook", "test", hook)
        done = newest(hook, lambda p: p["attempts"] >= 1)
        result(done and done["state"] == "waiting" and re.search(why, done["why"] or ""), name, done)
        cs("webhook", "remove", hook)

    goes_wrong("/moved", (302, ("location", f"https://localhost:{https}/target")), "redirect is not followed",
               "a redirect is not followed")
    result(posts("/target") == [], "and its target hears nothing")
    goes_wrong("/endless", "endless", "longer than 64 KiB", "an answer without an end is cut")
    goes_wrong("/headers", "endless header", "longer than 64 KiB", "and headers without an end")
    goes_wrong("/stranger", 200, "certificate", "a certificate of a stranger is refused", port=strange)
    result(posts("/stranger") == [], "and nothing is told to it")
    for host in ("127.2", "0x7f.0.0.2", "2130706434", "0177.0.0.2"):
        goes_wrong("/private", 200, "127.0.0.2 is not a public address", f"{host} is seen through",
                   port=secret_port, host=host)
    result(posts("/private") == [], "and nothing reached it")

    # A slow receiver holds up neither the daemon nor, for long, the others.
    Receiver.behaviour["/slow"] = ["slow"]
    slow, _ = add("/slow")
    quick, _ = add("/quick")
    cs("webhook", "test", slow)
    cs("webhook", "test", quick)
    result(wait_for(lambda: posts("/slow")) and cs("pool", "list")[0] == 0, "the daemon answers while a receiver is slow")
    result(wait_for(lambda: posts("/quick")), "the other webhook gets its post")
    done = newest(slow, lambda p: p["attempts"] >= 1)
    result(done and re.search("[Tt]ime", done["why"] or ""), "the slow one is given up for now", done)
    cs("webhook", "remove", slow)

    # http:// to the loopback address that is named, and nowhere else
    hook, _ = add("/plain", scheme="http", port=plain, host="127.0.0.1")
    cs("webhook", "test", hook)
    result(wait_for(lambda: posts("/plain")), "http:// goes to a loopback address that is named")

    Receiver.behaviour["/gone"] = [410]
    gone, _ = add("/gone")
    cs("webhook", "test", gone)
    off = wait_for(lambda: next((h for h in json.loads(cs("--json", "webhook", "list")[1])
                                 if str(h["id"]) == gone and not h["enabled"]), None))
    result(off and "410" in off["disabled_why"], "410 switches it off, and says why", off)
    result(cs("webhook", "test", gone)[0] == 4, "one that is switched off is not tested")
    Receiver.behaviour["/gone"] = [200]
    result(cs("webhook", "enable", gone)[0] == 0 and cs("webhook", "test", gone)[0] == 0 and
           newest(gone, lambda p: p["state"] == "delivered"), "switched on again, it works")

    # ---- the daemon dies
    Receiver.behaviour["/died"] = [500]
    died, _ = add("/died", "case.created")
    subprocess.run(["sed", "-i", "s/^Message-I[Dd]:.*/Message-ID: <other@kunde.example>/", work + "/bounce.eml"], check=True)
    cs("mint", "--bounce", work + "/bounce.eml", "--mailbox", "bo@kunde.example")
    wait_for(lambda: posts("/died"))
    stop(signal.SIGKILL)
    before = len(posts("/died"))
    Receiver.behaviour["/died"] = [200]
    start()
    done = newest(died, lambda p: p["state"] == "delivered")
    tries = posts("/died")
    result(before >= 1 and done and len(tries) > before, "what was not taken before kill -9 is sent after it", done)
    result(len({t[1]["webhook-id"] for t in tries}) == 1, "with the id it had")
    time.sleep(3)
    result(len(posts("/died")) == len(tries), "and once it is taken, not again")

    Receiver.behaviour["/slow2"] = ["slow"]
    slow, _ = add("/slow2")
    cs("webhook", "test", slow)
    wait_for(lambda: posts("/slow2"))
    result(stop() == 0, "it ends cleanly while a receiver is slow")
    start()
    result(log(slow)[0]["attempts"] <= 1, "which is no failure of the receiver", log(slow))
    result(cs("audit", "verify")[0] == 0, "the chain of the audit log is whole")
    result(re.search("webhook.add", cs("audit", "export")[1]) and re.search("webhook.remove", cs("audit", "export")[1]),
           "adding and removing are in it")
    database = b"".join(open(os.path.join(work, "state", n), "rb").read()
                        for n in os.listdir(work + "/state") if n.startswith("cleansmtp.db"))
    result(all_secret.encode()[6:] not in database and base64.b64decode(all_secret[6:]) not in database,
           "the secret is nowhere in the database")
    result(os.stat(work + "/state/seal").st_mode & 0o777 == 0o600, "the key of seals is its owner's alone")


https = 0
try:
    main()
finally:
    cleanup()
sys.exit(tap.done())
