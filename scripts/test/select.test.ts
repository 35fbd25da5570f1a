import { join } from "node:path";
import { expect, test } from "vitest";
import { selectTests } from "../select.mjs";
import { workspaces } from "../workspace.mjs";
import { temporary } from "./temp.ts";

const core = "@plugboard/core";
const server = "@plugboard/server";

test.each([
  { args: [], selected: [], vitest: [] },
  { args: ["core"], selected: [core], vitest: [] },
  { args: ["packages/core", "./apps/server/"], selected: [core, server], vitest: [] },
  { args: [core, "core"], selected: [core], vitest: [] },
  { args: ["packages/core/test/call.test.ts"], selected: [core], vitest: ["test/call.test.ts"] },
  { args: ["core", "-t", "server"], selected: [core], vitest: ["-t", "server"] },
  { args: ["-t", "core"], selected: [], vitest: ["-t", "core"] },
  { args: ["packages/core/test/missing.test.ts"], selected: [], vitest: ["packages/core/test/missing.test.ts"] },
])("$args", ({ args, selected, vitest }) => {
  const folder = temporary({
    "pnpm-workspace.yaml": "packages:\n  - packages/*\n  - apps/*\n",
    "packages/core/package.json": { name: core },
    "packages/core/test/call.test.ts": "",
    "apps/server/package.json": { name: server },
  });
  expect(selectTests(args, workspaces(folder), folder)).toEqual({ selected, vitest });
});

test("the packages are those that pnpm-workspace.yaml names", () => {
  const folder = temporary({
    "pnpm-workspace.yaml": `packages:\n  - "packages/*"\n  - template\n\ncatalog:\n  - other\n`,
    "packages/a/package.json": { name: "a" },
    "packages/b/README.md": "no package",
    "template/package.json": { name: "t" },
    "other/package.json": { name: "other" },
  });
  expect(workspaces(folder)).toEqual([
    { folder: "packages/a", path: join(folder, "packages/a"), manifest: { name: "a" } },
    { folder: "template", path: join(folder, "template"), manifest: { name: "t" } },
  ]);
});
