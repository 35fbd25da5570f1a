import { randomUUID } from "node:crypto";
import { RedisLink, RedisUnavailable } from "@plugboard/core/redis";
import { Channel } from "./channel.ts";
import { digest } from "./fingerprint.ts";
import { CLAIM, INVALIDATE, READ, RELEASE, RENEW, WRITE } from "./lua.ts";
import { ALL, type Claim, type Read, type Store, type WriteOptions } from "./store.ts";

export interface RedisStoreOptions {
  readonly url: string;
  /** Begins every key; what has the same prefix and instance name is one cache. */
  readonly prefix: string;
  /** The plugin's instance. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly warn: (message: string, detail?: unknown) => void;
}

/** How long a process that loads something holds its claim without renewing it, in milliseconds: after a crash, others wait so long. */
const HOLD_MS = 10_000;
const RENEW_MS = 3000;
/** How long the token of a tag lives before something with that tag is stored, in milliseconds. */
const TAG_MS = 3_600_000;
/** Invalidations that Redis does not know of yet: more than these, and everything is forgotten instead. */
const MAX_OWED = 1000;

/** Entries in a Redis that several processes share. */
export class RedisStore implements Store {
  readonly shared = true;
  readonly #link: RedisLink;
  readonly #space: string;
  readonly #channel: Channel;
  /** Tags whose invalidation Redis has not heard of, since it was away. */
  readonly #owed = new Map<string, number>();
  #debts = 0;
  #paying: Promise<void> | undefined;
  readonly #renewing = new Set<NodeJS.Timeout>();

  /** @throws PluginError BAD_OPTIONS when the client library is not installed */
  constructor({ url, prefix, name, timeoutMs, warn }: RedisStoreOptions) {
    this.#link = new RedisLink({
      url,
      timeoutMs,
      plugin: name,
      warn,
      meanwhile: "calls go on uncached",
      onReady: () => void this.#settle().catch(() => undefined),
    });
    // The braces keep all keys in one slot of a cluster.
    this.#space = `{${prefix}:cache:${name}}`;
    this.#channel = new Channel(this.#link, `${this.#space}:news`);
  }

  async read(key: string, tags: readonly string[]): Promise<Read> {
    this.#channel.open();
    await this.#settle();
    return readOf(await this.#link.run(READ, [this.#entry(key), ...this.#tags(tags)], []));
  }

  async claim(key: string, tags: readonly string[]): Promise<Claim | undefined> {
    this.#channel.open();
    await this.#settle();
    const token = randomUUID();
    const claimKey = this.#claim(key);
    const keys = [this.#entry(key), claimKey, ...this.#tags(tags)];
    const reply = await this.#link.run(CLAIM, keys, [token, HOLD_MS, randomUUID(), TAG_MS]);
    if (!Array.isArray(reply) || reply.length !== 2) throw garbage();
    if (reply[0] !== 1) return undefined;
    const read = readOf(reply[1]);
    const renewing = setInterval(() => void this.#try(RENEW, [claimKey], [token, HOLD_MS]), RENEW_MS).unref();
    this.#renewing.add(renewing);
    return {
      read,
      release: async () => {
        clearInterval(renewing);
        this.#renewing.delete(renewing);
        await this.#try(RELEASE, [claimKey, this.#channel.name], [token, this.#channel.free(claimKey)]);
      },
    };
  }

  waitForRelease(key: string, maxMs: number, signal: AbortSignal): Promise<void> {
    this.#channel.open();
    return this.#channel.waitFor(this.#claim(key), maxMs, signal);
  }

  async write(key: string, value: unknown, { tags, keepMs, mark }: WriteOptions): Promise<void> {
    if (typeof mark !== "string") return;
    const args = [mark, JSON.stringify(value), Math.ceil(keepMs)];
    await this.#link.run(WRITE, [this.#entry(key), ...this.#tags(tags)], args);
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    this.#channel.open();
    const owed = tags.length + this.#owed.size > MAX_OWED ? [ALL] : tags;
    for (const tag of owed) this.#owed.set(tag, ++this.#debts);
    await this.#settle();
  }

  /** Pays what Redis is owed by now, before it is asked for anything, and as soon as it is there. */
  async #settle(): Promise<void> {
    if (this.#owed.size === 0) return;
    // What is on its way may not have all of it; the next payment has, for all who wait for it.
    await this.#paying;
    await (this.#paying ??= this.#pay().finally(() => (this.#paying = undefined)));
  }

  async #pay(): Promise<void> {
    if (this.#owed.size === 0) return;
    if (this.#link.isAway) throw new RedisUnavailable("not connected");
    const owed = new Map(this.#owed);
    const tags = [...owed.keys()];
    const keys = [this.#channel.name, ...this.#tags(tags)];
    await this.#link.run(INVALIDATE, keys, [this.#channel.invalidated(tags)]);
    // What was invalidated once more meanwhile is owed once more.
    for (const [tag, debt] of owed) if (this.#owed.get(tag) === debt) this.#owed.delete(tag);
  }

  onInvalidated(listener: (tags: readonly string[]) => void): void {
    this.#channel.onInvalidated(listener);
  }

  /** Tells whether invalidations by other processes are heard: from now on (true), or not for sure any more (false). */
  onHearing(listener: (hears: boolean) => void): void {
    this.#channel.onHearing(listener);
  }

  async #try(...args: Parameters<RedisLink["run"]>): Promise<void> {
    await this.#link.run(...args).catch(() => undefined);
  }

  #entry(key: string): string {
    return `${this.#space}:entry:${digest(key)}`;
  }

  #claim(key: string): string {
    return `${this.#space}:claim:${digest(key)}`;
  }

  #tags(tags: readonly string[]): string[] {
    return tags.map((tag) => `${this.#space}:tag:${digest(tag)}`);
  }

  /** Redis tells nobody what one cache holds of it without counting. */
  stats(): { entries: number; bytes: number; evicted: number } {
    return { entries: 0, bytes: 0, evicted: 0 };
  }

  /** Whether Redis is known not to be there. */
  get isAway(): boolean {
    return this.#link.isAway;
  }

  close(): void {
    for (const renewing of this.#renewing) clearInterval(renewing);
    this.#link.close();
  }
}

const garbage = (): Error => new Error("Redis answered something that this cache did not write");

/** @throws Error when it is no reply to `READ` */
function readOf(reply: unknown): Read {
  if (!Array.isArray(reply)) throw garbage();
  const [mark, text, ageMs, leftMs] = reply as unknown[];
  if (text === undefined || text === null) return { entry: undefined, mark };
  if (typeof text !== "string" || typeof ageMs !== "number" || typeof leftMs !== "number") throw garbage();
  const value = parsed(text);
  return { entry: value === undefined ? undefined : { value, ageMs: Math.max(0, ageMs), leftMs }, mark };
}

/** Undefined for what is no JSON: others have written it, and it makes room for what is loaded. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
