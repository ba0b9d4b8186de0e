// tap.mjs - the test anything protocol, as the other tests speak it.

let count = 0;
let failed = 0;

export function ok(good, name, notes = []) {
    count += 1;
    failed += good ? 0 : 1;
    console.log(`${good ? "ok" : "not ok"} ${count} - ${name}`);
    if (!good)
        for (const line of [notes].flat().join("\n").split("\n"))
            console.log(`# ${line}`);
    return good;
}

export function is(got, wanted, name) {
    const same = JSON.stringify(got) === JSON.stringify(wanted);
    return ok(same, name, [`got    ${JSON.stringify(got)}`, `wanted ${JSON.stringify(wanted)}`]);
}

// A list of complaints that should be empty.
export function none(found, name) {
    const more = found.length > 8 ? [`and ${found.length - 8} more`] : [];
    return ok(found.length === 0, name, [...found.slice(0, 8), ...more]);
}

export function note(text) {
    for (const line of String(text).split("\n"))
        console.log(`# ${line}`);
}

// Runs a whole test file: the plan at the end, and a failure for what was thrown or hangs.
export async function testing(run, cleanUp, limit_s = 600) {
    let late;
    const limit = new Promise((_, failed) => {
        late = setTimeout(() => failed(new Error(`not done after ${limit_s} s`)), limit_s * 1000);
    });
    try {
        await Promise.race([run(), limit]);
    } catch (error) {
        ok(false, "the test runs to its end", error.stack ?? String(error));
    } finally {
        clearTimeout(late);
        await cleanUp();
    }
    console.log(`1..${count}`);
    process.exitCode = failed === 0 ? 0 : 1;
}
