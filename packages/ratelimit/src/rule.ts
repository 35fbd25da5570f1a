import { matcher } from "@plugboard/core";
import { Budget } from "./budget.ts";
import { type Cost, costsOf } from "./cost.ts";
import { type Caller, keyFor } from "./key.ts";
import { nameOf, type RuleOptions, type Scope } from "./options.ts";
import type { Quota } from "./quota.ts";
import { Rate } from "./rate.ts";
import { type Section, Table } from "./table.ts";

/** How fast the mean time that calls hold a slot follows the newest ones. */
const SMOOTHING = 0.2;
const FIRST_GUESS_US = 1_000_000;

/** One limit, with the keys that it is counted for. */
export class Rule {
  readonly name: string;
  readonly tools: readonly string[];
  readonly scopes: readonly Scope[];
  readonly quota: Quota | undefined;
  /** Most calls at a time; `Infinity` without such a limit. */
  readonly concurrency: number;
  readonly queue: number;
  readonly maxWaitUs: number;
  readonly table: Table;
  /** Whether a call may cost something else than 1. */
  readonly hasCosts: boolean;
  readonly isBudget: boolean;
  /** What changes when the rule means something else: states of different rules are not mixed. */
  readonly fingerprint: string;
  readonly matches: (tool: string) => boolean;
  readonly costFor: (tool: string) => Cost;
  readonly keyOf: (caller: Caller) => string;
  #heldUs: number | undefined;

  constructor(options: RuleOptions, index: number, maxKeys: number) {
    const { tools, per, limit, budget, windowMs = 0, burst, concurrency, cost } = options;
    this.name = nameOf(options.name, index);
    this.tools = tools;
    this.scopes = per === "global" ? [] : Array.isArray(per) ? per : [per];
    if (limit !== undefined) this.quota = new Rate(limit, windowMs, burst ?? limit);
    else if (budget !== undefined) this.quota = new Budget(budget, windowMs);
    this.isBudget = budget !== undefined;
    this.concurrency = concurrency ?? Infinity;
    this.queue = options.queue;
    this.maxWaitUs = options.maxWaitMs * 1000;
    this.hasCosts = cost !== undefined && cost !== 1;
    this.matches = matcher(tools);
    this.costFor = costsOf(cost);
    this.keyOf = keyFor(this.scopes);
    const scopes = this.scopes.toSorted();
    this.fingerprint = JSON.stringify([this.name, tools, scopes, limit, budget, windowMs, burst, concurrency]);
    this.table = new Table(maxKeys, (entry, now) => this.quota?.reset(entry, now) ?? 0);
  }

  /** The most that one call may cost. */
  get most(): number {
    return this.quota?.most ?? Infinity;
  }

  /** Whether it is a budget that every caller has of its own. */
  get isOfCallers(): boolean {
    return this.isBudget && this.scopes.length === 1 && this.scopes[0] === "principal";
  }

  /** The part of its keys that calls of `tool` count in. */
  sectionFor(tool: string): Section {
    return this.table.section(this.scopes.includes("tool") ? tool : "");
  }

  /** A slot was given back after this time. */
  held(us: number): void {
    this.#heldUs = this.#heldUs === undefined ? us : this.#heldUs + SMOOTHING * (us - this.#heldUs);
  }

  /** About when the slot is free for somebody with so many others before him. */
  guessSlot(ahead: number): number {
    return Math.ceil((this.#heldUs ?? FIRST_GUESS_US) * Math.ceil((ahead + 1) / this.concurrency));
  }
}
