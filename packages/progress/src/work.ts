import { type Call, currentCall, type Progress } from "@plugboard/core";
import type { Meter } from "./meter.ts";

/** What `track` tells of the work that an iterable is. */
export interface TrackOptions {
  /** How many items there will be. Default: the length or size of what is tracked, if it has one. */
  readonly total?: number | undefined;
  /** What is being done, for people. */
  readonly message?: string | undefined;
}

/** The work of a call, or a part of it: reports itself to the client as it goes. */
export interface Work {
  /** Passes the items on, one step for each that was taken and worked on. Stopping early closes the source. */
  track<T>(items: Iterable<T>, options?: TrackOptions): Generator<T, void, undefined>;
  track<T>(items: AsyncIterable<T>, options?: TrackOptions): AsyncGenerator<T, void, undefined>;
  /** `n` more are done. Default 1. Values that are not finite or not positive do nothing. */
  step(n?: number): void;
  /** How many there are in all; may change on the way. Values that are not finite or negative do nothing. */
  setTotal(total: number): void;
  /** What is being done now, for people. */
  message(text: string): void;
  /** Divides the work into phases by weight, in the order of the keys: their shares make up this work's progress. */
  split(weights: Readonly<Record<string, number>>): Work[];
  /** The work is done, however much was counted. A phase without a total counts from here on. */
  finish(): void;
}

/** Where a call's work reports to: the plugin's meter, which costs next to nothing per step, or the call itself. */
type Sink = (done: number, total: number | undefined, message: string | undefined) => void;

const meters = new WeakMap<(progress: Progress) => Promise<void>, Meter>();

/** Lets work that reports through `meter.report` find the meter. */
export function announceMeter(meter: Meter): void {
  meters.set(meter.report, meter);
}

export function meterOf(report: (progress: Progress) => Promise<void>): Meter | undefined {
  return meters.get(report);
}

const works = new WeakMap<Call, CallWork>();
const nowhere: Sink = () => {};

/** The work of the current call; outside of calls, work that nobody hears of. */
function currentWork(): Work {
  const call = currentCall();
  if (!call) return new CallWork(nowhere);
  let work = works.get(call);
  if (!work) works.set(call, (work = new CallWork(sinkOf(call))));
  return work;
}

function sinkOf(call: Call): Sink {
  if (call.meta["progressToken"] === undefined) return nowhere;
  const { report } = call;
  const meter = meters.get(report);
  if (meter) return (done, total, message) => void meter.mark(done, total, message);
  return (done, total, message) => {
    void report({ progress: done, ...(total !== undefined && { total }), ...(message !== undefined && { message }) });
  };
}

/** Phases report in shares of this. */
const WHOLE = 100;

class CallWork implements Work {
  readonly #sink: Sink;
  #done = 0;
  #total: number | undefined;
  #message: string | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  step(n = 1): void {
    if (!(n > 0) || n === Infinity) return;
    this.#done += n;
    this.#sink(this.#done, this.#total, this.#message);
  }

  setTotal(total: number): void {
    if (!Number.isFinite(total) || total < 0) return;
    this.#total = total;
    this.#sink(this.#done, total, this.#message);
  }

  message(text: string): void {
    this.#message = text;
    this.#sink(this.#done, this.#total, text);
  }

  finish(): void {
    this.#total ??= Math.max(this.#done, 1);
    this.#done = Math.max(this.#done, this.#total);
    this.#sink(this.#done, this.#total, this.#message);
  }

  track<T>(items: Iterable<T>, options?: TrackOptions): Generator<T, void, undefined>;
  track<T>(items: AsyncIterable<T>, options?: TrackOptions): AsyncGenerator<T, void, undefined>;
  track<T>(items: Iterable<T> | AsyncIterable<T>, options: TrackOptions = {}): Generator<T> | AsyncGenerator<T> {
    const total = options.total ?? sizeOf(items);
    const begin = (): void => {
      if (options.message !== undefined) this.#message = options.message;
      this.setTotal(this.#done + (total ?? Number.NaN));
    };
    return Symbol.asyncIterator in items ? this.#trackAsync(items, begin) : this.#trackSync(items, begin);
  }

  *#trackSync<T>(items: Iterable<T>, begin: () => void): Generator<T, void, undefined> {
    begin();
    for (const item of items) {
      yield item;
      this.step();
    }
  }

  async *#trackAsync<T>(items: AsyncIterable<T>, begin: () => void): AsyncGenerator<T, void, undefined> {
    begin();
    for await (const item of items) {
      yield item;
      this.step();
    }
  }

  split(weights: Readonly<Record<string, number>>): Work[] {
    const entries = Object.entries(weights);
    const bad = entries.find(([, weight]) => !Number.isFinite(weight) || weight <= 0);
    if (bad) throw new RangeError(`split: the weight of "${bad[0]}" must be a positive number, not ${bad[1]}.`);
    const sum = entries.reduce((all, [, weight]) => all + weight, 0);
    const [from, whole] = [this.#done, this.#total === undefined ? WHOLE : this.#total - this.#done];
    this.#total = from + whole;
    const shares = entries.map(() => 0);
    return entries.map(
      ([, weight], index) =>
        new CallWork((done, total, message) => {
          const share = total === undefined || total <= 0 ? 0 : Math.min(1, done / total);
          shares[index] = Math.max(shares[index] ?? 0, (share * weight) / sum);
          this.#done =
            from +
            whole *
              Math.min(
                1,
                shares.reduce((all, part) => all + part, 0),
              );
          this.#sink(this.#done, this.#total, message ?? this.#message);
        }),
    );
  }
}

function sizeOf(items: unknown): number | undefined {
  const { length, size } = items as { length?: unknown; size?: unknown };
  return typeof length === "number" ? length : typeof size === "number" ? size : undefined;
}

/** `track` of the current call's work. */
export const track: Work["track"] = ((items: Iterable<unknown>, options?: TrackOptions) =>
  currentWork().track(items, options)) as Work["track"];
/** `step` of the current call's work. */
export const step = (n?: number): void => currentWork().step(n);
/** `setTotal` of the current call's work. */
export const setTotal = (total: number): void => currentWork().setTotal(total);
/** `message` of the current call's work. */
export const message = (text: string): void => currentWork().message(text);
/** `split` of the current call's work. */
export const split = (weights: Readonly<Record<string, number>>): Work[] => currentWork().split(weights);
