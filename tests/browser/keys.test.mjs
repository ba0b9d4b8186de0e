// keys.test.mjs - the keys of the page /keys, each of them; that they keep quiet in fields and when they are switched off; the skip link; and that what
// cannot be undone has no key. That Tab reaches everything, visibly, and leaves each page again is asked of every page by pages.test.mjs.

import { launch, newPage } from "./lib/browser.mjs";
import { House, sleep } from "./lib/house.mjs";
import { is, none, ok, testing } from "./lib/tap.mjs";
import { signIn } from "./pages.mjs";

const PLACES = { n: "/", "?": "/keys", "g t": "/", "g c": "/cases", "g l": "/leases", "g p": "/pool", "g i": "/listings", "g a": "/approvals", "g u": "/audit",
    "g s": "/settings/policy" };

const path = (page) => new URL(page.url()).pathname;
const focus = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());

async function press(page, keys) {
    for (const key of keys.split(" ")) await page.keyboard.press(key);
}

// Pressed on a page where nothing has the focus, and where nothing happens of its own.
async function goes(page, house, keys, where) {
    await page.goto(`${house.console}${where === "/cases" ? "/pool" : "/cases"}`);
    const there = page.waitForURL(house.console + where, { timeout: 5000 }).then(() => true, () => false);
    await press(page, keys);
    ok(await there, `${keys} goes to ${where}`, page.url());
}

async function listed(page, house) {
    await page.goto(`${house.console}/keys`);
    const keys = await page.locator("table.keys kbd").allTextContents();
    none(Object.keys(PLACES).filter((key) => !keys.includes(key)), "the page lists every key that goes somewhere");
    none(["/", "j, k", "y", "Enter", "Esc", "Ctrl+Enter"].filter((key) => !keys.includes(key)), "and the others");
}

async function rows(page, house) {
    await page.goto(`${house.console}/cases`);
    const links = await page.locator("main tbody th a").allTextContents();
    await press(page, "j");
    is(await focus(page), links[0], "j goes to the first row");
    await press(page, "j");
    is(await focus(page), links[1], "and to the next");
    await press(page, "k");
    is(await focus(page), links[0], "k goes back");
    await press(page, "Enter");
    await page.waitForURL(`${house.console}/cases/${links[0]}`);
    ok(true, "Enter opens it");
}

async function fields(page, house) {
    await page.goto(`${house.console}/cases`);
    await press(page, "/");
    ok(["q", "find"].includes(await focus(page)), "/ goes to the search");
    await page.keyboard.type("gp?n/jy");
    is(await page.inputValue(`#${await focus(page)}`), "gp?n/jy", "in a field, keys are letters");
    is(path(page), "/cases", "and go nowhere");
    await press(page, "Escape");
    ok(!["q", "find"].includes(await focus(page)), "Esc leaves the field");
}

// The lead's keys: only with a request in focus, and never in the field for the reason.
async function answers(page, house) {
    const ask = async (mailbox) => {
        const lease = await house.mint(mailbox);
        await house.cs("lease", "revoke", String(lease.id), "--reason", "the wrong mailbox");
        await house.cs("mint", "--case", String(lease.case), "--reason", "until Monday").catch((error) => {
            if (error.code !== 5) throw error;
        });
        return lease;
    };
    const [one, two] = [await ask("olga@kunde.example"), await ask("paul@kunde.example")];
    const states = async () => {
        const leases = await house.cs("--json", "lease", "list");
        return [one, two].map((asked) => (leases.items ?? leases).find((l) => l.case === asked.case).state);
    };
    await page.goto(`${house.console}/approvals`);
    await press(page, "a");
    await press(page, "d");
    is(await states(), ["pending_approval", "pending_approval"], "without a request in focus, a and d answer nothing");
    await press(page, "j");
    await page.locator("li:focus-within input[name=reason]").focus();
    await page.keyboard.type("add");
    is(await states(), ["pending_approval", "pending_approval"], "... nor in the field");
    await press(page, "Escape");
    await page.goto(`${house.console}/approvals`);
    await press(page, "j");
    await Promise.all([page.waitForEvent("load"), press(page, "a")]);
    await press(page, "j");
    await Promise.all([page.waitForEvent("load"), press(page, "d")]);
    is(await states(), ["offered", "revoked"], "with one in focus, a approves and d denies");
    is(path(page), "/approvals", "... and the queue is there again");
}

