// pages.mjs - every page there is. A row is
//
//     name   of the page: its screenshots are build/screens/NAME-WIDTH-THEME.png
//     site   "console" or "customer": which limit of weight it has, and whether somebody is signed in
//     open   (page, world) gets the browser to it; called once with JavaScript and once without
//     modes  true: a main page, which is photographed on paper and in forced colours, too
//     sheets so many pages of paper it takes
//     empty  true: of a house on its first day, without addresses, leases and cases
//     slow   true: it needs time to become so (an expired lease), and comes last
//
// world is what setUp made: the house, its leases by name, and who is signed in.

export async function setUp(house) {
    const mint = (name, ...options) => house.mint(`${name}@kunde.example`, ...options);
    const leases = {};
    leases.expired = await mint("emil", "--for", "60s"); // the shortest there is
    leases.expiredUsed = await mint("emma", "--for", "60s");
    leases.ready = await mint("anna");
    leases.shown = await mint("berta");
    leases.wrong = await mint("carl");
    leases.pin = await mint("mia", "--proof", "pin");
    leases.pinUsed = await mint("nora", "--proof", "pin");
    leases.again = await mint("ella");
    leases.german = await mint("greta", "--language", "de");
    leases.guides = await mint("hedwig");
    leases.guidesGerman = await mint("heidi", "--language", "de");
    leases.phone = await mint("ida");
    leases.said = await mint("jana");
    leases.over = await mint("karl");
    leases.unused = await mint("lena");
    leases.locked = await mint("dora");
    leases.used = await mint("frida");
    leases.revoked = await mint("gustav");
    leases.enough = await mint("hanna");
    for (let i = 0; i < 5; i++) await house.reveal(leases.locked, { code: "wrong" });
    for (let i = 0; i < 3; i++) await house.reveal(leases.enough);
    await house.reveal(leases.expiredUsed);
    await house.use(leases.used);
    await house.use(leases.said);
    await house.use(leases.over);
    await house.reveal(leases.revoked);
    await house.reveal(leases.pinUsed, { pin: leases.pinUsed.pin });
    await house.cs("lease", "revoke", String(leases.revoked.id), "--reason", "a test");
    // Its bounce gave a lease before, so the next one waits for a second person.
    const asked = await mint("rita");
    await house.cs("lease", "revoke", String(asked.id), "--reason", "the wrong mailbox");
    await house.cs("mint", "--case", String(asked.case), "--reason", "needs it until Monday").catch((error) => {
        if (error.code !== 5) throw error;
    });
    leases.asked = asked;
    return { house, leases };
}

export const PASSWORD = "correct horse battery staple";

// Takes the set-up link the first time; afterwards the session's cookie is enough.
export async function signIn(browser, world, newPage) {
    const page = await newPage(browser);
    await page.goto(world.house.setup);
    for (const field of await page.locator("input[type=password]").all()) await field.fill(PASSWORD);
    await page.locator("main button").click();
    await page.goto(world.house.console);
    if (await page.locator("input[type=password]").count() > 0) {
        await page.locator("input:not([type=hidden])").first().fill("ana");
        await page.locator("input[type=password]").fill(PASSWORD);
        await page.locator("main button").click();
    }
    world.session = await page.context().storageState();
    await page.context().close();
}

const at = (name) => (page, world) => page.goto(world.leases[name].page);
const console_at = (path) => (page, world) => page.goto(world.house.console + path);

async function prove(page, lease, fields = {}) {
    await page.goto(lease.page);
    await page.fill("#mailbox", fields.mailbox ?? lease.mailbox);
    await page.fill("#code", fields.code ?? lease.key);
    await page.click("button.go");
}

