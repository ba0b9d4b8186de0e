#!/usr/bin/env python3
"""11-bounce-properties.t - what must never change the answer of cleansmtp-bounce, tried on every
golden bounce, and that its limits hold. TAP."""
import glob
import ipaddress
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BOUNCE = os.path.abspath(os.path.join(ROOT, os.environ.get("B", "build/release"), "cleansmtp-bounce"))
subprocess.run([os.path.join(ROOT, "tests", "built")], check=True)
GOLDEN = os.path.join(ROOT, "tests", "golden", "bounces")
SHARED = ["--shared", "198.51.100.0/24", "--shared", "2001:db8:10::/48"]
VERDICT = ("is_bounce", "ip_block", "class", "blocked_ip", "list", "grantable", "smtp_code")
# Where the returned message begins in a notice without MIME.
COPY = re.compile(rb"(?im)^-+ ?(?:below this line is a copy|the header of the original|original message)"
                  rb"|^\s*below is a copy of the original|^original message headers:")
DECOY = (b"\n\nReceived: from mx.decoy.example ([192.0.2.77])\n"
         b"550 5.7.1 Client host [192.0.2.78] blocked using zen.spamhaus.org\n"
         b"<eve@decoy.example>: host mx.decoy.example[203.0.113.99] said: 554 5.7.1 Service\n"
         b"    unavailable; Client host [198.51.100.99] blocked using bl.spamcop.net\n")


def run(data, *options):
    return subprocess.run([BOUNCE, *SHARED, *options], input=data, capture_output=True, timeout=30,
                          check=False)


def read(data):
    got = run(data)
    if got.returncode != 0:
        return {"exit": got.returncode}
    return json.loads(got.stdout)


def verdict(got):
    return {key: got.get(key) for key in VERDICT}


def load():
    bounces = {}
    for path in sorted(glob.glob(GOLDEN + "/*.eml") + glob.glob(GOLDEN + "/*.txt")):
        with open(path, "rb") as file:
            bounces[os.path.basename(path)] = file.read()
    return bounces


def plain(data):
    """The input after the encodings that are undone before an address is looked for."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode()
    data = re.sub(rb"=[ \r]*\n", b"", data).replace(b"&#91;", b"[").replace(b"&#93;", b"]")
    wide = str.maketrans("０１２３４５６７８９．", "0123456789.")
    return data.decode("utf-8", "surrogateescape").translate(wide).encode("utf-8", "surrogateescape")


def with_decoy(data):
    """The message with more in its returned part; None where it has none."""
    enclosed = re.search(rb"(?i)^content-type: (?:message/rfc822|text/rfc822-headers)\b.*?\n\r?\n", data,
                         re.M | re.S)
    if enclosed:
        end = data.find(b"\n--", enclosed.end())
        end = len(data) if end < 0 else end
        return data[:end] + DECOY + data[end:]
    if COPY.search(data) and b"multipart" not in data:
        return data + DECOY
    return None


def occurs(bounces):
    for name, data in bounces.items():
        address = read(data)["blocked_ip"]
        if address is not None and address.encode() not in plain(data):
            yield f"{name}: {address} stands nowhere in it"


def never_special(bounces):
    for name, data in bounces.items():
        for special in (b"10.1.2.3", b"127.0.0.2", b"192.168.7.7", b"172.16.5.5", b"100.64.0.9"):
            got = read(data.replace(b"198.51.100.10", special))
            blocked = got["blocked_ip"]
            if blocked is None:
                continue
            address = ipaddress.ip_address(blocked)
            nets = ("10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "100.64.0.0/10")
            if any(address in ipaddress.ip_network(net) for net in nets if address.version == 4):
                yield f"{name}: {blocked}"


def other_mail_server(bounces):
    for name, data in bounces.items():
        before = verdict(read(data))
        for other in (rb"192.0.2.\1", rb"198.51.100.\1"):
            blocked = (before["blocked_ip"] or "none").encode()
            changed = re.sub(rb"(?<![\d.])203\.0\.113\.(\d+)",
                             lambda found, other=other, blocked=blocked:
                             blocked if found[0] == blocked else found.expand(other), data)
            after = verdict(read(changed))
            if changed != data and after != before:
                yield f"{name}: {before} became {after}"


def longer_copy(bounces):
    tried = 0
    for name, data in bounces.items():
        changed = with_decoy(data)
        if changed is None:
            continue
        tried += 1
        before, after = verdict(read(data)), verdict(read(changed))
        if after != before:
            yield f"{name}: {before} became {after}"
    if tried < 20:
        yield f"only {tried} bounces with a returned message"


def only_with_address(bounces):
    for name, data in bounces.items():
        got = read(data)
        if got["grantable"] and (got["blocked_ip"] is None or got["class"] != "dnsbl"):
            yield name


def every_cut(bounces):
    """A bounce cut anywhere names the whole bounce's address, another of it, or none; never a part."""
    for name in ("postfix-rcpt.eml", "html-only.eml", "json-sendgrid.txt", "qp-remains.txt"):
        data = bounces[name]
        whole = set(re.findall(rb"\d+\.\d+\.\d+\.\d+", plain(data)))
        for end in range(0, len(data), 7):
            got = read(data[:end])
            address = got.get("blocked_ip")
            # what ends with the text may be a part, and the text does not say so
            cut = re.search(rb"[\d.]+$", plain(data[:end]))
            if address and address.encode() not in whole and not cut:
                yield f"{name} at {end}: {address}"


