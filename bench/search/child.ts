// One engine in a process of its own: `child.ts <name> <corpus> <queries> [folder]`. Prints what it has measured as JSON.
import { readFileSync } from "node:fs";
import type { Query } from "./corpus/queries.ts";
import { items, read } from "./corpus/read.ts";
import { minisearch, minisearchPorter } from "./engines/minisearch.ts";
import { orama, oramaStemmed } from "./engines/orama.ts";
import type { Index } from "./engines/types.ts";
import { eachMedian, PASSES } from "./passes.ts";
import { usage } from "./memory.ts";
import { openedAgain, plugboardIndex, reindexed } from "./own.ts";
import { Lateness, quiet } from "./lateness.ts";

/** What a child has measured: milliseconds, and bytes on top of what the process had before. */
export interface Measured {
  readonly buildMs: number;
  /** Of all threads together. */
  readonly buildCpuMs: number;
  readonly heap: number;
  readonly rss: number;
  /** Of each query, in their order. */
  readonly ms: readonly number[];
  /** How many queries found something. */
  readonly answered: number;
  readonly extra: Readonly<Record<string, number>>;
}

const WARMUP = 200;
const COUNT = 10;
const [name = "", corpus = "", queriesFile = "", folder = ""] = process.argv.slice(2);
const queries = (JSON.parse(readFileSync(queriesFile, "utf8")) as Query[]).map(({ text }) => text);

if (name === "open") console.log(JSON.stringify(await openedAgain(folder, queries[0] ?? "")));
else console.log(JSON.stringify(await measure()));

async function measure(): Promise<Measured> {
  const own = name === "plugboard" ? await plugboardIndex(folder) : undefined;
  const index = own?.index ?? (await peer());
  const add = own?.add ?? ((documents) => index.add(items(documents)));
  // Reading takes time as well and is the same for all; it also brings the process to its size before there is an index.
  const reading = await timed(async () => {
    for await (const documents of read(corpus)) items(documents);
  });
  const before = usage();
  const lateness = new Lateness();
  const building = await timed(async () => {
    for await (const documents of read(corpus)) await add(documents);
    await index.finish();
  });
  const late = lateness.stop();
  const background = await quiet();
  const after = usage();
  for (const query of queries.slice(0, WARMUP)) await index.search(query, COUNT);
  const passes: number[][] = [];
  let answered = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const ms: number[] = [];
    answered = 0;
    for (const query of queries) {
      const start = performance.now();
      const ids = await index.search(query, COUNT);
      ms.push(performance.now() - start);
      if (ids.length > 0) answered += 1;
    }
    passes.push(ms);
  }
  const extra = own ? { ...late, background, ...(await reindexed(own.engine, corpus)) } : late;
  await index.close();
  return {
    buildMs: building.wall - reading.wall,
    buildCpuMs: building.cpu - reading.cpu,
    heap: after.heap - before.heap,
    rss: after.rss - before.rss,
    ms: eachMedian(passes),
    answered,
    extra,
  };
}

async function peer(): Promise<Index> {
  const peers = { minisearch, minisearchPorter, orama, oramaStemmed };
  if (!(name in peers)) throw new Error(`There is no engine "${name}".`);
  return peers[name as keyof typeof peers].open();
}

/** Milliseconds by the clock, and of processor time. */
async function timed(work: () => Promise<void>): Promise<{ wall: number; cpu: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}