async function off(page, house) {
    await page.goto(`${house.console}/keys`);
    await page.uncheck("#keys-on");
    await page.goto(`${house.console}/cases`);
    for (const keys of [...Object.keys(PLACES), "j", "/"]) await press(page, keys);
    await sleep(300);
    is([path(page), await page.evaluate(() => document.activeElement === document.body)], ["/cases", true], "switched off, single keys do nothing");
    await page.goto(house.console);
    await page.fill("#bounce", "550 5.7.1 blocked using bl.spamcop.net 192.0.2.14");
    await press(page, "Control+Enter");
    await page.waitForURL(/\/cases\/\d+$/);
    ok(true, "and Ctrl+Enter still presses the main button");
    await page.goto(`${house.console}/keys`);
    ok(!(await page.isChecked("#keys-on")), "the browser remembers");
    await page.check("#keys-on");
    await page.reload();
    await press(page, "g p");
    await page.waitForURL(`${house.console}/pool`);
    ok(true, "switched on again, they work");
}

// Every letter and digit, on a page with a revocation and on one with a drain.
async function harmless(page, house, lease) {
    const state = async () => [(await house.lease(lease.id)).state, (await house.api("GET", "pool")).items.map((a) => a.state)];
    const before = await state();
    const asked = [];
    page.on("request", (request) => request.method() === "POST" && asked.push(request.url()));
    for (const where of [`/cases/${lease.case}`, "/pool/203.0.113.9"]) {
        await page.goto(house.console + where);
        for (const key of "abcdefhiklmopqrstuvwxyz0123456789".split("").concat("Delete", "Backspace", "Enter", " "))
            await page.keyboard.press(key);
    }
    none(asked, "no single key sends a form");
    is(await state(), before, "and nothing is revoked or drained");
}

async function skip(page, at, what) {
    await page.goto(at);
    await page.evaluate(() => document.activeElement.blur());
    await press(page, "Tab");
    const link = page.locator("a.skip");
    is([await focus(page), await link.evaluate((e) => e.getBoundingClientRect().top >= 0)], [await link.textContent(), true],
        `${what}: the first Tab shows the skip link`);
    await press(page, "Enter");
    is(await focus(page), "main", `${what}: it goes to the page`);
    await press(page, "Tab");
    ok(await page.evaluate(() => document.getElementById("main").contains(document.activeElement)), `${what}: and Tab goes on from there`);
}

async function copyKey(page, house) {
    await page.goto(house.console);
    await page.fill("#bounce", await house.bounceText("carl@kunde.example"));
    await press(page, "Control+Enter");
    await page.locator("#give").waitFor();
    await press(page, "Control+Enter");
    await page.locator("#reply").waitFor();
    await page.evaluate(() => document.activeElement.blur());
    await press(page, "y");
    await page.locator("#said", { hasText: "Reply copied." }).waitFor();
    is(await page.evaluate(() => navigator.clipboard.readText()), await page.inputValue("#reply"), "y copies the reply");
}

const house = await House.open();
const browser = await launch();
await testing(async () => {
    const world = { house };
    await signIn(browser, world, newPage);
    const lease = await house.mint("anna@kunde.example");
    await house.mint("berta@kunde.example");
    const page = await newPage(browser, { storageState: world.session, permissions: ["clipboard-read", "clipboard-write"] });
    await listed(page, house);
    for (const [keys, where] of Object.entries(PLACES)) await goes(page, house, keys, where);
    await rows(page, house);
    await fields(page, house);
    await answers(page, house);
    await copyKey(page, house);
    await off(page, house);
    await harmless(page, house, lease);
    await skip(page, `${house.console}/cases`, "console");
    await skip(page, lease.page, "customer");
    none([...page.seen.csp, ...page.seen.errors], "no violation of the policy, no error");
}, async () => {
    await browser.close();
    await house.close();
});
