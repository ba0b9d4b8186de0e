// scripts.test.mjs - 500 strings that would like to be scripts (lib/hostile.mjs), in every field that a stranger can fill: the bounce, its headers and
// addresses, the lists' TXT records, the recipients' SMTP replies in the mail log; and in what people type: ticket, note, reason, search, names,
// the customer's form. Every page that shows them is opened in the browser: they are text, each time.

import fs from "node:fs/promises";
import path from "node:path";
import { launch, newPage } from "./lib/browser.mjs";
import { HOSTILE, asText, caught, joined } from "./lib/hostile.mjs";
import { House, until } from "./lib/house.mjs";
import { is, none, ok, testing } from "./lib/tap.mjs";
import { signIn } from "./pages.mjs";

const WORKERS = 2;
const LINES = joined(HOSTILE, 800); // one of them fills a field
const SHORT = joined(HOSTILE, 200).map(asText);
// A reason is shorter: the lease is given for the first half of a line, and revoked for the second.
const half = (bytes, which) => (which === 0 ? bytes.slice(0, 400) : bytes.slice(400));
// What one line of a form may hold: no control characters, and so many bytes.
const typed = (bytes, max) => {
    let text = asText(bytes).replace(/[\x00-\x1f\x7f\u0080-\u009f\u2028]/g, " ").trim();
    while (Buffer.byteLength(text) > max) text = text.slice(0, -1);
    return text;
};

// ---- the strings are what they should be ----

async function control(browser) {
    const page = await newPage(browser);
    await page.goto("about:blank");
    const seen = await page.evaluate(([strings, source]) => {
        const look = eval(`(${source})`);
        const around = [["<p>", "</p>"], ["<p title=\"", "\">"], ["<p title='", "'>"], ["<textarea>", "</textarea>"], ["<title>", "</title>"],
            ["<a href=\"", "\">"], ["<!--", "-->"], ["<option>", "</option>"], ["<p title=", ">"]];
        return strings.filter((text) => around.some(([before, after]) =>
            look(new DOMParser().parseFromString(`<!DOCTYPE html><body>${before}${text}${after}`, "text/html")).length > 0)).length;
    }, [HOSTILE.map(asText), caught.toString()]);
    is(HOSTILE.length, 500, "there are 500 different strings");
    ok(seen >= 400, `${seen} of them would be caught on a page that does not escape (the others wait for somebody who decodes twice)`);
    await page.context().close();
}

// ---- filling the fields ----

async function hostileBounce(house, mailbox, words, edit) {
    const text = (await fs.readFile(await house.bounce(mailbox))).toString("latin1");
    const one = words.replace(/[\0\r\n]/g, " ");
    return Buffer.from(edit(text, one), "latin1");
}

// Hostile wherever words stand; the addresses are right, so that a lease can come of it.
const inWords = (text, one) => text.replace("Subject: Undelivered", () => `Subject: ${one} Undelivered`)
    .replace("Subject: Angebot", () => `X-Mailer: ${one}\nSubject: ${one}`)
    .replace("From: Anna Beispiel", () => `From: ${one}`)
    .replace("Remote-MTA: dns; ", () => `Remote-MTA: dns; ${one} `)
    .replace("Reporting-MTA: dns; ", () => `X-Said: ${one}\nReporting-MTA: dns; ${one} `)
    .replaceAll("554\n    5.7.1 Service unavailable;", () => `554 5.7.1 Service unavailable; ${one}`)
    .replaceAll("554 5.7.1 Service unavailable;", () => `554 5.7.1 Service unavailable; ${one}`)
    .replace("Guten Morgen,", () => one);

// Hostile in the addresses, too, and in all other fields.
const inAddresses = (text, one) => inWords(text, one).replaceAll("info@empfaenger.example", () => `"${one}"@empfaenger.example`)
    .replaceAll("anna@kunde.example", () => `${one}@kunde.example`).replaceAll("out14.hoster.example", () => `out14.${one}`)
    .replaceAll(/X-Postfix-Queue-ID: \w+/g, () => `X-Postfix-Queue-ID: ${one}`);

