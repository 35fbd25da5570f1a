import type { RedisLink } from "@plugboard/core/redis";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { EventLog, Missed } from "../http/events/types.ts";
import type { Life } from "./life.ts";
import { after, append, finish, forget, open } from "./scripts.ts";

export interface RedisEventLogOptions {
  /** What all keys begin with. */
  readonly prefix: string;
  /** Most events that are kept of one session. */
  readonly maxEvents: number;
  /** Most bytes that are kept of one session. */
  readonly maxBytes: number;
  /** How long an event is kept, in milliseconds. */
  readonly maxAgeMs: number;
  /** How long Redis keeps what it knows of a session after its last event, in milliseconds. */
  readonly sessionMs: number;
}

/** Events in a Redis: whichever instance a client comes back to can send what it missed. */
export class RedisEventLog implements EventLog {
  readonly #link: RedisLink;
  readonly #options: RedisEventLogOptions;
  readonly #life: Life;

  constructor(link: RedisLink, life: Life, options: RedisEventLogOptions) {
    this.#link = link;
    this.#life = life;
    this.#options = { ...options, sessionMs: Math.max(options.sessionMs, options.maxAgeMs) };
  }

  async open(session: string, stream: string, requests: readonly RequestId[]): Promise<number> {
    const owner = JSON.stringify([this.#life.instance, ...requests]);
    return Number(await this.#link.run(open, this.#keys(session), [stream, this.#options.sessionMs, owner]));
  }

  async append(session: string, stream: string, data: string): Promise<number> {
    const { sessionMs, maxEvents, maxBytes, maxAgeMs } = this.#options;
    const args = [stream, sessionMs, data, maxEvents, maxBytes, maxAgeMs];
    return Number(await this.#link.run(append, this.#keys(session), args));
  }

  async after(session: string, stream: string, place: number): Promise<Missed | undefined> {
    const reply = await this.#link.run(after, this.#keys(session), [stream, place, this.#options.maxAgeMs]);
    if (!Array.isArray(reply)) return undefined;
    const [over, owner, ...rest] = reply as [number, string, ...string[]];
    const events = Array.from({ length: rest.length / 2 }, (_, at) => ({
      place: Number(rest[at * 2]),
      data: rest[at * 2 + 1] as string,
    }));
    const finished = over === 1;
    if (finished || owner === "") return { events, finished };
    const [instance, ...orphans] = JSON.parse(owner) as [string, ...RequestId[]];
    return (await this.#life.isAlive(instance)) ? { events, finished } : { events, finished, orphans };
  }

  async finish(session: string, stream: string): Promise<void> {
    await this.#link.run(finish, this.#keys(session), [stream]);
  }

  async drop(session: string): Promise<void> {
    await this.#link.run(forget, this.#keys(session), []);
  }

  /** Redis forgets by itself what is too old. */
  expire(): void {}

  /** Both in one slot of a cluster. */
  #keys(session: string): [string, string] {
    const name = `${this.#options.prefix}:{${session}}`;
    return [`${name}:events`, `${name}:streams`];
  }
}
