import { median, table } from "../measure.ts";
import type { Measured } from "./child.ts";
import { KINDS } from "./corpus/queries.ts";
import type { Query } from "./corpus/queries.ts";
import { percentile } from "./measures.ts";

/** What was measured of each engine, once a round. */
export type Results = Map<string, Measured[]>;

interface Summary {
  readonly build: number;
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly heap: number;
  readonly rss: number;
}

const MB = 1e6;
const fixed = (value: number, digits = 1): string => (Number.isNaN(value) ? "-" : value.toFixed(digits));

/** @param kinds of the queries, in their order */
export function report(results: Results, kinds: readonly Query["kind"][]): void {
  if (results.size === 0) return;
  const summaries = new Map([...results].map(([name, runs]) => [name, summary(runs)] as const));
  console.log("\nMedians of the rounds; memory after collecting garbage, on top of what the process had before.\n");
  table(
    [...summaries].map(([engine, { build, cpu, p50, p99, heap, rss }]) => ({
      engine,
      "build, s": fixed(build / 1000),
      "processor, s": fixed(cpu / 1000),
      "p50, ms": fixed(p50, 3),
      "p99, ms": fixed(p99, 2),
      "heap and buffers, MB": fixed(heap / MB),
      "resident, MB": fixed(rss / MB),
      "queries with hits": results.get(engine)?.[0]?.answered ?? 0,
    })),
  );
  const times = (name: string, kind: Query["kind"], share: number): number =>
    median(
      (results.get(name) ?? []).map(({ ms }) =>
        percentile(
          ms.filter((_, at) => kinds[at] === kind),
          share,
        ),
      ),
    );
  console.log("\nBy kind of query: p50 and p99 in ms.\n");
  table(
    [...results.keys()].map((engine) => ({
      engine,
      ...Object.fromEntries(
        KINDS.map((kind) => [kind, `${fixed(times(engine, kind, 0.5), 3)} ${fixed(times(engine, kind, 0.99), 2)}`]),
      ),
    })),
  );
  const own = summaries.get("plugboard");
  const runs = results.get("plugboard");
  if (own === undefined || runs === undefined) return;
  const extra = (name: string): number => median(runs.map((run) => run.extra[name] ?? Number.NaN));
  const rows: Record<string, string>[] = [];
  const limit = (what: string, value: number, most: number, digits = 3): void => {
    if (!Number.isNaN(value))
      rows.push({ what, measured: fixed(value, digits), "at most": String(most), kept: value <= most ? "yes" : "NO" });
  };
  for (const [name, peer] of summaries) {
    if (name === "plugboard") continue;
    if (name === "sqlite") {
      for (const kind of KINDS)
        limit(`p50 / SQLite FTS5's, ${kind}`, times("plugboard", kind, 0.5) / times(name, kind, 0.5), 0.1);
      continue;
    }
    limit(`build / ${name}'s`, own.build / peer.build, 0.333);
    for (const kind of KINDS)
      limit(`p50 / ${name}'s, ${kind}`, times("plugboard", kind, 0.5) / times(name, kind, 0.5), 0.05);
    limit(`heap and buffers / ${name}'s`, own.heap / peer.heap, 0.45);
    limit(`resident / ${name}'s`, own.rss / peer.rss, 0.45);
  }
  limit("p99, ms", own.p99, 10, 2);
  limit("open and first answer / build", extra("first") / own.build, 0.1);
  limit("changing one document, median ms", extra("reindex"), 10, 2);
  console.log("\nLimits:\n");
  table(rows);
  console.log(`\nOpening ${fixed(extra("open"))} ms, first answer after ${fixed(extra("first"))} ms.`);
  console.log(
    `Changing one document: ${fixed(extra("reindexMax"))} ms at most. Files: ${fixed(extra("bytes") / MB)} MB.`,
  );
  console.log(`After the build, other work on the index went on for ${fixed(extra("background") / 1000)} s.`);
  console.log(
    `While building, a timer was late by ${fixed(extra("lateP99"))} ms (99 %), ${fixed(extra("lateMax"))} ms at most; ` +
      `longest block of the event loop ${fixed(extra("block"))} ms.`,
  );
}

function summary(runs: readonly Measured[]): Summary {
  const of = (value: (run: Measured) => number): number => median(runs.map(value));
  return {
    build: of(({ buildMs }) => buildMs),
    cpu: of(({ buildCpuMs }) => buildCpuMs),
    p50: of(({ ms }) => percentile(ms, 0.5)),
    p99: of(({ ms }) => percentile(ms, 0.99)),
    heap: of(({ heap }) => heap),
    rss: of(({ rss }) => rss),
  };
}
