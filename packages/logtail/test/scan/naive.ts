import { closeSync, openSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { Control, shared } from "../../src/scan/control.ts";
import { fileBytes, gzipBytes } from "../../src/scan/bytes.ts";
import { search } from "../../src/scan/search.ts";
import { searchText } from "../../src/scan/pattern.ts";
import type { Query } from "../../src/scan/query.ts";
import type { Hit, SearchLimits, SearchPart } from "../../src/scan/types.ts";
import { LineSplitter } from "../../src/lines/split.ts";
import { encodingOf } from "../../src/lines/decode.ts";
import type { Line } from "../../src/lines/line.ts";

/** Every line of a file, by the rules of `src/lines`. */
export function linesOf(bytes: Buffer, maxLineBytes?: number): Line[] {
  const splitter = new LineSplitter({
    encoding: encodingOf(bytes),
    ...(maxLineBytes !== undefined && { maxLineBytes }),
  });
  const lines = splitter.push(bytes);
  const rest = splitter.rest();
  return rest === undefined ? lines : [...lines, rest];
}

/** The lines that a test accepts: what a search has to find. */
export function naive(bytes: Buffer, test: (text: string) => boolean, maxLineBytes?: number): Line[] {
  return linesOf(bytes, maxLineBytes).filter((line) => test(searchText(line.text)));
}

/** A file whose parts are searched in this thread. */
export function fileOf(folder: string, bytes: Buffer, compressed = false) {
  const path = join(folder, "log");
  writeFileSync(path, compressed ? gzipSync(bytes) : bytes);
  const fd = openSync(path, "r");
  return {
    fd,
    async search(
      query: Query,
      limits: SearchLimits,
      from = 0,
      to = bytes.length,
    ): Promise<SearchPart & { told: Hit[] }> {
      await using source = compressed ? gzipBytes(fd) : fileBytes(fd);
      const told: Hit[] = [];
      const control = new Control(shared(), limits.ms ?? 10_000, ({ hits }) => told.push(...hits));
      const part = await search({ source, part: { fd, compressed, from, to }, query, limits, control });
      return { ...part, told, hits: [...told, ...part.hits] };
    },
    /** All hits, in parts of `limits.hits`. */
    async searchAll(query: Query, limits: SearchLimits): Promise<Hit[]> {
      const all: Hit[] = [];
      let from = 0;
      let to = bytes.length;
      for (;;) {
        const part = await this.search(query, limits, from, to);
        all.push(...part.hits);
        if (part.next === undefined) return all;
        if (limits.newestFirst === true) to = part.next;
        else from = part.next;
      }
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
