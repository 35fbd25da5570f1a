import { RedisLink } from "@plugboard/core/redis";
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Logger } from "pino";
import { z } from "zod";
import type { HttpSettings } from "../config/http-settings.ts";
import type { EventLog } from "../http/events/types.ts";
import type { Fleet, Said, SessionRecord } from "../http/fleet.ts";
import { SessionDirectory } from "./directory.ts";
import { RedisEventLog } from "./events.ts";
import { Life } from "./life.ts";
import { publish } from "./scripts.ts";

/** Longest time of connecting to Redis and of one command. */
const TIMEOUT_MS = 2000;

const relayed = z.object({ from: z.string(), session: z.string(), message: JSONRPCMessageSchema });

export interface RedisFleetOptions {
  readonly url: string;
  /** What all keys begin with: one per set of instances that stand behind one address. */
  readonly prefix: string;
  readonly settings: Pick<HttpSettings, "sessionIdleMs" | "resume">;
  readonly log: Logger;
}

/** Instances that share their sessions, and the events of these, in a Redis. */
export class RedisFleet implements Fleet {
  readonly events: EventLog | undefined;
  readonly #link: RedisLink;
  readonly #directory: SessionDirectory;
  readonly #channel: string;
  readonly #life: Life;
  readonly #log: Logger;

  constructor({ url, prefix, settings, log }: RedisFleetOptions) {
    const { sessionIdleMs: keepMs, resume } = settings;
    this.#log = log;
    this.#link = new RedisLink({
      url,
      timeoutMs: TIMEOUT_MS,
      plugin: "http",
      meanwhile: "sessions go on where they are, and cannot go on elsewhere",
      warn: (message, detail) => log.warn(detail === undefined ? {} : { detail }, message),
    });
    this.#directory = new SessionDirectory(this.#link, { prefix, keepMs });
    this.#life = new Life(this.#link, prefix);
    if (resume !== false)
      this.events = new RedisEventLog(this.#link, this.#life, { ...resume, prefix, sessionMs: keepMs });
    this.#channel = `${prefix}:relay`;
  }

  get instance(): string {
    return this.#life.instance;
  }

  remember(id: string, record: Pick<SessionRecord, "owner" | "initialize">): Promise<void> {
    return this.#directory.remember(id, record);
  }

  note(id: string, said: Said): Promise<void> {
    return this.#directory.note(id, said);
  }

  recall(id: string): Promise<SessionRecord | undefined> {
    return this.#directory.recall(id);
  }

  async forget(id: string): Promise<void> {
    await Promise.all([this.#directory.forget(id), this.events?.drop(id)]);
  }

  async relay(session: string, message: JSONRPCMessage): Promise<void> {
    await this.#link.run(publish, [], [this.#channel, JSON.stringify({ from: this.instance, session, message })]);
  }

  onRelayed(listener: (id: string, message: JSONRPCMessage) => void): void {
    this.#link.subscribe(this.#channel, {
      message: (text) => {
        const parsed = relayed.safeParse(parse(text));
        if (!parsed.success) this.#log.warn("something that is no message of an instance came over Redis");
        else if (parsed.data.from !== this.instance) listener(parsed.data.session, parsed.data.message);
      },
      ready: () => undefined,
      lost: () => undefined,
    });
  }

  async close(): Promise<void> {
    await this.#life.end();
    this.#link.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
