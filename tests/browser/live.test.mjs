// live.test.mjs - the Watch panel, what needs someone, and the pool map stay up to date without a reload; focus, open details and typed text stay
// where they are; it rests while paused, and says when it ends. The browser's clock is ours, so nobody waits for 15 s.

import { launch, newPage, newPageWithoutScripts } from "./lib/browser.mjs";
import { House, until } from "./lib/house.mjs";
import { is, none, ok, testing } from "./lib/tap.mjs";
import { signIn } from "./pages.mjs";

const TURN_MS = 15000;

async function open(browser, world, path, make = newPage) {
    const page = await make(browser, { storageState: world.session });
    await page.clock.install();
    await page.goto(world.house.console + path);
    await page.evaluate(() => { window.sameDocument = true; });
    return page;
}

// One turn of the clock after the other, until the page shows it.
async function comes(page, name, test) {
    await until(name, async () => {
        await page.clock.runFor(TURN_MS);
        return test();
    }).then(() => ok(true, name), (error) => ok(false, name, error.message));
}

const text = (page, selector) => page.locator(selector).innerText();
const asked = (page) => page.seen.urls.filter((url) => url.includes("/live/")).length;

async function watch(browser, world) {
    const { house } = world;
    const lease = await house.mint("anna@kunde.example");
    const page = await open(browser, world, `/cases/${lease.case}`);
    ok(/Link not opened yet/.test(await text(page, "#watch [aria-current]")), "the Watch panel waits for the customer");
    await page.getByText("Revoke these details").click();
    await page.fill("#why", "half a rea");
    await page.focus("#why");
    await page.evaluate(() => document.getElementById("why").setSelectionRange(4, 4));
    await page.evaluate(() => { document.getElementById("why").isMarked = true; });
    const shown = await house.reveal(lease);
    await comes(page, "details shown are seen without a reload", async () => /No login yet/.test(await text(page, "#watch [aria-current]")));
    const word = (id) => new RegExp(`id="${id}"[^>]*>(.*?)</code>`, "s").exec(shown)[1].replace(/<[^>]*>/g, "");
    is(await house.login(word("user"), word("pass")), 0, "a mail program signs in");
    await house.seen(word("user"));
    await comes(page, "the first login is seen without a reload", async () => /First login/.test(await text(page, "#watch .watch")) &&
        /messages sent/.test(await text(page, "#watch [aria-current]")));
    is(await page.getByText("Make a new link").count(), 0, "what cannot be done any more is gone");
    is(await page.evaluate(() => [document.activeElement.id, document.activeElement.value, document.activeElement.selectionStart,
        document.activeElement.isMarked, document.activeElement.closest("details").open, window.sameDocument]),
    ["why", "half a rea", 4, true, true, true], "the field has its focus, its text and its cursor, its details are open");
    await page.keyboard.type("XY");
    is(await page.inputValue("#why"), "halfXY a rea", "... and typing goes on where it was");
    is(await page.locator("#live [role=status], #live [role=alert], #live [aria-live], #live-line[role], #updated[role]").count(), 0, "nothing is announced");

    await page.getByRole("button", { name: "Pause updates" }).click();
    const before = asked(page);
    await page.clock.runFor(4 * TURN_MS);
    is(asked(page), before, "paused, it asks for nothing");
    await house.cs("lease", "revoke", String(lease.id), "--reason", "a test");
    await page.getByRole("button", { name: "Resume updates" }).click();
    await page.locator("#live-line[role=status]", { hasText: "this page has changed" }).waitFor();
    ok(true, "when the panel is over, it says so and stops");
    is(await page.inputValue("#why"), "halfXY a rea", "... and takes nothing away");
    none([...page.seen.csp, ...page.seen.errors], "no violation of the policy, no error");
    await page.context().close();
}

async function needs(browser, world) {
    const { house } = world;
    const page = await open(browser, world, "/");
    ok(!/203\.0\.113\.9 is listed/.test(await text(page, ".side")), "nothing needs someone");
    await page.fill("#bounce", "half a bounce");
    await house.listed(["192.0.2.14", "203.0.113.9"]);
    await until("the listing", async () => (await house.cs("--json", "listing", "check", "203.0.113.9"))[0].state === "listed");
    await comes(page, "a reserved address that is listed is seen on Today", async () => /203\.0\.113\.9/.test(await text(page, "#live")));
    is(await page.inputValue("#bounce"), "half a bounce", "what was typed is still there");
    await page.context().clearCookies();
    await comes(page, "signed out, it says so and stops", async () => /signed out/.test(await text(page, "#live-line[role=status]")));
    none([...page.seen.csp, ...page.seen.errors], "no violation of the policy, no error");
    await page.context().close();
}

async function pool(browser, world) {
    const { house } = world;
    const page = await open(browser, world, "/pool");
    const tile = page.locator("[data-keep='203.0.113.11']");
    await tile.locator("a").focus();
    await house.cs("pool", "drain", "203.0.113.11", "--reason", "a test");
    await comes(page, "an address that drains is seen on the map", async () => /drain/.test(await tile.innerText()));
    is(await page.evaluate(() => document.activeElement.textContent), "203.0.113.11", "its link has kept the focus");
    none([...page.seen.csp, ...page.seen.errors], "no violation of the policy, no error");
    await page.context().close();
}

async function without(browser, world) {
    const page = await open(browser, world, "/pool", newPageWithoutScripts);
    ok(/Live updates are off; reload to refresh\./.test(await text(page, ".foot")), "without JavaScript a line says to reload");
    is(await page.locator("#live-pause:visible").count(), 0, "... and there is no button that would do nothing");
    await page.context().close();
    const other = await open(browser, world, "/cases");
    is(await other.locator("#live-pause").count(), 0, "a page without such a part has neither");
    await other.context().close();
}

const house = await House.open();
const browser = await launch();
await testing(async () => {
    const world = { house };
    await signIn(browser, world, newPage);
    for (const part of [watch, needs, pool, without]) await part(browser, world);
}, async () => {
    await browser.close();
    await house.close();
});
