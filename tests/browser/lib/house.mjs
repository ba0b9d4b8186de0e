// house.mjs - a mail host for the browser: rbldnsd, cleansmtpd and cleansmtp-authd with leases that
// were made as people make them. Everything lies in one temporary folder and on loopback.

import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
export const TOP = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const BIN = path.resolve(TOP, process.env.B ?? "build/release");
const SHARED = "192.0.2.14";
const ENV = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, HOME: process.env.HOME ?? "/", LC_ALL: "C.UTF-8" };

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export async function until(what, test, seconds = 20) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        try {
            if (await test()) return;
        } catch {
            // not yet
        }
        if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
        await sleep(50);
    }
}

function freePort() {
    return new Promise((done, failed) => {
        const server = net.createServer();
        server.on("error", failed);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

export class House {
    #processes = new Map();
    #bounces = 0;

    static async open(options = {}) {
        const house = new House();
        house.options = options;
        house.dir = await fs.mkdtemp(path.join(os.tmpdir(), "cleansmtp-browser-"));
        try {
            await house.#begin();
        } catch (error) {
            error.message += `\n${await house.logs()}`;
            await house.close();
            throw error;
        }
        return house;
    }

    async #begin() {
        await fs.chmod(this.dir, 0o755); // rbldnsd reads its data as another user
        this.conf = path.join(this.dir, "cleansmtp.conf");
        this.ports = { console: await freePort(), customer: await freePort(), dns: await freePort() };
        this.console = `http://127.0.0.1:${this.ports.console}`;
        this.customer = `http://127.0.0.1:${this.ports.customer}`;
        await fs.mkdir(path.join(this.dir, "dns"), { mode: 0o755 });
        await this.listed([SHARED]);
        const zones = Object.entries(this.options.zones ?? {});
        for (const [zone, text] of zones) await fs.writeFile(path.join(this.dir, "dns", zone), text, { mode: 0o644 });
        const user = process.getuid() === 0 ? ["-u", "nobody"] : [];
        await this.#start("rbldnsd", "rbldnsd", ["-n", "-q", "-c", "1s", "-t", "1", "-w", path.join(this.dir, "dns"),
            ...user, "-b", `127.0.0.1/${this.ports.dns}`, "bl.spamcop.net:ip4set:listed",
            ...zones.map(([zone]) => `${zone}:generic:${zone}`)]);
        const setup = await run(path.join(BIN, "cleansmtp"), ["init", "--dir", this.dir, "--admin", "ana"], { env: ENV });
        this.setup = this.console + new URL(setup.stdout.trim()).pathname;
        await this.configure();
        await this.#start("cleansmtpd", path.join(BIN, "cleansmtpd"), ["-c", this.conf]);
        await until("cleansmtpd", () => this.cs("shared", "list").then(() => true));
        await this.#start("authd", path.join(BIN, "cleansmtp-authd"), ["-c", this.conf]);
        await until("authd", () => fs.access(path.join(this.dir, "run/verify")).then(() => true));
        if (this.options.bare) return; // as it is on the first day
        await this.cs("shared", "add", SHARED, "--label", "round robin");
        for (const n of [9, 10, 11])
            await this.cs("pool", "add", `203.0.113.${n}`, "--lane", `clean${n}`, "--helo",
                `out${n}.hoster.example`, "--capacity", "20");
    }

    #more() {
        const { conf } = this.options;
        return typeof conf === "function" ? conf(this.dir) : conf ?? "";
    }

    // The configuration, with more lines at its end.
    async configure(more = this.#more()) {
        await fs.writeFile(this.conf, `state_dir   = "${this.dir}/state"
runtime_dir = "${this.dir}/run"
timezone    = "Europe/Berlin"
timezones   = { "Asia/Kolkata", "America/New_York" }
brand       { name = "Example Hosting" support = "support@hosting.example" phone = "+49 30 555 0100"
              logo = "EH" color = "#7a1fa2" }
console     { listen = "127.0.0.1:${this.ports.console}" url = "${this.console}" }
customer    { listen = "127.0.0.1:${this.ports.customer}" url = "${this.customer}" }
submission  { host = "clean.mail.example" }
dns         { servers = { "127.0.0.1" } port = ${this.ports.dns} timeout = "2s" }
zones       { use = { "bl.spamcop.net" } }
${more}
`);
    }

    async reload(more) {
        const log = path.join(this.dir, "cleansmtpd.log");
        const before = (await fs.readFile(log, "utf8")).split("event=config.").length;
        await this.configure(more);
        this.#processes.get("cleansmtpd").kill("SIGHUP");
        await until("the new configuration",
            async () => (await fs.readFile(log, "utf8")).split("event=config.").length > before);
        if (/event=config\.refused/.test((await fs.readFile(log, "utf8")).split("\n").slice(-3).join("\n")))
            throw new Error("the configuration was refused");
    }

    async #start(name, program, args) {
        const log = await fs.open(path.join(this.dir, `${name}.log`), "a");
        const child = spawn(program, args, { stdio: ["ignore", log.fd, log.fd], env: ENV });
        this.#processes.set(name, child);
        await new Promise((done, failed) => child.once("spawn", done).once("error", failed));
        await log.close();
    }

    async logs() {
        const parts = [];
        for (const name of this.#processes.keys()) {
            const text = await fs.readFile(path.join(this.dir, `${name}.log`), "utf8").catch(() => "");
            parts.push(`--- ${name}\n${text.split("\n").slice(-12).join("\n")}`);
        }
        return parts.join("\n");
    }

    async close() {
        for (const child of [...this.#processes.values()].reverse()) {
            if (child.exitCode !== null || child.signalCode !== null) continue;
            const ended = new Promise((done) => child.once("exit", done));
            child.kill("SIGTERM");
            const late = setTimeout(() => child.kill("SIGKILL"), 10000);
            await ended;
            clearTimeout(late);
        }
        await fs.rm(this.dir, { recursive: true, force: true });
    }

    // ---- the block list ----

    async listed(addresses) {
        const file = path.join(this.dir, "dns/listed");
        await fs.writeFile(file, ["$SOA 1 ns.bl.spamcop.net hostmaster.bl.spamcop.net 1 1h 1h 1h 1",
            ":127.0.0.2:Blocked - see https://www.spamcop.net/bl.shtml?$", "127.0.0.2", ...addresses, ""].join("\n"));
        await fs.chmod(file, 0o644);
        this.#processes.get("rbldnsd")?.kill("SIGHUP");
    }

    // ---- what people do ----

    // The command line; what it printed, parsed when it is JSON.
    async cs(...args) {
        const { stdout } = await run(path.join(BIN, "cleansmtp"), ["-c", this.conf, ...args],
            { env: ENV, maxBuffer: 16 << 20 });
        return args.includes("--json") ? JSON.parse(stdout) : stdout.trim();
    }

    // A request to the API's socket; the answer's JSON.
    api(method, what, body) {
        return new Promise((done, failed) => {
            const request = http.request({ socketPath: path.join(this.dir, "run/api"), method, path: `/api/v1/${what}`,
                headers: { "Content-Type": "application/json" } }, async (answer) => {
                const text = Buffer.concat(await answer.toArray()).toString("utf8");
                if (answer.statusCode < 300) done(JSON.parse(text));
                else failed(new Error(`${method} ${what}: ${answer.statusCode} ${text}`));
            });
            request.on("error", failed).end(body === undefined ? undefined : JSON.stringify(body));
        });
    }

    // A fresh bounce of this mailbox; a path. Each has its own message id, for one bounce gives one lease.
    async bounce(mailbox = "anna@kunde.example", edit = (text) => text) {
        const id = createHash("sha256").update(`${this.dir} ${this.#bounces++}`).digest("hex").slice(0, 8);
        const { stdout } = await run(path.join(TOP, "tools/example-bounce.sh"), [id], { env: ENV });
        const file = path.join(this.dir, `bounce-${id}.eml`);
        await fs.writeFile(file, edit(stdout.replaceAll("anna@kunde.example", mailbox)));
        return file;
    }

    async bounceText(mailbox) {
        return fs.readFile(await this.bounce(mailbox), "utf8");
    }

    // A lease with its link: {id, case, mailbox, link, page, key}.
    async mint(mailbox, ...options) {
        const made = await this.cs("--json", "mint", "--bounce", await this.bounce(mailbox), "--mailbox", mailbox, ...options);
        const { link } = made.lease;
        const [page, key] = link.split("#");
        return { ...made.lease, link, page, key };
    }

    lease(id) {
        return this.cs("--json", "lease", "show", String(id));
    }

    // The customer's POST without a browser; the page.
    async reveal(lease, fields = {}) {
        const answer = await fetch(lease.page, { method: "POST",
            body: new URLSearchParams({ mailbox: lease.mailbox, code: lease.key, ...fields }) });
        return answer.text();
    }

    // A mail program signs in, as the mail server asks: through cleansmtp-checkpassword.
    async login(username, password) {
        const program = spawn(path.join(BIN, "cleansmtp-checkpassword"),
            ["--socket", path.join(this.dir, "run/verify"), "true"],
            { stdio: ["ignore", "ignore", "ignore", "pipe"], env: ENV });
        program.stdio[3].end(`${username}\0${password}\0\0`);
        return new Promise((done) => program.once("exit", done));
    }

    // Until the daemon knows the first login by this username.
    async seen(username) {
        await until("the first login to be known", async () => {
            const leases = await this.cs("--json", "lease", "list");
            return (leases.items ?? leases).find((lease) => lease.username === username).first_login_at !== null;
        });
    }

    // Revealed and used once: the page's username and password are in the answer.
    async use(lease) {
        const page = await this.reveal(lease);
        const shown = (id) => new RegExp(`id="${id}"[^>]*>(.*?)</code>`, "s").exec(page)[1].replace(/<[^>]*>/g, "");
        const status = await this.login(shown("user"), shown("pass"));
        if (status !== 0) throw new Error(`the login was refused (${status})`);
        await until("the first login to be known", async () => (await this.lease(lease.id)).first_login_at !== null);
        return { username: shown("user"), password: shown("pass") };
    }
}
