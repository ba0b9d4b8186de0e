// pages.test.mjs - every page of pages.mjs, in light and dark (where only rules about colour can differ), at 320, 768 and 1280 px, with JavaScript
// and without: axe, the content security policy, horizontal scroll, small targets, HTML, weight.
// ONLY=customer runs the rows whose name fits the pattern; WITHOUT_JAVA=1 has tidy look at the HTML.

import { THEMES, WIDTHS, axe, launch, newPage, newPageWithoutScripts, overflow, screenshot, smallTargets, tabWalk, weight } from "./lib/browser.mjs";
import { House, sleep } from "./lib/house.mjs";
import { emptyFolder, keep, validate } from "./lib/html.mjs";
import { none, ok, testing } from "./lib/tap.mjs";
import { PAGES, setUp, signIn } from "./pages.mjs";

const WEIGHT_MAX = { customer: 30 * 1024, console: 60 * 1024 };

async function measure(page, name, screens) {
    const found = { axe: [], overflow: [], small: [] };
    const violations = await axe(page);
    for (const theme of THEMES)
        for (const width of WIDTHS) {
            await page.emulateMedia({ colorScheme: theme });
            await page.setViewportSize({ width, height: 800 });
            const put = (kind, lines) => found[kind].push(...lines.map((line) => `${theme} ${width}: ${line}`));
            put("axe", await violations(theme !== THEMES[0]));
            put("overflow", await overflow(page));
            put("small", await smallTargets(page));
            if (screens) await screenshot(page, `${name}-${width}-${theme}`);
        }
    return found;
}

// A key that no catalogue has is shown as it is. An option of the configuration looks like one, but has two parts.
function keys(page) {
    return page.evaluate(() => {
        const copy = document.body.cloneNode(true);
        for (const e of copy.querySelectorAll("code, pre, textarea, .mono, [translate=no]")) e.remove();
        return copy.textContent.match(/\b((page|foot|ask|wrong|phone|again|shown|guide|back|say|said|span|state|time)\.|console\.\w+\.)[a-z_0-9.]+/g) ?? [];
    });
}

// Contrast themes, little motion, and paper: a picture of each, to be looked at; and what can be asked of them.
async function modes(page, row) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
    await screenshot(page, `${row.name}-1280-forced`);
    await page.emulateMedia({ forcedColors: "none", reducedMotion: "reduce" });
    none(await page.evaluate(() => [...document.querySelectorAll("*")].filter((e) => {
        const style = getComputedStyle(e);
        return [style.transitionDuration, style.animationDuration].some((list) => list.split(",").some((one) => parseFloat(one) > 0));
    }).map((e) => e.tagName)), `${row.name}: nothing moves for who wants no motion`);
    await page.setViewportSize({ width: 718, height: 1000 }); // A4 without its margins
    await page.emulateMedia({ reducedMotion: "no-preference", media: "print" });
    await screenshot(page, `${row.name}-print`);
    none(await overflow(page), `${row.name}: fits the paper`);
    const text = await page.evaluate(() => document.body.innerText + [...document.querySelectorAll("textarea, input")]
        .filter((e) => e.checkVisibility()).map((e) => e.value).join(" "));
    const secrets = await page.evaluate(() => ["#pass", "#link", ".pin"].flatMap((at) => [...document.querySelectorAll(at)])
        .map((e) => e.textContent.trim()).filter((secret) => secret !== ""));
    none(secrets.filter((secret) => text.includes(secret) || text.includes(secret.split("#").at(-1))), `${row.name}: paper has no secret`);
    if (row.sheets) {
        const pdf = (await page.pdf({ format: "A4", preferCSSPageSize: true })).toString("latin1");
        const sheets = pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length;
        ok(sheets === row.sheets, `${row.name}: prints ${row.sheets} page`, `${sheets} pages`);
    }
    await page.emulateMedia({ media: "screen" });
}

async function look(browser, worlds, row, js) {
    const world = row.empty ? worlds.empty : worlds;
    const name = `${row.name}${js ? "" : ", without JavaScript"}`;
    const page = await (js ? newPage : newPageWithoutScripts)(browser,
        { storageState: row.site === "console" ? world.session : undefined });
    try {
        await row.open(page, world);
        const bytes = await weight(page);
        await keep(`${row.name}${js ? "" : "-nojs"}`, page.seen.html);
        const walk = js ? await tabWalk(page) : [];
        const found = await measure(page, row.name, js);
        if (js && row.modes) await modes(page, row);
        const elsewhere = page.seen.urls.filter((url) => !url.startsWith(world.house[row.site]));
        none(await keys(page), `${name}: no key stands where its text should`);
        none(found.axe, `${name}: axe finds nothing`);
        none(found.overflow, `${name}: no horizontal scroll`);
        none(found.small, `${name}: no target below 24 px`);
        none([...page.seen.csp, ...page.seen.errors.filter((e) => !/status of 4|BLOCKED_BY_CLIENT/.test(e)), ...elsewhere],
            `${name}: no violation of the policy, no error, no request elsewhere`);
        if (!js) return;
        none(walk, `${name}: Tab reaches everything, and the focus is seen`);
        ok(bytes <= WEIGHT_MAX[row.site], `${name}: weighs ${Math.ceil(bytes / 102.4) / 10} KB`,
            `at most ${WEIGHT_MAX[row.site]} bytes, has ${bytes}`);
    } catch (error) {
        ok(false, `${name}: opens`, error.stack);
    } finally {
        await page.context().close();
    }
}

const house = await House.open();
const empty = await House.open({ bare: true });
const browser = await launch();
await testing(async () => {
    const started = Date.now();
    const rows = PAGES.filter((row) => new RegExp(process.env.ONLY ?? "").test(row.name));
    const world = await setUp(house);
    world.empty = { house: empty };
    if (rows.some((row) => row.site === "console")) for (const one of [world, world.empty]) await signIn(browser, one, newPage);
    await emptyFolder();
    const jobs = rows.filter((row) => !row.slow).flatMap((row) => [[row, true], [row, false]]);
    const worker = async () => {
        for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await look(browser, world, ...job);
    };
    await Promise.all([worker(), worker()]);
    await sleep(Math.max(0, started + 62000 - Date.now()) * (rows.some((row) => row.slow) ? 1 : 0));
    for (const row of rows.filter((r) => r.slow)) for (const js of [true, false]) await look(browser, world, row, js);
    const html = await validate();
    none(html.complaints, `the HTML of ${html.count} pages is valid (${html.checker})`);
}, async () => {
    await browser.close();
    await house.close();
    await empty.close();
}, 1800);
