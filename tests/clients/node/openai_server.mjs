// A server that answers as OpenAI's does. The model of a request says how:
//   gpt-4o          chat, completion, embedding, response; with stream: true in server-sent events
//   tools           a call of a tool, its arguments in pieces
//   held            streams; each event behind the first comes when release() is called
//   broken          streams, and breaks off behind the first event when release() is called
//   limited, wrong  429 and 400 with OpenAI's error
//   down            500 with a page
//   bytes           streams, one byte a write
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { atEnd } from "./support.mjs";

const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
const chunk = (choices, more) => ({ id: "c-1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-2024-08-06", choices, ...more });
const delta = (of, reason = null) => chunk([{ index: 0, delta: of, finish_reason: reason }]);
const call = (part) => delta({ tool_calls: [{ index: 0, ...part }] });

const message = {
  "gpt-4o": { role: "assistant", content: "Hello, wörld 🌍.", refusal: null },
  tools: {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "t-1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } }],
  },
};

const chunks = {
  tools: [
    delta({ role: "assistant", content: null }),
    call({ id: "t-1", type: "function", function: { name: "weather", arguments: "" } }),
    call({ function: { arguments: '{"city":' } }),
    call({ function: { arguments: '"Oslo"}' } }),
    delta({}, "tool_calls"),
    chunk([], { usage }),
  ],
  text: [
    delta({ role: "assistant", content: "" }),
    delta({ content: "Hello, " }),
    delta({ content: "wörld 🌍." }),
    delta({}, "stop"),
    chunk([], { usage }),
  ],
};

const output = [{ type: "message", id: "m-1", role: "assistant", status: "completed", content: [{ type: "output_text", text: "Hello, wörld 🌍.", annotations: [] }] }];
const response = {
  id: "r-1", object: "response", created_at: 1, status: "completed", model: "gpt-4o-2024-08-06", output, error: null,
  usage: { input_tokens: 12, output_tokens: 5, total_tokens: 17 },
}; // prettier-ignore

const errors = {
  limited: [429, { message: "Rate limit reached", type: "requests", code: "rate_limit_exceeded" }],
  wrong: [400, { message: "There is no such model", type: "invalid_request_error", code: "model_not_found" }],
};

const answers = {
  "/v1/chat/completions": {
    whole: (model) => ({
      id: "c-1", object: "chat.completion", created: 1, model: "gpt-4o-2024-08-06", usage,
      choices: [{ index: 0, message: message[model] ?? message["gpt-4o"], finish_reason: "stop" }],
    }), // prettier-ignore
    events: (model) => [...(chunks[model] ?? chunks.text).map((one) => `data: ${JSON.stringify(one)}\n\n`), "data: [DONE]\n\n"],
  },
  "/v1/completions": {
    whole: () => ({ id: "c-2", object: "text_completion", created: 1, model: "gpt-4o", usage, choices: [{ index: 0, text: "Hi." }] }),
    events: () => ['data: {"model":"gpt-4o","choices":[{"index":0,"text":"H"}]}\r\n\r\n', 'data: {"choices":[{"text":"i."}]}\r\n\r\n'],
  },
  "/v1/embeddings": {
    whole: () => ({ object: "list", model: "gpt-4o", data: [{ index: 0, embedding: [0.5, 1] }], usage: { prompt_tokens: 4, total_tokens: 4 } }),
  },
  "/v1/responses": {
    whole: () => response,
    events: () =>
      [
        { type: "response.created", sequence_number: 0, response: { ...response, status: "in_progress", output: [], usage: null } },
        { type: "response.output_text.delta", sequence_number: 1, item_id: "m-1", output_index: 0, content_index: 0, delta: "Hello" },
        { type: "response.completed", sequence_number: 2, response },
      ].map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`),
  },
};

/** The server; `url` is its base, `release()` lets the next event of "held" go. */
export async function openAiServer(t) {
  const releases = new EventEmitter();
  let released = 0;
  const server = createServer(async (request, reply) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString() || "{}");
    const kind = answers[request.url];
    if (!kind) {
      return reply.writeHead(404).end();
    }
    if (errors[body.model]) {
      const [status, error] = errors[body.model];
      return reply.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ error }));
    }
    if (body.model === "down") {
      return reply.writeHead(500, { "Content-Type": "text/html" }).end("<h1>down</h1>");
    }
    if (!body.stream) {
      return reply.writeHead(200, { "Content-Type": "application/json", "x-request-id": "q-1" }).end(JSON.stringify(kind.whole(body.model)));
    }
    reply.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    for (const event of kind.events(body.model)) {
      for (const part of body.model === "bytes" ? Buffer.from(event) : [event]) {
        reply.write(body.model === "bytes" ? Buffer.from([part]) : part);
      }
      if (body.model === "held" || body.model === "broken") {
        await (released > 0 || once(releases, "release"));
        --released;
      }
      if (body.model === "broken") {
        return reply.socket.destroy();
      }
    }
    reply.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(t, () => (server.close(), server.closeAllConnections()));
  const release = () => {
    ++released;
    releases.emit("release");
  };
  return { url: `http://127.0.0.1:${server.address().port}/v1`, release, server };
}