def time_limit(_):
    """A row of --rules that needs all the steps it may have, many times over, on many replies."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "rules.tsv"), "w", encoding="ascii") as file:
            file.write("auth\tno\t-\t(?:[ab]+)+\\d\taaa1\n" * 500)
        text = (b"550 " + b"ab" * 500 + b"\n\n") * 90
        got = run(text, "--rules", folder)
    if got.returncode != 70 or got.stdout:
        yield f"exit status {got.returncode}, {len(got.stdout)} bytes printed"


def cost(text):
    """Exit status, and processor time in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    got = run(text)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return got.returncode, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def long_texts(_):
    """Words that many rows begin with, as many and as long replies as are kept: a row that steps
    back over a long text would be seen here. Against a text of the same shape in which no row begins, at the
    same time: neighbours on the same cores make both slower. They are 1 to 3 times as dear; a step back, hundreds."""
    units = [b"ip server host client is was been ", b"192.0.2.1 host ", b"a.", b"a-", b"http://a.example/?ip=",
             b"this message is as to be an ", b"user mailbox address ", b"from=<", b"by a.b ", b"x@y.z "]
    shapes = [lambda unit: (b"550 " + unit * (8000 // len(unit)) + b"\n\n") * 90,
              lambda unit: (unit * (1000 // len(unit)) + b"\n") * 240]
    for unit in units:
        for shape in shapes:
            _, harmless = cost(shape(b"zwei drei vier fuenf "))
            status, spent = cost(shape(unit))
            if status != 0 or spent > 8 * harmless:
                yield f"{unit.decode()!r}: exit status {status} after {spent:.2f} s, harmless {harmless:.2f} s"


def output_limit(_):
    """A file as standard output grows by no more than one answer; a limit set from outside holds."""
    with tempfile.NamedTemporaryFile() as file:
        command = f"ulimit -f 0; exec {BOUNCE}"
        got = subprocess.run(["bash", "-c", command], input=b"550 no", stdout=file,
                             stderr=subprocess.PIPE, timeout=10, check=False)
        if got.returncode == 0 or os.path.getsize(file.name) > 0:
            yield f"exit status {got.returncode}, {os.path.getsize(file.name)} bytes written"


TESTS = [
    ("the blocked address stands in the input", occurs),
    ("a private or loopback address is never the answer", never_special),
    ("the mail server's own address never changes the verdict", other_mail_server),
    ("what stands behind the copy of the message never changes the verdict", longer_copy),
    ("grantable means an address and a public list", only_with_address),
    ("no cut makes another address", every_cut),
    ("processor time is a limit", time_limit),
    ("no long text comes near it", long_texts),
    ("a file limit is a limit", output_limit),
]


def main():
    bounces = load()
    print(f"1..{len(TESTS)}")
    failed = 0
    for number, (name, check) in enumerate(TESTS, 1):
        faults = list(check(bounces))
        failed += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
        for fault in faults[:10]:
            print(f"# {fault}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
