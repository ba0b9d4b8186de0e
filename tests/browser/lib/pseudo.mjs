// pseudo.mjs - the pseudo-language: English that is seen to come from a catalogue. Every letter outside of {names} has an accent, the text is a third
// longer, and it stands in brackets. What is on a page outside of them was written into a template or a source, or is data.

import fs from "node:fs/promises";
import path from "node:path";
import { TOP } from "./house.mjs";

const LETTERS = { a: "á", e: "é", i: "í", o: "ó", u: "ú", A: "Á", E: "É", I: "Í", O: "Ó", U: "Ú", n: "ñ", c: "ç" };

export function pseudo(line) {
    const words = line.split(/(\{[a-z0-9_.]+\}|\{\{[^}]*\}\})/)
        .map((part, i) => i % 2 ? part : part.replace(/[aeiouAEIOUnc]/g, (c) => LETTERS[c])).join("");
    return `⟦${words}${"·".repeat(Math.ceil(line.length / 3))}⟧`;
}

// templates/text/PART.en.txt as FOLDER/text/PART.LANGUAGE.txt; LANGUAGE "en" puts it in English's place.
export async function writeCatalogue(folder, part, language) {
    const english = await fs.readFile(path.join(TOP, `templates/text/${part}.en.txt`), "utf8");
    await fs.mkdir(path.join(folder, "text"), { recursive: true });
    await fs.writeFile(path.join(folder, `text/${part}.${language}.txt`), english.split("\n").map((line) => {
        const row = /^([a-z0-9_.]+ = )(.*)$/.exec(line);
        return row ? row[1] + pseudo(row[2]) : line;
    }).join("\n"));
}

// Text that no catalogue made: outside of the brackets, not in `data` (strings and patterns), not marked as no word of ours. That is what is typed or
// copied, a name, and a letter or a bounce, which says its own language.
export function hardCoded(page, data = []) {
    const patterns = data.filter((d) => d instanceof RegExp).map((d) => d.source);
    const strings = data.filter((d) => typeof d === "string" && d !== "").sort((a, b) => b.length - a.length)
        .map((d) => d.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
    return page.evaluate(({ patterns, strings }) => {
        const READ = ["aria-label", "title", "alt", "placeholder", "label", "data-said", "data-select", "data-label", "data-hours", "data-minutes"];
        const copy = document.documentElement.cloneNode(true);
        for (const e of copy.querySelectorAll("script, style, code, kbd, pre, textarea, .mono, [translate=no], body [lang], .logo, .brand")) e.remove();
        // One text ends where its element does, so that two of them do not become one word.
        for (const e of copy.querySelectorAll("*")) e.append("\n");
        let left = copy.textContent;
        for (const e of copy.querySelectorAll("*"))
            for (const name of READ) if (e.hasAttribute(name)) left += `\n${e.getAttribute(name)}`;
        for (const e of copy.querySelectorAll("input[type=submit], input[type=button], input[type=reset]")) left += `\n${e.value}`;
        for (let before = ""; before !== left;) { before = left; left = left.replace(/⟦[^⟦⟧]*⟧/g, " "); }
        // Sentences first: a name in one is a part of it.
        const take = (text) => { left = left.replace(new RegExp(`(?<!\\p{L})${text}(?!\\p{L})`, "gu"), " "); };
        strings.filter((text) => text.includes(" ")).forEach(take);
        for (const source of patterns) left = left.replace(new RegExp(source, "gu"), " ");
        strings.filter((text) => !text.includes(" ")).forEach(take);
        return (left.match(/\S*\p{L}{2}.*/gu) ?? []).map((text) => text.trim());
    }, { patterns, strings });
}
