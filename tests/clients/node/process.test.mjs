// The Node client when its process ends, in every way that a process ends, and with workers and forked children.
import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { clientFolder, Daemon, folder, run, spooled } from "./support.mjs";

// A program whose client has no daemon, but a spool directory; logs one record and then does `end`.
async function lonely(t, end, { settings = "closeTimeout: 0", ...more } = {}) {
  const where = folder(t);
  const spool = join(where, "spool");
  mkdirSync(spool);
  const environment = { ...process.env, RESPAND_SOCKET_PATH: join(where, "nobody.sock"), RESPAND_SPOOL_DIRECTORY: spool };
  const code = `import { Client } from "./respand.mjs";
    const client = new Client({ ${settings} });
    client.log({ custom_identifier: "one" });
    ${end}`;
  return { ...(await run(t, code, { environment, where, ...more })), records: spooled(spool) };
}

const ends = {
  "nothing more to do": ["", 0],
  "process.exit()": ["process.exit(7);", 7],
  "process.exit() in a later turn": ["setTimeout(() => process.exit(7), 1);", 7],
  "process.exit() while a spool file is written": ["client.close(); setImmediate(() => process.exit(7));", 7],
  "an uncaught exception": ["throw new Error('of the application');", 1],
  "an unhandled rejection": ["Promise.reject(new Error('of the application'));", 1],
};
for (const [name, [end, status]] of Object.entries(ends)) {
  test(`the end of a process without close: ${name}: the record is in the spool directory`, async (t) => {
    const ended = await lonely(t, end);
    assert.equal(ended.status, status, ended.errors);
    assert.ok(ended.records.length >= 1);
    assert.ok(ended.records.every((record) => record.custom_identifier === "one"));
    assert.equal(/Error/.test(ended.errors), status === 1, ended.errors);
  });
}

test("without daemon and spool directory a process ends after closeTimeout, and without an exception", async (t) => {
  const { status, errors, records } = await lonely(t, "", { settings: "closeTimeout: 50, spool: ''" });
  assert.deepEqual({ status, errors, records }, { status: 0, errors: "", records: [] });
});

test("what is logged while the process ends is dropped, and the end comes", async (t) => {
  const settings = "closeTimeout: 0, spool: '', onError: () => client.log({})";
  const { status, lines } = await lonely(t, "process.on('exit', () => console.log(client.log({}), client.stats().dropped));", { settings });
  assert.deepEqual([status, lines], [0, ["false 4"]]);
});

test("closeOnSignals: SIGTERM flushes and then ends the process as it does without", async (t) => {
  const settings = "closeTimeout: 0, closeOnSignals: ['SIGTERM']";
  const onLine = (_, child) => child.kill("SIGTERM");
  const ended = await lonely(t, "setInterval(() => {}, 60000); console.log('ready');", { settings, onLine });
  assert.deepEqual([ended.signal, ended.records.length], ["SIGTERM", 1]);
});

test("closeOnSignals: where the application handles the signal, it decides when to end", async (t) => {
  const settings = "closeTimeout: 0, closeOnSignals: ['SIGTERM']";
  const onLine = (line, child) => line === "ready" && child.kill("SIGTERM");
  const handler = "const timer = setInterval(() => {}, 60000);";
  const rest = "process.on('SIGTERM', () => client.close().then(() => { clearInterval(timer); console.log('handled'); }));";
  const ended = await lonely(t, `${handler}${rest} console.log('ready');`, { settings, onLine });
  assert.deepEqual([ended.status, ended.lines, ended.records.length], [0, ["ready", "handled"], 1]);
});

test("an idle client keeps no process alive, connected or not", async (t) => {
  const daemon = await Daemon.start(t);
  const code = `import { Client } from "./respand.mjs";
    const unused = new Client();
    const client = new Client();
    client.log({ custom_identifier: "one" });
    console.log(await client.flush(60000), client.stats().connects);`;
  const { status, lines } = await run(t, code, { environment: daemon.environment });
  assert.deepEqual([status, lines], [0, ["true 1"]]);
});

test("the end of a process with a daemon: beforeExit flushes, nothing is spooled", async (t) => {
  const daemon = await Daemon.start(t);
  const code = `import { Client } from "./respand.mjs";
    const client = new Client({ spool: "", closeTimeout: 60000 });
    for (let n = 0; n < 2000; ++n) client.log({ custom_identifier: "r-" + n });
    process.on("exit", () => console.log(JSON.stringify(client.stats())));`;
  const { lines } = await run(t, code, { environment: daemon.environment });
  const { durable, queued } = JSON.parse(lines[0]);
  assert.deepEqual({ durable, queued }, { durable: 2000, queued: 0 });
  await daemon.delivered(2000);
});

test("workers, and children of fork() and cluster: each has a client of its own, whose records all arrive", async (t) => {
  const daemon = await Daemon.start(t);
  const code = `import { Client } from "./respand.mjs";
    import { Worker, isMainThread } from "node:worker_threads";
    import { fork } from "node:child_process";
    import cluster from "node:cluster";
    import { once } from "node:events";
    const role = cluster.isWorker ? "cluster" : process.argv[2] ?? (isMainThread ? "main" : "thread");
    const client = new Client({ closeTimeout: 60000 });
    for (let n = 0; n < 100; ++n) client.log({ custom_identifier: role + "-" + n });
    if (role === "main") {
      await Promise.all([
        once(new Worker(new URL(import.meta.url)), "exit"),
        once(fork("program.mjs", ["fork"]), "exit"),
        once(cluster.fork(), "exit"),
      ]);
    } else if (role === "thread") {
      process.on("exit", () => console.log(role, client.stats().queued));
      process.exit(0);
    }
    cluster.worker?.disconnect();`;
  const { status, errors } = await run(t, code, { environment: daemon.environment });
  assert.equal(status, 0, errors);
  const all = new Set((await daemon.delivered(400)).map((record) => record.custom_identifier));
  for (const role of ["main", "thread", "fork", "cluster"]) {
    assert.equal([...all].filter((one) => one.startsWith(role)).length, 100, role);
  }
});

test("worker.terminate() runs nothing in the worker: what waits there is lost, as the README says", async (t) => {
  const worker = `const { Client } = require("./respand.cjs");
    new Client({ spoolAfter: 60000 }).log({ custom_identifier: "in the worker" });
    require("node:worker_threads").parentPort.postMessage("logged");
    setInterval(() => {}, 60000);`;
  const { status, errors, records } = await lonely(
    t,
    `const worker = new (await import("node:worker_threads")).Worker(${JSON.stringify(worker)}, { eval: true });
     worker.once("message", () => worker.terminate());`,
  );
  assert.deepEqual([status, records.map((record) => record.custom_identifier)], [0, ["one"]], errors);
});

test("as a package and as files, by import and require, it is one client", async (t) => {
  const where = folder(t);
  cpSync(clientFolder, join(where, "node_modules/respand"), { recursive: true });
  const code = `const { Client } = require("./respand.cjs");
    const packaged = require("respand").Client;
    Promise.all([import("./respand.mjs"), import("respand")]).then(([file, module]) =>
      console.log(file.Client === Client, module.Client === packaged, Object.keys(module).join()));`;
  const { lines, errors } = await run(t, code, { type: "cjs", where });
  assert.deepEqual(lines, ["true true Client"], errors);
});
