// journey.test.mjs - the whole way of one case, with JavaScript and without: an agent signs in, pastes the bounce, creates the details and takes
// the reply; the customer, in a browser of his own, proves who he is and gets them; his mail program signs in; the agent sees it and revokes.
// What the agent does between the paste and the copied reply is counted.

import { launch, newPage } from "./lib/browser.mjs";
import { House } from "./lib/house.mjs";
import { is, none, ok, testing } from "./lib/tap.mjs";
import { PASSWORD, signIn } from "./pages.mjs";

const ACTIONS_MAX = 3;
const wholePage = (page) => page.locator("main").innerText();

// Signs in by name and password, as on every day after the first.
async function agent(browser, house, options) {
    const page = await newPage(browser, { permissions: ["clipboard-read", "clipboard-write"], ...options });
    await page.goto(house.console);
    await page.fill("#name", "ana");
    await page.fill("#password", PASSWORD);
    await page.click("main .go");
    return page;
}

// What a person does by hand: everything that goes through here is one key chord or one click.
function hand(page) {
    const done = [];
    const act = async (what, job) => {
        done.push(what);
        await job();
    };
    return { done, press: (keys) => act(keys, () => page.keyboard.press(keys)), click: (at) => act(`click ${at}`, () => page.click(at)) };
}

async function paste(page, text) {
    await page.evaluate((words) => navigator.clipboard.writeText(words), text);
    await page.keyboard.press("Control+V");
}

const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

async function replyByKeys(page, house, mailbox) {
    await paste(page, await house.bounceText(mailbox));
    ok(/anna|berta/.test(await page.inputValue("#bounce")), "the box had the focus: what is pasted lands in it");
    const by = hand(page);
    await by.press("Control+Enter");
    await page.waitForURL(/\/cases\/\d+$/);
    await page.locator("#give").waitFor();
    ok(/our shared address/i.test(await wholePage(page)), "the verdict is a sentence about our shared address");
    await by.press("Control+Enter");
    await page.locator("#reply").waitFor();
    await by.press("Control+Enter");
    await page.locator("#said", { hasText: "Reply copied." }).waitFor();
    ok(by.done.length <= ACTIONS_MAX, `from the paste to the copied reply: ${by.done.length} actions`, by.done);
    const reply = await page.inputValue("#reply");
    is(await clipboard(page), reply, "the clipboard has the reply");
    const link = await page.locator("#link").innerText();
    ok(reply.includes(link) && link.startsWith(`${house.customer}/r/`) && link.includes("#"), "the reply has the link");
    return link;
}

async function replyByForms(page, house, mailbox) {
    await page.fill("#bounce", await house.bounceText(mailbox));
    const by = hand(page);
    await by.click("main form .go");
    await by.click("#give .go");
    await by.click("#reply");
    await page.keyboard.press("Control+A");
    ok(by.done.length <= ACTIONS_MAX, `from the paste to the selected reply: ${by.done.length} actions`, by.done);
    is(await page.locator("button[data-copy]:visible").count(), 0, "no button that would do nothing");
    return page.locator("#link").innerText();
}

// The customer's browser; the page with the details.
async function reveal(browser, link, mailbox, options) {
    const page = await newPage(browser, options);
    await page.goto(link);
    await page.fill("#mailbox", mailbox);
    if (options.javaScriptEnabled === false) await page.fill("#code", link.split("#")[1]);
    else ok(!page.url().includes("#"), "the key is gone from the address bar");
    await page.click("main .go");
    await page.locator("#user").waitFor();
    ok(!(await page.locator("#pass").isVisible()), "the password is masked");
    await page.locator("details.secret summary").click();
    ok(await page.locator("#pass").isVisible(), "and shown when asked for");
    return page;
}

// What the Watch panel says after a reload: {done, now}, each the lines of its steps.
async function watch(page, at) {
    await page.goto(at);
    const steps = await page.locator("#watch .watch li").evaluateAll((all) => all.map((li) => [li.querySelector(".vh").textContent.trim(),
        li.querySelector(".bar").textContent.replace(/\s+/g, " ").trim()]));
    const of = (kind) => steps.filter(([is]) => is === kind).map(([, text]) => text).join("; ");
    return { done: of("done:"), now: of("now:") };
}

async function watches(page, at, kind, pattern, name) {
    const steps = await watch(page, at);
    ok(pattern.test(steps[kind]), name, JSON.stringify(steps));
}

async function journey(browser, house, mailbox, options) {
    const page = await agent(browser, house, options);
    is(new URL(page.url()).pathname, "/", "after signing in, the agent is on Today");
    const reply = options.javaScriptEnabled === false ? replyByForms : replyByKeys;
    const link = await reply(page, house, mailbox);
    const at = page.url().replace(/(\/cases\/\d+).*/, "$1");
    await watches(page, at, "now", /^Link not opened yet/, "the Watch panel waits for the customer");
    ok(!(await page.content()).includes(link.split("#")[1]), "the link is not shown again");

    const customer = await reveal(browser, link, mailbox, options);
    await watches(page, at, "done", /; Details shown \d/, "the Watch panel knows when the details were shown");
    await watches(page, at, "now", /^No login yet/, "and waits for a login");
    const [user, password] = [await customer.innerText("#user"), await customer.innerText("#pass")];
    is(await house.login(user, password), 0, "the mail program signs in");
    await house.seen(user);
    await watches(page, at, "done", /; First login \d/, "the Watch panel shows the first login after a reload");

    await page.getByText("Revoke these details").click();
    await page.fill("#why", "the bounce was old");
    await page.getByRole("button", { name: "Revoke now" }).click();
    ok(/revoked/i.test(await wholePage(page)), "the case says that they are revoked");
    ok((await wholePage(page)).includes("the bounce was old"), "and why");
    ok(await house.login(user, password) !== 0, "the mail program is refused");
    await customer.goto(link.split("#")[0]);
    ok(/were ended/.test(await wholePage(customer)), "the customer's page says so", await wholePage(customer));
    none([page, customer].flatMap((p) => [...p.seen.csp, ...p.seen.errors]), "no violation of the policy, no error");
    await page.context().close();
    await customer.context().close();
}

// Two channels: what is copied into the ticket must not hold the PIN.
async function pinApart(browser, house, mailbox) {
    const page = await agent(browser, house, {});
    await page.fill("#bounce", await house.bounceText(mailbox));
    await page.click("main form .go");
    await page.check("[name=proof][value=pin]");
    await page.click("#give .go");
    const pin = (await page.innerText(".pin")).replace(/\s/g, "");
    ok(/^\d{6}$/.test(pin), "with a PIN, the agent sees it once, to read out", pin);
    const reply = await page.inputValue("#reply");
    ok(/and the PIN/.test(reply) && !reply.replace(/\s/g, "").includes(pin), "the reply says that there is one, and not which", reply);
    await page.goto(page.url().replace(/(\/cases\/\d+).*/, "$1"));
    is(await page.locator(".pin").count(), 0, "it is not shown again");
    ok(!(await page.content()).replace(/\s/g, "").includes(pin), "... nowhere on the page");
    await page.context().close();
}

const house = await House.open();
const browser = await launch();
await testing(async () => {
    await signIn(browser, { house }, newPage);
    await journey(browser, house, "anna@kunde.example", {});
    await journey(browser, house, "berta@kunde.example", { javaScriptEnabled: false });
    await pinApart(browser, house, "carla@kunde.example");
}, async () => {
    await browser.close();
    await house.close();
});
