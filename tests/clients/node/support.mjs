// What the tests of the Node client share: the real daemon with its stand-in API, a fake daemon, programs of their own.
// Every wait ends with an event, and has a deadline that is far off.
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const FAR = 60000; // milliseconds

export const root = fileURLToPath(new URL("../../..", import.meta.url));
export const clientFolder = join(root, "clients/node");
export const modules = join(root, "build/clients-node"); // what scripts/install-packages --tests made of package-lock.json

const actions = new WeakMap();

/** Does this when the test has ended, and what came later before it (which t.after does not). */
export function atEnd(t, action) {
  if (!actions.has(t)) {
    actions.set(t, []);
    t.after(async () => {
      for (const one of actions.get(t).reverse()) {
        await one();
      }
    });
  }
  actions.get(t).push(action);
}

export function folder(t) {
  const made = mkdtempSync(join(tmpdir(), "respand-node."));
  atEnd(t, () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/**
 * Resolves to what `look` returns, when it is truthy; `look` is called now and after each `event` of `emitter`. Fails
 * with the text that `what` returns when the emitter is closed before, or after a time that is far off.
 */
export function until(emitter, event, look, what) {
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      clearTimeout(timer);
      emitter.off(event, check);
      emitter.off("close", fail);
      settle(value);
    };
    const check = () => {
      const found = look();
      if (found) {
        end(resolve, found);
      }
    };
    const fail = () => end(reject, new Error(what()));
    const timer = setTimeout(fail, FAR);
    emitter.on(event, check);
    emitter.on("close", fail);
    check();
  });
}

/** A program whose lines of one stream are kept. It is ended with the test. */
function program(t, words, stream, options = {}) {
  const child = spawn(words[0], words.slice(1), { stdio: ["ignore", "pipe", "pipe"], ...options });
  const lines = [];
  const reader = createInterface({ input: child[stream] });
  reader.on("line", (line) => lines.push(line));
  atEnd(t, () => child.exitCode ?? child.signalCode ?? (child.kill("SIGKILL"), once(child, "exit")));
  return { child, lines, reader };
}

/** The real daemon, and what it delivered to a stand-in for the API: `requests`, each {path, body}. */
export class Daemon {
  requests = [];
  #arrivals = new EventEmitter();
  #url;

  static async start(t, more = "") {
    const respand = process.env.RESPAND;
    const daemon = new Daemon();
    daemon.folder = folder(t);
    await daemon.#listen(t);
    daemon.socket = join(daemon.folder, "respand.sock");
    daemon.spool = join(daemon.folder, "spool");
    mkdirSync(daemon.spool);
    const at = (name) => join(daemon.folder, name);
    writeFileSync(
      at("respand.yaml"),
      `api: {base_url: "${daemon.#url}", api_key: test-key}\n` +
        `socket: {path: ${daemon.socket}}\nspool: {directory: ${daemon.spool}}\njournal: {directory: ${at("journal")}}\n` +
        `dead_letters: {directory: ${at("dead")}}\ncosts: {directory: ${at("costs")}}\ncontrol: {path: ${at("control.sock")}}\n${more}`,
    );
    daemon.process = program(t, [respand, "run", "--config", at("respand.yaml")], "stderr");
    const { lines, reader } = daemon.process;
    await until(reader, "line", () => lines.some((line) => line.includes(" ready ")), () => `no daemon: ${lines.join("\n")}`);
    return daemon;
  }

  get settings() {
    return { socket: this.socket, spool: this.spool };
  }

  /** The port of `http.listen`. */
  async httpPort() {
    const { lines, reader } = this.process;
    const line = () => lines.find((one) => one.includes("http on"));
    return /:(\d+)\W*$/.exec(await until(reader, "line", line, () => `no port: ${lines.join("\n")}`))[1];
  }

  /** Environment for a program whose client has no settings. */
  get environment() {
    return { ...process.env, RESPAND_SOCKET_PATH: this.socket, RESPAND_SPOOL_DIRECTORY: this.spool };
  }

  /** Resolves to all requests to `path` of the API, when there are `count` of them. */
  async delivered(count, path = "/api/request-logs/create/") {
    const here = () => this.requests.filter((one) => one.path === path).map((one) => one.body);
    const lacking = () => `${count} requests to ${path} were awaited: ${JSON.stringify(this.requests)}`;
    return until(this.#arrivals, "request", () => here().length >= count && here(), lacking);
  }

  async #listen(t) {
    const server = createHttpServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      const json = /json/.test(request.headers["content-type"]);
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"message":"log successful"}');
      this.requests.push({ path: request.url, body: json ? JSON.parse(body) : body });
      this.#arrivals.emit("request");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    atEnd(t, () => (server.close(), server.closeAllConnections()));
    this.#url = `http://127.0.0.1:${server.address().port}/api`;
  }
}

/** Answers connections as `answer(lines, socket)` says, which is called with the whole lines of each read. */
export async function fakeDaemon(t, path, answer) {
  const server = createServer((socket) => {
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      answer(lines, socket);
    });
    atEnd(t, () => socket.destroy());
  });
  server.listen(path);
  await once(server, "listening");
  atEnd(t, () => server.close());
  return server;
}

/** Runs JavaScript of its own in a file beside a copy of the client; resolves to its status, signal and output. */
export async function run(t, code, { environment = process.env, words = [], type = "mjs", where = folder(t), onLine } = {}) {
  for (const name of ["respand.cjs", "respand.mjs"]) {
    writeFileSync(join(where, name), readFileSync(join(clientFolder, name)));
  }
  writeFileSync(join(where, `program.${type}`), code);
  const { child, lines, reader } = program(t, [process.execPath, ...words, `program.${type}`], "stdout", { cwd: where, env: environment });
  if (onLine) {
    reader.on("line", (line) => onLine(line, child));
  }
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  const [status, signal] = await once(child, "close", { signal: AbortSignal.timeout(FAR) });
  return { status, signal, lines, errors };
}

/** The records in a spool directory. */
export function spooled(directory) {
  const names = readdirSync(directory).filter((name) => name.endsWith(".ndjson"));
  return names.flatMap((name) => readFileSync(join(directory, name), "utf8").trimEnd().split("\n")).map((line) => JSON.parse(line));
}
