#!/usr/bin/env node
import { run } from "./run.ts";
import { flushed } from "./serve/stdout.ts";

const { stdout, stderr } = process;
// Whoever reads may have read enough: `plugboard tools | head`.
stdout.on("error", () => undefined);

const code = await run(process.argv.slice(2), {
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  outIsTerminal: stdout.isTTY,
  errIsTerminal: stderr.isTTY,
});
await flushed(stdout);
// Plugins may hold what would keep the process alive; all that had to be written has been.
process.exit(code);
