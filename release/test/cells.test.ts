import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, workspaces } from "../../scripts/workspace.mjs";
import { type Cell, cells, nameOf } from "../cells.mjs";
import { budgetProblems, rowProblems } from "../sizes.mjs";

const newest = { 1: "1.99.0", 2: "2.99.0" };

const values = (full: boolean, of: (cell: Cell) => readonly unknown[]): string[] =>
  [...new Set(cells(full, newest).flatMap((cell) => of(cell).map(String)))].sort();

test.each([
  ["the quick selection", false],
  ["the full matrix", true],
])("%s has every SDK, package manager, release of Node and compiler", (_, full) => {
  const sdks = values(full, ({ sdk }) => [sdk]);
  for (const sdk of ["1.24.0", "1.99.0", "2.0.0", "2.99.0"]) expect(sdks).toContain(sdk);
  expect(values(full, ({ manager }) => [manager])).toEqual(["npm", "pnpm"]);
  for (const node of ["", "22", "24"]) expect(values(full, ({ nodes }) => nodes)).toContain(node);
  const compilers = values(full, (cell) => cell.compilers);
  for (const compiler of ["typescript,bundler", "typescript5,nodenext"]) {
    expect(compilers).toContain(compiler);
  }
});

test("no two cells are one, and what is supported is what core says", () => {
  for (const full of [false, true]) {
    const names = cells(full, newest).map(nameOf);
    expect(new Set(names).size).toBe(names.length);
  }
  const { peerDependencies } = workspaces().find(({ folder }) => folder === "packages/core")!.manifest;
  expect(peerDependencies["@modelcontextprotocol/sdk"]).toContain(">=1.24.0 ");
  expect(peerDependencies["@modelcontextprotocol/server"]).toContain(">=2.0.0 ");
});

const size = { name: "@plugboard/greet", noun: "greet", packed: 10_400, code: 8000, direct: 1, all: 2 };
const row = "| `@plugboard/greet` | 10 | 8 | 1 | 2 |";

test("a package keeps within its budget", () => {
  expect(budgetProblems(size)).toEqual([]);
  expect(budgetProblems({ ...size, packed: 51_000 })).toEqual(["@plugboard/greet has 51 kB packed: its budget is 50"]);
  expect(budgetProblems({ ...size, all: 6 })).toEqual(["@plugboard/greet brings 6 packages along: its budget is 5"]);
});

test("the table of sizes is about right", () => {
  expect(rowProblems(size, row)).toEqual([]);
  expect(rowProblems({ ...size, packed: 11_900 }, row)).toEqual([]);
  for (const change of [{ packed: 14_000 }, { code: 20_000 }, { direct: 2 }, { all: 3 }]) {
    expect(rowProblems({ ...size, ...change }, row)).toEqual([
      "docs/sizes.md is not up to date for @plugboard/greet: run `npm run check -- packed --write`",
    ]);
  }
});

test("a package that was never measured needs no row; one with a budget does", () => {
  expect(rowProblems(size, "")).toEqual([]);
  expect(rowProblems({ ...size, name: "@plugboard/core", noun: "core" }, "")).toHaveLength(1);
});

const workflows = ["check.yml", "release.yml"].map((name) => join(root, ".github", "workflows", name));

test.each(workflows)("%s names its actions by commit, with the version beside it", (file) => {
  expect(existsSync(file)).toBe(true);
  const uses = readFileSync(file, "utf8").match(/uses: .*/g) ?? [];
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses)
    expect(line).toMatch(/^uses: (?:\.\/[\w./-]+|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
});

test("every supported line of Node is tried on three systems", () => {
  const text = readFileSync(workflows[0]!, "utf8");
  expect(text).toContain("os: [ubuntu-latest, macos-latest, windows-latest]");
  expect(text).toContain("node: [20, 22, 24]");
});
