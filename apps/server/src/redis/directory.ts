import type { RedisLink } from "@plugboard/core/redis";
import { JSONRPCRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { Said, SessionRecord } from "../http/fleet.ts";
import { forget, note, recall, remember } from "./scripts.ts";

/** Things said that are kept of one session: a client has one log level, and the SDK's subscriptions are bounded too. */
const MAX_SAID = 1000;

const recordSchema = z.object({ owner: z.string().optional(), initialize: JSONRPCRequestSchema });

/** The sessions of all instances, in a Redis. */
export class SessionDirectory {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #keepMs: number;

  /** @param keepMs how long a session is remembered after its last request, in milliseconds */
  constructor(link: RedisLink, { prefix, keepMs }: { readonly prefix: string; readonly keepMs: number }) {
    this.#link = link;
    this.#prefix = prefix;
    this.#keepMs = keepMs;
  }

  async remember(id: string, record: Pick<SessionRecord, "owner" | "initialize">): Promise<void> {
    await this.#link.run(remember, this.#keys(id), [JSON.stringify(record), this.#keepMs]);
  }

  async note(id: string, { name, request }: Said): Promise<void> {
    const text = request ? JSON.stringify(request) : "";
    await this.#link.run(note, this.#keys(id), [name, text, MAX_SAID, this.#keepMs]);
  }

  async recall(id: string): Promise<SessionRecord | undefined> {
    const reply = await this.#link.run(recall, this.#keys(id), [this.#keepMs]);
    if (!Array.isArray(reply)) return undefined;
    const [record, ...said] = (reply as string[]).map((text): unknown => JSON.parse(text));
    const { owner, initialize } = recordSchema.parse(record);
    return { owner, initialize, said: z.array(JSONRPCRequestSchema).parse(said) };
  }

  async forget(id: string): Promise<void> {
    await this.#link.run(forget, this.#keys(id), []);
  }

  /** Both in one slot of a cluster. */
  #keys(id: string): [string, string] {
    const name = `${this.#prefix}:{${id}}`;
    return [`${name}:session`, `${name}:said`];
  }
}
