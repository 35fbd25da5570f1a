import { type Link, Queue } from "./queue.ts";
import type { EventLog, KeptEvent, Missed } from "./types.ts";

export interface MemoryEventLogOptions {
  /** Most events that are kept of one session. */
  readonly maxEvents: number;
  /** Most bytes that are kept of one session. */
  readonly maxBytes: number;
  /** Most bytes that are kept of all sessions. */
  readonly maxTotalBytes: number;
  /** How long an event is kept, in milliseconds. */
  readonly maxAgeMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** What an event costs besides its data, roughly: its objects and its places in the queues. */
export const OVERHEAD_BYTES = 200;

interface Kept extends KeptEvent {
  readonly stream: Stream;
  readonly bytes: number;
  readonly at: number;
  inSession?: Link<Kept>;
  inTotal?: Link<Kept>;
}

interface Stream {
  readonly name: string;
  readonly session: Session;
  /** Oldest first; the oldest of a session is the first of its stream. */
  readonly events: Kept[];
  /** The place of the last event that came, and of the last that was given up. */
  last: number;
  gone: number;
  finished: boolean;
}

interface Session {
  readonly streams: Map<string, Stream>;
  readonly events: Queue<Kept>;
  count: number;
  bytes: number;
}

/** Events in this process. The oldest make room for new ones: those of the session at its own bounds, else of all. */
export class MemoryEventLog implements EventLog {
  readonly #options: MemoryEventLogOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #events = new Queue<Kept>();
  #bytes = 0;

  constructor(options: MemoryEventLogOptions) {
    this.#options = options;
  }

  /** How much is kept, of all sessions. */
  get size(): { readonly sessions: number; readonly bytes: number } {
    return { sessions: this.#sessions.size, bytes: this.#bytes };
  }

  open(session: string, stream: string): Promise<number> {
    return Promise.resolve(this.#stream(session, stream).last);
  }

  append(session: string, stream: string, data: string): Promise<number> {
    const { maxEvents, maxBytes, maxTotalBytes, now } = this.#options;
    const to = this.#stream(session, stream);
    const bytes = Buffer.byteLength(data) + OVERHEAD_BYTES;
    const event: Kept = { place: ++to.last, data, stream: to, bytes, at: now() };
    to.events.push(event);
    event.inSession = to.session.events.push(event);
    event.inTotal = this.#events.push(event);
    to.session.count++;
    to.session.bytes += bytes;
    this.#bytes += bytes;
    // An event that is larger than a bound is not kept at all.
    while (to.session.count > maxEvents || to.session.bytes > maxBytes) this.#giveUp(to.session.events.first);
    while (this.#bytes > maxTotalBytes) this.#giveUp(this.#events.first);
    return Promise.resolve(event.place);
  }

  after(session: string, stream: string, place: number): Promise<Missed | undefined> {
    this.expire();
    const from = this.#sessions.get(session)?.streams.get(stream);
    if (!from || place < from.gone || place > from.last) return Promise.resolve(undefined);
    const events = from.events
      .filter((event) => event.place > place)
      .map(({ place: at, data }) => ({ place: at, data }));
    return Promise.resolve({ events, finished: from.finished });
  }

  finish(session: string, stream: string): Promise<void> {
    const of = this.#sessions.get(session)?.streams.get(stream);
    if (of) {
      of.finished = true;
      forgetIfOver(of);
    }
    return Promise.resolve();
  }

  drop(session: string): Promise<void> {
    const gone = this.#sessions.get(session);
    this.#sessions.delete(session);
    while (gone?.events.first) this.#giveUp(gone.events.first);
    return Promise.resolve();
  }

  expire(): void {
    const since = this.#options.now() - this.#options.maxAgeMs;
    for (let event = this.#events.first; event && event.at <= since; event = this.#events.first) this.#giveUp(event);
  }

  #stream(sessionId: string, name: string): Stream {
    let session = this.#sessions.get(sessionId);
    if (!session) {
      session = { streams: new Map(), events: new Queue(), count: 0, bytes: 0 };
      this.#sessions.set(sessionId, session);
    }
    let stream = session.streams.get(name);
    if (!stream) {
      stream = { name, session, events: [], last: 0, gone: 0, finished: false };
      session.streams.set(name, stream);
    }
    return stream;
  }

  #giveUp(event: Kept | undefined): void {
    if (!event?.inSession || !event.inTotal) return;
    const { stream, bytes } = event;
    stream.session.events.remove(event.inSession);
    this.#events.remove(event.inTotal);
    stream.events.shift();
    stream.gone = event.place;
    stream.session.count--;
    stream.session.bytes -= bytes;
    this.#bytes -= bytes;
    forgetIfOver(stream);
  }
}

/** A stream is known as long as something can come on it, or something of it is kept. */
function forgetIfOver({ name, session, events, finished }: Stream): void {
  if (finished && events.length === 0) session.streams.delete(name);
}
