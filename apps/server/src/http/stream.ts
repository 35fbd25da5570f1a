import type { ServerResponse } from "node:http";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Logger } from "pino";
import type { EventLog, Missed } from "./events/types.ts";
import type { Exchanges } from "./exchanges.ts";
import { Outlet, type OutletOptions } from "./outlet.ts";

/** What all streams of a server share. */
export interface StreamContext extends OutletOptions {
  readonly exchanges: Exchanges;
  readonly log: Logger;
  /** Where events are kept; none where nobody can come back for them. */
  readonly events: EventLog | undefined;
  /** How long a call goes on whose client is gone, in milliseconds. */
  readonly graceMs: number;
}

/** Hears of the client of a stream. */
export interface ClientWatch {
  away(): void;
  back(): void;
}

/** A place in a stream, as clients send it back in `Last-Event-ID`. */
export function eventId(stream: string, place: number): string {
  return `${stream}.${place}`;
}

/** The stream and the place that an event id names; nothing where it is none. */
export function parseEventId(id: string): { stream: string; place: number } | undefined {
  const found = /^([\w-]{1,64})\.(\d{1,15})$/.exec(id);
  return found?.[1] === undefined ? undefined : { stream: found[1], place: Number(found[2]) };
}

/**
 * The events of one stream of one session, in order: each is kept first and then sent, so that a client that comes back
 * gets exactly what it missed. Between two connections they are kept only.
 */
export class EventStream {
  readonly name: string;
  readonly #session: string | undefined;
  readonly #requests: readonly RequestId[];
  readonly #streams: StreamContext;
  #outlet: { readonly outlet: Outlet; readonly res: ServerResponse } | undefined;
  readonly #client: ClientWatch | undefined;
  #kept = false;
  #over = false;
  #known = false;
  /** One thing at a time: what comes while missed events are being read is sent after them. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param session whose events these are; without one, nothing is kept
   * @param requests those that it answers, as the client named them
   * @param client hears when the response closes before the stream is over, and when there is another one
   */
  constructor(
    name: string,
    session: string | undefined,
    requests: readonly RequestId[],
    streams: StreamContext,
    client?: ClientWatch,
  ) {
    this.name = name;
    this.#session = session;
    this.#requests = requests;
    this.#streams = streams;
    this.#client = client;
  }

  /** Whether a response carries it now. */
  get attached(): boolean {
    return this.#outlet !== undefined;
  }

  /** Whether its client can come back to it: it has been told where it is. */
  get resumable(): boolean {
    return this.#known;
  }

  /** Starts the stream on a response. @param primes whether the client understands an event without a message */
  open(res: ServerResponse, primes: boolean): Promise<void> {
    return this.#next(async () => {
      const place = await this.#keepFrom();
      if (this.#over) return;
      if (res.closed) return this.#client?.away();
      const outlet = this.#attach(res);
      if (!primes || place === undefined) return;
      this.#known = true;
      outlet.prime(eventId(this.name, place));
    });
  }

  /**
   * Goes on with the stream on another response, after the event that its client saw last.
   * @returns false where the events after it are gone, or the stream is over: nothing has been answered then
   */
  resume(res: ServerResponse, place: number, primes: boolean): Promise<boolean> {
    return this.#next(async () => {
      const missed = await this.#missed(place);
      if (!missed || this.#over) return false;
      this.#kept = true;
      this.#known = true;
      if (res.closed) return true;
      this.#client?.back();
      replay(this.#attach(res), this.name, place, missed, primes);
      return true;
    });
  }

  send(data: string): Promise<void> {
    return this.#next(async () => {
      if (this.#over) return;
      const id = await this.#keep(data);
      if (this.#outlet && id !== undefined) this.#known = true;
      this.#outlet?.outlet.event(data, id);
    });
  }

  /** Nothing more will come. */
  finish(): Promise<void> {
    return this.#next(async () => {
      this.end();
      if (!this.#kept || this.#session === undefined) return;
      await this.#streams.events?.finish(this.#session, this.name).catch((error: unknown) => this.#failed(error));
    });
  }

  /** Ends the response; the client may come back. */
  pause(): Promise<void> {
    return this.#next(() => {
      if (!this.#outlet) return Promise.resolve();
      this.#detach();
      this.#client?.away();
      return Promise.resolve();
    });
  }

  /** Ends the stream at once; nothing more is kept or sent. */
  end(): void {
    this.#over = true;
    this.#detach();
  }

  #attach(res: ServerResponse): Outlet {
    // The client is back on another connection: the former one, which may only seem to be there, gives way.
    this.#detach();
    const outlet = new Outlet(res, this.#streams);
    const attached = { outlet, res };
    this.#outlet = attached;
    this.#streams.exchanges.keepAlive(outlet, res);
    res.once("close", () => {
      if (this.#outlet !== attached) return;
      this.#outlet = undefined;
      this.#client?.away();
    });
    return outlet;
  }

  #detach(): void {
    this.#outlet?.outlet.end();
    this.#outlet = undefined;
  }

  #missed(place: number): Promise<Missed | undefined> {
    const { events } = this.#streams;
    return events && this.#session !== undefined
      ? events.after(this.#session, this.name, place)
      : Promise.resolve(undefined);
  }

  async #keepFrom(): Promise<number | undefined> {
    const { events } = this.#streams;
    if (!events || this.#session === undefined) return undefined;
    try {
      const place = await events.open(this.#session, this.name, this.#requests);
      this.#kept = true;
      return place;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  async #keep(data: string): Promise<string | undefined> {
    const { events } = this.#streams;
    if (!this.#kept || !events || this.#session === undefined) return undefined;
    try {
      return eventId(this.name, await events.append(this.#session, this.name, data));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    this.#streams.log.warn({ err: error }, "an event could not be kept: a client that loses its connection misses it");
  }

  #next<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Sends what was missed, after the place where it starts. */
export function replay(outlet: Outlet, stream: string, place: number, missed: Missed, primes: boolean): void {
  if (primes) outlet.prime(eventId(stream, place));
  for (const event of missed.events) outlet.event(event.data, eventId(stream, event.place));
}
