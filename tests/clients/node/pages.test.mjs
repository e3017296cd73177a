// The examples of clients/node/README.md and docs/integrations, run as they stand, with the real daemon and a server that
// answers as OpenAI's does. A block of code that is a file says its name in its first line; a block of `sh` is read before.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { openAiServer } from "./openai_server.mjs";
import { atEnd, clientFolder, Daemon, modules, root } from "./support.mjs";

const skip = !existsSync(join(modules, "installed")) && `no packages of npm in ${modules}: scripts/install-packages --tests`;
const said = "Hello, wörld 🌍.";

/** Writes the files of a page beside a copy of the client; `run(name)` runs one, and resolves to its output. */
async function page(t, name, { port, model = "gpt-4o" } = {}) {
  const text = readFileSync(join(root, name), "utf8");
  mkdirSync(modules, { recursive: true });
  const where = mkdtempSync(join(modules, "page."));
  atEnd(t, () => rmSync(where, { recursive: true, force: true }));
  cpSync(clientFolder, where, { recursive: true });
  const files = [];
  for (const [, file, code] of text.matchAll(/^```(?:js|sh)\n(?:\/\/|#) (\S+)\n([^]*?)^```$/gm)) {
    writeFileSync(join(where, file), code.replaceAll("127.0.0.1:8126", `127.0.0.1:${port}`).replaceAll("gpt-4o", model));
    files.push(file);
  }
  assert.equal(files.length, text.match(/^```\w/gm).length, "a block of code is no file, and is not tested");
  const ran = new Set(files.filter((file) => file === "environment.sh" || file === "tracing.mjs"));
  atEnd(t, () => model === "gpt-4o" && assert.deepEqual([...ran].sort(), files.sort(), "not all of the page's files were run"));
  return async (file, environment) => {
    ran.add(file);
    const source = files.includes("environment.sh") ? ". ./environment.sh; " : "";
    const options = { cwd: where, env: environment, timeout: 60000 };
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", `${source}exec "$0" ${file}`, process.execPath], options);
    assert.equal(stderr, "");
    return stdout;
  };
}

async function setUp(t, more) {
  const daemon = await Daemon.start(t, more);
  const { url } = await openAiServer(t);
  return { daemon, environment: { ...daemon.environment, OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: url } };
}

const byIdentity = (records, wanted) => records.filter((one) => Object.entries(wanted).every(([name, value]) => one[name] === value));

test("clients/node/README.md", { skip }, async (t) => {
  const { daemon, environment } = await setUp(t);
  const run = await page(t, "clients/node/README.md");
  assert.equal(await run("example.mjs", environment), "");
  const [record] = await daemon.delivered(1);
  assert.equal(record.completion_message.content, "Hello.");
  assert.equal(await run("completion.mjs", environment), `${said}\n${said}`);
  const records = (await daemon.delivered(3)).slice(1);
  for (const one of records) {
    assert.equal(one.completion_message.content, said);
    assert.ok(one.cost > 0 && one.generation_time > 0);
  }
  assert.equal(byIdentity(records, { customer_identifier: "acme" }).length, 1);
  assert.equal(records.filter((one) => one.time_to_first_token > 0).length, 1);
});

test("docs/integrations/openai-node.md", { skip }, async (t) => {
  const { daemon, environment } = await setUp(t);
  const run = await page(t, "docs/integrations/openai-node.md");
  assert.equal(await run("app.mjs", environment), `${said}\n${said}`);
  assert.equal(await run("user.mjs", environment), `${said}\n`);
  const records = await daemon.delivered(3);
  const chats = byIdentity(records, { log_type: "chat" });
  assert.deepEqual(chats.map((one) => [one.completion_message.content, one.metadata.service]), [[said, "shop"], [said, "shop"]]); // prettier-ignore
  const [response] = byIdentity(records, { customer_identifier: "acme" });
  assert.deepEqual([response.output, response.log_type], [said, "response"]);
  assert.ok(records.every((one) => one.cost > 0 && one.generation_time > 0));
});

test("docs/integrations/vercel-ai-sdk.md", { skip }, async (t) => {
  const { daemon, environment } = await setUp(t);
  const run = await page(t, "docs/integrations/vercel-ai-sdk.md");
  assert.equal(await run("stream.mjs", environment), said);
  const [streamed] = await daemon.delivered(1);
  assert.deepEqual([streamed.model, streamed.completion_message.content], ["gpt-4o-2024-08-06", said]);
  assert.equal(await run("generate.mjs", environment), `${said}\n`);
  const generated = (await daemon.delivered(2))[1];
  assert.deepEqual([generated.input, generated.output], ["Say hello.", said]);
  assert.equal(await run("provider.mjs", environment), `${said}\n`);
  const watched = (await daemon.delivered(3))[2];
  assert.deepEqual([watched.log_type, watched.output], ["response", said]);
  for (const one of [streamed, generated, watched]) {
    assert.ok(one.cost > 0 && one.generation_time > 0, JSON.stringify(one));
  }
});

test("docs/integrations/vercel-ai-sdk.md: onError", { skip }, async (t) => {
  const { daemon, environment } = await setUp(t);
  const run = await page(t, "docs/integrations/vercel-ai-sdk.md", { model: "wrong" });
  assert.equal(await run("stream.mjs", environment), "");
  const [{ status, status_code, error_message }] = await daemon.delivered(1);
  assert.deepEqual([status, status_code, error_message], ["error", 400, "There is no such model"]);
});

test("docs/integrations/opentelemetry.md", { skip }, async (t) => {
  const { daemon, environment } = await setUp(t, 'http: {listen: "127.0.0.1:0"}\n');
  const port = await daemon.httpPort();
  const run = await page(t, "docs/integrations/opentelemetry.md", { port });
  assert.equal(await run("app.mjs", environment), "");
  const [span] = await daemon.delivered(1, "/api/v2/traces");
  assert.ok(span.includes("gen_ai.request.model") && span.includes("Say hello."));
  assert.equal(await run("ai.mjs", environment), `${said}\n`);
  const spans = Buffer.concat(await daemon.delivered(2, "/api/v2/traces"));
  assert.ok(spans.includes("ai.generateText.doGenerate") && spans.includes(said));
});
