// The Node client: what it takes, what it makes of wrong answers, sockets and spool directories.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Client } from "../../../clients/node/respand.mjs";
import { Daemon, fakeDaemon, folder, spooled, until } from "./support.mjs";

/** A client without daemon whose records come into the spool directory when it is closed. */
function lonely(t, settings = {}) {
  const where = folder(t);
  const told = [];
  const client = new Client({
    socket: join(where, "nobody.sock"),
    spool: where,
    closeTimeout: 0,
    onError: (record, reason) => told.push({ record, reason }),
    ...settings,
  });
  return { client, where, told };
}

test("a record gets timestamp and custom_identifier where it has none, and nothing else is changed", async (t) => {
  const { client, where } = lonely(t);
  const record = { model: "gpt-4o", text: 'a "quoted"\nline, héllo, \ud83d', list: [1, null, undefined], left_out: undefined };
  assert.equal(client.log(record), true);
  record.model = "changed later";
  client.log({});
  client.log({ timestamp: null, custom_identifier: "mine" });
  client.log({ toJSON: () => ({ custom_identifier: "of toJSON" }) });
  assert.equal(await client.close(), true);
  const [first, second, third, fourth] = spooled(where);
  assert.deepEqual(Object.keys(first), ["model", "text", "list", "timestamp", "custom_identifier"]);
  assert.deepEqual([first.model, first.text, first.list], ["gpt-4o", record.text, [1, null, null]]);
  assert.match(first.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(first.custom_identifier, /^[0-9a-f-]{36}$/);
  assert.deepEqual(Object.keys(second), ["timestamp", "custom_identifier"]);
  assert.deepEqual(third, { timestamp: null, custom_identifier: "mine" });
  assert.equal(fourth.custom_identifier, "of toJSON");
  assert.deepEqual(Object.keys(record), ["model", "text", "list", "left_out"]);
});

test("what is no record is refused with a reason, and log() does not throw", async (t) => {
  const { client, told } = lonely(t, { maxRecord: 1000 });
  const cyclic = {};
  cyclic.self = cyclic;
  let deep = {};
  for (let depth = 0; depth < 200000; ++depth) {
    deep = { deep };
  }
  const throwing = { get field() { throw new Error("from the getter"); } }; // prettier-ignore
  const wrong = [
    [null, /not null/], [undefined, /not a undefined/], ["text", /not a string/], [[{}], /not an array/], [7, /not a number/],
    [cyclic, /circular/i], [deep, /call stack/], [{ count: 1n }, /BigInt/], [{ usage: { cost: NaN } }, /cost is NaN/],
    [{ list: [-Infinity] }, /-Infinity/], [throwing, /from the getter/], [{ toJSON: () => "text" }, /toJSON/], [new Date(0), /toJSON/],
    [{ text: "x".repeat(1000) }, /over maxRecord \(1000\)/], [{ toJSON() { throw null; } }, /null/],
    [{ toJSON() { throw Object.create(null); } }, /can't be shown/], [{ line: Buffer.from("{}"), n: NaN }, /n is NaN/],
  ]; // prettier-ignore
  for (const [record, reason] of wrong) {
    assert.equal(client.log(record), false);
    assert.match(told.at(-1).reason, reason);
    assert.equal(told.at(-1).record, record);
  }
  assert.deepEqual({ ...client.stats(), lastError: "" }, {
    logged: wrong.length, durable: 0, spooled: 0, refused: wrong.length, dropped: 0, queued: 0, connects: 0, lastError: "",
  }); // prettier-ignore
  await client.close();
});

test("settings that are wrong are named", () => {
  assert.throws(() => new Client({ sokcet: "/x" }), /no setting sokcet; there are socket, spool, /);
  assert.throws(() => new Client({ toString: 1 }), /no setting toString/);
  assert.throws(() => new Client({ maxQueue: "10" }), /maxQueue has to be a number that is not negative/);
  assert.throws(() => new Client({ spoolAfter: -1 }), /spoolAfter/);
  assert.throws(() => new Client({ socket: 7 }), /socket has to be text/);
  assert.throws(() => new Client({ onError: {} }), /onError has to be a function/);
  assert.throws(() => new Client({ closeOnSignals: "SIGTERM" }), /closeOnSignals has to be a list of signals/);
});

test("a full queue drops, by records and by bytes, and onError may fail in every way", async (t) => {
  let calls = 0;
  const onError = () => {
    ++calls;
    assert.equal(client.log({}), false); // Not told again: no recursion.
    if (calls === 1) {
      throw new Error("of the application");
    }
    return Promise.reject(new Error("of the application, later"));
  };
  const { client } = lonely(t, { maxQueue: 2, spool: "", onError });
  assert.deepEqual([1, 2, 3, 4].map((n) => client.log({ n })), [true, true, false, false]); // prettier-ignore
  assert.equal(calls, 2);
  assert.equal(client.stats().dropped, 4);
  assert.match(client.stats().lastError, /the queue is full \(2 records, \d+ bytes\)/);
  assert.equal(await client.close(), false);
  assert.equal(client.stats().dropped, 8);
  assert.equal(client.log({}), false);
  assert.match(client.stats().lastError, /the client is closed/);

  const small = lonely(t, { maxQueueBytes: 400 });
  assert.deepEqual(["x", "x", "x"].map((text) => small.client.log({ text: text.repeat(50) })), [true, true, false]); // prettier-ignore
  await small.client.close();
  assert.equal(small.client.stats().spooled, 2);
});

test("only what respand calls durable counts, a refused line is told with its record", async (t) => {
  const where = folder(t);
  const socket = join(where, "fake.sock");
  const seen = new EventEmitter();
  let answers;
  let count = 0;
  await fakeDaemon(t, socket, (lines, connection) => {
    answers = connection;
    count += lines.filter((line) => line.startsWith("{")).length;
    seen.emit("lines");
  });
  const { client, told } = lonely(t, { socket, spool: "" });
  for (const n of [1, 2, 3]) {
    client.log({ n });
  }
  const flushed = client.flush(60000);
  await until(seen, "lines", () => count === 3, () => `${count} of 3 lines arrive`);
  assert.equal(client.stats().queued, 3);
  answers.write('{"unknown":1}\n{"note":"x","durable":1,"more":[]}\n{"line":2,"error":"no, because"}\n{"dur');
  answers.write('able":3}\n{"durable":3}\n');
  assert.equal(await flushed, true);
  const { durable, refused, queued } = client.stats();
  assert.deepEqual({ durable, refused, queued }, { durable: 2, refused: 1, queued: 0 });
  assert.deepEqual([told.length, told[0].record.n, told[0].reason], [1, 2, "no, because"]);
  await client.close();
});

test("a line that is refused, and cut before it was settled, is sent again and may be taken", async (t) => {
  const where = folder(t);
  const socket = join(where, "fake.sock");
  let connections = 0;
  await fakeDaemon(t, socket, (lines, connection) => {
    connections += lines[0] === "!ack" ? 1 : 0;
    if (lines.some((line) => line.startsWith("{"))) {
      connections === 1 ? connection.end('{"line":1,"error":"the journal is full"}\n') : connection.write('{"durable":1}\n');
    }
  });
  const { client, told } = lonely(t, { socket, spool: "" });
  client.log({ n: 1 });
  assert.equal(await client.flush(60000), true);
  assert.deepEqual([client.stats().durable, client.stats().refused, told], [1, 0, []]);
  await client.close();
});

const hostile = {
  "more than was sent": '{"durable":2}\n',
  "less than before": '{"durable":-1}\n',
  "a huge number": '{"durable":1e308}\n',
  "a number in text": '{"durable":"1"}\n',
  "half a line": '{"durable":0.5}\n',
  "a refused line that was not sent": '{"line":2,"error":"x"}\n{"durable":1}\n',
  "line 0": '{"line":0,"error":"x"}\n{"durable":1}\n',
  "no JSON": "HTTP/1.1 400 Bad Request\n{\"durable\":1}\n",
  "a line without an end": "x".repeat(70000),
  "an answer that is cut": '{"durable":1}',
  "the end at once": "",
};
for (const [name, answer] of Object.entries(hostile)) {
  test(`hostile answers: ${name}: nothing is durable, the record comes to respand over the next connection`, async (t) => {
    const where = folder(t);
    const socket = join(where, "fake.sock");
    let connections = 0;
    await fakeDaemon(t, socket, (lines, connection) => {
      connections += lines[0] === "!ack" ? 1 : 0;
      if (connections === 1 && lines.some((line) => line.startsWith("{"))) {
        connection.write(answer);
        if (!answer.endsWith("\n") && answer.length < 70000) {
          connection.end();
        }
      } else if (connections > 1 && lines.some((line) => line.startsWith("{"))) {
        connection.write('{"durable":1}\n');
      }
    });
    const { client } = lonely(t, { socket, spool: "" });
    client.log({ n: 1 });
    assert.equal(await client.flush(60000), true);
    const { durable, queued, connects, lastError } = client.stats();
    assert.deepEqual({ durable, queued, connects }, { durable: 1, queued: 0, connects: 2 });
    assert.notEqual(lastError, "");
    await client.close();
  });
}

test("a daemon that accepts and never answers: ackTimeout ends the connection, and the spool directory takes the records", async (t) => {
  const where = folder(t);
  const socket = join(where, "silent.sock");
  await fakeDaemon(t, socket, () => {});
  const { client } = lonely(t, { socket, spool: where, ackTimeout: 50, spoolAfter: 200 });
  client.log({ n: 1 });
  assert.equal(await client.flush(60000), true);
  assert.deepEqual([client.stats().spooled, client.stats().connects], [1, 1]); // It is not asked again before.
  assert.match(client.stats().lastError, /no answer for 0.05 s/);
  assert.equal(spooled(where)[0].n, 1);
  await client.close();
});

test("a daemon that does not read holds up neither log() nor close()", async (t) => {
  const where = folder(t);
  const socket = join(where, "deaf.sock");
  const server = await fakeDaemon(t, socket, () => {});
  server.on("connection", (connection) => connection.pause());
  const { client } = lonely(t, { socket, spool: where, closeTimeout: 100 });
  for (let n = 0; n < 200; ++n) {
    assert.equal(client.log({ n, text: "x".repeat(100000) }), true);
    await new Promise(setImmediate);
  }
  assert.equal(await client.close(), true);
  assert.equal(client.stats().spooled, 200);
  assert.deepEqual(spooled(where).map((record) => record.n).sort((a, b) => a - b), [...Array(200).keys()]); // prettier-ignore
  assert.ok(readdirSync(where).every((name) => statSync(join(where, name)).size <= 8 * 1024 * 1024));
});

test("a socket that is no socket, and a path that none can have: the spool directory takes the records", async (t) => {
  const where = folder(t);
  const file = join(where, "file");
  writeFileSync(file, "");
  for (const socket of [file, where, `/${"x".repeat(300)}`, "\u0000"]) {
    const one = lonely(t, { socket, spoolAfter: 20 });
    one.client.log({ n: 1 });
    assert.equal(await one.client.flush(60000), true);
    assert.equal(one.client.stats().spooled, 1);
    assert.ok(one.client.stats().lastError.startsWith(socket));
    await one.client.close();
  }
});

test("a spool directory that can't be written: records wait, and go out when respand comes", async (t) => {
  const where = folder(t);
  const spool = join(where, "file");
  writeFileSync(spool, "");
  const socket = join(where, "late.sock");
  const { client } = lonely(t, { socket, spool, spoolAfter: 1 });
  client.log({ n: 1 });
  assert.equal(await client.flush(200), false);
  assert.equal(client.stats().queued, 1);
  await fakeDaemon(t, socket, (lines, connection) => {
    if (lines.some((line) => line.startsWith("{"))) {
      connection.write('{"durable":1}\n');
    }
  });
  assert.equal(await client.flush(60000), true);
  assert.equal(client.stats().durable, 1);

  const given = lonely(t, { spool, spoolAfter: 1 });
  given.client.log({ n: 2 });
  assert.equal(await given.client.close(), false);
  assert.match(given.told[0].reason, /spool directory could not be written/);
  assert.deepEqual([given.client.stats().dropped, given.client.stats().queued], [1, 0]);
});

test("spool files: mode 0640 less the umask, no unfinished ones, no two of one name", async (t) => {
  const { client, where } = lonely(t);
  const umask = process.umask(0o022);
  for (let n = 0; n < 2500; ++n) {
    client.log({ n });
  }
  await client.close();
  process.umask(umask);
  const names = readdirSync(where);
  assert.equal(names.length, 3);
  for (const name of names) {
    assert.match(name, /^node-\d+-\d+-[0-9a-f]{16}\.ndjson$/);
    assert.equal(statSync(join(where, name)).mode & 0o777, 0o640);
  }
});

test("flush waits for what was taken before, not for what comes after", async (t) => {
  const where = folder(t);
  const socket = join(where, "slow.sock");
  const seen = new EventEmitter();
  let connection;
  let count = 0;
  await fakeDaemon(t, socket, (lines, from) => {
    connection = from;
    count += lines.filter((line) => line.startsWith("{")).length;
    seen.emit("lines");
  });
  const { client } = lonely(t, { socket, spool: "" });
  client.log({ n: 1 });
  const first = client.flush(60000);
  client.log({ n: 2 });
  const second = client.flush(60000);
  await until(seen, "lines", () => count === 2, () => `${count} of 2 lines arrive`);
  let both = false;
  second.then(() => (both = true));
  connection.write('{"durable":1}\n');
  assert.equal(await first, true);
  await new Promise(setImmediate);
  assert.deepEqual([client.stats().queued, both], [1, false]);
  connection.write('{"durable":2}\n');
  assert.equal(await second, true);
  assert.equal(await client.flush(0), true);
  await client.close();
});

test("the real daemon: large and small records, one after the other, all durable", async (t) => {
  const daemon = await Daemon.start(t);
  const client = new Client(daemon.settings);
  client.log({ custom_identifier: "large", text: "é".repeat(5 * 1024 * 1024) });
  for (let n = 0; n < 500; ++n) {
    client.log({ custom_identifier: `small-${n}` });
  }
  assert.equal(await client.flush(60000), true);
  assert.equal(await client.close(), true);
  const { durable, connects, lastError } = client.stats();
  assert.deepEqual({ durable, connects, lastError }, { durable: 501, connects: 1, lastError: "" });
  assert.equal(new Set((await daemon.delivered(501)).map((record) => record.custom_identifier)).size, 501);
});
