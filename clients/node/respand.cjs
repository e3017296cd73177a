// respand's client for Node 18 and later: hands logs of model calls to the respand daemon of this host.
// Licensed like respand itself (Apache-2.0). This file is all of it; respand.mjs re-exports it, respand.d.ts has the types.
//
//   const { Client } = require("./respand.cjs");
//   const respand = new Client();
//   respand.log({ model: "gpt-4o", prompt_messages, completion_message, usage });
//
// The event loop is the sender: log() only encodes and queues. Times are in milliseconds, sizes in bytes.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

const MIB = 1024 * 1024;
const FIRST_DELAY = 50; // between two tries to connect; doubled each time
const LONGEST_DELAY = 5000;
const WRITE_BYTES = 256 * 1024; // what one write gathers
const IN_FLIGHT_BYTES = 4 * MIB; // written without an answer: what a cut connection repeats at most
const ANSWER_BYTES = 64 * 1024; // the longest answer; respand's have some 200 bytes
const SPOOL_FILE_RECORDS = 1000;
const SPOOL_FILE_BYTES = 8 * MIB;
const LONGEST_TIMER = 2 ** 31 - 1;

const DEFAULTS = {
  socket: undefined, // $RESPAND_SOCKET_PATH, else /run/respand/respand.sock
  spool: undefined, // $RESPAND_SPOOL_DIRECTORY, else /var/spool/respand; "": none
  maxQueue: 10000,
  maxQueueBytes: 64 * MIB,
  maxRecord: 20 * MIB,
  spoolAfter: 1000,
  ackTimeout: 30000,
  closeTimeout: 2000,
  onError: undefined, // (record, reason) => void
  closeOnSignals: [], // signals that close the client and then end the process, e.g. ["SIGTERM", "SIGINT"]
};

function settingsFrom(given) {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in DEFAULTS)) {
      throw new TypeError(`respand: there is no setting ${name}; there are ${Object.keys(DEFAULTS).join(", ")}`);
    }
    const wanted = typeof DEFAULTS[name] === "number" ? "number" : name === "onError" ? "function" : "string";
    const fits = name === "closeOnSignals" ? Array.isArray(value) : typeof value === wanted && !(value < 0 || Number.isNaN(value));
    if (value !== undefined && !fits) {
      const what = { number: "a number that is not negative", function: "a function", string: "text" }[wanted];
      throw new TypeError(`respand: ${name} has to be ${name === "closeOnSignals" ? "a list of signals" : what}`);
    }
  }
  const settings = { ...DEFAULTS };
  for (const name of Object.keys(given)) {
    settings[name] = given[name] ?? DEFAULTS[name];
  }
  settings.socket ??= process.env.RESPAND_SOCKET_PATH || "/run/respand/respand.sock";
  settings.spool ??= process.env.RESPAND_SPOOL_DIRECTORY ?? "/var/spool/respand";
  return settings;
}

// --- A record becomes a line -----------------------------------------------------------------------------------------

function refuseNonFinite(key, value) {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`${key} is ${value}, which JSON does not have`);
  }
  return value;
}

/** The record as a line of JSON, with timestamp and custom_identifier where it has none. Throws where it can't be one. */
function encode(record, maxRecord) {
  if (record === null || typeof record !== "object" || Array.isArray(record)) {
    const what = record === null ? "null" : Array.isArray(record) ? "an array" : `a ${typeof record}`;
    throw new TypeError(`a record is an object, not ${what}`);
  }
  const plain = typeof record.toJSON === "function" ? record.toJSON("") : record;
  let text = JSON.stringify(plain);
  if (text === undefined || text[0] !== "{") {
    throw new TypeError("toJSON() of the record gives no object");
  }
  if (text.includes("null")) {
    JSON.stringify(plain, refuseNonFinite); // NaN and Infinity would silently be null.
  }
  const added = [];
  if (!Object.hasOwn(plain, "timestamp") || plain.timestamp === undefined) {
    added.push(`"timestamp":"${new Date().toISOString()}"`);
  }
  if (!Object.hasOwn(plain, "custom_identifier") || plain.custom_identifier === undefined) {
    added.push(`"custom_identifier":"${crypto.randomUUID()}"`);
  }
  if (added.length > 0) {
    text = `${text.slice(0, -1)}${text === "{}" ? "" : ","}${added.join()}}`;
  }
  const line = Buffer.from(`${text}\n`);
  if (line.length - 1 > maxRecord) {
    throw new RangeError(`the record has ${line.length - 1} bytes, over maxRecord (${maxRecord})`);
  }
  return line;
}

