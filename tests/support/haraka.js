'use strict';

// haraka.js PLUGIN CONFIG [together] - run the hooks of a Haraka plugin as Haraka 3.3.4 does.
//
// CONFIG is cleansmtp.ini as JSON. Standard input has a JSON array of calls, each an array: ["login", user, password],
// ["message", user, sender, recipients, uuid] or ["mx", notes, domain, {name: answer, ...}]; standard output gets an array of results. The calls
// are made one after the other, or together.

const dns = require('node:dns').promises;
const fs = require('node:fs');

Object.assign(globalThis, { OK: 'OK', DENY: 'DENY', DENYSOFT: 'DENYSOFT' });
const plugin = require(fs.realpathSync(process.argv[2]));
plugin.config = { get: () => JSON.parse(process.argv[3]) };
plugin.inherits = (name) => {
    if (name !== 'auth/auth_base') throw new Error(name);
};
plugin.register();

function connection_for(user) {
    return {
        notes: { cleansmtp_user: user },
        capabilities: [],
        remote: { ip: '192.0.2.50' },
        tls: { enabled: true },
        logerror: () => {},
    };
}

const calls = {
    login: (user, password) =>
        new Promise((resolve) => {
            const connection = connection_for();
            // auth_base calls it alike for PLAIN and LOGIN, and says what it is told, or these.
            plugin.check_plain_passwd(connection, user, password, (valid, more) =>
                resolve([
                    valid,
                    more?.code ?? (valid ? 235 : 535),
                    connection.notes.cleansmtp_user ?? null,
                    more?.message ?? (valid ? '2.7.0 Authentication successful' : '5.7.8 Authentication failed'),
                ])
            );
        }),
    message: (user, sender, recipients, uuid) =>
        new Promise((resolve) => {
            const connection = connection_for(user ?? undefined);
            const notes = {};
            connection.transaction = {
                // As before 3.3, and since.
                mail_from: { address: () => sender },
                rcpt_to: recipients.map((recipient) => ({ address: recipient })),
                uuid,
                data_bytes: 257,
                notes,
            };
            plugin.hook_mail(() => {}, connection);
            // The queue keeps the notes as JSON.
            const queued = (code, text) => resolve([code ?? 'CONT', text ?? null, JSON.parse(JSON.stringify(notes))]);
            plugin.hook_queue_outbound(queued, connection);
        }),
    mx: (notes, domain, answers) =>
        new Promise((resolve) => {
            for (const kind of ['resolveMx', 'resolve4', 'resolve6']) {
                dns[kind] = async (name) => {
                    const found = answers[`${kind} ${name}`];
                    if (Array.isArray(found)) return found;
                    throw Object.assign(new Error(found ?? 'ENODATA'), { code: found ?? 'ENODATA' });
                };
            }
            plugin.hook_get_mx((code, list) => resolve([code ?? 'CONT', list ?? null]), { todo: { notes } }, domain);
        }),
    capabilities: () =>
        new Promise((resolve) => {
            const connection = connection_for();
            // auth_base refuses a mechanism that is not among the allowed ones.
            plugin.hook_capabilities(() => resolve([connection.capabilities, connection.notes.allowed_auth_methods]), connection);
        }),
    plain: () =>
        new Promise((resolve) => {
            const connection = connection_for();
            connection.tls.enabled = false;
            plugin.hook_capabilities(() => resolve([connection.capabilities, connection.notes.allowed_auth_methods ?? null]), connection);
        }),
};

(async () => {
    const wanted = JSON.parse(fs.readFileSync(0, 'utf8'));
    const results = [];
    if (process.argv[4] === 'together') results.push(...(await Promise.all(wanted.map(([name, ...rest]) => calls[name](...rest)))));
    else for (const [name, ...rest] of wanted) results.push(await calls[name](...rest));
    process.stdout.write(JSON.stringify(results));
})();
