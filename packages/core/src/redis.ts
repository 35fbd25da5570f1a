import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { hostname, userInfo } from "node:os";
import type { Redis } from "ioredis";
import { z } from "zod";
import { PluginError } from "./errors.ts";
import { within } from "./report.ts";
import { runOutside } from "./flight.ts";

/** What plugins with a Redis have in their options; each extends it by its own. */
export const redisOptions = z.strictObject({
  redis: z
    .url({ protocol: /^(rediss?|unix)$/ })
    .describe("`redis://`, `rediss://` or `unix://`, with user, password and database where there are any"),
  prefix: z
    .string()
    .regex(/^[^{}\s]{1,64}$/, "1 to 64 characters without spaces and braces")
    .default("plugboard"),
  timeoutMs: z.int().min(10).max(30_000).default(500),
});

let user: string | undefined;
/** Tells the local user of this machine from those of others that share a Redis: 22 characters. */
export function localUser(): string {
  return (user ??= createHash("sha256")
    .update(JSON.stringify([hostname(), userInfo().uid]))
    .digest("base64url")
    .slice(0, 22));
}

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

/** A Lua script, sent by its digest once Redis knows it. Make one per script, not one per run. */
export interface Script {
  readonly lua: string;
  readonly digest: string;
}

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

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * A Redis that may be away: commands are answered or refused within a bounded time, at once while it is known to be away; it
 * is warned of once, and used again as soon as it is back. Keeps no process alive. Connects on first use.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #commands: Connection;
  readonly #subscribers: Connection[] = [];

  /** @throws PluginError BAD_OPTIONS when the client library is not installed */
  constructor(options: RedisLinkOptions) {
    requireClient(options.plugin);
    this.#options = options;
    this.#commands = new Connection(options, { ready: () => this.#isBack(), lost: (why) => this.#isAway(why) });
  }

  #away = false;

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

  close(): void {
    for (const connection of [this.#commands, ...this.#subscribers]) connection.close();
  }
}

/** Whether Redis itself says that something is wrong: then it is there. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** What the owner of a connection does when it is there, and when it is not any more. */
interface Hooks {
  prepare?(client: Redis): Promise<void>;
  ready(): void;
  lost(why: string): void;
}

const loadClient = async () => import("ioredis");

/** One connection that makes itself anew for as long as it is wanted. */
class Connection {
  readonly #options: RedisLinkOptions;
  readonly #hooks: Hooks;
  #client: Redis | undefined;
  /** Settles with the first attempt; afterwards what is there is there. */
  #first: Promise<void> | undefined;
  #ready = false;
  #closed = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RedisLinkOptions, hooks: Hooks) {
    this.#options = options;
    this.#hooks = hooks;
  }

  /** The client, once it is ready; rejects at once while it is known not to be. */
  async client(): Promise<Redis> {
    if (this.#ready && this.#client) return this.#client;
    if (!this.#first) {
      // Loading the library takes its time on a busy machine, and says nothing about Redis.
      await loadClient();
      this.#first ??= runOutside(() => this.#connect());
    }
    await within(this.#options.timeoutMs, this.#first);
    if (!this.#ready || !this.#client) throw new Error(this.#closed ? "the plugin was shut down" : "not connected");
    return this.#client;
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    const { url, timeoutMs } = this.#options;
    const { Redis: Client } = await loadClient();
    if (this.#closed) return;
    const client = new Client(url, {
      lazyConnect: true,
      // Reconnecting is done here, with a timer that keeps no process alive.
      retryStrategy: () => null,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      disableClientInfo: true,
    });
    this.#client = client;
    let why = "it closed the connection";
    client.on("error", (error: NodeJS.ErrnoException) => (why = error.message || (error.code ?? why)));
    client.on("connect", () => streamOf(client)?.unref());
    client.on("end", () => this.#lost(client, why));
    try {
      if (!(await within(timeoutMs, client.connect()))) throw new Error("it does not answer");
      await this.#isReady(client);
    } catch (error) {
      if (error instanceof Error && why === "it closed the connection") why = error.message;
      close(client);
      this.#lost(client, why);
    }
  }

  async #isReady(client: Redis): Promise<void> {
    await this.#hooks.prepare?.(client);
    if (this.#client !== client || this.#closed) return close(client);
    this.#ready = true;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#hooks.ready();
  }

  #lost(client: Redis, why: string): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#ready = false;
    if (this.#closed) return;
    this.#hooks.lost(why);
    this.#timer = setTimeout(() => void this.#connect(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  /** After a command that was not answered: a new connection shows whether Redis is there at all. */
  suspect(client: Redis, why: string): void {
    if (this.#client !== client) return;
    close(client);
    this.#lost(client, why);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#client) close(this.#client);
  }
}

/** Of a connection that is closed already, `disconnect` would wait in vain for the end, and keep the process alive. */
function close(client: Redis): void {
  if (client.status !== "close" && client.status !== "end") client.disconnect();
}

/** The socket, which `ioredis` keeps to itself. */
function streamOf(client: Redis): { unref(): void } | undefined {
  const { stream } = client as unknown as { stream?: { unref?: () => void } };
  return typeof stream?.unref === "function" ? (stream as { unref(): void }) : undefined;
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
