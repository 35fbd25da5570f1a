import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { run } from "../process.mjs";
import { smallRepository } from "./repository.ts";
import { write } from "./temp.ts";

const vitest = { test: "vitest run --config ../../vitest.config.ts" };
const good = `import { test } from "vitest"; test("good", () => {}); test.skip("not now", () => {});`;

test("sums what this run has done: from files, from the cache, and nothing else", async () => {
  const folder = smallRepository({
    "packages/good/package.json": { name: "good", scripts: vitest },
    "packages/good/test/good.test.ts": good,
    "packages/broken/package.json": { name: "broken", scripts: vitest },
    "packages/broken/test/broken.test.ts": `import "./nothing.ts";`,
    "packages/crash/package.json": { name: "crash", scripts: { test: "exit 3" } },
    "packages/crash/.test/results.json": {
      testResults: [{ name: "stale", status: "passed", assertionResults: [{ fullName: "stale", status: "passed" }] }],
    },
  });

  const first = await npmTest(folder);
  expect(first.lines.at(-1)).toBe("1 passed, 2 failed, 1 skipped");
  expect(first.lines).toContainEqual(expect.stringMatching(/^ok packages\/good: 1 passed \([\d.]+ s\)$/));
  expect(first.lines).toContainEqual(expect.stringMatching(/^FAILED packages\/broken: 0 passed/));
  expect(first.lines).toContain("  skipped: not now");
  expect(first.lines).toContain("  failed: the run ended without results");
  expect(first.code).toBe(1);

  const one = await npmTest(folder, "good");
  expect(one.lines).toContain("ok packages/good: 1 passed (cached)");
  expect(one.lines.at(-1)).toBe("1 passed, 0 failed, 1 skipped");
  expect(one.code).toBe(0);
  expect((await npmTest(folder, "good", "-t", "nothing")).lines.at(-1)).toBe("0 passed, 0 failed, 2 skipped");

  write(folder, "turbo.json", "{");
  const stopped = await npmTest(folder);
  expect(stopped.code).toBe(1);
  expect(stopped.output).toContain("The tests could not be started for the reason above.");
}, 60_000);

/** `npm test` without its set-up. */
async function npmTest(folder: string, ...args: string[]) {
  const file = pathToFileURL(join(folder, "scripts", "test.mjs")).href;
  const source = `import { main } from ${JSON.stringify(file)};
    process.exitCode = await main(${JSON.stringify(args)});`;
  const { code, stdout, output } = await run(process.execPath, ["--input-type=module", "-e", source], {
    cwd: folder,
    // Whoever runs this test anew must not have its own runs made anew.
    env: { TURBO_FORCE: undefined },
  });
  return { code, output, lines: stdout.trimEnd().split("\n") };
}
