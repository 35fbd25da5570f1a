import type { z } from "zod";
import type { Clock } from "../src/clock.ts";
import { Limiter } from "../src/limiter.ts";
import { MemoryStore } from "../src/memory.ts";
import { ratelimitOptions } from "../src/options.ts";
import type { Refusal } from "../src/refusal.ts";
import { Rule } from "../src/rule.ts";
import type { Store } from "../src/store.ts";
import type { Ticket } from "../src/ticket.ts";

export type RuleInput = NonNullable<z.input<typeof ratelimitOptions>["rules"]>[number];

/** A clock that goes when it is told to. */
export class TestClock implements Clock {
  /** Microseconds. */
  at = 1_000_000_000;
  /** How often a timer rang. */
  rings = 0;
  readonly #timers = new Set<{ at: number; fn: () => void }>();

  now(): number {
    return this.at;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.at + ms * 1000, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Goes on by `ms`, and rings on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.at + Math.round(ms * 1000);
    for (;;) {
      const next = [...this.#timers].toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.#timers.delete(next);
      this.at = Math.max(this.at, next.at);
      this.rings++;
      next.fn();
      await settle();
    }
    this.at = end;
    await settle();
  }
}

/** Lets promises go on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface Attempt {
  readonly ticket: Ticket;
  /** Undefined while it waits. */
  outcome: "in" | Refusal | undefined;
  /** Resolves when `outcome` is there. */
  readonly decided: Promise<void>;
  readonly told: [place: number, waitUs: number][];
}

/** A limiter with a clock of its own, and calls that are made in one line. */
export class Bench {
  readonly clock = new TestClock();
  readonly rules: readonly Rule[];
  readonly limiter: Limiter;
  readonly now = (): number => this.clock.now();

  constructor(
    rules: RuleInput[],
    { maxKeys = 100_000, maxWaiting = 1000, store }: { maxKeys?: number; maxWaiting?: number; store?: Store } = {},
  ) {
    this.rules = ratelimitOptions.parse({ rules }).rules.map((rule, index) => new Rule(rule, index, maxKeys));
    const { clock, now } = this;
    this.limiter = new Limiter({ rules: this.rules, store: store ?? new MemoryStore(now), clock, now, maxWaiting });
  }

  call(
    {
      tool = "tool",
      args = {},
      who = "ann",
      session,
    }: Partial<{ tool: string; args: object; who: string; session: string }> = {},
    { signal, lent, tell = false }: { signal?: AbortSignal; lent?: Ticket; tell?: boolean } = {},
  ): Attempt {
    const ticket = this.limiter.ticket(tool, args as Record<string, unknown>, {
      owner: who,
      sessionId: session,
      server: "test",
    });
    const told: [number, number][] = [];
    const wish = { signal, tell: tell ? (...news: [number, number]) => void told.push(news) : undefined };
    const entered = this.limiter.enter(ticket, wish, lent);
    const decide = (refusal: Refusal | undefined): void => void (attempt.outcome = refusal ?? "in");
    const attempt: Attempt = {
      ticket,
      outcome: undefined,
      decided: entered instanceof Promise ? entered.then(decide) : Promise.resolve(),
      told,
    };
    if (!(entered instanceof Promise)) decide(entered);
    return attempt;
  }

  /** Whether a call is admitted at once; its slots are given back at once, too. */
  tries(call: Parameters<Bench["call"]>[0] = {}): boolean {
    const { outcome, ticket } = this.call(call);
    if (outcome === "in") this.limiter.release(ticket);
    return outcome === "in";
  }
}

/** Of a refused attempt. */
export function refusalOf({ outcome }: Attempt): Refusal {
  if (outcome === undefined || outcome === "in") throw new Error(`It was not refused: ${String(outcome)}`);
  return outcome;
}

/** The hint as clients get it: whole milliseconds. */
export const hintOf = (attempt: Attempt): number => Math.ceil((refusalOf(attempt).waitUs ?? Number.NaN) / 1000);
