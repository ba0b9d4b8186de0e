// browser.mjs - Debian's chromium, and what is asked of every page.

import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { TOP } from "./house.mjs";

export const SCREENS = path.join(TOP, "build/screens");
export const THEMES = ["light", "dark"];
export const WIDTHS = [320, 768, 1280];
const AXE = await fs.readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

export function launch() {
    return chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
}

// A page in a context of its own; what the browser complained about and loaded is on page.seen.
export async function newPage(browser, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB",
        timezoneId: "Europe/Berlin", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    const seen = { csp: [], errors: [], urls: [], loads: [], html: "" };
    page.seen = seen;
    page.on("console", (message) => {
        const text = message.text();
        if (/content security policy|trusted type/i.test(text)) seen.csp.push(text);
        else if (message.type() === "error") seen.errors.push(`${text} ${message.location().url}`);
    });
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("request", (request) => seen.urls.push(request.url()));
    page.on("response", (response) => {
        if (response.request().isNavigationRequest()) seen.loads = [];
        // Read at once: the browser forgets a body when a page clears the cache, as the one with the password does.
        seen.loads.push({ response, body: response.body().catch((error) => error) });
    });
    return page;
}

// The bytes of the page and of all that it loaded, as a proxy in front would compress them.
export async function weight(page) {
    let bytes = 0;
    await page.waitForLoadState("load");
    for (const { response, body: reading } of page.seen.loads) {
        if (response.status() >= 300 && response.status() < 400) continue;
        let body = await reading;
        if (body instanceof Error) {
            if (response.request().method() !== "GET") throw body;
            body = await (await page.request.get(response.url())).body();
        }
        if (response.request().isNavigationRequest()) page.seen.html = body.toString("utf8");
        bytes += gzipSync(body).length;
    }
    return bytes;
}

// A page whose scripts never arrive, which is what the page is without JavaScript. It is not switched
// off, because axe needs it.
export async function newPageWithoutScripts(browser, options = {}) {
    const page = await newPage(browser, options);
    await page.route("**/*.js", (route) => route.abort("blockedbyclient"));
    return page;
}

// axe in a world of its own, so that the page's own policy stays in force. Gives a function that looks
// at the page as it is then: by all rules, or by those about colour alone.
export async function axe(page) {
    const cdp = await page.context().newCDPSession(page);
    const { frameTree } = await cdp.send("Page.getFrameTree");
    const { executionContextId } = await cdp.send("Page.createIsolatedWorld",
        { frameId: frameTree.frame.id, worldName: "axe" });
    const evaluate = async (expression) => {
        const { result, exceptionDetails } = await cdp.send("Runtime.evaluate",
            { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    };
    await evaluate(`${AXE}; 0`);
    return (onlyColour) => {
        const options = { resultTypes: ["violations"],
            runOnly: onlyColour ? { type: "rule", values: COLOUR_RULES } : { type: "tag", values: RULES } };
        return evaluate(`axe.run(document, ${JSON.stringify(options)}).then((r) => r.violations.flatMap((v) =>
            v.nodes.map((n) => v.id + ": " + n.target.join(" ") + " " + (n.any[0]?.message ?? ""))))`);
    };
}

// How far the page is wider than the window, and what sticks out.
export function overflow(page) {
    return page.evaluate(() => {
        const room = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= room) return [];
        const out = [`${document.documentElement.scrollWidth} in ${room} px`];
        for (const e of document.querySelectorAll("body *")) {
            const box = e.getBoundingClientRect();
            if (box.right > room + 1 && box.width > 0 && out.length < 5)
                out.push(`${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className} to ${Math.round(box.right)}`);
        }
        return out;
    });
}

// What can be pressed and is smaller than 24 px; links inside a sentence may be (WCAG 2.5.8).
export function smallTargets(page) {
    return page.evaluate(() => {
        const small = [];
        for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
            const label = e.matches("[type=radio], [type=checkbox]") ? e.closest("label") : null;
            const box = (label ?? e).getBoundingClientRect();
            const style = getComputedStyle(e);
            const isHidden = !e.checkVisibility() || style.visibility === "hidden" || box.width <= 1 || box.height <= 1 ||
                box.bottom <= 0;
            const isInText = e.tagName === "A" && style.display === "inline" &&
                [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "");
            if (!isHidden && !isInText && (box.width < 23.99 || box.height < 23.99))
                small.push(`${e.tagName.toLowerCase()} "${(e.textContent || e.name || "").trim().slice(0, 30)}" ` +
                    `${Math.round(box.width)}x${Math.round(box.height)}`);
        }
        return small;
    });
}

// Tab through the page: every control is reached, each shows that it has the focus, none keeps it.
export async function tabWalk(page) {
    const wanted = await page.evaluate(() => {
        const start = document.body.insertBefore(document.createElement("span"), document.body.firstChild);
        start.tabIndex = -1;
        start.focus();
        start.remove(); // where it was is where Tab goes on
        const radios = new Set();
        let n = 0;
        for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")) {
            if (!e.checkVisibility() || e.disabled || getComputedStyle(e).visibility === "hidden") continue;
            if (e.type === "radio") {
                if (radios.has(e.name)) continue; // one stop a group
                radios.add(e.name);
            }
            e.dataset.walk = "";
            n += 1;
        }
        return n;
    });
    const problems = [];
    for (let i = 0; i < wanted + 20; i++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(() => {
            const e = document.activeElement;
            if (e === null || e === document.body) return null;
            const group = e.type === "radio" ? document.querySelector(`[name="${e.name}"][data-walk]`) : e;
            group?.removeAttribute("data-walk");
            const style = getComputedStyle(e);
            const shows = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
            return { shows, name: `${e.tagName.toLowerCase()} "${(e.textContent || e.name || "").trim().slice(0, 30)}"` };
        });
        if (at === null) break;
        if (!at.shows) problems.push(`no visible focus: ${at.name}`);
    }
    const missed = await page.evaluate(() => [...document.querySelectorAll("[data-walk]")].map((e) => {
        e.removeAttribute("data-walk");
        return `never reached: ${e.tagName.toLowerCase()} "${(e.textContent || e.name || "").trim().slice(0, 30)}"`;
    }));
    return [...new Set([...problems, ...missed])];
}

export async function screenshot(page, name) {
    await fs.mkdir(SCREENS, { recursive: true });
    await page.screenshot({ path: path.join(SCREENS, `${name}.png`), fullPage: true, animations: "disabled" });
}
