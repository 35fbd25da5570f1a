// Building, opening, changing and asking a large index beside other engines: `npm run bench search`, or `node --import tsx
// search/main.ts [folder ...] [--sections 100000] [--rounds 2] [--engines plugboard,minisearch,...]`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildCorpus } from "./corpus/build.ts";
import { documentation } from "./corpus/packages.ts";
import { makeQueries } from "./corpus/queries.ts";
import type { Query } from "./corpus/queries.ts";
import { items, read } from "./corpus/read.ts";
import { runChild } from "./children.ts";
import type { Measured } from "./child.ts";
import { runSqlite } from "./engines/sqlite.ts";
import { eachMedian, PASSES } from "./passes.ts";
import { report } from "./report.ts";
import type { Results } from "./report.ts";

const QUERIES = 300;
const DEFAULT = ["plugboard", "minisearch", "minisearchPorter", "sqlite"];

// As part of all benchmarks, the arguments are their names.
const own = /search[/\\]main\.[jt]s$/.test(process.argv[1] ?? "");
const { values, positionals } = parseArgs({
  args: own ? process.argv.slice(2) : [],
  allowPositionals: true,
  options: {
    sections: { type: "string", default: "100000" },
    rounds: { type: "string", default: "2" },
    engines: { type: "string", default: DEFAULT.join(",") },
  },
});
const cache = join(tmpdir(), "plugboard-search-bench");
mkdirSync(cache, { recursive: true });
const work = mkdtempSync(join(tmpdir(), "search-bench-"));
const stop = new AbortController();
const remove = (): void => rmSync(work, { recursive: true, force: true });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stop.abort();
    remove();
    process.exit(1);
  });
}

try {
  const downloaded = positionals.length > 0 ? positionals : documentation(join(cache, "packages"));
  // Without Debian, what the installed dependencies say of themselves has to do.
  const folders = downloaded.length > 0 ? downloaded : [join(import.meta.dirname, "../../node_modules/.pnpm")];
  const wanted = Number(values.sections);
  const corpus = buildCorpus(folders, join(work, "corpus.jsonl"), wanted);
  const megabytes = (corpus.chars / 1e6).toFixed(1);
  console.log(
    `Corpus ${corpus.hash}: ${corpus.sections} distinct sections of ${corpus.documents} documents, ${megabytes} million characters.`,
  );
  if (corpus.sections < wanted) console.log(`That is fewer than the ${wanted} wanted: no more was found.`);
  const queries = await makeQueries(read(corpus.file), QUERIES);
  const queriesFile = join(work, "queries.json");
  writeFileSync(queriesFile, JSON.stringify(queries));

  const results: Results = new Map();
  const add = (name: string, measured: Measured | undefined): void => {
    if (measured) results.set(name, [...(results.get(name) ?? []), measured]);
  };
  const engines = values.engines.split(",");
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const place of engines.keys()) {
      const name = engines[(place + round) % engines.length] ?? "";
      if (name === "sqlite") add(name, await sqlite(corpus.file, queries));
      else add(name, await runChild(name, corpus.file, queriesFile, join(work, `index-${round}`), stop.signal));
    }
  }
  report(
    results,
    queries.map(({ kind }) => kind),
  );
  console.log(
    `\nLoad average: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(", ")}.`,
  );
} finally {
  remove();
}

async function sqlite(corpus: string, queries: readonly Query[]): Promise<Measured | undefined> {
  async function* all(): AsyncGenerator<ReturnType<typeof items>, void, undefined> {
    for await (const documents of read(corpus)) yield items(documents);
  }
  const run = await runSqlite(
    all(),
    Array.from({ length: PASSES }, () => queries.map(({ text }) => text)).flat(),
    10,
    200,
  );
  if (run === undefined) console.error("SQLite is left out: Python with FTS5 is not installed.");
  if (run === undefined) return undefined;
  const passes = Array.from({ length: PASSES }, (_, at) =>
    run.answers.slice(at * queries.length, (at + 1) * queries.length),
  );
  return {
    buildMs: run.buildMs,
    buildCpuMs: run.buildCpuMs,
    heap: Number.NaN,
    rss: run.rss,
    ms: eachMedian(passes.map((answers) => answers.map(({ ms }) => ms))),
    answered: (passes[0] ?? []).filter(({ ids }) => ids.length > 0).length,
    extra: {},
  };
}
