import { expect, test } from "vitest";
import { run } from "../process.mjs";
import { turboEnv, turboFile } from "../turbo.mjs";
import { lockFile, smallRepository } from "./repository.ts";
import { write } from "./temp.ts";

const scripts = { build: "true", types: "true", test: "true" };

const repository = () =>
  smallRepository({
    "packages/base/package.json": { name: "base", scripts, dependencies: { zod: "^1.0.0" } },
    "packages/base/README.md": "before",
    "packages/base/src/index.ts": "before",
    "packages/base/test/base.test.ts": "before",
    "packages/user/package.json": { name: "user", scripts, devDependencies: { base: "workspace:*" } },
    "packages/user/src/index.ts": "before",
  });

// What runs again when a file changes; all else must come from the cache.
test.each([
  ["packages/base/src/index.ts", ["base build", "base test", "base types", "user build", "user test", "user types"]],
  ["packages/base/test/base.test.ts", ["base test", "base types"]],
  ["packages/base/README.md", ["base test", "base types"]],
  ["packages/base/.test/results.json", []],
  ["packages/user/src/index.ts", ["user build", "user test", "user types"]],
  ["vitest.config.ts", ["base test", "user test"]],
  ["tsup.config.ts", ["base build", "base test", "user build", "user test"]],
  ["scripts/tsc.mjs", ["base build", "base test", "base types", "user build", "user test", "user types"]],
  ["README.md", []],
])("%s", async (file, expected) => {
  const folder = repository();
  const before = await keys(folder);
  write(folder, file, "{}");
  expect(changed(before, await keys(folder))).toEqual(expected);
});

test("a dependency that the lock file moves", async () => {
  const folder = repository();
  const before = await keys(folder);
  write(folder, "pnpm-lock.yaml", lockFile("1.0.1"));
  expect(changed(before, await keys(folder))).toEqual([
    "base build",
    "base test",
    "base types",
    "user build",
    "user test",
    "user types",
  ]);
});

test("another version of Node, and CI for the tests", async () => {
  const folder = repository();
  const before = await keys(folder);
  expect(changed(before, await keys(folder, { PLUGBOARD_NODE: "v99.0.0" }))).toHaveLength(6);
  expect(changed(before, await keys(folder, { CI: "other" }))).toEqual(["base test", "user test"]);
});

type Keys = ReadonlyMap<string, string>;

/** The cache key of every task, as turbo computes it. */
async function keys(folder: string, env: Record<string, string> = {}): Promise<Keys> {
  const args = [turboFile, "run", "build", "test", "types", "--dry=json"];
  const { stdout } = await run(process.execPath, args, { cwd: folder, env: { ...turboEnv, CI: "true", ...env } });
  const { tasks } = JSON.parse(stdout) as { tasks: { package: string; task: string; command: string; hash: string }[] };
  const real = tasks.filter(({ command }) => command !== "<NONEXISTENT>");
  return new Map(real.map((task) => [`${task.package} ${task.task}`, task.hash]));
}

function changed(before: Keys, after: Keys): string[] {
  expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
  return [...after].flatMap(([task, hash]) => (before.get(task) === hash ? [] : [task])).toSorted();
}
