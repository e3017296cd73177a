// Real exporters of JavaScript, each as its users set it up: only the base URL is another.
//   node exporters.mjs otlp-json|otlp-protobuf|vercel|fetch BASE_URL COUNT [gzip]
// Exports COUNT spans or logs and ends with 0, where the client said that all of it was taken.
import { SpanStatusCode } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { KeywordsAIExporter } from "@keywordsai/exporter-vercel";

const [kind, base, counted, packing] = process.argv.slice(2);
const count = Number(counted);
const key = "key-of-the-client";

// Says how every export ended.
function watched(exporter) {
  const results = { good: 0, bad: [] };
  const original = exporter.export.bind(exporter);
  exporter.export = (spans, done) =>
    original(spans, (result) => {
      if (result.code === 0) {
        results.good += spans.length;
      } else {
        results.bad.push(String(result.error));
      }
      done(result);
    });
  return results;
}

async function exportSpans(exporter, attributes) {
  const results = watched(exporter);
  const provider = new BasicTracerProvider({
    spanProcessors: [new BatchSpanProcessor(exporter, { maxExportBatchSize: 64, maxQueueSize: 10000 })],
  });
  const tracer = provider.getTracer("ai");
  for (let number = 0; number < count; ++number) {
    const span = tracer.startSpan(attributes.name, { attributes: { ...attributes.of(number) } });
    span.setStatus({ code: SpanStatusCode.OK });
    span.end();
  }
  await provider.forceFlush();
  await provider.shutdown();
  if (results.bad.length > 0 || results.good !== count) {
    throw new Error(`${results.good} of ${count} were taken: ${results.bad.join("; ")}`);
  }
}

const calls = {
  name: "chat gpt-4o",
  of: (number) => ({
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 10,
    "gen_ai.prompt.0.content": `question ${number}`,
  }),
};

async function post(path, body) {
  const answer = await fetch(base + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status !== 200) {
    throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
  return answer.json();
}

const otlp = {
  url: `${base}/v2/traces`,
  headers: { Authorization: `Bearer ${key}`, "X-Respan-Dogfood": "1" },
  compression: packing ?? "none",
};
switch (kind) {
  case "otlp-json":
    await exportSpans(new JsonExporter(otlp), calls);
    break;
  case "otlp-protobuf":
    await exportSpans(new ProtobufExporter(otlp), calls);
    break;
  case "vercel":
    await exportSpans(new KeywordsAIExporter({ apiKey: key, baseUrl: base }), {
      name: "ai.generateText.doGenerate",
      of: (number) => ({
        "ai.model.id": "gpt-4o",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages": JSON.stringify([{ role: "user", content: `question ${number}` }]),
        "ai.response.text": "answer",
      }),
    });
    break;
  case "fetch":
    for (let number = 0; number < count; ++number) {
      const said = await post("/request-logs/create/", { model: "gpt-4o", custom_identifier: `fetch-${number}` });
      if (said.message !== "log successful") {
        throw new Error(JSON.stringify(said));
      }
    }
    break;
  default:
    throw new Error(`unknown: ${kind}`);
}
console.log(`${count} taken`);
