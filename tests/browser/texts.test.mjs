// texts.test.mjs - nothing on the console is hard-coded: every page of pages.mjs, and some more, with the pseudo-language in English's place
// (template_dir). What is left is data, and known from where the data comes: what people typed, the table of lists, the manual. A third longer, it fits.

import fs from "node:fs/promises";
import path from "node:path";
import { launch, newPage, overflow } from "./lib/browser.mjs";
import { House, TOP } from "./lib/house.mjs";
import { hardCoded, pseudo, writeCatalogue } from "./lib/pseudo.mjs";
import { is, none, ok, testing } from "./lib/tap.mjs";
import { PAGES, PASSWORD, setUp, signIn } from "./pages.mjs";

// ---- what is data ----

// What people typed, and what the mail client called itself: the API has it as it stands on the page.
const TYPED = ["reason", "ended_reason", "program"];
// What the parts below the pages refuse is said by them, to every door.
const REFUSED = ["There is no such case.", "This lease ended already.", "There is no such reserved address.", "Name or password is wrong.",
    "The password needs at least 12 characters.", "Say what the token is for.", "is not a public address (webhooks.private).",
    "A name is lower-case letters, digits, '.', '-' and '_', a letter first, at most 64."];
const NAMES = ["Example Hosting", "ana", "lea", "pia", "Zammad", "SpamCop", /\b[A-Z][a-z]+\/[A-Z]\w+/, /\bCES?T\b/, "cleansmtp-checkpassword", /\bclean\d+\b/, /\S+@\S+/,
    /\b[\w-]+(\.[\w-]+)*\.(example|net|org)\b/, /\b[\w.-]+\.(eml|txt)\b/];

function strings(value, key, into) {
    if (Array.isArray(value)) for (const v of value) strings(v, key, into);
    else if (value !== null && typeof value === "object") for (const [k, v] of Object.entries(value)) strings(v, k, into);
    else if (typeof value === "string" && TYPED.includes(key)) into.push(value);
    return into;
}

async function typed(house) {
    const { items } = await house.api("GET", "cases?limit=200");
    const all = [await house.api("GET", "listings"), await house.api("GET", "approvals")];
    for (const { id } of items) {
        const one = await house.api("GET", `cases/${id}`);
        all.push(one);
        for (const lease of one.leases) all.push(await house.api("GET", `leases/${lease.id}`));
    }
    return strings(all, "", []);
}

// Sentences and titles of the table of lists, and the manual's sentences about options; single words of them could hide one of ours.
async function tables() {
    const lists = await fs.readFile(path.join(TOP, "issuer/dnsbl/zones.tsv"), "utf8");
    const manual = await fs.readFile(path.resolve(TOP, process.env.B ?? "build/release", "gen/options.tsv"), "utf8");
    const rows = lists.split("\n").filter((line) => !line.startsWith("#")).map((line) => line.split("\t"));
    const cells = rows.flat().flatMap((cell) => [cell, ...cell.split(/[;=]/)]).map((cell) => cell.trim());
    return [...rows.map((row) => row[1] ?? ""), ...cells.filter((cell) => /\S \S+ \S/.test(cell)),
        ...manual.split("\n").map((line) => line.split("\t")[1] ?? "")];
}

// ---- pages that only this test needs ----

const at = (where) => (page, world) => page.goto(world.house.console + where);
const old = (text) => text.replace(/\w{3}, \d{1,2} \w{3} \d{4} [\d:]{8} [+-]\d{4}( \(UTC\))?/g,
    new Date(Date.now() - 3 * 86400 * 1000).toUTCString().replace("GMT", "+0000"));

// An old bounce: somebody else has to agree.
async function doubted(page, world) {
    await page.goto(world.house.console);
    await page.fill("#bounce", await fs.readFile(await world.house.bounce("rosa@kunde.example", old), "utf8"));
    await page.click("main form .go");
    world.doubted = page.url();
}
const lead = async (page, world) => {
    await page.context().clearCookies();
    await page.context().addCookies(world.lead.cookies);
    await page.goto(world.doubted);
};

