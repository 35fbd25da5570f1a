import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { core } from "../src/index.ts";
import { testPlugin } from "../src/testing/index.ts";

testPlugin(core, { describe, it, badOption: { maxChars: -1 } });

describe("the contract with Node's own test runner", () => {
  const run = (maxChars: number): string => {
    const args = ["--import", "tsx", "--conditions=@plugboard/source", "--test-reporter=tap"];
    const file = fileURLToPath(new URL("contract.node.ts", import.meta.url));
    const env = { ...process.env, MAX_CHARS: String(maxChars) };
    return spawnSync(process.execPath, [...args, file], { env, encoding: "utf8" }).stdout;
  };

  it.each([
    { name: "passes with a plugin that keeps it", maxChars: -1, pass: 19, fail: 0 },
    { name: "fails with one that takes what it should refuse", maxChars: 20_000, pass: 18, fail: 1 },
  ])("$name", ({ maxChars, pass, fail }) => {
    const said = run(maxChars);
    expect(said).toContain(`\n# pass ${pass}\n# fail ${fail}\n`);
  });
});
