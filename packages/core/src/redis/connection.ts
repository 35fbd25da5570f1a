import type { Redis } from "ioredis";
import { runOutside } from "../flight.ts";
import { within } from "../within.ts";

/** Pauses between two attempts to connect double from the first to the longest. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** Which Redis, and how long it may take to answer, in milliseconds. */
export interface Address {
  readonly url: string;
  readonly timeoutMs: number;
}

/** What the owner of a connection does when it is there, and when it is not any more. */
export interface Hooks {
  prepare?(client: Redis): Promise<void>;
  ready(): void;
  lost(why: string): void;
}

const loadClient = async () => import("ioredis");

/** One connection that makes itself anew for as long as it is wanted. */
export class Connection {
  readonly #address: Address;
  readonly #hooks: Hooks;
  #client: Redis | undefined;
  /** Settles with the first attempt; afterwards what is there is there. */
  #first: Promise<void> | undefined;
  #ready = false;
  #closed = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(address: Address, hooks: Hooks) {
    this.#address = address;
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
    await within(this.#address.timeoutMs, this.#first);
    if (!this.#ready || !this.#client) throw new Error(this.#closed ? "the plugin was shut down" : "not connected");
    return this.#client;
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    const { url, timeoutMs } = this.#address;
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
