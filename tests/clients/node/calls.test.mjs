// completion() and fetch() of the Node client: what they log, and that they change nothing of what the application sees.
import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { Client } from "../../../clients/node/respand.mjs";
import { openAiServer } from "./openai_server.mjs";
import { folder, spooled } from "./support.mjs";

/** A client without daemon, and all that it logged. */
function recorder(t, settings) {
  const where = folder(t);
  const client = new Client({ socket: `${where}/nobody.sock`, spool: where, closeTimeout: 0, ...settings });
  return { client, records: async () => (await client.close(), spooled(where)) };
}

const seconds = (record) => (Date.parse(record.timestamp) - Date.parse(record.start_time)) / 1000;
const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
const asked = [{ role: "user", content: "Say hello." }];
const said = "Hello, wörld 🌍.";

test("completion(): times, fields, and what an answer in OpenAI's shape says", async (t) => {
  const { client, records } = recorder(t);
  const answer = { model: "gpt-4o-2024-08-06", usage, choices: [{ message: { role: "assistant", content: "Hi." } }] };
  const result = await client.completion({ model: "gpt-4o", prompt_messages: asked }, async (call) => {
    call.set({ customer_identifier: "acme" });
    return answer;
  });
  assert.equal(result, answer);
  assert.equal(await client.completion({ model: "m" }, (call) => (call.response(answer), 7)), 7);
  const [first, second] = await records();
  assert.match(first.start_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.ok(seconds(first) >= 0);
  const { start_time, timestamp, custom_identifier, ...rest } = first;
  assert.deepEqual(rest, {
    model: "gpt-4o", prompt_messages: asked, customer_identifier: "acme", usage, completion_message: { role: "assistant", content: "Hi." },
  }); // prettier-ignore
  assert.deepEqual([second.model, second.usage], ["m", usage]);
});

test("completion(): errors are logged and thrown on, once, as they are", async (t) => {
  const { client, records } = recorder(t);
  const error = Object.assign(new Error("Rate limit reached"), { status: 429 });
  const failing = async () => {
    throw error;
  };
  await assert.rejects(client.completion({ model: "gpt-4o" }, failing), (thrown) => thrown === error);
  await assert.rejects(client.completion({ model: "gpt-4o" }, () => Promise.reject("text")), (thrown) => thrown === "text");
  const [first, second] = await records();
  assert.deepEqual([first.status, first.status_code, first.error_message], ["error", 429, "Rate limit reached"]);
  assert.deepEqual([second.status, second.status_code, second.error_message], ["error", undefined, "text"]);
});

test("completion(): a result that can't be looked at is the application's all the same", async (t) => {
  const { client, records } = recorder(t);
  const result = { get model() { throw new Error("of the application"); } }; // prettier-ignore
  assert.equal(await client.completion({ model: "m" }, () => result), result);
  assert.equal((await records())[0].model, "m");
});

const parts = [
  { model: "gpt-4o", choices: [{ index: 0, delta: { role: "assistant", content: "" } }] },
  { choices: [{ index: 1, delta: { content: "of another choice" } }, { index: 0, delta: { content: "Hel" } }] },
  null,
  "text",
  { choices: "wrong" },
  { choices: [{ delta: { content: "lo" } }] },
  { choices: [], usage },
];
async function* streamed(fails) {
  yield* parts;
  if (fails) {
    throw new Error("the stream broke");
  }
}

test("completion(): a stream that is returned, passed through, left, or that breaks is logged once, at its end", async (t) => {
  const { client, records } = recorder(t);
  const got = [];
  for await (const part of await client.completion({ custom_identifier: "returned" }, () => streamed())) {
    got.push(part);
  }
  assert.deepEqual(got, parts);
  const text = await client.completion({ custom_identifier: "through" }, async (call) => {
    let all = "";
    for await (const part of call.stream(streamed())) {
      all += part?.choices?.find?.((choice) => !choice.index)?.delta.content ?? "";
    }
    return all;
  });
  assert.equal(text, "Hello");
  for await (const part of await client.completion({ custom_identifier: "left" }, () => streamed())) {
    if (part.choices[0].index === 1) {
      break;
    }
  }
  await assert.rejects(async () => {
    for await (const part of await client.completion({ custom_identifier: "broken" }, () => streamed(true))) {
      assert.ok(part !== undefined);
    }
  }, /the stream broke/);
  const logged = await records();
  assert.deepEqual(logged.map((one) => one.custom_identifier), ["returned", "through", "left", "broken"]); // prettier-ignore
  for (const one of logged) {
    const whole = one.custom_identifier !== "left";
    assert.deepEqual(one.completion_message, { role: "assistant", content: whole ? "Hello" : "Hel" });
    assert.deepEqual(one.usage, whole ? usage : undefined);
    assert.equal(one.stream, true);
    assert.ok(one.time_to_first_token >= 0 && one.time_to_first_token <= seconds(one) + 0.001);
    assert.equal(one.error_message, one.custom_identifier === "broken" ? "the stream broke" : undefined);
  }
});

/** fetch() through the client, as an application calls it; resolves to the response. */
function post(watched, url, body, more = {}) {
  const headers = { Authorization: "Bearer sk-secret", "Content-Type": "application/json" };
  return watched(url, { method: "POST", headers, body: JSON.stringify(body), ...more });
}

test("fetch(): each route's log holds prompt, answer, usage and times; the application sees the same bytes", async (t) => {
  const { url } = await openAiServer(t);
  const { client, records } = recorder(t);
  const watched = client.fetch({ fields: { environment: "test" } });
  const bodies = {
    "chat/completions": { messages: asked, temperature: 0.5, metadata: { team: "a" }, tools: [{ type: "function", function: { name: "f" } }] },
    completions: { prompt: "Say hello." },
    embeddings: { input: ["a", "b"] },
    responses: { input: "Say hello.", instructions: "Be brief." },
  };
  let count = 0;
  for (const [route, body] of Object.entries(bodies)) {
    for (const stream of route === "embeddings" ? [false] : [false, true]) {
      const request = { model: "gpt-4o", ...body, stream };
      const plain = await post(fetch, `${url}/${route}`, request);
      const seen = await post(watched, `${url}/${route}`, request);
      assert.deepEqual([seen.status, seen.url, seen.redirected, seen.type], [plain.status, plain.url, false, plain.type]);
      assert.equal(seen.headers.get("content-type"), plain.headers.get("content-type"));
      assert.equal(await seen.text(), await plain.text());
      ++count;
    }
  }
  const logged = await records();
  assert.equal(logged.length, count);
  const of = (type) => logged.filter((one) => one.log_type === type);
  for (const one of logged) {
    assert.deepEqual([one.status_code, one.environment, one.error_message, one.warnings], [200, "test", undefined, undefined]);
    assert.ok(seconds(one) >= 0);
    assert.equal(one.time_to_first_token !== undefined, one.stream === true);
  }
  for (const one of of("chat")) {
    assert.deepEqual([one.model, one.prompt_messages, one.usage], ["gpt-4o-2024-08-06", asked, usage]);
    assert.equal(one.completion_message.content, said);
    assert.deepEqual([one.temperature, one.metadata, one.tools.length], [0.5, { team: "a" }, 1]);
  }
  for (const one of of("completion")) {
    assert.deepEqual([one.input, one.output], ["Say hello.", "Hi."]);
  }
  assert.deepEqual(of("embedding").map((one) => [one.input, one.usage.total_tokens, one.output]), [['["a","b"]', 4, undefined]]); // prettier-ignore
  for (const one of of("response")) {
    assert.deepEqual(JSON.parse(one.input), [{ role: "system", content: "Be brief." }, ...asked]);
    assert.deepEqual([one.output, one.usage.output_tokens, one.model], [said, 5, "gpt-4o-2024-08-06"]);
  }
  assert.ok(!JSON.stringify(logged).includes("sk-secret"));
});

test("fetch(): events in any pieces, calls of tools, bodies of other kinds, a Request", async (t) => {
  const { url } = await openAiServer(t);
  const { client, records } = recorder(t);
  const watched = client.fetch({ fields: (request) => ({ custom_identifier: request.model, customer_identifier: request.user }) });
  const chat = `${url}/chat/completions`;
  await (await post(watched, chat, { model: "bytes", messages: asked, stream: true, user: "u-1" })).text();
  for (const stream of [true, false]) {
    await (await post(watched, chat, { model: "tools", messages: asked, stream })).text();
  }
  const body = JSON.stringify({ model: "view", messages: asked });
  await (await watched(new URL(chat), { method: "post", body: new TextEncoder().encode(body) })).text();
  const request = new Request(chat, { method: "POST", body: body.replace("view", "request") });
  assert.equal((await (await watched(request)).json()).choices.length, 1);
  const [bytes, pieces, whole, view, given] = await records();
  assert.deepEqual([bytes.custom_identifier, bytes.customer_identifier, bytes.completion_message.content], ["bytes", "u-1", said]);
  const calls = [{ id: "t-1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } }];
  assert.deepEqual([pieces.tool_calls, whole.tool_calls], [calls, calls]);
  assert.deepEqual([view.custom_identifier, given.custom_identifier], ["view", "request"]);
  assert.deepEqual([view.prompt_messages, given.prompt_messages], [asked, asked]);
});

test("fetch(): each event is the application's before the server sends the next", async (t) => {
  const { url, release } = await openAiServer(t);
  const { client, records } = recorder(t);
  const response = await post(client.fetch(), `${url}/chat/completions`, { model: "held", messages: asked, stream: true });
  const reader = response.body.getReader();
  for (let events = 1; events <= 6; ++events) {
    const { value } = await reader.read(); // Would wait for ever if it were kept back.
    assert.match(new TextDecoder().decode(value), /^data: .*\n\n$/);
    assert.equal(client.stats().logged, 0);
    release();
  }
  assert.equal((await reader.read()).done, true);
  const [record] = await records();
  assert.equal(record.completion_message.content, said);
});

test("fetch(): nothing is read ahead, and what the application does not read is not asked for", async (t) => {
  const { client } = recorder(t);
  let asked = 0;
  const body = () => new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.from(`${++asked}`)) }, { highWaterMark: 0 });
  const watched = client.fetch({ fetch: async () => new Response(body()) });
  const reader = (await watched("http://localhost/v1/completions", { method: "POST" })).body.getReader();
  await new Promise(setImmediate);
  assert.equal(asked, 0);
  await reader.read();
  await new Promise(setImmediate);
  assert.equal(asked, 1);
  await reader.cancel();
  await client.close();
});

