import type { RequestId } from "@modelcontextprotocol/sdk/types.js";

/** One event of a stream, as it was sent. */
export interface KeptEvent {
  /** Its place in its stream, from 1 on without gaps. */
  readonly place: number;
  /** The JSON of its message. */
  readonly data: string;
}

/** What a client that comes back has missed. */
export interface Missed {
  readonly events: readonly KeptEvent[];
  /** Nothing more will come on this stream. */
  readonly finished: boolean;
  /** The requests that this stream was to answer, where the instance that ran them has died. */
  readonly orphans?: readonly RequestId[];
}

/**
 * Keeps the events of streams, so that a client whose connection broke gets what it missed. Events are named by session and
 * stream: who may ask for those of a session is for the caller to decide. An implementation bounds how many events it
 * keeps, how many bytes, and for how long; what it gives up it never skips silently: `after` says that it is gone.
 */
export interface EventLog {
  /**
   * Starts to keep a stream, or goes on with one.
   * @param requests those that it answers, as the client named them
   * @returns the place of its last event, 0 in a new stream
   */
  open(session: string, stream: string, requests: readonly RequestId[]): Promise<number>;
  /** Keeps an event. @returns its place; rejects where it could not be kept */
  append(session: string, stream: string, data: string): Promise<number>;
  /** The events of a stream after a place, in order; `undefined` where the stream is not known or some of them are gone. */
  after(session: string, stream: string, place: number): Promise<Missed | undefined>;
  /** Nothing more will come on this stream; what is kept of it stays until it is too old. */
  finish(session: string, stream: string): Promise<void>;
  /** Forgets a session and all its streams. */
  drop(session: string): Promise<void>;
  /** Forgets what is too old. Called now and then. */
  expire(): void;
}
