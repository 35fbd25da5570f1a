import { withoutAliases } from "./files/source.ts";
import type { LogFile, Source } from "./files/source.ts";
import { Hunt } from "./hunt.ts";
import type { Query } from "./scan/query.ts";
import type { Scanners } from "./scan/sessions.ts";
import type { Hit } from "./scan/types.ts";

export interface FindOptions {
  readonly query: Query;
  /** Hits in all. */
  readonly limit: number;
  readonly newestFirst: boolean;
  /** Lines of context before and after each hit. */
  readonly context: number;
  readonly maxLineBytes: number;
  /** Time for all of it, in milliseconds. */
  readonly ms: number;
  /** Whether the caller takes one more hit; it is asked in the order of the hits, and after a no all that is left is for the next page. */
  readonly take: (hit: FoundHit) => boolean;
  /** Where logs end for this search, by label: a file and an offset in it. Default: at their ends. */
  readonly ends?: ReadonlyMap<string, { readonly id: string; readonly offset: number }>;
  /** Where an earlier search stopped, by label. Logs that are not in it have appeared since, and are left out. */
  readonly from?: ReadonlyMap<string, Resume>;
  readonly signal: AbortSignal;
  /** Told how many bytes were searched, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Where to go on in one log: at its beginning or end, or at a place, whose own line was given already or not. */
export type Resume = "start" | "end" | { readonly place: string; readonly given: boolean };

export interface FoundHit extends Hit {
  /** The label of its log. */
  readonly file: string;
  /** See `read/place.ts`. */
  readonly place: string;
  /** Which of the log's files it stands in, and whether that is compressed. */
  readonly id: string;
  readonly compressed: boolean;
}

export interface Found {
  readonly hits: readonly FoundHit[];
  /** Matching lines seen. */
  readonly matched: number;
  /** Whether all was searched, so that these are all. */
  readonly exact: boolean;
  readonly scannedBytes: number;
  /** Bytes there were to search, as stored. */
  readonly ofBytes: number;
  readonly files: number;
  /** Where to go on; undefined when there is nothing left. */
  readonly next: ReadonlyMap<string, Resume> | undefined;
  /** Lines of which only the start was searched. */
  readonly cutLines: number;
  /** Files that could not be searched, each with the reason. */
  readonly skipped: readonly string[];
}

/**
 * Finds lines in logs and the files that they were rotated to. Of several logs the hits are merged by time; a log whose
 * search ran out of time takes its turn on the next page.
 * @throws CursorError for a place to resume from that is gone
 */
export async function find(
  source: Source,
  logs: readonly LogFile[],
  scanners: Scanners,
  options: FindOptions,
): Promise<Found> {
  const hunts = withoutAliases(logs).flatMap((log) => {
    const from = options.from ? options.from.get(log.label) : "start";
    return from === undefined || from === "end" ? [] : [new Hunt(source, log, from, options)];
  });
  const until = performance.now() + options.ms;
  await using session = await scanners.session(options.signal);
  const total = hunts.reduce((sum, hunt) => sum + hunt.bytes, 0);
  let done = 0;
  for (const [index, hunt] of hunts.entries()) {
    // A log that takes long leaves time for those after it.
    const share = (until - performance.now()) / Math.min(hunts.length - index, 4);
    await hunt.run(session, Math.max(0, share), (bytes) => options.onProgress?.(done + bytes, total));
    done += hunt.scannedBytes;
  }
  const hits = merge(hunts, options);
  const next = new Map(hunts.map((hunt) => [hunt.log.label, hunt.resume()]));
  const isLeft = [...next.values()].some((resume) => resume !== "end");
  return {
    hits,
    matched: hunts.reduce((sum, hunt) => sum + hunt.matched, 0),
    exact: hunts.every((hunt) => hunt.exact),
    scannedBytes: done,
    ofBytes: total,
    files: hunts.reduce((sum, hunt) => sum + hunt.files, 0),
    next: isLeft ? next : undefined,
    cutLines: hunts.reduce((sum, hunt) => sum + hunt.cutLines, 0),
    skipped: hunts.flatMap((hunt) => hunt.skipped),
  };
}

/** Takes the hits of all logs in order of time, until the caller has enough. */
function merge(hunts: readonly Hunt[], { newestFirst, limit, take }: FindOptions): FoundHit[] {
  const hits: FoundHit[] = [];
  while (hits.length < limit) {
    let best: Hunt | undefined;
    for (const hunt of hunts) {
      const time = hunt.headTime;
      if (time === undefined) continue;
      const other = best?.headTime;
      if (other === undefined || (newestFirst ? time > other : time < other)) best = hunt;
    }
    const hit = best?.head;
    if (!best || !hit || !take(hit)) break;
    best.consume();
    hits.push(hit);
  }
  return hits;
}
