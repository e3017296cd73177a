// Compiled by packages.test.mjs as an ES module and as CommonJS; it never runs. What must not compile says so.
import OpenAI from "openai";
import { Client, type Call, type LogRecord, type Stats } from "respand";

const respand = new Client({ socket: "/run/x.sock", spool: "", closeOnSignals: ["SIGTERM"], onError: (_record, reason) => reason.length });
const record: LogRecord = { model: "gpt-4o", metadata: { team: "a" }, anything: [1] };
const taken: boolean = respand.log(record);
const flushed: Promise<boolean> = respand.flush(1000);
const stats: Stats = respand.stats();
export const openai = new OpenAI({ fetch: respand.fetch({ fields: (request) => ({ customer_identifier: String(request.user) }) }) });

export async function calls(): Promise<unknown[]> {
  const seven: number = await respand.completion({ model: "m" }, async (call: Call) => (call.set({ status_code: 200 }), 7));
  const chat = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] };
  const stream = await respand.completion(chat, () => openai.chat.completions.create({ ...chat, stream: true }));
  for await (const chunk of stream) {
    const text: string | null | undefined = chunk.choices[0]?.delta.content;
    void text;
  }
  // @ts-expect-error: it is a plain stream of chunks, without the methods of OpenAI's
  stream.controller.abort();
  // @ts-expect-error: a record is an object
  respand.log("text");
  // @ts-expect-error: there is no such setting
  new Client({ sokcet: "/x" });
  return [taken, flushed, stats.lastError, seven];
}
