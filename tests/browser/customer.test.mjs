// customer.test.mjs - what the customer's page does: a person with JavaScript, one without, robots, strangers'
// text, paper, and languages.

import fs from "node:fs/promises";
import path from "node:path";
import { launch, newPage } from "./lib/browser.mjs";
import { House, TOP, sleep } from "./lib/house.mjs";
import { hardCoded, pseudo, writeCatalogue } from "./lib/pseudo.mjs";
import { is, none, ok, testing } from "./lib/tap.mjs";

const state = async (house, lease) => (await house.lease(lease.id)).state;
const text = (page, selector) => page.locator(selector).innerText();

// ---- a person ----

async function person(browser, house) {
    const lease = await house.mint("petra@kunde.example");
    const page = await newPage(browser, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.goto(lease.link);
    is(await page.inputValue("#code"), lease.key.replace(/(.{5})(?=.)/g, "$1 "), "the key comes from behind # into the form");
    ok(!page.url().includes(lease.key), "... and leaves the address bar");
    await page.click("text=Deutsch");
    is(await page.inputValue("#code"), lease.key.replace(/(.{5})(?=.)/g, "$1 "), "another language keeps the key");
    ok((await text(page, "h1")) === "Ihr freier Weg zum Senden", "the page is German then");
    await page.click("text=English");
    await page.fill("#mailbox", " Petra@KUNDE.example ");
    await page.click("button.go");
    ok(await page.locator("#pass").isHidden(), "the password is masked");
    await page.click(".secret summary");
    ok(/^([a-z2-9]{5}-){4}[a-z2-9]{5}$/.test(await text(page, "#pass")), "Show shows it, in groups of five");
    await page.click(".secret summary");
    const copied = {};
    for (const button of await page.locator("[data-copy]").all()) {
        await button.click();
        copied[await button.getAttribute("data-copy")] = await page.evaluate(() => navigator.clipboard.readText());
    }
    is(Object.keys(copied), ["server", "port", "user", "pass"], "four buttons copy");
    const names = (await page.locator("[data-copy]").allTextContents()).map((name) => name.replace(/\s+/g, " "));
    is(names, ["Copy server name", "Copy port", "Copy username", "Copy password"], "... each with its own name");
    is(await text(page, "#said"), "Password copied.", "... and says what it did");
    ok((await text(page, "[data-left]")).match(/^(24 h 0|23 h 5\d) min left$/), "the time left is in words", await text(page, "[data-left]"));

    is(await house.login(copied.user, copied.pass), 0, "the copied login works");
    await page.waitForSelector("#login.clear", { timeout: 40000 });
    ok(/We saw your first login at \d\d:\d\d/.test(await text(page, "#login")), "the page tells of the first login by itself");
    await page.click("button:has-text('I changed it')");
    await page.waitForFunction(() => document.getElementById("login").textContent.startsWith("Thank you"));
    ok(await page.locator("#pass").count() === 1, "saying so keeps the details on the page");
    await page.goto(lease.page);
    ok(/first time at \d\d:\d\d/.test(await text(page, ".lead")), "the link shows the state afterwards, no password");
    await page.click("button:has-text('I am stuck')");
    ok(/stuck/.test(await text(page, "h1")), "being stuck is taken down without typing, in this browser");
    await page.goto(lease.page);
    await page.click("button:has-text('I have switched back')");
    is(await state(house, lease), "ended", "switching back ends the lease");
    const shown = await house.lease(lease.id);
    is(shown.customer_said.map((s) => s.said), ["back", "stuck", "changed"], "the API tells what the customer said");
    const trail = (await house.cs("--json", "audit", "tail", "--limit", "20")).filter((r) => r.action === "lease.customer_said");
    is(trail.length, 3, "the audit log has all three");
    none([...page.seen.csp, ...page.seen.errors.filter((e) => !e.endsWith("/favicon.ico"))], "no violation and no error on the way");
    await page.context().close();
}

/* Whoever only fetches the page, or has no key, has not opened the link. */
async function opened(browser, house) {
    const lease = await house.mint("olga@kunde.example");
    const told = async () => (await house.cs("--json", "audit", "tail", "--limit", "100"))
        .filter((r) => r.action === "link.opened" && r.object === `lease:${lease.id}`).length;
    await fetch(lease.page);
    const blind = await newPage(browser, { javaScriptEnabled: false });
    await blind.goto(lease.link);
    const keyless = await newPage(browser);
    await keyless.goto(lease.page);
    is(await told(), 0, "fetching the page, or opening it without its script or key, opens no link");
    for (const time of ["first", "second"]) {
        const page = await newPage(browser);
        const [sent] = await Promise.all([page.waitForResponse((r) => r.url() === `${lease.page}/opened`), page.goto(lease.link)]);
        is([sent.status(), await told()], [204, 1], `a browser with the key does, the ${time} time; it is told once`);
        none([...page.seen.csp, ...page.seen.errors.filter((e) => !e.endsWith("/favicon.ico"))], "... without a violation or an error");
        await page.context().close();
    }
    await blind.context().close();
    await keyless.context().close();
}

async function again(browser, house) {
    const lease = await house.mint("quirin@kunde.example");
    const page = await newPage(browser);
    await page.goto(lease.link);
    await page.fill("#mailbox", lease.mailbox);
    await page.click("button.go");
    const first = await page.locator("#pass").textContent();
    await page.goto(lease.page);
    ok(/again/.test(await text(page, "h1")), "this browser may show the details again");
    await page.click("button.go");
    const second = await page.locator("#pass").textContent();
    const user = await text(page, "#user");
    ok(first !== second, "... which makes a new password");
    is([await house.login(user, first), await house.login(user, second)], [1, 0], "... and ends the old one");
    const other = await newPage(browser);
    await other.goto(lease.page);
    ok(await other.locator("button:has-text('new password')").count() === 0, "another browser may not");
    await page.context().close();
    await other.context().close();
}

async function pin(browser, house) {
    const lease = await house.mint("paula@kunde.example", "--proof", "pin");
    ok(/^\d{6}$/.test(lease.pin), "a PIN is told with the link");
    const page = await newPage(browser);
    await page.goto(lease.link);
    is([await page.getAttribute("#pin", "inputmode"), await page.getAttribute("#pin", "autocomplete")], ["numeric", "one-time-code"],
        "the page asks for it, with the keys and the memory that fit");
    await page.fill("#mailbox", lease.mailbox);
    await page.fill("#pin", lease.pin === "000000" ? "111111" : "000000");
    await page.click("button.go");
    const [problem] = await page.locator("[role=alert], .problem, .why").allInnerTexts();
    ok(/the PIN or the code is not right\. You have 4 tries left/.test(problem), "a wrong one is counted", problem);
    is(await page.inputValue("#pin"), "", "... and not shown again");
    is(await state(house, lease), "offered", "... and consumes nothing");
    await page.fill("#pin", `${lease.pin.slice(0, 3)} ${lease.pin.slice(3)}`);
    await page.click("button.go");
    is(await page.locator("#pass").count(), 1, "the right one, in two groups, shows the details");
    const other = await newPage(browser, { javaScriptEnabled: false });
    await other.goto(lease.page);
    ok(/already/.test(await text(other, "h1")), "it works once: another browser is told so");
    is((await house.lease(lease.id)).proof, "pin", "the API says what the link asked for");
    ok(!JSON.stringify(await house.cs("--json", "audit", "tail", "--limit", "100")).includes(lease.pin), "the audit log does not know it");
    await page.context().close();
    await other.context().close();
}

async function withoutJavaScript(browser, house) {
    const lease = await house.mint("rosa@kunde.example");
    const page = await newPage(browser, { javaScriptEnabled: false });
    await page.goto(lease.link);
    await page.fill("#mailbox", lease.mailbox);
    await page.fill("#code", lease.key.toUpperCase().replace(/(.{5})(?=.)/g, "$1-"));
    await page.click("button.go");
    is(await text(page, "#server"), "clean.mail.example", "without JavaScript the typed code shows the details");
    is(await page.locator("[data-copy]:visible").count(), 0, "... without buttons that would do nothing");
    const [said] = await Promise.all([page.context().waitForEvent("page"), page.click("button:has-text('I am stuck')")]);
    await said.waitForLoadState();
    ok(/stuck/.test(await said.locator("h1").textContent()), "... saying so opens a window, the details stay");
    await page.context().close();
}

async function phone(browser, house) {
    const lease = await house.mint("selma@kunde.example");
    const page = await newPage(browser);
    await page.goto(lease.link);
    await page.click("summary");
    await page.click("button:has-text('Open this page on my phone')");
    ok(await page.locator("svg.qr").count() === 0, "no picture without the proof");
    await page.fill("#mailbox", lease.mailbox);
    await page.click("summary");
    await page.click("button:has-text('Open this page on my phone')");
    ok(await page.locator("svg.qr").count() === 1, "with it, the picture moves the link to a phone");
    is(await state(house, lease), "offered", "... and uses nothing up");
    await page.context().close();
}

// ---- paper ----

async function paper(browser, house) {
    const lease = await house.mint("theo@kunde.example");
    const page = await newPage(browser);
    await page.goto(lease.link);
    await page.fill("#mailbox", lease.mailbox);
    await page.click("button.go");
    await page.click(".secret summary");
    const password = await page.locator("#pass").textContent();
    await page.emulateMedia({ media: "print" });
    ok(!(await text(page, "body")).includes(password), "paper has no password");
    const sheet = await text(page, "body");
    none([lease.username, "Example Hosting", "support@hosting.example", "+49 30 555 0100", "What was there before"].filter((part) => !sheet.includes(part)),
        "... but the other details, whose they are and whom to ask");
    ok(/Valid until \w+day \d+ \w+, \d\d:\d\d \(.*CET\)/.test(sheet), "... and when they end, with the zone", sheet);
    ok(await page.locator("[data-left]").isHidden(), "... and no countdown");
    is(await page.locator(".guide > .steps:visible").count(), await page.locator(".guide > .steps").count(), "with no guide open all are printed");
    await page.emulateMedia({ media: "screen" });
    await page.click("text=Outlook for Mac");
    await page.emulateMedia({ media: "print" });
    is(await page.locator(".guide > summary:visible").allInnerTexts(), ["Outlook for Mac"], "with one open only that one");
    is(await page.locator(".guide > .steps:visible").count(), 2, "... there and back");
    await page.emulateMedia({ media: "screen" });
    await page.check("#pp");
    await page.emulateMedia({ media: "print" });
    ok((await text(page, "body")).includes(password), "... unless asked");
    await page.context().close();
}

// ---- robots ----

async function robots(browser, house) {
    const lease = await house.mint("robert@kunde.example");
    const before = await house.lease(lease.id);
    const tries = [];
    for (const method of ["HEAD", "GET", "OPTIONS"])
        tries.push(await fetch(lease.page, { method }));
    tries.push(await fetch(lease.page, { headers: { "Sec-Purpose": "prefetch", Purpose: "prefetch" } }));
    tries.push(await fetch(`${lease.page}?utm_source=scanner`)); // rewritten, the fragment cut
    tries.push(await fetch(`${lease.page}/login`));
    for (const part of ["", "/again", "/say"])
        for (const body of ["", "do=back", "mailbox=&code=", "do=phone&mailbox=a@b.example&code=x"])
            if (part !== "" || !body.includes("="))
                tries.push(await fetch(lease.page + part, { method: "POST", body: new URLSearchParams(body) }));
    ok(tries.every((answer) => answer.status < 500 || answer.status === 501), "robots get an answer", tries.map((a) => `${a.url} ${a.status}`));
    const page = await newPage(browser);
    for (let i = 0; i < 3; i++) { // sees the link as it stands in the mail, and presses all there is
        await page.goto(lease.link);
        for (const summary of await page.locator("summary").all()) await summary.click();
        const button = page.locator("button").nth(i % await page.locator("button").count());
        await button.click();
        await page.waitForLoadState();
    }
    await page.context().close();
    const after = await house.lease(lease.id);
    is({ ...after, usage: 0 }, { ...before, usage: 0 }, "they consume nothing: the lease is as it was made");
    ok((await house.reveal(lease)).includes("id=\"pass\""), "... and the customer can still open it");

    const used = await house.mint("sabine@kunde.example");
    await house.use(used);
    await fetch(`${used.page}/say`, { method: "POST", body: new URLSearchParams({ do: "back" }) });
    await fetch(`${used.page}/say`, { method: "POST", body: new URLSearchParams({ do: "back", mailbox: "x@kunde.example" }) });
    is(await state(house, used), "in_use", "pressing \"I have switched back\" without the mailbox ends nothing");
    await fetch(`${used.page}/say`, { method: "POST", headers: { "Sec-Fetch-Site": "cross-site" },
        body: new URLSearchParams({ do: "back", mailbox: used.mailbox }) });
    is(await state(house, used), "in_use", "... nor does a form of another site");
}

// ---- strangers' text ----

const HOSTILE = ["<script>document.title='run'</script>", "\"><img src=x onerror=document.title='run'>", "'-document.title='run'-'",
    "{{@ask.title}}", "*bold* `code` {password}", "javascript:document.title='run'", "<svg/onload=document.title='run'>", "%3Cscript%3E", "&lt;b&gt;"];

async function strangers(browser, house) {
    const lease = await house.mint("uwe*{host}`@kunde.example".replace("{host}", "host"));
    const page = await newPage(browser, { javaScriptEnabled: true });
    const found = [];
    for (const evil of HOSTILE) {
        await page.goto(`${lease.page}?lang=${encodeURIComponent(evil)}#${encodeURIComponent(evil)}`);
        const fresh = await house.mint(`v${found.length}${HOSTILE.indexOf(evil)}@kunde.example`);
        await page.goto(fresh.page);
        await page.fill("#mailbox", evil);
        await page.fill("#code", evil);
        await page.click("button.go");
        if (await page.inputValue("#mailbox") !== evil) found.push(`changed: ${evil}`);
        if (/run/.test(await page.title())) found.push(`ran: ${evil}`);
        if (await page.locator("main script, main img").count() > 0) found.push(`became a tag: ${evil}`);
    }
    none(found, "strangers' text in every field stays text");
    await page.goto(lease.link);
    await page.fill("#mailbox", lease.mailbox);
    await page.click("button.go");
    ok((await text(page, "h2 >> nth=0")).includes(lease.mailbox), "a mailbox with marks in it is shown as it is");
    none(page.seen.csp, "no violation of the policy");
    await page.context().close();
}

// ---- languages ----

async function writePseudo(folder) {
    await fs.mkdir(path.join(folder, "guides"), { recursive: true });
    await writeCatalogue(folder, "customer", "qps");
    for (const file of await fs.readdir(path.join(TOP, "templates/guides"))) {
        if (!file.endsWith(".en.md")) continue;
        const guide = await fs.readFile(path.join(TOP, "templates/guides", file), "utf8");
        await fs.writeFile(path.join(folder, "guides", file.replace(".en.", ".qps.")), guide.split("\n").map((line) => {
            const row = /^(title: |with: |\d+\. )(.*)$/.exec(line);
            const field = /^(\s+- )(.*?): (.*)$/.exec(line);
            if (field) return `${field[1]}${pseudo(field[2])}: ${pseudo(field[3])}`;
            return row ? row[1] + pseudo(row[2]) : line;
        }).join("\n"));
    }
}

async function guides(browser, house) {
    const { findings } = await house.cs("--json", "doctor").catch((error) => JSON.parse(error.stdout));
    const old = findings.filter((f) => f.group === "guides");
    is(old.map((f) => [f.check, f.result]), [["oldest (en)", "warning"]], "doctor warns of the guide that was not checked for a year, and of no other");
}

async function languages(browser, house) {
    const one = await house.mint("vera@kunde.example", "--language", "de");
    const page = await newPage(browser, { locale: "en-GB" });
    await page.goto(one.page);
    is(await page.getAttribute("html", "lang"), "de", "the agent's choice goes before the browser's");
    const two = await house.mint("willi@kunde.example");
    const german = await newPage(browser, { locale: "de-AT" });
    await german.goto(two.page);
    is(await german.getAttribute("html", "lang"), "de", "without one the browser's counts");
    const french = await newPage(browser, { locale: "fr-FR" });
    await french.goto(two.page);
    is(await french.getAttribute("html", "lang"), "en", "else the first of the configuration");
    const tokyo = await newPage(browser, { timezoneId: "Asia/Tokyo" });
    await tokyo.goto(two.link);
    await tokyo.fill("#mailbox", two.mailbox);
    await tokyo.click("button.go");
    ok(/Japan/.test(await text(tokyo, "time")), "times are in the reader's zone, with its name", await text(tokyo, "time"));
    for (const p of [page, german, french, tokyo]) await p.context().close();

    const pseudoPage = await newPage(browser);
    const values = ["clean.mail.example", "support@hosting.example", "Example Hosting", "CET", "SSL/TLS", "Berlin"];
    const three = await house.mint("xaver@kunde.example");
    const looks = {
        ready: async () => pseudoPage.goto(`${three.link.replace("#", "?lang=qps#")}`),
        wrong: async () => { await pseudoPage.fill("#mailbox", "x@y.example"); await pseudoPage.click("button.go"); },
        shown: async () => { await pseudoPage.fill("#mailbox", three.mailbox); await pseudoPage.fill("#code", three.key); await pseudoPage.click("button.go"); },
        again: async () => pseudoPage.goto(`${three.page}?lang=qps`),
        "not found": async () => pseudoPage.goto(`${house.customer}/r/aaaaaaaaaaaaa?lang=qps`),
    };
    for (const [name, open] of Object.entries(looks)) {
        await open();
        for (const d of await pseudoPage.locator("details").all()) await d.evaluate((e) => { e.open = true; });
        none(await hardCoded(pseudoPage, [...values, three.mailbox, three.username]), `nothing is hard-coded: ${name}`);
        is(await pseudoPage.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "... and a third longer it fits");
    }
    await pseudoPage.context().close();
}

const folder = await fs.mkdtemp("/tmp/cleansmtp-qps-");
await fs.chmod(folder, 0o755);
await writePseudo(folder);
const OLD = "title: Oldest\norder: 500\nchecked: 2020-01\nwith: nothing\n\n1. One.\nback:\n1. Two.\n";
await fs.writeFile(path.join(folder, "guides/oldest.en.md"), OLD);
await fs.writeFile(path.join(folder, "guides/oldest.qps.md"), OLD.replace("2020-01", "2126-01").replace("Oldest", "⟦O⟧").replace("nothing", "⟦n⟧").replace("One.", "⟦1⟧").replace("Two.", "⟦2⟧"));
const house = await House.open({ conf: `languages = { "en", "de", "qps" }\ntemplate_dir = "${folder}"\n` });
const browser = await launch();
await testing(async () => {
    const parts = { person, opened, again, pin, withoutJavaScript, phone, paper, robots, strangers, guides, languages };
    for (const [name, part] of Object.entries(parts)) if (name.includes(process.env.ONLY ?? "")) await part(browser, house);
}, async () => {
    await browser.close();
    await house.close();
    await fs.rm(folder, { recursive: true });
});