const MORE = [
    { name: "doubts", open: doubted },
    { name: "waits", open: async (page, world) => {
        await page.goto(world.doubted);
        await page.click("#give .go");
    } },
    { name: "needs someone", open: at("/") },
    { name: "waits, for the lead", open: lead },
    { name: "approved", open: async (page, world) => {
        await lead(page, world);
        await page.fill("#answer", "pro");
        await page.click("#wait .go");
    } },
    { name: "approved, for the agent", open: (page, world) => page.goto(world.doubted) },
    { name: "form sent twice", open: async (page, world) => {
        await page.goto(`${world.house.console}/cases/${world.leases.locked.case}`);
        await page.locator("#watch form").first().evaluate((form) => form.submit());
        await page.waitForLoadState();
    } },
    { name: "no such day", open: at("/cases?from=x") },
    { name: "no such state", open: at("/leases?state=x") },
    { name: "no such address", open: at("/pool/192.0.2.1") },
    { name: "no address", open: at("/pool/x") },
    { name: "no such page", open: at("/nothing") },
    { name: "lists and names asked", open: async (page, world) => {
        await page.goto(`${world.house.console}/pool/203.0.113.9`);
        await page.click("form[action$='/check'] button");
    } },
    { name: "leases moved", open: async (page, world) => {
        await page.goto(`${world.house.console}/pool/203.0.113.9`);
        await page.check("input[value=resting]");
        await page.fill("#reason", "prob");
        await page.click("form[action$='/state'] button");
    } },
    { name: "resting", open: at("/pool/203.0.113.9") },
];

// ---- the test ----

async function second(browser, house) {
    const page = await newPage(browser);
    await page.goto(house.console + new URL(await house.cs("user", "add", "lea", "--role", "lead")).pathname);
    ok((await hardCoded(page, NAMES)).length === 0, "nothing is hard-coded: set-up", await hardCoded(page, NAMES));
    for (const field of await page.locator("input[type=password]").all()) await field.fill(PASSWORD);
    await page.click("main button");
    ok((await hardCoded(page, NAMES)).length === 0, "nothing is hard-coded: sign in after it", await hardCoded(page, NAMES));
    await page.fill("#name", "lea");
    await page.fill("#password", PASSWORD);
    await page.click("main button");
    const session = await page.context().storageState();
    await page.context().close();
    return session;
}

async function look(browser, world, row) {
    const page = await newPage(browser, { storageState: world.session });
    try {
        await row.open(page, world);
        for (const d of await page.locator("details").all()) await d.evaluate((e) => { e.open = true; });
        const known = [...NAMES, ...REFUSED, ...world.tables, ...await typed(world.house)];
        none(await hardCoded(page, known), `nothing is hard-coded: ${row.name}`);
        await page.setViewportSize({ width: 320, height: 800 });
        none(await overflow(page), "... and a third longer it fits");
    } catch (error) {
        ok(false, `${row.name}: opens`, error.stack);
    } finally {
        await page.context().close();
    }
}

// Does the search find anything? A word of each kind that it has to find.
async function finds(browser) {
    const page = await newPage(browser);
    await page.setContent(`<title>${pseudo("good")}</title><p>${pseudo("one")}<p aria-label="Heard">bare <b>${pseudo("of {n}")}</b> word`
        + `<input placeholder="Empty"><input type=submit value="Send"><code>typed</code> anna@kunde.example ${pseudo(pseudo("inner"))} <i lang="de">Wort</i>`);
    is((await hardCoded(page, NAMES)).sort(), ["Empty", "Heard", "Send", "bare", "word"], "a word outside of the catalogue is found wherever it is");
    await page.context().close();
}

const folder = await fs.mkdtemp("/tmp/cleansmtp-qps-");
await fs.chmod(folder, 0o755);
for (const part of ["console", "customer", "said"]) await writeCatalogue(folder, part, "en");
const house = await House.open({ conf: `template_dir = "${folder}"\n` });
const browser = await launch();
await testing(async () => {
    await finds(browser);
    const world = await setUp(house);
    world.tables = await tables();
    await signIn(browser, world, newPage);
    world.lead = await second(browser, house);
    const rows = [...PAGES.filter((row) => row.site === "console" && !row.slow), ...MORE];
    for (const row of rows) if (row.name.includes(process.env.ONLY ?? "")) await look(browser, world, row);
}, async () => {
    await browser.close();
    await house.close();
    await fs.rm(folder, { recursive: true });
});
