#!/usr/bin/env node
import { run } from "./run.ts";

const code = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
// Plugins may hold what would keep the process alive; all that had to be written has been.
process.exit(code);
