import type { OpenFile } from "@plugboard/core/files";
import type { Evidence } from "../files/identity.ts";
import { forward } from "../lines/forward.ts";
import type { Line } from "../lines/line.ts";
import { Gatherer } from "./gather.ts";
import type { Limits } from "./gather.ts";
import type { SourceLine } from "./line.ts";
import { Window } from "./window.ts";

export interface RingOptions extends Limits {
  /** Lines in all. */
  readonly room: number;
  /** Byte offset before which the lines end, uncompressed. Default: the end. */
  readonly before?: number;
  /** Bytes that every line which `take` gives contains. */
  readonly literal?: Buffer;
  readonly nameOf: (line: Line) => SourceLine;
  /** Told how many bytes were looked at; false ends it without an answer. */
  readonly onScanned: (bytes: number) => boolean;
  readonly signal?: AbortSignal;
}

export interface Ring {
  /** In the order of writing. */
  readonly lines: SourceLine[];
  /** Of the end of what was read. */
  readonly evidence: Evidence | undefined;
  /** Whether `take` stopped it: what comes before the lines is not wanted. */
  readonly stopped: boolean;
}

/** The last lines of a compressed file, which can be read forwards only: the last ones are kept as it goes on. */
export async function lastCompressed(file: OpenFile, options: RingOptions): Promise<Ring | undefined> {
  const { room, before = Infinity, literal, take, maxLineBytes, signal } = options;
  const kept: SourceLine[] = [];
  const window = new Window();
  let offset = 0;
  let stopped = false;
  const parts = forward(file, {
    from: 0,
    compressed: true,
    onChunk: (chunk) => window.push(chunk),
    ...(maxLineBytes !== undefined && { maxLineBytes }),
    ...(signal && { signal }),
  });
  for await (const { lines, rest } of parts) {
    for (const line of rest ? [...lines, rest] : lines) {
      if (line.end > before) break;
      offset = line.end;
      if (literal && !line.text.includes(literal.toString())) continue;
      const one = options.nameOf(line);
      const verdict = take?.(one) ?? "give";
      if (verdict === "stop") {
        kept.length = 0;
        stopped = true;
      }
      if (verdict === "give") kept.push(one);
    }
    if (kept.length > 2 * room) kept.splice(0, kept.length - room);
    const goesOn = options.onScanned((lines.at(-1)?.end ?? 0) - (lines[0]?.start ?? 0));
    if (offset >= before) break;
    // What was met so far is not the end of the file.
    if (!goesOn) return undefined;
  }
  const lines: SourceLine[] = [];
  const counter = new Gatherer({ ...options, maxLines: room, take: () => "give" });
  for (const line of kept.slice(-room).toReversed()) {
    if (counter.offer(line) === "end") break;
    lines.unshift(line);
  }
  return { lines, evidence: window.evidence(offset), stopped };
}
