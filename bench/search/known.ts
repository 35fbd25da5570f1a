// How often what somebody has in mind is found first: `node --import tsx search/known.ts [--verbose]`.
import { parseArgs } from "node:util";
import { localEngine } from "@plugboard/search/engine";
import { table } from "../measure.ts";
import { minisearchPorter } from "./engines/minisearch.ts";
import { ask, document, plugboardName } from "./engines/plugboard.ts";
import { runSqlite, sqliteName } from "./engines/sqlite.ts";
import type { Item } from "./engines/types.ts";
import { knownDocuments } from "./known/corpus.ts";
import { KNOWN_ITEMS } from "./known/queries.ts";
import { mean } from "./measures.ts";

/** How far down the right one is looked for. */
const DEPTH = 20;
/** The part of all items that has to be found first. */
const WANTED = 0.95;

const { values } = parseArgs({ options: { verbose: { type: "boolean", default: false } } });
const documents = knownDocuments();
const items: Item[] = documents.flatMap(({ path, title, sections }) =>
  sections.map(({ anchor, headings, text }) => ({
    id: `${path}#${anchor}`,
    title: [...new Set([title, ...headings, path])].join(" "),
    // Backticks are part of words to some, which says nothing about their ranking.
    text: text.replaceAll("`", " "),
  })),
);
const ids = new Set(items.map(({ id }) => id));
for (const { query, wanted } of KNOWN_ITEMS) {
  const missing = wanted.find((one) => ![...ids].some((id) => answers(id, one)));
  if (missing !== undefined) throw new Error(`"${query}" wants ${missing}, which is not in the corpus.`);
}
console.log(`${KNOWN_ITEMS.length} items in ${items.length} sections of ${documents.length} documents.`);

const queries = KNOWN_ITEMS.map(({ query }) => query);
const share = score(plugboardName, await own());
const shown = `${(share * 100).toFixed(1)} % found first; wanted are ${WANTED * 100} %`;
console.log(share >= WANTED ? `\n${shown}.` : `\nNOT REACHED: ${shown}.`);
const mini = await minisearchPorter.open();
await mini.add(items);
const found: (readonly string[])[] = [];
for (const query of queries) found.push(await mini.search(query, DEPTH));
score(minisearchPorter.name, found);
const sqlite = await runSqlite([items], queries, DEPTH, 0);
if (sqlite)
  score(
    sqliteName,
    sqlite.answers.map((answer) => answer.ids),
  );

async function own(): Promise<(readonly string[])[]> {
  const built = await localEngine();
  await built.put(
    documents.map(({ path, title, sections }) =>
      document(path, {
        title,
        type: "markdown",
        sections: sections.map((section) => ({ fragment: section.anchor, ...section })),
      }),
    ),
  );
  const found: (readonly string[])[] = [];
  for (const query of queries) found.push(await ask(built, query, DEPTH));
  await built.close();
  return found;
}

/** Prints success at 1 and 3 and the mean reciprocal rank for each kind. Returns the share of what was found first. */
function score(name: string, rankings: readonly (readonly string[])[]): number {
  const ranks = KNOWN_ITEMS.map(({ kind, query, wanted }, at) => {
    const ranking = rankings[at] ?? [];
    const rank = ranking.findIndex((id) => wanted.some((one) => answers(id, one))) + 1;
    if (values.verbose && rank !== 1)
      console.log(`${name}: "${query}" at ${rank || "-"}, after ${ranking[0] ?? "nothing"}`);
    return { kind, rank };
  });
  const row = (label: string, own: readonly { readonly rank: number }[]): Record<string, string | number> => {
    const share = (most: number): string => mean(own.map(({ rank }) => (rank > 0 && rank <= most ? 1 : 0))).toFixed(3);
    const reciprocal = mean(own.map(({ rank }) => (rank === 0 ? 0 : 1 / rank)));
    return { kind: label, items: own.length, first: share(1), "in 3": share(3), MRR: reciprocal.toFixed(3) };
  };
  console.log(`\n## ${name}\n`);
  const kinds = [...new Set(ranks.map(({ kind }) => kind))];
  const byKind = kinds.map((kind) =>
    row(
      kind,
      ranks.filter((one) => one.kind === kind),
    ),
  );
  table([...byKind, row("all", ranks)]);
  return mean(ranks.map(({ rank }) => (rank === 1 ? 1 : 0)));
}

/** Whether a section is what is wanted, or of the document that is. */
function answers(id: string, wanted: string): boolean {
  return id === wanted || id.startsWith(wanted.includes("#") ? `${wanted}~` : `${wanted}#`);
}
