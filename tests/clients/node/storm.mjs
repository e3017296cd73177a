// The Node client under tests/clients/storm.py, which says what this program is told and answers.
//   node storm.mjs SOCKET SPOOL THREADS PREFIX MAX_QUEUE CLOSE_TIMEOUT
// Node has no threads that share a client: the records of a "log" come one after the other, THREADS to a turn of the loop.
import { createInterface } from "node:readline";
import { Client } from "../../../clients/node/respand.mjs";

const [socket, spool, threads, prefix, maxQueue, closeTimeout] = process.argv.slice(2);
const client = new Client({
  socket,
  spool: spool === "-" ? "" : spool,
  maxQueue: Number(maxQueue),
  closeTimeout: Number(closeTimeout) * 1000,
});
const times = []; // microseconds in log()
let number = 0;

function timed(record) {
  const from = process.hrtime.bigint();
  try {
    client.log(record);
  } catch (error) {
    console.error(error);
    process.exit(3);
  }
  times.push(Number(process.hrtime.bigint() - from) / 1000);
}

async function logMany(count) {
  for (let logged = 0; logged < count; ++logged) {
    timed({
      custom_identifier: `${prefix}-${number++}`,
      model: "gpt-4o",
      prompt_messages: [{ role: "user", content: "héllo \u0000" }],
      completion_message: { role: "assistant", content: "Hi." },
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    });
    if (logged % Number(threads) === 0) {
      await new Promise(setImmediate);
    }
  }
}

function stats() {
  const { lastError, ...counts } = client.stats();
  const sorted = times.toSorted?.((a, b) => a - b) ?? [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return JSON.stringify({ ...counts, last_error: lastError, p50_us: at(0.5), p99_us: at(0.99), max_us: at(1) });
}

const input = createInterface({ input: process.stdin });
let exits = false;
for await (const line of input) {
  const [command, count] = line.split(" ");
  if (command === "log") {
    await logMany(Number(count));
    console.log(`logged ${count}`);
  } else if (command === "deep") {
    timed(JSON.parse(`${'{"a":'.repeat(69)}{}${"}".repeat(69)}`));
    console.log("logged 1");
  } else if (command === "flush") {
    console.log(`flushed ${await client.flush(20000)}`);
  } else if (command === "stats") {
    console.log(stats());
  } else if (command === "exit") {
    exits = true;
    process.stdin.destroy();
    break;
  }
}
if (!exits) {
  await client.close();
  console.log(stats());
}
