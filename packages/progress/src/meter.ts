import type { Progress } from "@plugboard/core";
import type { Clock } from "./clock.ts";
import { Estimate } from "./estimate.ts";
import { duration, message, position } from "./wording.ts";

export interface MeterOptions {
  /** Least time between two notifications of a call. */
  readonly intervalMs: number;
  /** Silence after which a heartbeat is sent; 0 sends none. */
  readonly heartbeatMs: number;
  readonly maxMessageChars: number;
  /** Whether messages say how far the work is and how long it will take. */
  readonly estimate: boolean;
}

/** What all meters of a plugin have counted. */
export interface Counts {
  reports: number;
  sent: number;
  heartbeats: number;
}

/** As many marks between two turns of the wheel come from a loop that does not wait. */
const BUSY = 64;

/** A heartbeat advances by this part of the total, so that the tool's own scale still holds. */
const NEGLIGIBLE = 1e-6;

/**
 * The progress of one call on its way to the client: rising, not too often, never silent for long. The newest value waits
 * until it may be sent; the last one before a pause or the end is always sent.
 */
export class Meter {
  readonly #send: (progress: Progress) => Promise<void>;
  readonly #options: MeterOptions;
  readonly #clock: Clock;
  readonly #counts: Counts;
  readonly #estimate: Estimate;
  /** The highest value that was reported, and what came with it. */
  #value = 0;
  #total: number | undefined;
  #message: string | undefined;
  #reported = false;
  #due = false;
  /** What was sent last, and when anything was. */
  #sent = -Infinity;
  #sentAt: number;
  #said: string | undefined;
  /** The clock's hint at the last mark: while it stands, nothing can have become due. */
  #hint = Number.NaN;
  /** Marks since the wheel last turned. */
  #marks = 0;
  #ended = false;
  /** Dispatched calls: those that have ended since the call last reported itself, and the shares of the running ones. */
  #finished = 0;
  readonly #running = new Map<object, number>();

  constructor(send: (progress: Progress) => Promise<void>, options: MeterOptions, clock: Clock, counts: Counts) {
    this.#send = send;
    this.#options = options;
    this.#clock = clock;
    this.#counts = counts;
    this.#sentAt = clock.now();
    this.#estimate = new Estimate(this.#sentAt);
  }

  readonly report = ({ progress, total, message: said }: Progress): Promise<void> =>
    this.mark(progress, total, said) ?? DONE;

  /** As `report`, without making an object for it. Resolves when what could be sent at once was sent. */
  mark(progress: number, total: number | undefined, said: string | undefined): Promise<void> | undefined {
    this.#counts.reports++;
    if (this.#ended || !Number.isFinite(progress)) return undefined;
    const now = this.#mayHavePassed() ? this.#clock.now() : undefined;
    const open = now !== undefined && this.#mayBeSent(now);
    // What waits goes first: it was seen before, and what comes now waits for its own turn.
    const sending = open && this.#due ? this.#flush(now) : undefined;
    if (progress > this.#value) {
      this.#value = progress;
      this.#finished = 0;
    }
    if (total !== undefined && Number.isFinite(total)) this.#total = Math.max(total, this.#value);
    if (typeof said === "string") this.#message = said;
    this.#reported = true;
    this.#due = true;
    return open && !sending ? this.#flush(now) : sending;
  }

  /** A dispatched call begins: its own progress counts as a share of one step of this call, until this call steps itself. */
  child(): { report(progress: Progress): Promise<void>; end(): void } {
    const key = {};
    this.#running.set(key, 0);
    return {
      report: ({ progress, total, message: said }) => {
        const share = total !== undefined && total > 0 ? Math.min(1, Math.max(0, progress / total)) : 0;
        if (this.#ended || !Number.isFinite(share)) return DONE;
        if (share > (this.#running.get(key) ?? 1)) this.#running.set(key, share);
        if (typeof said === "string") this.#message = said;
        this.#due = true;
        const now = this.#clock.now();
        return (this.#mayBeSent(now) ? this.#flush(now) : undefined) ?? DONE;
      },
      end: () => {
        if (!this.#running.delete(key)) return;
        this.#finished++;
        this.#due = true;
      },
    };
  }

  /** Time has passed: sends what waits, or a heartbeat. */
  tick(now: number): void {
    if (this.#ended) return;
    this.#marks = 0;
    if (this.#due && this.#mayBeSent(now)) void this.#flush(now);
    else if (this.#options.heartbeatMs > 0 && now - this.#sentAt >= this.#options.heartbeatMs) void this.#beat(now);
  }

  /** Whether it is worth to look at the clock: in a loop that never waits, one mark of sixteen looks. */
  #mayHavePassed(): boolean {
    if (this.#options.intervalMs === 0) return true;
    if (++this.#marks > BUSY && (this.#marks & 15) !== 0) return false;
    const hint = this.#clock.hint();
    if (hint === this.#hint) return false;
    this.#hint = hint;
    return true;
  }

  #mayBeSent(now: number): boolean {
    return this.#sent === -Infinity || now - this.#sentAt >= this.#options.intervalMs;
  }

  /** The call ends: sends what still waits, and nothing afterwards. */
  end(): Promise<void> | undefined {
    const last = this.#due ? this.#flush(this.#clock.now()) : undefined;
    this.#ended = true;
    return last;
  }

  /** The value with what dispatched calls add to it: never beyond the total, and nothing to a share of 1. */
  #position(): number {
    let share = this.#finished;
    for (const part of this.#running.values()) share += part;
    if (share === 0 || (this.#total !== undefined && this.#total <= 1)) return this.#value;
    return Math.min(this.#value + share, this.#total ?? Infinity);
  }

  #flush(now: number): Promise<void> | undefined {
    this.#due = false;
    const progress = this.#position();
    this.#estimate.add(progress, now);
    if (progress > this.#sent) return this.#notify(progress, now);
    // The protocol wants a higher value each time: a new message alone takes a negligible one.
    return this.#message === this.#said ? undefined : this.#notify(this.#barelyMore(), now);
  }

  #beat(now: number): Promise<void> {
    this.#counts.heartbeats++;
    return this.#notify(this.#barelyMore(), now);
  }

  #barelyMore(): number {
    const from = Math.max(this.#sent, this.#position());
    return Math.min(Number.MAX_VALUE, from + Math.max((this.#total || 1) * NEGLIGIBLE, from * 2 * Number.EPSILON));
  }

  #notify(progress: number, now: number): Promise<void> {
    this.#sent = progress;
    this.#sentAt = now;
    this.#said = this.#message;
    this.#counts.sent++;
    const total = this.#total === undefined ? undefined : Math.max(this.#total, progress);
    const text = this.#wording(now);
    return this.#send({
      progress,
      ...(total !== undefined && { total }),
      ...(text !== undefined && { message: text }),
    });
  }

  #wording(now: number): string | undefined {
    const { estimate, maxMessageChars } = this.#options;
    if (!estimate) return message(this.#message, [], maxMessageChars);
    const total = this.#total;
    const at = this.#position();
    const left = total === undefined || at >= total ? undefined : this.#estimate.left(total, now);
    const elapsed = this.#estimate.elapsed(now);
    const rest = [
      this.#reported || at > 0 ? position({ progress: at, total }) : undefined,
      left === undefined ? undefined : `about ${duration(left)} left`,
      total === undefined && elapsed >= 2000 ? `${duration(elapsed)} so far` : undefined,
    ];
    return message(this.#message, rest, maxMessageChars);
  }
}

const DONE = Promise.resolve();
