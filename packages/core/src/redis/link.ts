import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type { Redis } from "ioredis";
import { PluginError } from "../errors.ts";
import { Connection } from "./connection.ts";

/** How a plugin reaches a Redis. */
export interface RedisLinkOptions {
  /** `redis://`, `rediss://` or `unix://` address, user, password and database included. */
  readonly url: string;
  /** Longest time of connecting and of one command, in milliseconds. */
  readonly timeoutMs: number;
  /** The plugin that needs it, for messages. */
  readonly plugin: string;
  /** What happens while Redis is not there, for the operator: "limits are counted in this process". */
  readonly meanwhile: string;
  readonly warn: (message: string, detail?: unknown) => void;
  /** Called whenever Redis is there, for the first time or again. */
  readonly onReady?: () => void;
}

/** A Lua script with its SHA-1, by which Redis knows it. */
export interface Script {
  readonly lua: string;
  readonly digest: string;
}

/** Makes a script of Lua code, for `run`: once per script, not once per run. */
export const script = (lua: string): Script => ({ lua, digest: createHash("sha1").update(lua).digest("hex") });

/** Redis did not do what it was asked, or nobody knows whether it did. */
export class RedisUnavailable extends Error {
  override readonly name = "RedisUnavailable";
}

/** Redis is there, and says that it will not do this: out of memory, read-only, no permission, a fault in the script. */
export class RedisRefused extends RedisUnavailable {}

/** What a subscriber hears. */
export interface Listener {
  readonly message: (text: string) => void;
  /** From now on everything that is published is heard. */
  readonly ready: () => void;
  /** From now on messages may be missed. */
  readonly lost: () => void;
}

/**
 * A Redis that may be away: commands are answered or refused within a bounded time, at once while it is known to be away; it
 * is warned of once, and used again as soon as it is back. Keeps no process alive. Connects on first use.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #commands: Connection;
  readonly #subscribers: Connection[] = [];
  #away = false;

  /** @throws PluginError BAD_OPTIONS when the client library is not installed */
  constructor(options: RedisLinkOptions) {
    requireClient(options.plugin);
    this.#options = options;
    this.#commands = new Connection(options, { ready: () => this.#isBack(), lost: (why) => this.#isAway(why) });
  }

  /** Whether commands are refused at once. */
  get isAway(): boolean {
    return this.#away;
  }

  #isAway(why: string): void {
    if (this.#away) return;
    this.#away = true;
    this.#options.warn(`Redis at ${placeOf(this.#options.url)} is not available (${why}): ${this.#options.meanwhile}.`);
  }

  #isBack(): void {
    if (this.#away) this.#options.warn(`Redis at ${placeOf(this.#options.url)} is available again.`);
    this.#away = false;
    this.#options.onReady?.();
  }

  /**
   * Runs a script atomically and resolves to its reply.
   * @throws RedisUnavailable when it was not answered in `timeoutMs`, after connecting; the script may have run all the same
   * @throws RedisRefused when Redis answered with an error
   */
  async run(lua: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args] as [number];
    let client: Redis | undefined;
    try {
      client = await this.#commands.client();
      return await client.evalsha(lua.digest, ...rest).catch((error: unknown) => {
        if (client && isReply(error) && error.message.startsWith("NOSCRIPT")) return client.eval(lua.lua, ...rest);
        throw error;
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (isReply(error)) throw new RedisRefused(message, { cause: error });
      if (client) this.#commands.suspect(client, message);
      throw new RedisUnavailable(message, { cause: error });
    }
  }

  /** Hears what is published on `channel`, over connections of its own, until the link is closed. */
  subscribe(channel: string, listener: Listener): void {
    const connection: Connection = new Connection(this.#options, {
      prepare: async (client) => {
        client.on("message", (_channel: string, text: string) => listener.message(text));
        await client.subscribe(channel);
      },
      ready: () => listener.ready(),
      lost: () => listener.lost(),
    });
    this.#subscribers.push(connection);
    void connection.client().catch(() => undefined);
  }

  /** Closes all connections; what is asked for afterwards is refused. */
  close(): void {
    for (const connection of [this.#commands, ...this.#subscribers]) connection.close();
  }
}

/** Whether Redis itself says that something is wrong: then it is there. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** Host and port: never user or password. */
function placeOf(url: string): string {
  try {
    const { host, pathname, protocol } = new URL(url);
    return protocol === "unix:" ? pathname : host;
  } catch {
    return "the configured address";
  }
}

function requireClient(plugin: string): void {
  try {
    createRequire(import.meta.url).resolve("ioredis");
  } catch (cause) {
    throw new PluginError(
      "BAD_OPTIONS",
      plugin,
      "a Redis store needs the package `ioredis`: run `npm install ioredis`.",
      { field: "store", cause },
    );
  }
}
