import { randomUUID } from "node:crypto";
import type { RedisLink } from "@plugboard/core/redis";
import { beat, exists, forget } from "./scripts.ts";

const BEAT_MS = 500;
/** An instance that was not heard of for so long is taken for dead. */
const BELIEVED_MS = 3000;

/** Tells the other instances that this one lives. */
export class Life {
  readonly instance = randomUUID().slice(0, 8);
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #timer: NodeJS.Timeout;
  #beating = false;

  constructor(link: RedisLink, prefix: string) {
    this.#link = link;
    this.#prefix = prefix;
    void this.#beat();
    this.#timer = setInterval(() => void this.#beat(), BEAT_MS).unref();
  }

  /** Whether an instance lives, as far as is known. */
  async isAlive(instance: string): Promise<boolean> {
    return instance === this.instance || (await this.#link.run(exists, [this.#key(instance)], [])) === 1;
  }

  /** What this instance was to do is not going to be done. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#link.run(forget, [this.#key(this.instance)], []).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    // A Redis that is away is warned of by the link.
    await this.#link.run(beat, [this.#key(this.instance)], [BELIEVED_MS]).catch(() => undefined);
    this.#beating = false;
  }

  #key(instance: string): string {
    return `${this.#prefix}:alive:${instance}`;
  }
}
