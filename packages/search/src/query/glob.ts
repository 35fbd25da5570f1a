import { Automaton, MATCHED } from "./automaton.ts";
import type { State } from "./automaton.ts";

const MAX_CHARS = 1_000;
/** Braces inside braces; deeper ones are read as signs. */
const MAX_NESTING = 8;
const SLASH = 47;
const SPECIAL = /[*?[\]{}!,\\]/;

/**
 * A glob of paths, in any case: `*` and `?` stay within a name, `**` as a whole name stands for any folders; `[a-z]`,
 * `[!a-z]`, `{a,b}`; `\` before such a sign takes it as it is. Without a `/` it is compared with the last name of a path,
 * and a plain name with each of them; a plain path (`docs/guide`) and one that ends in `/` stand for all that is in it.
 *
 * Matching takes time proportional to the path, times the states of the glob: nothing is tried twice.
 * @param glob of more than 1,000 characters matches nothing
 */
export function globMatcher(glob: string): (path: string) => boolean {
  if (glob.length > MAX_CHARS) return () => false;
  const clean = fold(glob)
    .replace(/\\(?![*?[\]{}!,\\])/g, "/")
    .replace(/^(?:\.?\/)+/, "/");
  const inside = clean.endsWith("/");
  const anchored = clean.replace(/\/+$/, "").includes("/") || inside;
  const body = clean.replace(/^\//, "").replace(/\/+$/, "");
  if (body === "" || body === ".") return () => clean !== "";
  const plain = !SPECIAL.test(body);
  if (plain && !anchored) return (path) => fold(path).split("/").includes(body);
  if (plain) return (path) => isIn(fold(path), body);
  const automaton = new Compiler(inside ? `${body}/**` : body).run();
  if (anchored) return (path) => automaton.matches(fold(path));
  return (path) => automaton.matches(fold(path.slice(path.lastIndexOf("/") + 1)));
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(folder) && (path.length === folder.length || path.charCodeAt(folder.length) === SLASH);
}

/** File systems differ in case and in how accents are composed. */
function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** Builds states from the end of a glob to its beginning, so that each knows the one that follows. */
class Compiler {
  readonly #signs: readonly string[];
  readonly #states: State[] = [{ next: [] }];
  /** Of each opening brace that is a choice: where it ends, and its commas. */
  readonly #choices: ReadonlyMap<number, Choice>;

  constructor(glob: string) {
    this.#signs = [...glob];
    this.#choices = choicesOf(this.#signs);
  }

  run(): Automaton {
    const start = this.#sequence(0, this.#signs.length, MATCHED);
    return new Automaton(this.#states, start);
  }

  #add(state: State): number {
    return this.#states.push(state) - 1;
  }

  /** The state from which `from` to `to` leads to `next`. */
  #sequence(from: number, to: number, next: number): number {
    const parts: ((then: number) => number)[] = [];
    for (let at = from; at < to;) {
      const { length, build } = this.#part(at, from, to);
      parts.push(build);
      at += length;
    }
    return parts.reduceRight((then, build) => build(then), next);
  }

  #part(at: number, from: number, to: number): { length: number; build: (then: number) => number } {
    const signs = this.#signs;
    const sign = signs[at] ?? "";
    const choice = this.#choices.get(at);
    if (sign === "\\" && at + 1 < to) return { length: 2, build: this.#sign(signs[at + 1] ?? "") };
    if (sign === "?") return { length: 1, build: (next) => this.#add({ test: notSlash, next }) };
    if (sign === "*") {
      let end = at + 1;
      while (end < to && signs[end] === "*") end += 1;
      const whole = end - at === 2 && (at === from || signs[at - 1] === "/");
      if (whole && signs[end] === "/" && end < to) return { length: 3, build: (next) => this.#folders(next) };
      const any = whole && end === to;
      return { length: end - at, build: (next) => this.#repeat(any ? () => true : notSlash, next) };
    }
    const set = sign === "[" ? setAt(signs, at, to) : undefined;
    if (set) return { length: set.length, build: (next) => this.#add({ test: set.test, next }) };
    if (choice && choice.end < to) {
      const bounds = [at, ...choice.commas, choice.end];
      const build = (then: number): number =>
        this.#add({ next: bounds.slice(1).map((end, index) => this.#sequence((bounds[index] ?? 0) + 1, end, then)) });
      return { length: choice.end - at + 1, build };
    }
    return { length: 1, build: this.#sign(sign) };
  }

  #sign(sign: string): (next: number) => number {
    const code = sign.codePointAt(0);
    return (next) => this.#add({ test: (other) => other === code, next });
  }

  /** Any number of signs. */
  #repeat(test: (code: number) => boolean, then: number): number {
    const fork = this.#add({ next: [] });
    this.#states[fork] = { next: [this.#add({ test, next: fork }), then] };
    return fork;
  }

  /** Any number of whole folders, each with its slash. */
  #folders(then: number): number {
    const fork = this.#add({ next: [] });
    const slash = this.#add({ test: (code) => code === SLASH, next: fork });
    const more = this.#add({ next: [] });
    const name = this.#add({ test: notSlash, next: more });
    this.#states[more] = { next: [name, slash] };
    this.#states[fork] = { next: [name, then] };
    return fork;
  }
}

interface Choice {
  readonly end: number;
  readonly commas: readonly number[];
}

function choicesOf(signs: readonly string[]): ReadonlyMap<number, Choice> {
  const choices = new Map<number, Choice>();
  const open: { at: number; commas: number[] }[] = [];
  for (let at = 0; at < signs.length; at += 1) {
    const sign = signs[at];
    if (sign === "\\") at += 1;
    else if (sign === "[") at += (setAt(signs, at, signs.length)?.length ?? 1) - 1;
    else if (sign === "{") open.push({ at, commas: [] });
    else if (sign === ",") open.at(-1)?.commas.push(at);
    else if (sign === "}") {
      const { at: begin, commas } = open.pop() ?? { at: -1, commas: [] };
      if (commas.length > 0 && open.length < MAX_NESTING) choices.set(begin, { end: at, commas });
    }
  }
  return choices;
}

function notSlash(code: number): boolean {
  return code !== SLASH;
}

/** The set `[…]` that begins at `at`; undefined if it does not end. */
function setAt(
  signs: readonly string[],
  at: number,
  to: number,
): { length: number; test: (code: number) => boolean } | undefined {
  const negated = signs[at + 1] === "!" || signs[at + 1] === "^";
  const first = negated ? at + 2 : at + 1;
  // A `]` that comes first is one of the set.
  let end = first + 1;
  while (end < to && signs[end] !== "]") end += 1;
  if (end >= to) return undefined;
  const codes = signs.slice(first, end).map((sign) => sign.codePointAt(0) ?? 0);
  const ranges: [number, number][] = [];
  for (let index = 0; index < codes.length; index += 1) {
    const low = codes[index] ?? 0;
    const high = signs[first + index + 1] === "-" ? codes[index + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) index += 2;
  }
  const test = (code: number): boolean =>
    code !== SLASH && ranges.some(([low, high]) => code >= low && code <= high) !== negated;
  return { length: end - at + 1, test };
}
