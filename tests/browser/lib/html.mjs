// html.mjs - is what the daemon sent valid HTML? By the Nu checker where there is Java, by tidy otherwise.

import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { SCREENS } from "./browser.mjs";

const run = promisify(execFile);
const OF = (process.env.ONLY ?? "all").replace(/\W+/g, "-");
const FOLDER = path.join(SCREENS, `html-${OF}`);

export async function emptyFolder() {
    await fs.rm(FOLDER, { recursive: true, force: true });
    await fs.mkdir(FOLDER, { recursive: true });
}

export function keep(name, html) {
    return fs.writeFile(path.join(FOLDER, `${name}.html`), html);
}

async function said(program, args, stream) {
    try {
        return (await run(program, args, { maxBuffer: 16 << 20 }))[stream];
    } catch (error) {
        if (error.code === "ENOENT") throw error;
        return error[stream]; // both end with a status when there is something to say
    }
}

// tidy 5.6 is older than these attributes, and than <div> in <dl>.
const UNKNOWN_TO_TIDY = /proprietary attribute "(inputmode|autocapitalize|spellcheck|translate|name|aria-current)"/;
const withoutDivInDl = (html) => html.replace(/<dl[\s>].*?<\/dl>/gs, (dl) => dl.replace(/<\/?div[^>]*>/g, ""));

async function byTidy(files) {
    const copy = path.join(SCREENS, `tidy-${OF}.html`);
    const lines = [];
    for (const file of files) {
        await fs.writeFile(copy, withoutDivInDl(await fs.readFile(file, "utf8")));
        const text = await said("tidy", ["-q", "-e", "-utf8", "--drop-empty-elements", "no", copy], "stderr");
        lines.push(...text.split("\n").filter((line) => line !== "").map((line) => `${file}: ${line}`));
    }
    await fs.rm(copy, { force: true });
    return lines.filter((line) => !UNKNOWN_TO_TIDY.test(line));
}

async function byNu(files) {
    let jar;
    try {
        if (process.env.WITHOUT_JAVA) return null;
        jar = path.join(path.dirname(createRequire(import.meta.url).resolve("vnu-jar/package.json")), "build/dist/vnu.jar");
        await run("java", ["-version"]);
    } catch {
        return null;
    }
    const text = await said("java", ["-Xss1m", "-jar", jar, "--errors-only", "--format", "gnu", ...files], "stderr");
    return text.split("\n").filter((line) => line !== "");
}

// What the Nu checker complains of, or tidy where that is not here.
export async function validate() {
    const files = (await fs.readdir(FOLDER)).map((name) => path.join(FOLDER, name));
    const nu = await byNu(files);
    const complaints = nu ?? await byTidy(files);
    return { count: files.length, checker: nu === null ? "tidy" : "Nu",
        complaints: complaints.map((line) => line.replaceAll(`${FOLDER}/`, "").replace(/^file:/, "")) };
}
