import { decodeCursor } from "../files/cursor.ts";
import type { Gap } from "../files/plan.ts";
import type { Listing, Source } from "../files/source.ts";
import type { ReadOptions } from "./answer.ts";
import { Bell } from "./bell.ts";
import type { SourceLine } from "./line.ts";
import { QUIET_MS } from "./quiet.ts";
import { read, Reader } from "./reader.ts";
import { watches } from "./watch.ts";
import type { Subscription } from "./watch.ts";

export interface FollowOptions extends Omit<ReadOptions, "maxLines" | "maxBytes" | "signal"> {
  /** Ends following; the iteration ends without an error. */
  readonly signal: AbortSignal;
  /** Where to begin. Default: after the last line there is. */
  readonly cursor?: string;
  /** Told of what was lost. */
  readonly onGap?: (gap: Gap) => void;
}

export interface WaitOptions {
  /** Longest wait in milliseconds. */
  readonly maxMs: number;
  readonly signal?: AbortSignal;
  /** What is known already: news since then end the wait at once. */
  readonly cursor?: string;
}

/** More followers than this at once are an error. */
export const MAX_FOLLOWERS = 256;
const BATCH_LINES = 5000;

let followers = 0;

/**
 * The lines of a source as they are written. Reads no faster than the lines are taken, and keeps the files open that it
 * reads, so that one that is renamed or deleted is read to its end. Does not keep the process alive by itself.
 * @throws CursorError
 * @throws RangeError with more than 256 followers at once
 */
export async function* follow(source: Source, options: FollowOptions): AsyncGenerator<SourceLine, void, undefined> {
  const { signal, cursor, onGap, ...limits } = options;
  let state = cursor === undefined ? undefined : decodeCursor(cursor, source.key);
  if (signal.aborted) return;
  if (followers >= MAX_FOLLOWERS) throw new RangeError(`more than ${MAX_FOLLOWERS} logs are followed at once`);
  followers += 1;
  const bell = new Bell();
  const subscription = watches.subscribe({
    onChange: (written) => bell.ring(written),
    concerns: (name) => source.concerns(name),
  });
  const reader = new Reader(source, true);
  const stop = (): void => bell.ring();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // Watched before it is read: what is written in between rings.
    look(subscription, await source.list([], signal));
    let listing: Listing | undefined;
    while (!signal.aborted) {
      const first = state === undefined;
      const options = { ...limits, signal, maxLines: first ? 0 : BATCH_LINES };
      const answer = await reader.read(state, options, bell.reset());
      state = answer.state;
      if (reader.listing && reader.listing !== listing) look(subscription, reader.listing, reader.holds());
      ({ listing } = reader);
      for (const gap of answer.gaps) onGap?.(gap);
      for (const line of answer.lines) {
        if (signal.aborted) return;
        yield line;
      }
      // What was left has to be read whatever rings.
      if (answer.more) bell.ring();
      else if (!(await bell.wait(answer.held ? (limits.quietMs ?? QUIET_MS) : undefined))) bell.ring();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    followers -= 1;
    signal.removeEventListener("abort", stop);
    subscription.close();
    await reader.close();
  }
}

/**
 * Waits until something changes in a source.
 * @returns whether something did; false when the time is over
 * @throws the reason of `signal`
 * @throws CursorError
 */
export async function waitForChange(source: Source, options: WaitOptions): Promise<boolean> {
  const { maxMs, signal, cursor } = options;
  signal?.throwIfAborted();
  const until = performance.now() + maxMs;
  const bell = new Bell();
  const subscription = watches.subscribe({
    onChange: () => bell.ring(),
    concerns: (name) => source.concerns(name),
    eager: true,
  });
  const stop = (): void => bell.ring();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    look(subscription, await source.list([], signal));
    for (;;) {
      bell.reset();
      let quiet: number | undefined;
      if (cursor !== undefined) {
        const news = await read(source, cursor, { maxLines: 1, ...(signal && { signal }) });
        if (news.lines.length > 0 || news.gaps.length > 0) return true;
        if (news.held) quiet = QUIET_MS;
      }
      const left = until - performance.now();
      if (left <= 0) return false;
      const rang = await bell.wait(Math.min(left, quiet ?? left));
      signal?.throwIfAborted();
      if (rang && cursor === undefined) return true;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    subscription.close();
  }
}

function look(subscription: Subscription, listing: Listing, held: readonly string[] = []): void {
  const live = listing.logs.flatMap((log) => (log.live ? [log.live.path] : []));
  subscription.look(listing.folders, [...new Set([...live, ...held])]);
}
