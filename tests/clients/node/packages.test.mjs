// The Node client with packages of npm: OpenAI's own client through fetch(), and the compiler of TypeScript over the types.
// Skipped where scripts/install-packages --tests could not install them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Client } from "../../../clients/node/respand.mjs";
import { openAiServer } from "./openai_server.mjs";
import { atEnd, clientFolder, folder, modules, root, spooled } from "./support.mjs";

const skip = !existsSync(join(modules, "installed")) && `no packages of npm in ${modules}: scripts/install-packages --tests`;
const messages = [{ role: "user", content: "Say hello." }];
const said = "Hello, wörld 🌍.";

test("OpenAI's client: answers, streams, tools, responses, embeddings and errors are logged", { skip }, async (t) => {
  const { default: OpenAI } = await import(pathToFileURL(createRequire(join(modules, "x.js")).resolve("openai")));
  const { url } = await openAiServer(t);
  const where = folder(t);
  const respand = new Client({ socket: join(where, "nobody.sock"), spool: where, closeTimeout: 0 });
  const openai = new OpenAI({ apiKey: "sk-secret", baseURL: url, maxRetries: 1, fetch: respand.fetch() });
  const chat = (model, more) => openai.chat.completions.create({ model, messages, ...more });

  assert.equal((await chat("gpt-4o")).choices[0].message.content, said);
  let text = "";
  for await (const chunk of await chat("gpt-4o", { stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  assert.equal(text, said);
  const run = openai.chat.completions.stream({ model: "tools", messages });
  assert.equal((await run.finalMessage()).tool_calls[0].function.arguments, '{"city":"Oslo"}');
  assert.equal((await openai.responses.create({ model: "gpt-4o", input: "Say hello." })).output_text, said);
  const events = [];
  for await (const event of await openai.responses.create({ model: "gpt-4o", input: "Say hello.", stream: true })) {
    events.push(event.type);
  }
  assert.equal(events.at(-1), "response.completed");
  assert.equal((await openai.embeddings.create({ model: "gpt-4o", input: "a", encoding_format: "float" })).data[0].embedding[1], 1);
  for await (const chunk of await chat("gpt-4o", { stream: true })) {
    assert.ok(chunk);
    break;
  }
  await assert.rejects(chat("limited"), OpenAI.RateLimitError);
  await respand.close();

  const logged = spooled(where);
  const told = logged.map((one) => [one.log_type, one.stream ?? false, one.status_code, one.status ?? "", one.completion_message?.content ?? one.output]);
  assert.deepEqual(told, [
    ["chat", false, 200, "", said],
    ["chat", true, 200, "", said],
    ["chat", true, 200, "", undefined],
    ["response", false, 200, "", said],
    ["response", true, 200, "", said],
    ["embedding", false, 200, "", undefined],
    ["chat", true, 200, "", logged[6].completion_message?.content],
    ["chat", false, 429, "error", undefined],
    ["chat", false, 429, "error", undefined], // the client's own second try
  ]);
  assert.equal(logged[2].tool_calls[0].function.name, "weather");
  assert.match(logged[6].warnings, /did not read the answer to its end/);
  assert.equal(logged[8].error_message, "Rate limit reached");
  assert.ok(!JSON.stringify(logged).includes("sk-secret"));
});

test("the types hold what the client does, for import and require, as a package and as files", { skip }, async (t) => {
  const where = mkdtempSync(join(modules, "types."));
  atEnd(t, () => rmSync(where, { recursive: true, force: true }));
  mkdirSync(join(where, "node_modules"));
  cpSync(clientFolder, join(where, "node_modules/respand"), { recursive: true });
  cpSync(clientFolder, where, { recursive: true });
  rmSync(join(where, "package.json"));
  copyFileSync(join(root, "tests/clients/node/types_example.ts"), join(where, "example.mts"));
  copyFileSync(join(clientFolder, "respand.d.ts"), join(where, "declarations.ts")); // --skipLibCheck would pass over it.
  const files = ["example.mts", "declarations.ts"];
  const imports = { "package.cts": "respand", "file.mts": "./respand.mjs", "file.cts": "./respand.cjs" };
  for (const [file, module] of Object.entries(imports)) {
    const code = `import { Client } from "${module}";\nexport const taken: boolean = new Client().log({});\n`;
    writeFileSync(join(where, file), `${code}// @ts-expect-error: it returns no number\nexport const wrong: number = new Client().log({});\n`);
    files.push(file);
  }
  const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022", "--module", "nodenext", "--skipLibCheck", "--types", "node"];
  const tsc = join(modules, "node_modules/typescript/bin/tsc");
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, ...options, ...files], { cwd: where }).catch((error) => error);
  assert.equal(stdout, "");
});