test("fetch(): failures of every kind are logged and passed on", async (t) => {
  const { url, release, server } = await openAiServer(t);
  const { client, records } = recorder(t);
  const watched = client.fetch();
  const chat = `${url}/chat/completions`;
  const ask = (model, more) => post(watched, chat, { model, stream: true, messages: asked }, more);
  assert.equal((await (await ask("limited")).json()).error.code, "rate_limit_exceeded");
  assert.equal(await (await ask("down")).text(), "<h1>down</h1>");
  const reader = (await ask("broken")).body.getReader();
  assert.equal((await reader.read()).done, false);
  release();
  await assert.rejects(reader.read(), TypeError);
  await (await ask("gpt-4o")).body.cancel();
  const abort = new AbortController();
  const held = (await ask("held", { signal: abort.signal })).body.getReader();
  await held.read();
  abort.abort();
  await assert.rejects(held.read(), { name: "AbortError" });
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  await assert.rejects(ask("nobody"), TypeError);
  const [limited, down, broken, left, aborted, away] = await records();
  assert.deepEqual([limited.error_message, limited.status, limited.status_code], ["Rate limit reached", "error", 429]);
  assert.deepEqual([down.error_message, down.status, down.status_code], ["<h1>down</h1>", "error", 500]);
  assert.deepEqual([broken.status, broken.error_message, broken.status_code], ["error", "terminated", 200]);
  for (const one of [left, aborted]) {
    assert.deepEqual([one.status, one.warnings], [undefined, "the application did not read the answer to its end"]);
  }
  assert.deepEqual([away.status, away.error_message, away.model], ["error", "fetch failed", "nobody"]);
});

