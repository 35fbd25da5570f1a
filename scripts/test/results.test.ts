import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../process.mjs";
import { count, totalsLine } from "../results.mjs";
import { root } from "../workspace.mjs";
import { temporary } from "./temp.ts";

const header = `import { afterAll, test } from "vitest";\n`;

test("counts what passed, failed and was skipped", async () => {
  const { passed, failed, skipped, problems } = await counted({
    "a.test.ts": `${header} test("good", () => {}); test("bad", () => { throw new Error("bad"); });`,
    "b.test.ts": `${header} test.skip("not now", () => {}); test("no server", ({ skip }) => skip()); test.todo("later");`,
  });
  expect({ passed, failed, problems }).toEqual({ passed: 1, failed: 1, problems: ["bad: Error: bad"] });
  expect(skipped.toSorted()).toEqual(["later", "no server", "not now"]);
});

test("a file that does not load is a failure", async () => {
  const results = await counted({
    "good.test.ts": `${header} test("good", () => {});`,
    "broken.test.ts": `import "./nothing.ts";`,
  });
  expect(results).toMatchObject({ passed: 1, failed: 1, problems: [expect.stringContaining("broken.test.ts")] });
});

test("a file without tests is a failure", async () => {
  expect(await counted({ "empty.test.ts": "export {};" })).toMatchObject({ passed: 0, failed: 1 });
});

test("no files at all are a failure", async () => {
  expect(await counted({})).toMatchObject({ passed: 0, failed: 1 });
});

test("a failure after the tests of a file is a failure", async () => {
  const source = `${header} test("good", () => {}); afterAll(() => { throw new Error("late"); });`;
  expect(await counted({ "late.test.ts": source })).toMatchObject({ passed: 1, failed: 1 });
});

test("an error that no test waits for is a failure", async () => {
  const source = `${header} test("good", async () => {
    setTimeout(() => { throw new Error("loose"); });
    await new Promise((resolve) => setTimeout(resolve, 50));
  });`;
  expect(await counted({ "loose.test.ts": source })).toMatchObject({ passed: 1, failed: 1 });
});

test("a run without results is a failure, whatever its exit code", () => {
  expect(count(undefined, 1)).toMatchObject({ passed: 0, failed: 1 });
  expect(count(undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
});

test("the totals name what was skipped only where there is something", () => {
  expect(totalsLine({ passed: 3, failed: 0 })).toBe("3 passed, 0 failed");
  expect(totalsLine({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
});

/** The count of a real run of these test files. */
async function counted(files: Readonly<Record<string, string>>) {
  const named = Object.entries(files).map(([name, source]) => [`test/${name}`, source]);
  const folder = temporary(Object.fromEntries(named), join(import.meta.dirname, "..", ".test"));
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--config", join(root, "vitest.config.ts")];
  const { code } = await run(process.execPath, args, { cwd: folder });
  return count(JSON.parse(readFileSync(join(folder, ".test", "results.json"), "utf8")), code);
}
