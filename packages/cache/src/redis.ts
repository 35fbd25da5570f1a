import { randomUUID } from "node:crypto";
import { RedisLink, script } from "@plugboard/core/redis";
import { digest } from "./fingerprint.ts";
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

/** How long a process that loads something holds its claim without renewing it: after a crash, others wait so long. */
const HOLD_MS = 10_000;
const RENEW_MS = 3000;
/** How often a waiting process looks by itself, in case that a message was lost. */
const LOOK_MS = 250;
/** How long the token of a tag lives before something with that tag is stored. */
const TAG_MS = 3_600_000;
/** Invalidations that Redis does not know of yet: more than these, and everything is forgotten instead. */
const MAX_OWED = 1000;

// Every tag has a random token. An entry holds the tokens of its tags as they were before it was loaded, and counts for as
// long as they stay: invalidating a tag deletes its token. What Redis evicts or expires can make a miss of a hit, and never
// a hit of a miss.
const TOKENS = `
local function tokens(first)
  local found = redis.call('MGET', unpack(KEYS, first))
  for i = 1, #found do if not found[i] then return nil end end
  return table.concat(found, ',')
end
local function entry(now)
  local found = redis.call('HMGET', KEYS[1], 'value', 'tokens', 'keep')
  if not now or not found[1] or found[2] ~= now then return {now or false} end
  local left = redis.call('PTTL', KEYS[1])
  return {now, found[1], tonumber(found[3]) - left, left}
end
local function lasting(first, ms)
  for i = first, #KEYS do
    if redis.call('PTTL', KEYS[i]) < ms then redis.call('PEXPIRE', KEYS[i], ms) end
  end
end`;

/** KEYS entry, tags… */
const READ = script(`${TOKENS}
return entry(tokens(2))`);

/** KEYS entry, claim, tags…; ARGV claim's token, hold, new tag token, life of tags. */
const CLAIM = script(`${TOKENS}
for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[3], 'NX', 'PX', ARGV[4]) end
lasting(3, tonumber(ARGV[4]))
local claimed = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return {claimed and 1 or 0, entry(tokens(3))}`);

/** KEYS entry, tags…; ARGV tokens, value, keep. */
const WRITE = script(`${TOKENS}
if tokens(2) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[2], 'tokens', ARGV[1], 'keep', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
lasting(2, tonumber(ARGV[3]))
return 1`);

/** KEYS claim, channel; ARGV claim's token, message. */
const RELEASE = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return 1`);

/** KEYS claim; ARGV claim's token, hold. */
const RENEW = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** KEYS channel, tags…; ARGV message. */
const INVALIDATE = script(`
redis.call('DEL', unpack(KEYS, 2))
redis.call('PUBLISH', KEYS[1], ARGV[1])
return 1`);

/** What goes over the channel. */
interface Message {
  readonly from: string;
  readonly tags?: readonly string[];
  readonly free?: string;
}

/** Entries in a Redis that several processes share. */
export class RedisStore implements Store {
  readonly shared = true;
  readonly #link: RedisLink;
  readonly #space: string;
  readonly #channel: string;
  readonly #id = randomUUID();
  readonly #listeners = new Set<(tags: readonly string[]) => void>();
  readonly #connection = new Set<(heard: boolean) => void>();
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Tags whose invalidation Redis has not heard of, since it was away. */
  readonly #owed = new Map<string, number>();
  #debts = 0;
  readonly #renewing = new Set<NodeJS.Timeout>();
  #subscribed = false;

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
    this.#channel = `${this.#space}:news`;
  }

  async read(key: string, tags: readonly string[]): Promise<Read> {
    this.#subscribe();
    await this.#settle();
    return readOf(await this.#link.run(READ, [this.#entry(key), ...this.#tags(tags)], []));
  }

  async claim(key: string, tags: readonly string[]): Promise<Claim | undefined> {
    this.#subscribe();
    await this.#settle();
    const token = randomUUID();
    const claimKey = this.#claim(key);
    const keys = [this.#entry(key), claimKey, ...this.#tags(tags)];
    const reply = await this.#link.run(CLAIM, keys, [token, HOLD_MS, randomUUID(), TAG_MS]);
    if (!Array.isArray(reply) || reply.length !== 2) throw garbage();
    if (reply[0] !== 1) return undefined;
    const renewing = setInterval(() => void this.#try(RENEW, [claimKey], [token, HOLD_MS]), RENEW_MS).unref();
    this.#renewing.add(renewing);
    const message: Message = { from: this.#id, free: claimKey };
    return {
      read: readOf(reply[1]),
      release: async () => {
        clearInterval(renewing);
        this.#renewing.delete(renewing);
        await this.#try(RELEASE, [claimKey, this.#channel], [token, JSON.stringify(message)]);
      },
    };
  }

  waitForRelease(key: string, maxMs: number, signal: AbortSignal): Promise<void> {
    this.#subscribe();
    const claimKey = this.#claim(key);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(claimKey) ?? new Set();
      this.#waiting.set(claimKey, waiting);
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        waiting.delete(onFree);
        if (waiting.size === 0) this.#waiting.delete(claimKey);
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

  async write(key: string, value: unknown, { tags, keepMs, mark }: WriteOptions): Promise<void> {
    if (typeof mark !== "string") return;
    const args = [mark, JSON.stringify(value), Math.ceil(keepMs)];
    await this.#link.run(WRITE, [this.#entry(key), ...this.#tags(tags)], args);
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    this.#subscribe();
    const owed = tags.length + this.#owed.size > MAX_OWED ? [ALL] : tags;
    for (const tag of owed) this.#owed.set(tag, ++this.#debts);
    await this.#settle();
  }

  /** Pays what Redis is owed, before it is asked for anything, and as soon as it is there. */
  async #settle(): Promise<void> {
    if (this.#owed.size === 0) return;
    const owed = new Map(this.#owed);
    const tags = [...owed.keys()];
    const message: Message = { from: this.#id, tags };
    await this.#link.run(INVALIDATE, [this.#channel, ...this.#tags(tags)], [JSON.stringify(message)]);
    // What was invalidated once more meanwhile is owed once more.
    for (const [tag, debt] of owed) if (this.#owed.get(tag) === debt) this.#owed.delete(tag);
  }

  onInvalidated(listener: (tags: readonly string[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Tells whether invalidations by other processes are heard: from now on (true), or not for sure any more (false). */
  onHearing(listener: (heard: boolean) => void): void {
    this.#connection.add(listener);
  }

  #subscribe(): void {
    if (this.#subscribed) return;
    this.#subscribed = true;
    this.#link.subscribe(this.#channel, {
      message: (text) => this.#hear(text),
      ready: () => this.#connection.forEach((listen) => listen(true)),
      lost: () => this.#connection.forEach((listen) => listen(false)),
    });
  }

  #hear(text: string): void {
    const message = messageOf(text);
    if (!message) return;
    if (message.free !== undefined) this.#waiting.get(message.free)?.forEach((free) => free());
    if (message.tags && message.from !== this.#id) this.#listeners.forEach((listen) => listen(message.tags ?? []));
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

function readOf(reply: unknown): Read {
  if (!Array.isArray(reply)) throw garbage();
  const [mark, text, ageMs, leftMs] = reply as unknown[];
  if (text === undefined || text === null) return { entry: undefined, mark };
  if (typeof text !== "string" || typeof ageMs !== "number" || typeof leftMs !== "number") throw garbage();
  try {
    return { entry: { value: JSON.parse(text) as unknown, ageMs: Math.max(0, ageMs), leftMs }, mark };
  } catch {
    throw garbage();
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
