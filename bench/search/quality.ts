// How well results are ranked in public test collections, beside other engines: `node --import tsx search/quality.ts [folder
// of collections] [--only name]`. The README says where the collections come from.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { table } from "../measure.ts";
import { collections } from "./collections.ts";
import type { Collection } from "./collections.ts";
import { flexsearch, flexsearchEnglish } from "./engines/flexsearch.ts";
import { lunrPeer } from "./engines/lunr.ts";
import { minisearch, minisearchPorter } from "./engines/minisearch.ts";
import { orama, oramaStemmed } from "./engines/orama.ts";
import { plugboard } from "./engines/plugboard.ts";
import { runSqlite, sqliteName } from "./engines/sqlite.ts";
import type { Peer } from "./engines/types.ts";
import { averagePrecision, checkMeasures, mean, ndcg } from "./measures.ts";

/** How deep average precision looks, as trec_eval does by default. */
const DEPTH = 1000;
const PEERS = [
  plugboard,
  minisearch,
  minisearchPorter,
  orama,
  oramaStemmed,
  flexsearch,
  flexsearchEnglish,
  lunrPeer,
] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" } },
});
const folder = positionals[0] ?? process.env["PLUGBOARD_COLLECTIONS"];
if (folder === undefined || !existsSync(folder)) {
  console.error(
    "There are no test collections here. Give their folder as argument or in PLUGBOARD_COLLECTIONS; " +
      "bench/search/README.md says where to get them and how they are laid out.",
  );
  process.exit(2);
}
checkMeasures();

const found = collections(folder).filter(({ name }) => values.only === undefined || name === values.only);
if (found.length === 0) {
  console.error(`There is no test collection in ${folder}: see bench/search/README.md for the layout.`);
  process.exit(2);
}
for (const collection of found) {
  const { name, items, queries } = collection;
  console.log(`\n## ${name}: ${items.length} documents, ${queries.length} queries with judgements\n`);
  const results: { engine: string; ndcg: number; map: number }[] = [];
  for (const peer of PEERS) {
    results.push(measured(peer.name, collection, await rankings(peer, collection)));
  }
  const texts = queries.map(({ text }) => text);
  const sqlite = await runSqlite([items], texts, DEPTH, 0);
  if (sqlite === undefined) console.error(`${sqliteName} is left out: Python with FTS5 is not installed.`);
  else {
    results.push(
      measured(
        sqliteName,
        collection,
        sqlite.answers.map(({ ids }) => ids),
      ),
    );
  }
  table(
    results.map(({ engine, ...value }) => ({ engine, "nDCG@10": value.ndcg.toFixed(4), MAP: value.map.toFixed(4) })),
  );
}

async function rankings(peer: Peer, { items, queries }: Collection): Promise<(readonly string[])[]> {
  const index = await peer.open();
  try {
    // Names of documents may hold what an engine gives a meaning: it sees numbers.
    await index.add(items.map((item, at) => ({ ...item, id: String(at) })));
    await index.finish();
    const all: (readonly string[])[] = [];
    for (const { text } of queries) {
      const ids = await index.search(text, DEPTH);
      all.push(ids.map((id) => items[Number(id)]?.id ?? ""));
    }
    return all;
  } finally {
    await index.close();
  }
}

function measured(
  engine: string,
  { queries }: Collection,
  rankings: readonly (readonly string[])[],
): { engine: string; ndcg: number; map: number } {
  const over = (measure: typeof averagePrecision): number =>
    mean(queries.map(({ gains }, at) => measure(rankings[at] ?? [], gains)));
  return { engine, ndcg: over((ranking, gains) => ndcg(ranking, gains)), map: over(averagePrecision) };
}