// The list forgets the address, and we have seen it.
async function blockOver(world) {
    await world.house.listed([]);
    for (let i = 0; i < 50; i++) {
        const [answer] = await world.house.cs("--json", "listing", "check", "192.0.2.14");
        if (answer.state === "clear") return;
        await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error("the address is still listed");
}

async function paste(page, world, text) {
    await page.goto(world.house.console);
    await page.fill("#bounce", text);
    await page.click("main form .go");
}

// Each time another mailbox, for one has one lease at a time.
let given = 0;
async function give(page, world) {
    given += 1;
    await paste(page, world, await world.house.bounceText(`otto${given}@kunde.example`));
    await page.fill("#reason", "the invoice must go out today");
}

// Each guide open, which people do one at a time.
async function showGuides(page, lease) {
    await prove(page, lease);
    for (const guide of await page.locator("details.guide").all()) await guide.evaluate((e) => { e.name = ""; e.open = true; });
}

// A form sent as no button of ours sends it.
async function sendForm(page, selector, change, value) {
    const form = page.locator(selector).first();
    await Promise.all([page.waitForNavigation(), form.evaluate(change, value)]);
}

// What was ended already is ended once more.
async function twice(page, world) {
    const { locked, revoked } = world.leases;
    await page.goto(`${world.house.console}/cases/${locked.case}`);
    await sendForm(page, "form[action$='/revoke']", (form, action) => { form.action = action; form.submit(); }, `/leases/${revoked.id}/revoke`);
}

async function signedOut(page, world) {
    await page.context().clearCookies();
    await page.goto(world.house.console);
}

export const PAGES = [
    { name: "customer-ready", site: "customer", modes: true, open: at("ready") },
    { name: "customer-wrong", site: "customer",
        open: (page, world) => prove(page, world.leases.wrong, { mailbox: "carla@kunde.example" }) },
    { name: "customer-ready-pin", site: "customer", open: at("pin") },
    { name: "customer-wrong-pin", site: "customer", open: (page, world) => prove(page, world.leases.pin) },
    { name: "customer-pin-used", site: "customer", open: at("pinUsed") },
    { name: "customer-locked", site: "customer", open: at("locked") },
    { name: "customer-shown", site: "customer", modes: true, open: (page, world) => prove(page, world.leases.shown) },
    { name: "customer-shown-enough", site: "customer", open: at("enough") },
    { name: "customer-in-use", site: "customer", open: at("used") },
    { name: "customer-revoked", site: "customer", open: at("revoked") },
    { name: "customer-not-found", site: "customer",
        open: (page, world) => page.goto(`${world.house.customer}/r/aaaaaaaaaaaaa`) },
    { name: "customer-ready-de", site: "customer", open: (page, world) => page.goto(`${world.leases.ready.page}?lang=de`) },
    { name: "customer-shown-de", site: "customer", open: (page, world) => prove(page, world.leases.german) },
    { name: "customer-guides", site: "customer", modes: true, open: (page, world) => showGuides(page, world.leases.guides) },
    { name: "customer-guides-de", site: "customer", open: (page, world) => showGuides(page, world.leases.guidesGerman) },
    { name: "customer-again", site: "customer",
        open: async (page, world) => {
            await prove(page, world.leases.again);
            await page.goto(world.leases.again.page);
        } },
    { name: "customer-phone", site: "customer",
        open: async (page, world) => {
            await page.goto(world.leases.phone.page);
            await page.fill("#mailbox", world.leases.phone.mailbox);
            await page.fill("#code", world.leases.phone.key);
            await page.click("summary");
            await page.click("button[value=phone]");
        } },
    { name: "customer-said", site: "customer",
        open: async (page, world) => {
            await page.goto(world.leases.said.page);
            await page.fill("#mailbox", world.leases.said.mailbox);
            await page.click("button[value=stuck]");
        } },
    { name: "customer-odd", site: "customer", open: async (page, world) => {
        await page.goto(world.leases.ready.page);
        await sendForm(page, "form", (form) => { form.action += "/say"; form.submit(); });
    } },
    { name: "customer-expired", site: "customer", slow: true, open: at("expired") },
    { name: "customer-expired-used", site: "customer", slow: true, open: at("expiredUsed") },
    { name: "customer-over", site: "customer", modes: true, slow: true,
        open: async (page, world) => {
            await blockOver(world);
            await page.goto(world.leases.over.page);
        } },
    { name: "customer-over-unused", site: "customer", slow: true, open: at("unused") },

    { name: "console-today", site: "console", modes: true, open: console_at("/") },
    { name: "console-case", site: "console", modes: true, sheets: 1,
        open: (page, world) => page.goto(`${world.house.console}/cases/${world.leases.used.case}`) },
    { name: "console-case-revoked", site: "console",
        open: (page, world) => page.goto(`${world.house.console}/cases/${world.leases.revoked.case}`) },
    { name: "console-problem", site: "console", open: (page, world) => paste(page, world, " ") },
    { name: "console-mint", site: "console", modes: true, open: give },
    { name: "console-deliver", site: "console", modes: true, sheets: 1, open: async (page, world) => {
        await give(page, world);
        await page.click("#give .go");
    } },
    { name: "console-deliver-pin", site: "console", modes: true, open: async (page, world) => {
        await give(page, world);
        await page.click("[name=proof][value=pin]");
        await page.click("#give .go");
    } },
    { name: "console-advise", site: "console",
        open: (page, world) => paste(page, world, "<eve@example.org>: host mx.example.org[198.51.100.25] said: 550 5.1.1 User unknown") },
    { name: "console-not-found", site: "console", open: console_at("/cases/4711") },
    { name: "console-conflict", site: "console", open: twice },
    { name: "console-sign-in", site: "console", open: signedOut },
    { name: "console-sign-in-wrong", site: "console", open: async (page, world) => {
        await signedOut(page, world);
        await page.fill("#name", "ana");
        await page.fill("#password", "wrong");
        await page.click("main .go");
    } },
    { name: "console-cases", site: "console", modes: true, open: console_at("/cases") },
    { name: "console-cases-found", site: "console", open: console_at("/cases?q=kunde&state=listed_now") },
    { name: "console-leases", site: "console", open: console_at("/leases") },
    { name: "console-leases-none", site: "console", open: console_at("/leases?q=nobody") },
    { name: "console-address", site: "console", modes: true, open: async (page, world) => {
        await page.goto(world.house.console + "/pool");
        await page.click(".tile a");
    } },
    { name: "console-listings", site: "console", modes: true, open: console_at("/listings") },
    { name: "console-keys", site: "console", open: console_at("/keys") },
    { name: "console-audit-checked", site: "console", open: console_at("/audit?verify=yes") },
    { name: "console-pool", site: "console", modes: true, open: console_at("/pool") },
    { name: "console-approvals", site: "console", modes: true, open: console_at("/approvals") },
    { name: "console-case-waits", site: "console",
        open: (page, world) => page.goto(`${world.house.console}/cases/${world.leases.asked.case}`) },
    { name: "console-audit", site: "console", modes: true, open: console_at("/audit") },
    { name: "console-settings-policy", site: "console", modes: true, open: console_at("/settings") },
    { name: "console-settings-lists", site: "console", open: console_at("/settings/lists") },
    { name: "console-settings-list-tested", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/lists");
        await page.click("main form button");
    } },
    { name: "console-settings-messages", site: "console", open: console_at("/settings/messages") },
    { name: "console-settings-server", site: "console", open: console_at("/settings/server") },
    { name: "console-settings-recipe", site: "console", open: console_at("/settings/server/postfix") },
    { name: "console-settings-host", site: "console", open: console_at("/settings/host") },
    { name: "console-profile", site: "console", open: console_at("/me") },
    { name: "console-profile-wrong", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/me");
        await page.fill("#present", PASSWORD);
        await page.fill("#password", "too short");
        await page.fill("#again", "too short");
        await page.click("form[action='/me/password'] .btn");
    } },
    { name: "console-settings-tokens", site: "console", open: console_at("/settings/tokens") },
    { name: "console-settings-token-made", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/tokens");
        await page.fill("#name", "Zammad");
        await page.fill("#networks", "192.0.2.0/24");
        await page.fill("#password", PASSWORD);
        await page.click("form .go");
    } },
    { name: "console-settings-token-wrong", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/tokens");
        await page.fill("#password", PASSWORD);
        await page.click("form .go");
    } },
    { name: "console-settings-webhooks", site: "console", open: console_at("/settings/webhooks") },
    { name: "console-settings-webhook-added", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/webhooks");
        await page.fill("#url", "https://hooks.invalid/cleansmtp");
        await page.click("form .go");
    } },
    { name: "console-settings-webhook-wrong", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/webhooks");
        await page.fill("#url", "https://127.0.0.1/");
        await page.click("form .go");
    } },
    { name: "console-webhook", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/webhooks");
        await page.fill("#url", "https://hooks.invalid/cleansmtp");
        await page.click("form .go");
        await page.locator("tbody a").last().click();
        await page.click("form[action$='/test'] button");
    } },
    { name: "console-webhook-rotated", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/webhooks");
        await page.fill("#url", "https://hooks.invalid/rotated");
        await page.click("form .go");
        await page.locator("tbody a").last().click();
        await page.click("form[action$='/rotate'] button");
    } },
    { name: "console-settings-people", site: "console", open: console_at("/settings/people") },
    { name: "console-settings-people-added", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/people");
        await page.fill("#name", `lea-${world.people = (world.people ?? 0) + 1}`);
        await page.click("form .go");
    } },
    { name: "console-set-up", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/people");
        await page.fill("#name", `pia-${world.people = (world.people ?? 0) + 1}`);
        await page.click("form .go");
        await page.goto(world.house.console + new URL(await page.locator("#link, #new, code").first().innerText()).pathname);
    } },
    { name: "console-settings-people-wrong", site: "console", open: async (page, world) => {
        await page.goto(world.house.console + "/settings/people");
        await page.fill("#name", "Lea Maier");
        await page.click("form .go");
    } },

    { name: "console-empty-today", site: "console", empty: true, open: console_at("/") },
    { name: "console-empty-cases", site: "console", empty: true, open: console_at("/cases") },
    { name: "console-empty-leases", site: "console", empty: true, open: console_at("/leases") },
    { name: "console-empty-pool", site: "console", empty: true, open: console_at("/pool") },
    { name: "console-empty-listings", site: "console", empty: true, open: console_at("/listings") },
    { name: "console-empty-approvals", site: "console", empty: true, open: console_at("/approvals") },
];
