import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { core } from "../src/index.ts";
import { testPlugin } from "../src/testing/index.ts";

testPlugin(core, { describe, it, badOption: { maxChars: -1 } });

describe("the contract with Node's own test runner", () => {
  const script = new URL("contract.node.ts", import.meta.url);
  const here = fileURLToPath(new URL("..", script));
  const run = (folder: string, maxChars: number): string => {
    const args = ["--import", import.meta.resolve("tsx"), "--conditions=@plugboard/source", "--test-reporter=tap"];
    const env = { ...process.env, MAX_CHARS: String(maxChars) };
    return spawnSync(process.execPath, [...args, join(folder, "test/contract.node.ts")], { env, encoding: "utf8" })
      .stdout;
  };

  it.each([
    { name: "passes with a plugin that keeps it", maxChars: -1, pass: 19, fail: 0 },
    { name: "fails with one that takes what it should refuse", maxChars: 20_000, pass: 18, fail: 1 },
  ])("$name", ({ maxChars, pass, fail }) => {
    expect(run(here, maxChars)).toContain(`\n# pass ${pass}\n# fail ${fail}\n`);
  });

  it("skips a line of the SDK that is not installed, and says so", () => {
    const folder = mkdtempSync(join(tmpdir(), "plugboard-contract-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const part of ["package.json", "src", "test/contract.node.ts"])
      cpSync(join(here, part), join(folder, part), { recursive: true });
    mkdirSync(join(folder, "node_modules/@modelcontextprotocol"), { recursive: true });
    for (const name of ["zod", "@modelcontextprotocol/sdk"])
      symlinkSync(realpathSync(join(here, "node_modules", name)), join(folder, "node_modules", name));
    const said = run(folder, -1);
    expect(said).toMatch(/^ +ok \d+ - on SDK 2, which is not installed # SKIP$/m);
    expect(said).toContain("\n# pass 12\n# fail 0\n# cancelled 0\n# skipped 1\n");
  });
});
