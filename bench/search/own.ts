import { ok } from "node:assert";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { localEngine } from "@plugboard/search/engine";
import type { Engine } from "@plugboard/search/engine";
import { median } from "../measure.ts";
import type { CorpusDocument } from "./corpus/build.ts";
import { read } from "./corpus/read.ts";
import { ask, document } from "./engines/plugboard.ts";
import type { Index } from "./engines/types.ts";

const CHANGES = 50;

interface Own {
  readonly engine: Engine;
  readonly index: Index;
  add(documents: readonly CorpusDocument[]): Promise<void>;
}

/** The engine with documents of several sections each, as it is used, with its index in `folder`. */
export async function plugboardIndex(folder: string): Promise<Own> {
  const own = await localEngine({ folder });
  return {
    engine: own,
    add: (documents) => own.put(documents.map((one) => toIndex(one))),
    index: {
      add: () => {
        throw new Error("items are put as documents");
      },
      finish: () => own.commit(),
      search: (query, count) => ask(own, query, count),
      close: () => own.close(),
    },
  };
}

/** Milliseconds until a changed document of a large index has been put in place of the old one, and can be found. */
export async function reindexed(own: Engine, corpus: string): Promise<Record<string, number>> {
  const chosen: CorpusDocument[] = [];
  for await (const documents of read(corpus)) {
    // Of ordinary length: a handbook in one page is not what people edit.
    chosen.push(...documents.filter(({ sections }) => sections.length >= 2 && sections.length <= 20).slice(0, 3));
    if (chosen.length >= CHANGES) break;
  }
  const times: number[] = [];
  for (const [at, one] of chosen.slice(0, CHANGES).entries()) {
    const word = `zquux${String.fromCodePoint(97 + (at % 26), 97 + Math.floor(at / 26))}zy`;
    const changed = toIndex(
      {
        ...one,
        sections: one.sections.map((section, place) =>
          place === 0 ? { ...section, text: `${section.text}\n${word}` } : section,
        ),
      },
      "2",
    );
    const start = performance.now();
    await own.put([changed]);
    times.push(performance.now() - start);
    const hits = await ask(own, word, 10);
    ok(hits.length === 1 && hits[0]?.startsWith(`${one.id}#`), `${word} was not found in ${one.id}`);
  }
  return { reindex: median(times), reindexMax: Math.max(...times) };
}

/** Milliseconds of opening the index in `folder`, and until the first answer; and how large it is. */
export async function openedAgain(folder: string, query: string): Promise<Record<string, number>> {
  const start = performance.now();
  const own = await localEngine({ folder });
  const open = performance.now() - start;
  await ask(own, query, 10);
  const first = performance.now() - start;
  const { sections } = own;
  await own.close();
  return { open, first, sections, bytes: size(folder) };
}

function toIndex({ id, title, sections }: CorpusDocument, version = "1"): ReturnType<typeof document> {
  return document(id, {
    title,
    version,
    sections: sections.map((section) => ({ fragment: section.anchor, ...section })),
  });
}

function size(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
