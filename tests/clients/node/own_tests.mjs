// Runs the tests of this folder, three files at a time: what takes their time is starting programs. 1 where one fails.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { tap } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).map((name) => join(folder, name)); // prettier-ignore
run({ files, concurrency: 3 })
  .on("test:fail", () => (process.exitCode = 1))
  .compose(tap)
  .pipe(process.stdout);
