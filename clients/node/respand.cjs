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
    if (!Object.hasOwn(DEFAULTS, name)) {
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
    const call = new Call(this, this.#settings.maxRecord, fields);
    let result;
    try {
      result = await work(call);
    } catch (error) {
      call.end(error);
      throw error;
    }
    if (call.streamed) {
      return result;
    }
    if (typeof result?.[Symbol.asyncIterator] === "function") {
      return call.stream(result);
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
        const record = this.#settings.onError && JSON.parse(entry.line);
        this.#discard(entry.why === undefined ? outcome : "refused", record, entry.why ?? reason);
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

  /** Counts a record that is not kept, and tells onError. Returns false. */
  #discard(outcome, record, reason) {
    ++this.#counts[outcome];
    this.#counts.lastError = reason;
    if (this.#settings.onError && !this.#reporting) {
      this.#reporting = true; // What the application logs in onError is not reported in turn.
      try {
        const told = this.#settings.onError(record, reason);
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
      client.#closed ??= Promise.resolve(false); // What onError or a later listener logs is dropped.
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

// --- Calls of models -------------------------------------------------------------------------------------------------

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** When a call began, and how long it takes, by a clock that nobody sets. */
class Stopwatch {
  #began = Date.now();
  #from = performance.now();

  /** Since the start, to the microsecond. */
  seconds() {
    return Math.round((performance.now() - this.#from) * 1000) / 1e6;
  }

  times() {
    return { start_time: iso(this.#began), timestamp: iso(this.#began + this.seconds() * 1000) };
  }
}

function iso(milliseconds) {
  const whole = Math.floor(milliseconds);
  const microseconds = Math.floor((milliseconds - whole) * 1000);
  return new Date(whole).toISOString().replace("Z", `${String(microseconds).padStart(3, "0")}Z`);
}

/** What a log says of an answer in the shape of OpenAI's chat completions, completions, embeddings or responses. */
function answerFields(answer) {
  const fields = {};
  if (!isObject(answer)) {
    return fields;
  }
  if (typeof answer.model === "string") {
    fields.model = answer.model;
  }
  if (isObject(answer.usage)) {
    fields.usage = answer.usage;
  }
  const choice = Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  if (isObject(choice?.message)) {
    fields.completion_message = choice.message;
    fields.tool_calls = choice.message.tool_calls;
  } else if (typeof choice?.text === "string") {
    fields.output = choice.text;
  } else if (Array.isArray(answer.output)) {
    const items = answer.output.filter(isObject);
    const parts = items.flatMap((item) => (Array.isArray(item.content) ? item.content : []));
    const calls = items.filter((item) => item.type === "function_call");
    fields.output = parts.map((part) => part?.text ?? "").join("");
    if (calls.length > 0) {
      fields.tool_calls = calls.map((item) => ({
        id: item.call_id,
        type: "function",
        function: { name: item.name, arguments: item.arguments },
      }));
    }
  }
  return fields;
}

function errorFields(error) {
  const code = error?.status ?? error?.statusCode;
  const known = Number.isInteger(code) && code >= 400 && code <= 599;
  return { status: "error", error_message: messageOf(error), ...(known && { status_code: code }) };
}

/** Puts a streamed answer of OpenAI's together; `answer` has the shape of one that came in one piece. */
class Chunks {
  answer = {};
  error; // what a chunk told
  #room;

  constructor(maxRecord) {
    this.#room = maxRecord; // characters: the record would be refused beyond
  }

  /** Takes a chunk; true where it holds a part of what the model says. */
  add(chunk) {
    if (!isObject(chunk)) {
      return false;
    }
    if (isObject(chunk.error) || chunk.type === "error") {
      this.error = chunk.error ?? chunk;
    }
    if (isObject(chunk.response)) {
      this.answer = chunk.response; // responses: the last event brings all of it.
      this.error = chunk.response.error ?? this.error;
    }
    if (typeof chunk.type === "string") {
      return chunk.type.endsWith(".delta");
    }
    this.answer.model ??= chunk.model;
    this.answer.usage = chunk.usage ?? this.answer.usage;
    const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
    const choice = choices.find((one) => isObject(one) && (one.index ?? 0) === 0);
    return choice !== undefined && (this.#addText(choice.text) || this.#addDelta(choice.delta));
  }

  #addText(text) {
    if (typeof text !== "string" || text === "") {
      return false;
    }
    this.answer.choices ??= [{ text: "" }];
    this.answer.choices[0].text += this.#fitting(text);
    return true;
  }

  #addDelta(delta) {
    if (!isObject(delta)) {
      return false;
    }
    this.answer.choices ??= [{ message: { role: "assistant", content: null } }];
    const { message } = this.answer.choices[0];
    message.role = delta.role ?? message.role;
    for (const name of ["content", "refusal", "reasoning_content"]) {
      if (typeof delta[name] === "string") {
        message[name] = (message[name] ?? "") + this.#fitting(delta[name]);
      }
    }
    const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls.filter(isObject) : [];
    for (const part of calls) {
      message.tool_calls ??= [];
      const index = Number.isInteger(part.index) && part.index >= 0 && part.index < 128 ? part.index : 0;
      const call = (message.tool_calls[index] ??= { id: part.id, type: "function", function: { name: "", arguments: "" } });
      call.function.name += this.#fitting(part.function?.name ?? "");
      call.function.arguments += this.#fitting(part.function?.arguments ?? "");
    }
    return Boolean(delta.content || delta.refusal || delta.reasoning_content || calls.length > 0);
  }

  #fitting(text) {
    const part = String(text).slice(0, this.#room);
    this.#room -= part.length;
    return part;
  }
}

/** One call of a model under client.completion(): handed to the work that makes the call. Logged once. */
class Call {
  streamed = false; // stream() logs the record when the stream ends.
  #client;
  #maxRecord;
  #watch = new Stopwatch();
  #fields;
  #answer = {};
  #ended = false;

  constructor(client, maxRecord, fields) {
    this.#client = client;
    this.#maxRecord = maxRecord;
    this.#fields = { ...fields };
  }

  /** Fields for the record; they go before those that were given before, and before those of an answer. */
  set(fields) {
    Object.assign(this.#fields, fields);
  }

  /** The answer, in one of OpenAI's shapes: usage, model and what the model said are taken from it. */
  response(answer) {
    try {
      Object.assign(this.#answer, answerFields(answer));
    } catch {
      // What can't be read is not logged; the call itself is.
    }
  }

  /** Passes the stream's chunks on; the call ends with the stream, at its end, an error, or where the reader leaves it. */
  stream(chunks) {
    this.streamed = true;
    return this.#pass(chunks);
  }

  async *#pass(chunks) {
    const gathered = new Chunks(this.#maxRecord);
    let error;
    try {
      for await (const chunk of chunks) {
        try {
          if (gathered.add(chunk)) {
            this.#answer.time_to_first_token ??= this.#watch.seconds();
          }
        } catch {
          // A shape that nobody knows is not looked at.
        }
        yield chunk;
      }
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      this.response(gathered.answer);
      this.#answer.stream = true;
      this.end(error ?? gathered.error);
    }
  }

  end(error) {
    if (!this.#ended) {
      this.#ended = true;
      const failure = error === undefined ? {} : errorFields(error);
      this.#client.log({ ...this.#answer, ...this.#watch.times(), ...failure, ...this.#fields });
    }
  }
}

// --- OpenAI's client, by the fetch() that it is given ------------------------------------------------------------------

const ROUTES = { "chat/completions": "chat", completions: "completion", embeddings: "embedding", responses: "response" };
const COPIED = [
  "temperature", "top_p", "max_tokens", "max_completion_tokens", "frequency_penalty", "presence_penalty", "n", "stop", "stream",
  "logprobs", "top_logprobs", "logit_bias", "parallel_tool_calls", "reasoning_effort", "response_format", "tool_choice", "metadata",
]; // prettier-ignore

function logTypeOf(input, init) {
  const method = init?.method ?? input?.method ?? "GET";
  const url = typeof input === "string" ? input : (input?.url ?? String(input));
  const route = /\/(chat\/completions|completions|embeddings|responses)\/?$/.exec(new URL(url, "http://localhost").pathname)?.[1];
  return method.toUpperCase() === "POST" ? ROUTES[route] : undefined;
}

/** The body as text, or a promise of it; "" where it is none, or can't be read without taking it away. */
function bodyOf(input, init) {
  const body = init?.body;
  if (typeof body === "string") {
    return body;
  }
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) {
    return Buffer.from(body.buffer ?? body, body.byteOffset, body.byteLength).toString();
  }
  return body === undefined && typeof input?.clone === "function" ? input.clone().text().catch(() => "") : "";
}

function requestFields(type, request) {
  const fields = { log_type: type, model: request.model };
  for (const name of COPIED) {
    fields[name] = request[name] ?? undefined;
  }
  if (type === "chat") {
    return { ...fields, prompt_messages: request.messages, tools: request.tools };
  }
  const text = (value) => (value === undefined || typeof value === "string" ? value : JSON.stringify(value));
  if (type === "response" && typeof request.instructions === "string") {
    const asked = Array.isArray(request.input) ? request.input : [{ role: "user", content: request.input }];
    return { ...fields, input: text([{ role: "system", content: request.instructions }, ...asked]) };
  }
  return { ...fields, input: text(type === "completion" ? request.prompt : request.input) };
}

/**
 * One request to a model: what the application reads of the answer is looked at as it passes, and logged when it has
 * come to its end. Nothing is read ahead, kept back or changed. Headers, where keys are, are never looked at.
 */
class OpenAiCall {
  #client;
  #maxRecord;
  #type;
  #fields;
  #body; // of the request
  #watch = new Stopwatch();
  #status;
  #chunks; // of an answer in server-sent events, else undefined
  #decoder = new TextDecoder();
  #text = ""; // of an answer in one piece, or the line that has not ended
  #firstToken;
  #warning;
  #tooLarge = false;
  #detach;
  #ended = false;

  static async run(client, maxRecord, send, fields, input, init) {
    let call;
    try {
      const type = logTypeOf(input, init);
      call = type && new OpenAiCall(client, maxRecord, type, fields, bodyOf(input, init));
    } catch {
      // What can't be understood is sent as it is.
    }
    if (!call) {
      return send(input, init);
    }
    let response;
    try {
      response = await send(input, init);
    } catch (error) {
      call.#end(error);
      throw error;
    }
    try {
      return call.#observed(response, init?.signal ?? input?.signal);
    } catch {
      return response; // one of a kind that can't be copied; nobody has begun to read it
    }
  }

  constructor(client, maxRecord, type, fields, body) {
    this.#client = client;
    this.#maxRecord = maxRecord;
    this.#type = type;
    this.#fields = fields;
    this.#body = body;
  }

  /** The response with a body that passes the bytes on one by one, as they are asked for. */
  #observed(response, signal) {
    this.#status = response.status;
    if (typeof response.body?.getReader !== "function" || response.bodyUsed) {
      this.#end();
      return response;
    }
    if (/^text\/event-stream/i.test(response.headers.get("content-type") ?? "")) {
      this.#chunks = new Chunks(this.#maxRecord);
    }
    const leave = () => {
      this.#warning ??= "the application did not read the answer to its end";
      this.#end();
    };
    signal?.addEventListener("abort", leave);
    this.#detach = () => signal?.removeEventListener("abort", leave);
    let reader;
    const pull = async (controller) => {
      try {
        reader ??= response.body.getReader();
        const { done, value } = await reader.read();
        if (done) {
          this.#end();
          return controller.close();
        }
        try {
          this.#look(value);
        } catch {
          // The answer is the application's, whatever it looks like.
        }
        controller.enqueue(value);
      } catch (error) {
        this.#end(error);
        controller.error(error);
      }
    };
    const cancel = (reason) => {
      leave();
      return reader ? reader.cancel(reason) : response.body.cancel(reason);
    };
    const { status, statusText, headers } = response;
    const copy = new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }), { status, statusText, headers });
    for (const name of ["url", "redirected", "type"]) {
      Object.defineProperty(copy, name, { value: response[name] });
    }
    return copy;
  }

  /** Takes bytes of the answer. What it throws concerns the log alone. */
  #look(bytes) {
    if (this.#tooLarge) {
      return;
    }
    const text = this.#decoder.decode(bytes, { stream: true });
    this.#text += text;
    if (this.#chunks && /[\r\n]/.test(text)) {
      const lines = this.#text.split(/\r\n|\n|\r/);
      this.#text = lines.pop();
      lines.forEach((line) => this.#event(line));
    }
    if (this.#text.length > this.#maxRecord) {
      this.#tooLarge = true;
      this.#text = "";
      this.#warning = `the answer is larger than ${this.#maxRecord} bytes, and is not logged`;
    }
  }

  #event(line) {
    if (line.startsWith("data:") && this.#chunks.add(parsed(line.slice(5)))) {
      this.#firstToken ??= this.#watch.seconds();
    }
  }

  #answer() {
    if (this.#chunks) {
      return { ...answerFields(this.#chunks.answer), ...(this.#chunks.error && errorFields(this.#chunks.error)) };
    }
    const answer = parsed(this.#text);
    if (!(this.#status >= 400) && !isObject(answer?.error)) {
      return answerFields(answer);
    }
    const said = answer?.error?.message ?? answer?.error ?? this.#text.slice(0, 1000);
    return { ...answerFields(answer), ...errorFields({ status: this.#status, message: said || `HTTP status ${this.#status}` }) };
  }

  async #end(error) {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#detach?.();
    const times = this.#watch.times();
    const request = parsed(await this.#body);
    const record = { ...requestFields(this.#type, isObject(request) ? request : {}), status_code: this.#status };
    try {
      Object.assign(record, this.#answer(), error !== undefined && errorFields(error));
      Object.assign(record, times, { time_to_first_token: this.#firstToken, warnings: this.#warning });
      Object.assign(record, typeof this.#fields === "function" ? this.#fields(request) : this.#fields);
    } catch (thrown) {
      record.warnings = `not all of the call is logged: ${messageOf(thrown)}`; // most likely of the application's fields()
    }
    this.#client.log(record);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return "an error that can't be shown as text";
  }
}

exports.Client = Client;
