'use strict';

// cleansmtp.js - Haraka 3: logins of leases, and the lane of their messages.
//
// Copy or link this file into Haraka's plugins/, name "cleansmtp" in config/plugins of an instance of its own for submission
// (only leases can log in there) in front of any plugin for the queue, together with "tls", and write config/cleansmtp.ini, a
// section a lane ("cleansmtp pool list"):
//
//     verify = /run/cleansmtp/verify
//     policy = /run/cleansmtp/policy
//
//     [clean1]
//     ip4 = 203.0.113.9
//     ip6 = 2001:db8::9
//     helo = out9.example.net
//
// Haraka's user must be able to open both sockets (auth.group in cleansmtp.conf). It offers PLAIN and LOGIN, over TLS alone. Leave
// out ip6 where the lane has none: recipients with nothing but IPv6 are then deferred. Nothing of a lease ever leaves by another
// address than its lane's: what has no lane, or one that is not in the file, is deferred.
//
// Each message is judged at the policy socket before it is queued: senders, recipients, limits, and whether the lease still lives.
// What we cannot find out is a temporary answer: 454 to a login, 450 to a message.
//
// The tests send by Haraka 3.3.4. When a plugin throws, Haraka goes on without it: so nothing here runs outside of a promise that
// ends in a deferral, and a message of a lease is marked at MAIL, so that one without a lane is never sent.

const dns = require('node:dns').promises;
const net = require('node:net');

// Milliseconds. A refusal is held back for at most 5 s.
const ANSWER_MS = 8000;
const TEMPORARY = { code: 454, message: '4.7.0 Temporary authentication failure' };
const NOT_NOW = '4.3.0 Temporary failure of the sending service, please try again later';

exports.register = function () {
    this.inherits('auth/auth_base');
    // Nobody needs the password later.
    this.blankout_password = true;
    this.load_config();
};

exports.load_config = function () {
    this.cfg = this.config.get('cleansmtp.ini', () => this.load_config());
};

// CRAM-MD5 of auth_base would need the password itself.
exports.hook_capabilities = function (next, connection) {
    if (connection.tls.enabled) {
        connection.capabilities.push('AUTH PLAIN LOGIN');
        connection.notes.allowed_auth_methods = ['PLAIN', 'LOGIN'];
    }
    next();
};

// Write the questions one after the other on one connection, each when the one before has its answer (up to `end`).
function converse(path, questions, end) {
    return new Promise((resolve, reject) => {
        const answers = [];
        let text = '';
        const link = net.connect({ path });
        const timer = setTimeout(() => link.destroy(new Error('no answer')), ANSWER_MS);
        const finish = (settle, value) => {
            clearTimeout(timer);
            link.destroy();
            settle(value);
        };
        link.setEncoding('utf8');
        link.on('connect', () => link.write(questions[0]));
        link.on('error', (error) => finish(reject, error));
        link.on('close', () => finish(reject, new Error('closed without an answer')));
        link.on('data', (piece) => {
            text += piece;
            const at = text.indexOf(end);
            if (at < 0) return;
            answers.push(text.slice(0, at));
            text = text.slice(at + end.length);
            if (answers.length === questions.length) finish(resolve, answers);
            else link.write(questions[answers.length]);
        });
    });
}

// ---- logins ---------------------------------------------------------------------------------------------------------

exports.check_plain_passwd = function (connection, user, passwd, cb) {
    const verify = async () => {
        // Such a login would not be one field, and is none of ours.
        if (/[\0\n]/.test(user + passwd)) return [false];
        const fields = [user, passwd, 'smtp', connection.remote.ip, connection.tls.enabled ? 'secured=yes' : ''];
        const [line] = await converse(this.cfg.main.verify, [`${fields.join('\0')}\0\n`], '\n');
        const [word, ...more] = line.split('\t');
        const told = Object.fromEntries(more.map((field) => field.split(/=(.*)/s)));
        if (word === 'OK' && told.user) {
            connection.notes.cleansmtp_user = told.user;
            return [true];
        }
        if (word === 'EXPIRED' || word === 'REVOKED') return [false, { code: 535, message: `5.7.8 ${told.reason}` }];
        return word === 'NO' ? [false] : [false, TEMPORARY];
    };
    verify()
        .catch((error) => {
            connection.logerror(this, `cannot tell about a login: ${error.message}`);
            return [false, TEMPORARY];
        })
        .then((answer) => cb(...answer));
};

// ---- messages -------------------------------------------------------------------------------------------------------

// A property since Haraka 3.3, a function before.
function text_of(address) {
    return typeof address.address === 'function' ? address.address() : address.address;
}