// For a zone file: one line, without its quotes and escapes.
const quiet = (i) => joined(HOSTILE, 190)[4 * i % 100].replace(/[\0\r\n"\\]/g, " ");

class Agent {
    static async in(browser, world) {
        const agent = new Agent();
        agent.house = world.house;
        agent.page = await newPage(browser, { storageState: world.session });
        await agent.page.goto(world.house.console);
        agent.token = await agent.page.inputValue("main form [name=token]");
        return agent;
    }

    // Posts a form; where it led to.
    async post(at, fields, kind = "form") {
        const answer = await this.page.context().request.post(this.house.console + at, { [kind]: { token: this.token, ...fields } });
        return { url: answer.url(), status: answer.status(), text: await answer.text() };
    }

    async open(file, ticket) {
        const { url, status, text } = await this.post("/cases",
            { bounce: "", mailbox: "", ticket, file: { name: "bounce.eml", mimeType: "message/rfc822", buffer: file } }, "multipart");
        if (!/\/cases\/\d+$/.test(url)) throw new Error(`no case was opened: ${status} ${/class="fail.*?<\/div>/s.exec(text) ?? text}`);
        return new URL(url).pathname;
    }
}

// What the page's form has once for each time it is sent.
const keyOf = (i) => String(i).replace(/\d/g, (digit) => "abcdefghij"[digit]).padStart(32, "z");

async function fill(house, agent) {
    const tickets = joined(HOSTILE, 64).map((text) => typed(text, 64));
    const cases = [];
    const links = [];
    for (const [i, words] of LINES.entries()) {
        const mailbox = `a${i}@kunde${i}.example`;
        const at = await agent.open(await hostileBounce(house, mailbox, words, inWords), tickets[2 * i]);
        cases.push(at, await agent.open(await hostileBounce(house, "anna@kunde.example", words, inAddresses), tickets[2 * i + 1]));
        await agent.post(`${at}/notes`, { note: typed(words, 1000) });
        const given = await agent.post(`${at}/leases`, { key: keyOf(i), for: "86400s", mailbox, reason: typed(half(words, 0), 500) });
        links.push(/id="link">([^#<]+)/.exec(given.text)?.[1] ?? `no link: ${given.status}`);
    }
    return { cases, links };
}

// The mail log, as Postfix writes it, of one message for each lease: the recipient's server answers with the strings.
async function fillLog(house, leases) {
    const at = new Intl.DateTimeFormat("en-US", { timeZone: "Europe/Berlin", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
        second: "2-digit", hourCycle: "h23" }).formatToParts(new Date());
    const part = (type) => at.find((one) => one.type === type).value;
    const head = `${part("month")} ${part("day").padStart(2)} ${part("hour")}:${part("minute")}:${part("second")} mail postfix/`;
    const lines = leases.flatMap(({ username }, i) => {
        const id = `3C1B12A${(i + 256).toString(16).toUpperCase()}`;
        const words = LINES[i % LINES.length].replace(/[\0\r\n]/g, " ");
        return [`submission/smtpd[1]: ${id}: client=pc[192.0.2.50], sasl_method=PLAIN, sasl_username=${username}`,
            `qmgr[1]: ${id}: from=<a${i}@kunde${i}.example>, size=307, nrcpt=1 (queue active)`,
            `clean9/smtp[1]: ${id}: to=<eve@remote.example>, relay=mx.remote.example[203.0.113.25]:25, delay=0.03, delays=0.01/0/0/0, dsn=5.7.1, ` +
            `status=bounced (host mx.remote.example[203.0.113.25] said: 550 5.7.1 ${words} (in reply to RCPT TO command))`];
    });
    await fs.appendFile(path.join(house.dir, "mail.log"), Buffer.from(lines.map((line) => `${head}${line}\n`).join(""), "latin1"));
}

// Reserved addresses whose listing has the strings in its TXT record.
async function fillLists(house) {
    const texts = joined(HOSTILE, 200);
    const addresses = texts.map((_, i) => `198.51.100.${i + 1}`);
    await house.listed(texts.map((text, i) => `${addresses[i]} :127.0.0.2:${text.replace(/[\0\r\n]/g, " ").replaceAll("$", "S")}`));
    for (const [i, address] of addresses.entries())
        await house.api("POST", "pool", { address, lane: `lane${i}`, helo: `out${i}.hoster.example`, capacity: 1 });
    await until("the lists to be read", async () =>
        (await house.api("POST", "listings/check", { address: addresses[0] })).items.some((row) => row.state === "listed"));
    for (const address of addresses) await house.api("POST", "listings/check", { address });
    return addresses;
}

// ---- looking at the pages ----

class Looker {
    found = [];
    opened = 0;

    async page(browser, options) {
        const page = await newPage(browser, options);
        page.on("dialog", (dialog) => {
            this.found.push(`a dialog on ${page.url()}`);
            return dialog.dismiss();
        });
        return page;
    }

    async look(page, open) {
        await open(page);
        this.opened += 1;
        this.found.push(...(await page.evaluate(caught)).map((what) => `${page.url()}: ${what}`));
    }

    // With a POST that a page's own form could have sent.
    post(at, fields) {
        return async (page) => {
            await page.route(at, (route) => route.continue({ method: "POST", postData: new URLSearchParams(fields).toString(),
                headers: { ...route.request().headers(), "content-type": "application/x-www-form-urlencoded" } }), { times: 1 });
            await page.goto(at);
        };
    }

    async all(browser, options, jobs, own) {
        const left = [...jobs];
        const work = async () => {
            const page = await this.page(browser, options);
            for (let job = left.shift(); job !== undefined; job = left.shift())
                await this.look(page, typeof job === "string" ? (p) => p.goto(job) : job);
            this.found.push(...page.seen.csp, ...page.seen.urls.filter((url) => !url.startsWith(own)).map((url) => `asked ${url}`));
            await page.context().close();
        };
        await Promise.all(Array.from({ length: WORKERS }, work));
    }
}

// A list and the pages after it.
async function lists(looker, page, at) {
    for (let next = at; next !== null; next = await page.getByRole("link", { name: "Older" }).getAttribute("href", { timeout: 200 }).catch(() => null))
        await looker.look(page, (p) => p.goto(new URL(next, at).href));
}

const query = (i) => `/${["cases", "leases", "audit"][i / 2 % 3]}?${new URLSearchParams({ q: SHORT[i], by: SHORT[i + 1] ?? "" })}`;

async function show(house, browser, world, agent, cases, links) {
    const looker = new Looker();
    const at = (where) => house.console + where;
    const whole = asText(HOSTILE.join(" "));
    const signedIn = { storageState: world.session };
    await looker.all(browser, signedIn, cases.map(at), house.console);
    none(looker.found, `the ${cases.length} cases with them open, and none runs`);
    looker.found = [];
    await looker.all(browser, signedIn, SHORT.map((_, i) => i).filter((i) => i % 2 === 0).map((i) => at(query(i))), house.console);
    none(looker.found, "none runs that is searched for");
    looker.found = [];
    await looker.all(browser, signedIn, [looker.post(at("/cases"), { token: agent.token, bounce: whole, ticket: whole, mailbox: whole }),
        looker.post(at(`${cases[1]}/leases`), { token: agent.token, key: "b".repeat(32), mailbox: whole, reason: whole, for: whole }),
        looker.post(at(`${cases[0]}/notes`), { token: agent.token, note: whole }),
        ...SHORT.filter((_, i) => i % 9 === 0).map((text) => at(`/cases/${encodeURIComponent(text)}`))], house.console);
    await looker.all(browser, {}, [looker.post(at("/sign-in"), { name: whole, password: whole, next: whole, bounce: whole, ticket: whole, mailbox: whole }),
        looker.post(at("/cases"), { bounce: whole, ticket: whole, mailbox: whole }), at(`/sign-in?next=${encodeURIComponent(SHORT[0])}`)], house.console);
    none(looker.found, "none runs in a form that comes back, signed in or not");
    looker.found = [];
    await looker.all(browser, {}, [...links.slice(0, 20).map((page, i) => looker.post(page, { mailbox: asText(LINES[i]), code: asText(LINES[(i + 7) % LINES.length]) })),
    ...SHORT.filter((_, i) => i % 9 === 0).map((text) => `${house.customer}/r/${encodeURIComponent(text)}`)], house.customer);
    none(looker.found, "none runs on the customer's page");
    return looker;
}

async function showLists(house, browser, world, addresses) {
    const looker = new Looker();
    const page = await looker.page(browser, { storageState: world.session });
    for (const list of ["/cases", "/leases", "/audit"]) await lists(looker, page, house.console + list);
    const all = ["/", "/pool", "/listings", ...addresses.filter((_, i) => i % 20 === 0).map((address) => `/pool/${address}`)].map((where) => house.console + where);
    await page.context().close();
    await looker.all(browser, { storageState: world.session }, all, house.console);
    none(looker.found, `none runs on the ${looker.opened} pages of lists, pool, listings and audit`);
}

// The customers' domains: their SPF records have the strings, too.
const zones = Object.fromEntries(LINES.map((_, i) => [`kunde${i}.example`, Buffer.from(
    `$SOA 60 ns.kunde${i}.example hostmaster.kunde${i}.example 1 1h 1h 1h 1h\n@ TXT "v=spf1 ip4:198.51.100.7 include:${quiet(i)} ~all"\n`, "latin1")]));
const house = await House.open({ zones, conf: (dir) => `policy { log_proof = off  leases_per_week = 1000  leases_per_month = 1000 }
mta_log { file = "${dir}/mail.log"  format = "postfix" }` });
const browser = await launch();
await testing(async () => {
    await control(browser);
    const world = { house };
    await signIn(browser, world, newPage);
    const agent = await Agent.in(browser, world);
    const { cases, links } = await fill(house, agent);
    const leases = (await house.api("GET", "leases?limit=200")).items.reverse();
    is(leases.length, LINES.length, `${LINES.length} leases came of the bounces`);
    await fillLog(house, leases);
    const main = async (where) => {
        await agent.page.goto(house.console + where);
        return (await agent.page.locator("main").textContent()).replace(/\s+/g, " ");
    };
    await until("the log to be read", async () => (await main(cases[0])).includes("550 5.7.1 "));
    const text = await main(cases[0]);
    const words = asText(LINES[0]).replace(/\s+/g, " ").trim();
    ok(text.split(words).length > 4, `a case shows them as they came, ${text.split(words).length - 1} times`, words);
    await show(house, browser, world, agent, cases, links);
    for (const [i, lease] of leases.entries()) await agent.post(`/leases/${lease.id}/revoke`, { reason: typed(half(LINES[i], 1), 500) });
    await showLists(house, browser, world, await fillLists(house));
    await agent.page.context().close();
}, async () => {
    await browser.close();
    await house.close();
});
