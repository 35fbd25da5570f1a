/** One state of an automaton over the characters of a text: it reads one, or leads on without. States are named by their index. */
export type State =
  | { readonly test: (code: number) => boolean; readonly next: number }
  | { readonly test?: undefined; readonly next: readonly number[] };

/** The state that stands for a match, if it is reached at the end. It leads nowhere. */
export const MATCHED = 0;

/** With more than these everything is forgotten: there can be as many sets of states as there are subsets. */
const MAX_SETS = 2_000;
const MAX_STEPS = 20_000;

/**
 * Runs all states at once, and remembers which sets of them lead to which (Thompson, "Regular expression search algorithm",
 * 1968). Takes time proportional to the text, times the states; nothing is tried twice.
 */
export class Automaton {
  readonly #states: readonly State[];
  readonly #start: number;
  /** The sets of states that were reached together, their names, and what each leads to, by character. */
  #sets: (readonly number[])[] = [];
  #names = new Map<string, number>();
  #next: Map<number, number>[] = [];
  #steps = 0;

  constructor(states: readonly State[], start: number) {
    this.#states = states;
    this.#start = start;
    this.#begin();
  }

  /** Sets of states that are remembered: 2,000 and those of one text at most. */
  get size(): number {
    return this.#sets.length;
  }

  /** Whether the whole text is matched. */
  matches(text: string): boolean {
    if (this.#sets.length >= MAX_SETS || this.#steps >= MAX_STEPS) this.#begin();
    let set = 0;
    for (let at = 0; at < text.length;) {
      const code = text.codePointAt(at) as number;
      at += code > 0xff_ff ? 2 : 1;
      set = this.#next[set]?.get(code) ?? this.#follow(set, code);
      if (this.#sets[set]?.length === 0) return false;
    }
    return this.#sets[set]?.includes(MATCHED) ?? false;
  }

  /** Forgets everything: the first set is the one to begin with. */
  #begin(): void {
    this.#sets = [];
    this.#names = new Map();
    this.#next = [];
    this.#steps = 0;
    this.#nameOf(this.#closure([this.#start]));
  }

  #follow(set: number, code: number): number {
    const following: number[] = [];
    for (const at of this.#sets[set] ?? []) {
      const state = this.#states[at];
      if (state?.test?.(code)) following.push(state.next);
    }
    const next = this.#nameOf(this.#closure(following));
    this.#next[set]?.set(code, next);
    this.#steps += 1;
    return next;
  }

  #nameOf(set: readonly number[]): number {
    const key = set.join(",");
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    this.#names.set(key, this.#sets.length);
    this.#next.push(new Map());
    return this.#sets.push(set) - 1;
  }

  /** Those states that are reached from others without reading anything, and read something or match. */
  #closure(from: readonly number[]): number[] {
    const reached = new Set<number>();
    const pending = [...from];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (reached.has(at)) continue;
      reached.add(at);
      const state = this.#states[at];
      if (state && state.test === undefined && at !== MATCHED) pending.push(...state.next);
    }
    return [...reached].filter((at) => this.#states[at]?.test !== undefined || at === MATCHED).sort((a, b) => a - b);
  }
}