/** Takes entries off the front of `queue`: at most `records` of them and `bytes` of lines, but one in any case. */
function takeFront(queue, records, bytes) {
  let count = 0;
  for (let size = 0; count < queue.length && count < records; ++count) {
    size += queue[count].line.length;
    if (count > 0 && size > bytes) {
      break;
    }
  }
  return queue.splice(0, count);
}

// --- The spool directory ---------------------------------------------------------------------------------------------

function spoolNames(directory) {
  const name = `node-${Date.now()}-${process.pid}-${crypto.randomBytes(8).toString("hex")}.ndjson`;
  return { file: path.join(directory, name), unfinished: path.join(directory, `${name}.tmp`) };
}

/** The lines are on the disk, under their last name, when this resolves. */
async function writeSpoolFile(directory, entries) {
  const { file, unfinished } = spoolNames(directory);
  try {
    const handle = await fs.promises.open(unfinished, "wx", 0o640);
    try {
      await handle.writeFile(Buffer.concat(entries.map((entry) => entry.line)));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.promises.rename(unfinished, file);
  } catch (error) {
    await fs.promises.unlink(unfinished).catch(() => {});
    throw error;
  }
  const folder = await fs.promises.open(directory, "r");
  await folder.sync().finally(() => folder.close());
}

/** The same at once, for the end of the process, when nothing can be waited for. */
function writeSpoolFileSync(directory, entries) {
  const { file, unfinished } = spoolNames(directory);
  try {
    fs.writeFileSync(unfinished, Buffer.concat(entries.map((entry) => entry.line)), { flag: "wx", mode: 0o640 });
    syncPath(unfinished, "r+");
    fs.renameSync(unfinished, file);
  } catch (error) {
    fs.rmSync(unfinished, { force: true });
    throw error;
  }
  syncPath(directory, "r");
}

function syncPath(name, flags) {
  const descriptor = fs.openSync(name, flags);
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

// --- A connection ----------------------------------------------------------------------------------------------------

/**
 * Lines go out behind "!ack", answers come in. `sent` are the entries without an answer. Never throws; calls
 * `events.opened()`, `events.room()`, `events.settled(entries)`, where a refused one has a `why`, and `events.lost(why)` once,
 * at the end.
 */
class Connection {
  sent = [];
  open = false;
  timedOut = false;
  #sentBytes = 0;
  #settled = 0; // lines that respand has answered
  #rest = ""; // of an answer
  #why = "respand ended the connection";
  #socket;
  #timer;
  #ackTimeout;
  #events;

  constructor(settings, events) {
    this.#events = events;
    this.#ackTimeout = Math.min(settings.ackTimeout, LONGEST_TIMER);
    this.#socket = net.connect({ path: settings.socket });
    this.#socket.unref(); // An idle client keeps no process alive.
    this.#socket.setEncoding("utf8");
    this.#socket.on("error", (error) => (this.#why = error.message));
    this.#socket.on("close", () => {
      clearTimeout(this.#timer);
      this.open = false;
      events.lost(this.#why);
    });
    this.#socket.on("connect", () => {
      this.open = true;
      this.#socket.write("!ack\n");
      events.opened();
    });
    this.#socket.on("drain", () => events.room());
    this.#socket.on("data", (text) => this.#read(text));
  }

  get full() {
    return this.#socket.writableNeedDrain || this.#sentBytes >= IN_FLIGHT_BYTES;
  }

  write(entries) {
    const bytes = Buffer.concat(entries.map((entry) => entry.line));
    this.sent.push(...entries);
    this.#sentBytes += bytes.length;
    this.#socket.write(bytes);
    if (!this.#timer) {
      this.#timer = setTimeout(() => this.#unanswered(), this.#ackTimeout);
      this.#timer.unref();
    }
  }

  end(why) {
    this.#why = why;
    this.#socket.destroy();
  }

  #unanswered() {
    this.#timer = undefined;
    this.timedOut = true;
    this.end(`no answer for ${this.#ackTimeout / 1000} s`);
  }

  #read(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    for (const line of lines) {
      if (this.#socket.destroyed) {
        return;
      }
      try {
        this.#answer(JSON.parse(line), line);
      } catch {
        this.end(`not an answer of respand: ${line.slice(0, 100)}`);
      }
    }
    if (this.#rest.length > ANSWER_BYTES) {
      this.end(`an answer is longer than ${ANSWER_BYTES} bytes`);
    }
  }

  #answer(answer, line) {
    const counts = (number, least) => Number.isInteger(number) && number >= least && number <= this.#settled + this.sent.length;
    if (answer?.line !== undefined) {
      if (!counts(answer.line, this.#settled + 1)) {
        return this.end(`an answer to a line that was not sent: ${line.slice(0, 100)}`);
      }
      if (answer.error !== undefined) {
        this.sent[answer.line - this.#settled - 1].why = String(answer.error); // told before the `durable` that covers it
      }
    } else if (answer?.durable !== undefined) {
      if (!counts(answer.durable, this.#settled)) {
        return this.end(`an answer to more than was sent: ${line.slice(0, 100)}`);
      }
      this.#settle(answer.durable);
    }
  }

  #settle(durable) {
    const entries = this.sent.splice(0, durable - this.#settled);
    if (entries.length === 0) {
      return;
    }
    this.#settled = durable;
    for (const entry of entries) {
      this.#sentBytes -= entry.line.length;
    }
    if (this.sent.length > 0) {
      this.#timer.refresh();
    } else {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    this.#events.settled(entries);
  }
}

// --- The client ------------------------------------------------------------------------------------------------------

class Client {
  static #open = new Set(); // all that are not closed, for the end of the process

  #settings;
  #counts = { logged: 0, durable: 0, spooled: 0, refused: 0, dropped: 0, connects: 0, lastError: "" };
  #waiting = []; // {number, line}, to be sent or spooled, the oldest first
  #spooling = []; // those that are being written to the spool directory
  #taken = 0; // the number of the last one
  #queuedBytes = 0;
  #flushes = []; // {upTo, resolve}
  #connection;
  #delay = FIRST_DELAY;
  #retryTimer;
  #spoolTimer;
  #spoolRun; // the promise of a write to the spool directory
  #woken = false;
  #reporting = false;
  #ending = false; // what is left goes to the spool directory: no more connections
  #gaveUp = false; // the end of the process waited for this client once
  #closed; // the promise of close()

  constructor(settings = {}) {
    this.#settings = settingsFrom(settings);
    if (Client.#open.size === 0) {
      process.on("beforeExit", Client.#beforeExit);
      process.on("exit", Client.#atExit);
    }
    Client.#open.add(this);
    for (const signal of this.#settings.closeOnSignals) {
      if (!process.listeners(signal).includes(Client.#atSignal)) {
        process.once(signal, Client.#atSignal);
      }
    }
  }

  /** Takes a record and returns at once: true where it was taken. Never throws, never waits. */
  log(record) {
    ++this.#counts.logged;
    let line;
    try {
      line = encode(record, this.#settings.maxRecord);
    } catch (error) {
      return this.#discard("refused", record, messageOf(error));
    }
    if (this.#closed) {
      return this.#discard("dropped", record, "the client is closed");
    }
    if (this.#queued() >= this.#settings.maxQueue || this.#queuedBytes + line.length > this.#settings.maxQueueBytes) {
      const why = `the queue is full (${this.#queued()} records, ${this.#queuedBytes} bytes)`;
      return this.#discard("dropped", record, this.#counts.lastError ? `${why}; ${this.#counts.lastError}` : why);
    }
    this.#queuedBytes += line.length;
    this.#waiting.push({ number: ++this.#taken, line });
    if (!this.#woken) {
      this.#woken = true;
      setImmediate(() => {
        this.#woken = false;
        this.#send();
      });
    }
    return true;
  }

  /** Resolves to true when all that was taken before is settled, to false after `timeout`. */
  flush(timeout = this.#settings.closeTimeout) {
    const upTo = this.#taken;
    if (this.#oldest() > upTo) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const flush = { upTo, resolve: (done) => (clearTimeout(timer), resolve(done)) };
      const timer = setTimeout(() => {
        this.#flushes.splice(this.#flushes.indexOf(flush), 1);
        resolve(false);
      }, Math.min(timeout, LONGEST_TIMER));
      this.#flushes.push(flush);
    });
  }

  /** Flushes, writes what is left to the spool directory, and ends. Resolves to true where nothing was dropped for it. */
  close(timeout = this.#settings.closeTimeout) {
    this.#closed ??= this.#finish(timeout).then(() => {
      const left = this.#waiting.splice(0);
      this.#settle(left, "dropped", "the client was closed, and the spool directory could not be written");
      this.#forget();
      return left.length === 0;
    });
    return this.#closed;
  }

  /** What became of the records: logged = durable + spooled + refused + dropped + queued. */
  stats() {
    const { connects, lastError, ...counts } = this.#counts;
    return { ...counts, queued: this.#queued(), connects, lastError };
  }

  /** Runs `work(call)` and logs it as one record with `fields`; see Call. What `work` returns or throws is passed on. */
  async completion(fields, work) {
    const call = new Call(this, fields);
    let result;
    try {
      result = await work(call);
    } catch (error) {
      call.end(error);
      throw error;
    }
    if (typeof result?.[Symbol.asyncIterator] === "function" && !call.streamed) {
      return call.stream(result, true);
    }
    call.response(result);
    call.end();
    return result;
  }

  /** A fetch() for OpenAI's and compatible clients, which logs the calls that it passes on; see OpenAiCall. */
  fetch({ fetch: send = globalThis.fetch, fields } = {}) {
    return (input, init) => OpenAiCall.run(this, this.#settings.maxRecord, send, fields, input, init);
  }

  #queued() {
    return this.#waiting.length + this.#spooling.length + (this.#connection?.sent.length ?? 0);
  }

  #oldest() {
    const heads = [this.#connection?.sent[0], this.#spooling[0], this.#waiting[0]];
    return Math.min(...heads.map((entry) => entry?.number ?? Infinity));
  }

  #send() {
    if (!this.#connection) {
      this.#connect();
    }
    while (this.#connection?.open && this.#waiting.length > 0 && !this.#connection.full) {
      this.#connection.write(takeFront(this.#waiting, Infinity, WRITE_BYTES));
    }
    this.#armSpool();
  }

  #connect() {
    if (this.#waiting.length === 0 || this.#retryTimer || this.#ending) {
      return;
    }
    const events = {
      opened: () => {
        ++this.#counts.connects;
        clearTimeout(this.#spoolTimer);
        this.#spoolTimer = undefined;
        this.#send();
      },
      room: () => this.#send(),
      settled: (entries) => {
        this.#delay = FIRST_DELAY;
        this.#settle(entries, "durable");
        this.#send();
      },
      lost: (why) => this.#connection === connection && this.#lost(why),
    };
    let connection;
    try {
      connection = this.#connection = new Connection(this.#settings, events);
    } catch (error) {
      this.#lost(messageOf(error)); // a path that no socket can have
    }
  }

  #lost(why) {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#takeBack(connection);
    this.#counts.lastError = `${this.#settings.socket}: ${why}`;
    // One that takes lines and says nothing is not asked again at once: the spool directory comes first.
    const delay = connection?.timedOut ? LONGEST_DELAY : this.#delay;
    this.#delay = Math.min(delay * 2, LONGEST_DELAY);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#send();
    }, delay * (1 - Math.random() / 2));
    this.#retryTimer.unref();
    this.#armSpool();
  }

  /** What a connection has no answer to is the first that waits. */
  #takeBack(connection) {
    const entries = connection?.sent.splice(0) ?? [];
    entries.forEach((entry) => delete entry.why);
    this.#waiting = entries.concat(this.#waiting);
  }

  #armSpool(delay = this.#settings.spoolAfter) {
    const away = this.#waiting.length > 0 && !this.#connection?.open && !this.#spoolRun && !this.#ending;
    if (away && this.#settings.spool !== "" && !this.#spoolTimer) {
      this.#spoolTimer = setTimeout(() => this.#spoolWaiting(), Math.min(delay, LONGEST_TIMER));
      this.#spoolTimer.unref();
    }
  }

  /** Writes what waits to the spool directory, for as long as there is no connection. Never rejects. */
  #spoolWaiting() {
    clearTimeout(this.#spoolTimer);
    this.#spoolTimer = undefined;
    this.#spoolRun ??= this.#spoolFiles().then((failed) => {
      this.#spoolRun = undefined;
      this.#armSpool(failed ? Math.max(this.#settings.spoolAfter, 1000) : undefined);
    });
    return this.#spoolRun;
  }

  async #spoolFiles() {
    while (this.#waiting.length > 0 && !this.#connection?.open && this.#settings.spool !== "") {
      const entries = takeFront(this.#waiting, SPOOL_FILE_RECORDS, SPOOL_FILE_BYTES);
      this.#spooling = entries;
      try {
        await writeSpoolFile(this.#settings.spool, entries);
      } catch (error) {
        this.#spooling = [];
        this.#waiting = entries.concat(this.#waiting);
        this.#counts.lastError = `spool: ${messageOf(error)}`;
        return true;
      }
      this.#spooling = [];
      this.#settle(entries, "spooled");
    }
    return false;
  }

  /** The entries, which are in no list any more, are done with; those with a `why` are refused. */
  #settle(entries, outcome, reason) {
    for (const entry of entries) {
      this.#queuedBytes -= entry.line.length;
      if (entry.why !== undefined || reason !== undefined) {
        this.#discard(entry.why === undefined ? outcome : "refused", entry, entry.why ?? reason);
      } else {
        ++this.#counts[outcome];
      }
    }
    const oldest = this.#oldest();
    for (const flush of this.#flushes.filter((one) => one.upTo < oldest)) {
      this.#flushes.splice(this.#flushes.indexOf(flush), 1);
      flush.resolve(true);
    }
  }

  /** Counts a record, or the entry of one, that is not kept, and tells onError. Returns false. */
  #discard(outcome, record, reason) {
    ++this.#counts[outcome];
    this.#counts.lastError = reason;
    if (this.#settings.onError && !this.#reporting) {
      this.#reporting = true; // What the application logs in onError is not reported in turn.
      try {
        const told = this.#settings.onError(Buffer.isBuffer(record?.line) ? JSON.parse(record.line) : record, reason);
        told?.then?.(undefined, () => {});
      } catch {
        // The application's own mistake; it must not end the sender.
      }
      this.#reporting = false;
    }
    return false;
  }

  /** Flushes for `timeout`, and then spools what is left, also what a connection has no answer to. */
  async #finish(timeout) {
    if (await this.flush(timeout)) {
      return;
    }
    this.#ending = true;
    const connection = this.#connection;
    if (connection) {
      this.#connection = undefined;
      this.#takeBack(connection);
      connection.end("the client was closed");
    }
    await this.#spoolRun;
    await this.#spoolWaiting();
    this.#ending = false;
  }

  #forget() {
    this.#ending = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#spoolTimer);
    this.#connection?.end("the client was closed");
    this.#connection = undefined;
    Client.#open.delete(this);
    if (Client.#open.size === 0) {
      process.off("beforeExit", Client.#beforeExit);
      process.off("exit", Client.#atExit);
    }
  }

  // The loop has nothing else to do: each client gets closeTimeout, once.
  static #beforeExit() {
    for (const client of Client.#open) {
      if (client.#queued() > 0 && !client.#gaveUp) {
        client.#gaveUp = true;
        client.#finish(client.#settings.closeTimeout).then(() => (client.#gaveUp = client.#queued() > 0));
      }
    }
  }

  // process.exit() or an uncaught exception: nothing can be waited for any more.
  static #atExit() {
    for (const client of Client.#open) {
      client.#waiting = client.#spooling.concat(client.#waiting);
      client.#spooling = [];
      client.#takeBack(client.#connection);
      while (client.#waiting.length > 0) {
        const entries = takeFront(client.#waiting, SPOOL_FILE_RECORDS, SPOOL_FILE_BYTES);
        try {
          if (client.#settings.spool === "") {
            throw new Error("there is no spool directory");
          }
          writeSpoolFileSync(client.#settings.spool, entries);
          client.#settle(entries, "spooled");
        } catch (error) {
          client.#settle(entries, "dropped", `the process ended: ${messageOf(error)}`);
        }
      }
    }
  }

  static #atSignal = async (signal) => {
    const clients = [...Client.#open].filter((client) => client.#settings.closeOnSignals.includes(signal));
    await Promise.all(clients.map((client) => client.close()));
    if (process.listenerCount(signal) === 0) {
      process.kill(process.pid, signal); // Nobody else decides: the signal does what it does without us.
    }
  };
}

function messageOf(error) {
  return String(error?.message ?? error);
}

exports.Client = Client;
