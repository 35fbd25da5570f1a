import { randomUUID } from "node:crypto";
import type { RedisLink } from "@plugboard/core/redis";

/** What goes over the channel. */
interface Message {
  readonly from: string;
  /** Tags that were invalidated. */
  readonly tags?: readonly string[];
  /** A claim that was given up. */
  readonly free?: string;
}

/** How often a waiting process looks by itself, in milliseconds, in case that a message was lost. */
const LOOK_MS = 250;

/** What the processes that share a Redis tell each other: which tags are invalidated, and which claims are given up. */
export class Channel {
  readonly name: string;
  readonly #link: RedisLink;
  readonly #id = randomUUID();
  readonly #onInvalidated = new Set<(tags: readonly string[]) => void>();
  readonly #onHearing = new Set<(hears: boolean) => void>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #subscribed = false;

  constructor(link: RedisLink, name: string) {
    this.#link = link;
    this.name = name;
  }

  /** The messages for the others, as scripts publish them. */
  invalidated(tags: readonly string[]): string {
    return JSON.stringify({ from: this.#id, tags } satisfies Message);
  }

  free(claim: string): string {
    return JSON.stringify({ from: this.#id, free: claim } satisfies Message);
  }

  /** Hears of tags that another process invalidated. */
  onInvalidated(listener: (tags: readonly string[]) => void): void {
    this.#onInvalidated.add(listener);
  }

  /** Hears whether invalidations by other processes are heard: from now on (true), or not for sure any more (false). */
  onHearing(listener: (hears: boolean) => void): void {
    this.#onHearing.add(listener);
  }

  /** Begins to listen, on first use; until the link is closed. */
  open(): void {
    if (this.#subscribed) return;
    this.#subscribed = true;
    this.#link.subscribe(this.name, {
      message: (text) => this.#hear(text),
      ready: () => this.#onHearing.forEach((listen) => listen(true)),
      lost: () => this.#onHearing.forEach((listen) => listen(false)),
    });
  }

  #hear(text: string): void {
    const message = messageOf(text);
    if (!message) return;
    const { from, tags, free } = message;
    if (free !== undefined) this.#waiting.get(free)?.forEach((look) => look());
    if (tags && from !== this.#id) this.#onInvalidated.forEach((listen) => listen(tags));
  }

  /** Resolves when a claim is given up, or when it is time to look. Rejects when `signal` aborts. */
  waitFor(claim: string, maxMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(claim) ?? new Set();
      this.#waiting.set(claim, waiting);
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        waiting.delete(onFree);
        if (waiting.size === 0) this.#waiting.delete(claim);
      };
      const onFree = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      const timer = setTimeout(onFree, Math.min(maxMs, LOOK_MS));
      waiting.add(onFree);
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
    });
  }
}

function messageOf(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as Message | null;
    const tags = message?.tags;
    return tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === "string"))
      ? (message ?? undefined)
      : undefined;
  } catch {
    return undefined;
  }
}
