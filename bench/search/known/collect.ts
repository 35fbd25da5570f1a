// Writes english.jsonl, the English half of the known-item corpus: this repository's own documentation and, so that there is
// something to confuse it with, the READMEs of packages that it is built with. It is checked in, so that the expected answers
// stay right when the documentation changes. `node --import tsx search/known/collect.ts`; then look through queries.ts.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseMarkdown } from "../../../packages/search/src/documents/markdown.ts";
import { Pacer } from "../../../packages/search/src/pacer.ts";
import type { KnownDocument } from "./corpus.ts";

const ROOT = join(import.meta.dirname, "../../..");
const BOUNDS = { maxSections: 1000, maxSectionChars: 4000 };

const own = [
  "README.md",
  "CONTRIBUTING.md",
  "DESIGN.md",
  "apps/server/README.md",
  ...readdirSync(join(ROOT, "docs/decisions")).map((name) => `docs/decisions/${name}`),
  ...["batch", "cache", "core", "logtail", "progress", "ratelimit", "search"].map(
    (name) => `packages/${name}/README.md`,
  ),
];
/** Packages and who they belong to; their licences allow copies. */
const others = [
  { from: "bench", name: "minisearch", notice: "MIT, Luca Ongaro" },
  { from: "bench", name: "lru-cache", notice: "BlueOak-1.0.0, Isaac Z. Schlueter" },
  { from: "packages/search", name: "picomatch", notice: "MIT, Jon Schlinkert" },
];
const documents: KnownDocument[] = [];
for (const path of own) documents.push(await read(path, join(ROOT, path), "MIT, Plugboard"));
for (const { from, name, notice } of others) {
  const folder = packageFolder(createRequire(join(ROOT, from, "package.json")).resolve(name), name);
  documents.push(await read(`${name}/README.md`, join(folder, "README.md"), notice));
}
writeFileSync(
  join(import.meta.dirname, "english.jsonl"),
  documents.map((document) => `${JSON.stringify(document)}\n`).join(""),
);

async function read(path: string, file: string, notice: string): Promise<KnownDocument> {
  const { title, sections } = await parseMarkdown(readFileSync(file, "utf8"), BOUNDS, new Pacer());
  return {
    path,
    title: title ?? path,
    notice,
    sections: sections.map(({ anchor, headings, text }) => ({ anchor, headings, text })),
  };
}

function packageFolder(entry: string, name: string): string {
  const end = join("node_modules", name);
  return entry.slice(0, entry.lastIndexOf(end) + end.length) || dirname(entry);
}