test("fetch(): other requests go by, odd ones do no harm, and what is too large is left out", async (t) => {
  const { client, records } = recorder(t, { maxRecord: 2000 });
  const seen = [];
  const answer = { body: "x".repeat(5000) };
  const send = async (...given) => (seen.push(given), new Response(answer.body, answer.init));
  const thrown = () => {
    throw new Error("of the application");
  };
  const watched = client.fetch({ fetch: send });
  const url = "http://localhost/v1/chat/completions";
  for (const given of [[url], ["http://localhost/v1/models", { method: "POST" }], [undefined], ["not a url%%", { method: "POST" }]]) {
    await (await watched(...given)).text();
    assert.deepEqual(seen.at(-1).slice(0, given.length), given);
  }
  assert.equal(client.stats().logged, 0);
  assert.equal(await (await watched(url, { method: "POST", body: "no JSON" })).text(), answer.body);
  assert.equal(await (await client.fetch({ fetch: send, fields: thrown })(url, { method: "POST", body: "{}" })).text(), answer.body);
  answer.init = { headers: { "content-type": "text/event-stream" } };
  assert.equal(await (await watched(url, { method: "POST", body: "{}" })).text(), answer.body);
  answer.body = 'data: {"choices":[{"delta":{"tool_calls":[{"index":1e9,"function":{"name":7}},null,3]}}]}\n\ndata: {"choices":7}\n\ndata: [1\n';
  assert.equal(await (await watched(url, { method: "POST", body: "{}" })).text(), answer.body);
  const strings = new ReadableStream({ start: (controller) => (controller.enqueue("no bytes"), controller.close()) });
  const reader = (await client.fetch({ fetch: async () => new Response(strings) })(url, { method: "POST", body: "{}" })).body.getReader();
  assert.equal((await reader.read()).value, "no bytes");
  await reader.read();
  answer.body = null;
  assert.equal((await watched(url, { method: "POST", body: "[]" })).body, null);
  const [large, throwing, endless, odd, , empty] = await records();
  assert.match(large.warnings, /larger than 2000 bytes/);
  assert.match(throwing.warnings, /not all of the call is logged: of the application/);
  assert.match(endless.warnings, /larger than 2000 bytes/);
  assert.equal(odd.tool_calls[0].function.name, "7");
  assert.equal(empty.status_code, 200);
});
