import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Item } from "../engines/types.ts";
import type { CorpusDocument } from "./build.ts";

const MAX_DOCUMENTS = 20_000;
const MAX_CHARS = 16 * 1024 * 1024;
/** Reading must not hold up what is measured. */
const SLICE_MS = 4;

/** Streams a corpus file, so that nobody holds all of it: in batches of 20,000 documents or 16 MiB, as the plugin indexes folders. */
export async function* read(file: string): AsyncGenerator<CorpusDocument[], void, undefined> {
  let batch: CorpusDocument[] = [];
  let chars = 0;
  let since = performance.now();
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    batch.push(JSON.parse(line) as CorpusDocument);
    chars += line.length;
    if (performance.now() - since > SLICE_MS) {
      await nextTurn();
      since = performance.now();
    }
    if (batch.length < MAX_DOCUMENTS && chars < MAX_CHARS) continue;
    yield batch;
    [batch, chars] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

/** Each section on its own, under the title of its document and its headings. */
export function items(documents: readonly CorpusDocument[]): Item[] {
  return documents.flatMap(({ id, title, sections }) =>
    sections.map(({ anchor, headings, text }) => ({
      id: `${id}#${anchor}`,
      title: [...new Set([title, ...headings])].join(" "),
      text,
    })),
  );
}
