import fc from "fast-check";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";
import { initialize } from "./http.ts";
import { fixtures, Program } from "./process.ts";

test("whatever lines come on stdin, the next call is answered, and stdout has nothing but messages", async () => {
  using at = folder({ "c.json": { plugins: { [`${fixtures}/lab.js`]: {} } } });
  await using program = new Program(["c.json"], { cwd: at.path });
  const line = fc.oneof(
    fc.string({ maxLength: 50 }),
    fc.json({ maxDepth: 4 }),
    fc.constantFrom("[]", "{}", "null", "\0", "{", `${"[".repeat(50_000)}`, `"${"x".repeat(100_000)}"`, "\u2028", "\r"),
    fc
      .record({ jsonrpc: fc.constant("2.0"), id: fc.jsonValue(), method: fc.string(), params: fc.jsonValue() })
      .map((message) => JSON.stringify(message)),
  );
  const lines = fc.sample(line, { numRuns: 300, seed: 1 }).map((text) => text.replaceAll("\n", " "));
  program.child.stdin.write(`${JSON.stringify(initialize)}\n${lines.join("\n")}\n`);
  const call = {
    jsonrpc: "2.0",
    id: "last",
    method: "tools/call",
    params: { name: "lab_echo", arguments: { text: "still here" } },
  };
  program.child.stdin.write(`${JSON.stringify(call)}\n`);
  await program.says(/"still here"/);
  program.child.stdin.end();
  expect(await program.exit()).toBe(0);
  for (const said of program.stdout.trimEnd().split("\n")) expect(JSON.parse(said)).toHaveProperty("jsonrpc", "2.0");
});
