import { createHash } from "node:crypto";
import type { Principal } from "@plugboard/core";
import { localUser } from "@plugboard/core/redis";
import type { Claim, Ticket } from "./ticket.ts";

/** Short, and as good as unique. The JSON of a text keeps apart what its UTF-8 does not: lone surrogates. */
const digest = (part: unknown): string =>
  createHash("sha256").update(JSON.stringify(part)).digest("base64url").slice(0, 22);

/** More servers than any process has: what is remembered of names that were made up again and again goes. */
const MAX_SERVERS = 1000;

/** The names of keys in Redis. What is in braces is the same for all of one server, so that a cluster keeps them together. */
export class Names {
  readonly #prefix: string;
  readonly #instance: string;
  readonly #spaces = new Map<string, string>();
  readonly #rules = new WeakMap<object, string>();

  constructor(prefix: string, instance: string) {
    this.#prefix = prefix;
    this.#instance = instance;
  }

  /** Of one key of one rule. A rule with other numbers has other keys. */
  of({ server }: Ticket, { rule, section, key }: Claim): string {
    let space = this.#spaces.get(server);
    if (space === undefined) {
      if (this.#spaces.size >= MAX_SERVERS) this.#spaces.clear();
      space = `${this.#prefix}:{${this.#instance}:${digest(server)}}`;
      this.#spaces.set(server, space);
    }
    let name = this.#rules.get(rule);
    if (name === undefined) {
      name = digest(rule.fingerprint);
      this.#rules.set(rule, name);
    }
    return `${space}:${name}:${digest([section.name, key])}`;
  }
}

/** Who calls, for a store that many machines share: the local user of one is not that of another. */
export function ownerAmongMachines(): (principal: Pick<Principal, "kind" | "id">) => string {
  const here = `local:${localUser()}`;
  return ({ kind, id }) => (kind === "local" ? here : id);
}
