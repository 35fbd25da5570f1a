import { randomBytes } from "node:crypto";
import { runOutside } from "@plugboard/core/flight";
import type { RedisLink } from "@plugboard/core/redis";
import { HOLD, RELEASE } from "./lua.ts";

/** Most keys in one command. */
const AT_ONCE = 500;
const ignore = (): void => {};

/** Slots that one call has in Redis, or wants: one at each key. */
export interface Lease {
  readonly id: string;
  readonly keys: readonly string[];
}

/** The slots that this process has in Redis: renewed by one timer while it lives, expired when it has died. */
export class Leases {
  readonly #link: RedisLink;
  readonly #ms: number;
  readonly #process = randomBytes(12).toString("base64url");
  readonly #held = new Set<Lease>();
  #count = 0;
  /** Slots on their way to Redis: what is given up afterwards must not overtake them. */
  #sending: Promise<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(link: RedisLink, ms: number) {
    this.#link = link;
    this.#ms = ms;
  }

  get size(): number {
    return this.#held.size;
  }

  make(keys: readonly string[]): Lease {
    return { id: `${this.#process}.${this.#count++}`, keys };
  }

  /** It was taken: from now on it is renewed. */
  keep(lease: Lease): void {
    if (lease.keys.length === 0) return;
    this.#held.add(lease);
    this.#timer ??= runOutside(() => setInterval(() => this.#renew(), this.#ms / 3)).unref();
  }

  /** Takes it, whatever there is. */
  hold(lease: Lease): void {
    if (lease.keys.length === 0) return;
    this.keep(lease);
    this.#send([lease]);
  }

  /** It is not renewed any more. */
  drop(lease: Lease): void {
    this.#held.delete(lease);
    if (this.#held.size === 0) this.#rest();
  }

  /** Gives it up. */
  release(lease: Lease): void {
    if (lease.keys.length === 0) return;
    this.drop(lease);
    const give = (): void => void this.#link.run(RELEASE, lease.keys, [lease.id]).catch(ignore);
    if (this.#sending) void this.#sending.then(give);
    else give();
  }

  /** Resolves when what was held so far is in Redis. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  close(): void {
    this.#held.clear();
    this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Also what Redis has forgotten: the calls do run. */
  #renew(): void {
    this.#send([...this.#held]);
  }

  #send(leases: readonly Lease[]): void {
    const all = leases.flatMap(({ id, keys }) => keys.map((key) => ({ key, id })));
    const commands: Promise<unknown>[] = [];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const some = all.slice(from, from + AT_ONCE);
      const args = [this.#ms * 1000, ...some.map(({ id }) => id)];
      const keys = some.map(({ key }) => key);
      commands.push(this.#link.run(HOLD, keys, args).catch(ignore));
    }
    const sending = Promise.all([this.#sending, ...commands]).then(() => {
      if (this.#sending === sending) this.#sending = undefined;
    });
    this.#sending = sending;
  }
}
