import { join } from "node:path";
import { API } from "typescript/unstable/sync";
import { expect, test } from "vitest";
import { declarationOf } from "../api-text.mjs";
import { packagesTable } from "../docs-packages.mjs";
import { temporary } from "./temp.ts";

const source = `export async function run<T>(work: () => T): Promise<T> { return work(); }
export const limit = 3;
export const named: Map<string, number> = new Map();
export class Box<T> extends Map<string, T> {
  readonly #hidden = 1;
  private secret = 2;
  readonly size2: number = 0;
  /** Puts it in. */
  async put(value: T): Promise<void> { this.set("x", value); }
}
export interface Shape {
  /** In metres. */
  readonly width: number;
}
`;

test("a declaration reads as it is written, without bodies and what is private", () => {
  const folder = temporary({ "a.ts": source, "tsconfig.json": { include: ["a.ts"] } });
  const api = new API({ cwd: folder });
  const project = api.updateSnapshot({ openProjects: [join(folder, "tsconfig.json")] }).getProjects()[0]!;
  const file = project.program.getSourceFile(join(folder, "a.ts"))!;
  const texts = project.checker
    .getExportsOfModule(project.checker.getSymbolAtLocation(file)!)
    .map((symbol) => declarationOf(symbol.declarations[0]!.resolve(project), symbol.name, () => "inferred"));
  api.close();
  expect(texts.toSorted()).toEqual([
    "class Box<T> extends Map<string, T> {\n  readonly size2: number;\n  /** Puts it in. */\n  put(value: T): Promise<void>;\n}",
    "const limit: inferred;",
    "const named: Map<string, number>;",
    "function run<T>(work: () => T): Promise<T>;",
    "interface Shape {\n  /** In metres. */\n  readonly width: number;\n}",
  ]);
});

test("the table of packages has the core first and the server last, and what only serves the repository not at all", () => {
  const all = ["apps/server", "bench", "packages/cache", "packages/core"].map((folder) => ({
    folder,
    path: "",
    manifest: { name: `@plugboard/${folder.split("/").at(-1)}`, description: `about ${folder}` },
  }));
  const rows = packagesTable(all).split("\n").slice(2);
  expect(rows.map((row) => /about \S+/.exec(row)?.[0])).toEqual([
    "about packages/core",
    "about packages/cache",
    "about apps/server",
  ]);
  expect(rows[1]).toContain("| [API](docs/api/cache.md) |");
  expect(rows[2]).not.toContain("API");
});
