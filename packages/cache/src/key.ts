import type { Call, Principal } from "@plugboard/core";
import { canonical, NotCanonical } from "@plugboard/core/canonical";
import { localUser } from "@plugboard/core/redis";
import { digest, fingerprint } from "./fingerprint.ts";

/** Who shares an entry: one caller, one session of one caller, or everybody. */
export type Scope = "principal" | "session" | "public";

/** Texts up to this length are keys themselves; longer ones are keys by their SHA-256. */
const MAX_PLAIN = 256;

interface Tool {
  readonly name: string;
  readonly version: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly prefix: string;
}

export interface KeyOptions {
  /** The name of the plugin's instance. */
  readonly namespace: string;
  /** Changes when the tools' code does, where their schemas do not. */
  readonly version: string;
  /** Longest arguments, in characters of their canonical text. */
  readonly maxChars: number;
  /** Whether other processes use the same keys: then the local user of another machine is somebody else. */
  readonly shared: boolean;
}

/** Makes the keys under which results and values are stored. */
export class Keys {
  readonly #options: KeyOptions;
  readonly #tools = new Map<string, Tool>();
  readonly #callers = new WeakMap<Principal, string>();

  constructor(options: KeyOptions) {
    this.#options = options;
  }

  /**
   * Of a tool's result: plugin instance, server, tool, schemas, caller and arguments; undefined where the scope has nobody to
   * belong to (an anonymous caller, a call without session), and where the arguments cannot be told from others.
   */
  ofResult(call: Call, scope: Scope): string | undefined {
    const who = this.#who(call, scope);
    if (who === undefined) return undefined;
    try {
      return short(this.#prefix(call) + who + canonical(call.args, this.#options.maxChars));
    } catch (error) {
      if (error instanceof NotCanonical) return undefined;
      throw error;
    }
  }

  /** Of a value that a tool's author caches; `call` is undefined outside of a call. */
  ofValue(key: string, scope: Scope, call: Call | undefined): string | undefined {
    const who = scope === "public" ? "*" : call && this.#who(call, scope);
    return who === undefined
      ? undefined
      : short(`value ${JSON.stringify([this.#options.namespace, this.#options.version])}${who}${JSON.stringify(key)}`);
  }

  /** Of a value that lives in this process: plain text, since it stays here. */
  ofState(name: string, scope: "process" | "principal" | "session", call: Call | undefined): string | undefined {
    const who = scope === "process" ? "*" : call && this.#who(call, scope);
    return who === undefined ? undefined : who + JSON.stringify(name);
  }

  #prefix(call: Call): string {
    const { tool, server, inputSchema: input, outputSchema: output } = call;
    const memo = this.#tools.get(tool);
    if (
      memo?.name === server.name &&
      memo.version === server.version &&
      memo.input === input &&
      memo.output === output
    ) {
      return memo.prefix;
    }
    const { namespace, version } = this.#options;
    const parts = [namespace, server.name, server.version, version, tool, fingerprint(input), fingerprint(output)];
    const prefix = digest(JSON.stringify(parts));
    // Tools come and go with dynamic servers: what is forgotten is worked out again.
    if (this.#tools.size >= 1000) this.#tools.clear();
    this.#tools.set(tool, { ...server, input, output, prefix });
    return prefix;
  }

  #who(call: Call, scope: Scope): string | undefined {
    if (scope === "public") return "*";
    const caller = this.caller(call.principal);
    if (scope === "principal" || caller === undefined) return caller;
    return call.sessionId === undefined ? undefined : caller + JSON.stringify(call.sessionId);
  }

  /** Identity and scopes: a token that may do less does not see what one that may do more has fetched. */
  caller(principal: Principal): string | undefined {
    if (principal.kind === "anonymous") return undefined;
    let found = this.#callers.get(principal);
    if (found === undefined) {
      found = JSON.stringify([this.identity(principal.id), ...new Set(principal.scopes.toSorted())]);
      this.#callers.set(principal, found);
    }
    return found;
  }

  /** A principal's id; the local user of this machine, where other machines have one too. */
  identity(id: string): string {
    return id === "local" && this.#options.shared ? `${id}@${localUser()}` : id;
  }
}

const short = (text: string): string => (text.length <= MAX_PLAIN ? text : digest(text));