exports.hook_mail = function (next, connection) {
    connection.transaction.notes.cleansmtp_user = connection.notes.cleansmtp_user;
    next();
};

function policy_request(connection, state, recipient) {
    const transaction = connection.transaction;
    const attributes = {
        request: 'smtpd_access_policy',
        protocol_state: state,
        protocol_name: 'ESMTP',
        client_address: connection.remote.ip,
        sender: text_of(transaction.mail_from),
        recipient,
        recipient_count: state === 'RCPT' ? 0 : transaction.rcpt_to.length,
        queue_id: transaction.uuid,
        instance: transaction.uuid,
        size: transaction.data_bytes,
        sasl_method: 'PLAIN',
        sasl_username: connection.notes.cleansmtp_user,
    };
    return Object.entries(attributes).map(([name, value]) => `${name}=${value}\n`).join('') + '\n';
}

// Every recipient, then the message: only the last answer counts it, and names its lane.
exports.hook_queue_outbound = function (next, connection) {
    const transaction = connection.transaction;
    if (!connection.notes.cleansmtp_user) return next();
    const judge = async () => {
        const recipients = transaction.rcpt_to.map(text_of);
        const questions = recipients.map((recipient) => policy_request(connection, 'RCPT', recipient));
        let answers = await converse(this.cfg.main.policy, questions, '\n\n');
        let refusal = answers.find((answer) => answer !== 'action=DUNNO');
        if (!refusal) {
            const only = recipients.length === 1 ? recipients[0] : '';
            answers = await converse(this.cfg.main.policy, [policy_request(connection, 'END-OF-MESSAGE', only)], '\n\n');
            refusal = answers[0];
        }
        return refusal.replace(/^action=/, '');
    };
    // Gives [code, text] of next.
    const decide = (action) => {
        const lane = /^FILTER ([\w.-]+):$/.exec(action);
        const refused = /^[45]\d\d (.*)$/s.exec(action);
        if (lane && this.lane(lane[1])) {
            this.bind(transaction.notes, lane[1]);
            return [];
        }
        if (refused) return [action.startsWith('5') ? DENY : DENYSOFT, refused[1]];
        throw new Error(`it has no lane here: ${action}`);
    };
    judge()
        .then(decide)
        .catch((error) => {
            connection.logerror(this, `cannot tell about a message: ${error.message}`);
            return [DENYSOFT, NOT_NOW];
        })
        .then((answer) => next(...answer));
};

exports.lane = function (name) {
    const lane = this.cfg[name];
    return lane && lane.helo && (lane.ip4 || lane.ip6) ? lane : undefined;
};

// The notes go with the message through the queue. Those of Haraka's own are a second lock: some versions forget `bind`
// when a host has both families.
exports.bind = function (notes, name) {
    const lane = this.lane(name);
    notes.cleansmtp_lane = name;
    notes.outbound_ip4 = lane.ip4;
    notes.outbound_ip6 = lane.ip6;
    notes.outbound_helo = lane.helo;
};

// ---- the way out ----------------------------------------------------------------------------------------------------

async function addresses(name, lane) {
    const found = [];
    const families = [[lane.ip6, () => dns.resolve6(name)], [lane.ip4, () => dns.resolve4(name)]];
    for (const [bind, resolve] of families) {
        if (!bind) continue;
        const list = await resolve().catch(() => []);
        found.push(...list.map((exchange) => ({ exchange, bind })));
    }
    return found;
}

// Addresses, not names: of a name Haraka would try both families, and one of them may not be the lane's.
exports.hook_get_mx = function (next, hmail, domain) {
    const name = hmail.todo.notes.cleansmtp_lane;
    if (!name && !hmail.todo.notes.cleansmtp_user) return next();
    const lane = name && this.lane(name);
    if (!lane) return next(DENYSOFT, `the lane ${name} is not in cleansmtp.ini`);
    const find = async () => {
        const hosts = await dns.resolveMx(domain).catch((error) => {
            if (error.code !== 'ENODATA' && error.code !== 'ENOTFOUND') throw error;
            return [{ exchange: domain, priority: 0 }]; // RFC 5321 5.1: the domain itself
        });
        const list = [];
        for (const host of hosts) {
            if (host.exchange === '' || host.exchange === '.') continue; // RFC 7505
            for (const one of await addresses(host.exchange, lane)) {
                list.push({ ...one, priority: host.priority, port: 25, bind_helo: lane.helo });
            }
        }
        return list;
    };
    find().then(
        (list) => (list.length > 0 ? next(OK, list) : next(DENYSOFT, `nothing of ${domain} can be reached from lane ${name}`)),
        (error) => next(DENYSOFT, error.message)
    );
};
