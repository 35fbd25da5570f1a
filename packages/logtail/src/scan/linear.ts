import type { CharSet, Node, Range } from "./syntax.ts";
import { ANY, complement, union } from "./syntax.ts";

/** Steps that V8 may take per character of a line. */
const MAX_STEPS = 64;
/** Characters between what bounds the entries of a loop and the loop. */
const MAX_DISTANCE = 16;
const WORD_RANGES: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];

/**
 * A pattern that matches in the same lines, and needs less: a match may begin later and end earlier, so a repetition at
 * either end is as good as the fewest that it allows. `\s+$` becomes `\s$`, `.*error.*` becomes `error`.
 */
export function trim(node: Node): Node {
  return trimSide(trimSide(node, "start"), "end");
}

function trimSide(node: Node, side: "start" | "end"): Node {
  switch (node.type) {
    case "char":
    case "set":
    case "assert":
      return node;
    case "alternation":
      return { type: "alternation", options: node.options.map((option) => trimSide(option, side)) };
    case "repeat": {
      if (node.min === 0) return { type: "concat", parts: [] };
      if (node.min === 1) return trimSide(node.body, side);
      return { ...node, max: node.min };
    }
    case "concat": {
      const parts = [...flat(node.parts)];
      for (;;) {
        const part = side === "start" ? parts.shift() : parts.pop();
        if (part === undefined) return { type: "concat", parts: [] };
        const trimmed = trimSide(part, side);
        if (trimmed.type === "concat" && trimmed.parts.length === 0) continue;
        if (side === "start") parts.unshift(trimmed);
        else parts.push(trimmed);
        return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: "concat", parts };
      }
    }
  }
}

/** The parts of a concatenation, with those of inner ones in their place. */
export function flat(parts: readonly Node[]): readonly Node[] {
  return parts.flatMap((part) => (part.type === "concat" ? flat(part.parts) : [part]));
}

/**
 * Whether a backtracking engine that looks for the pattern in a text takes at most `MAX_STEPS` times the length of the
 * text in steps, whatever the text.
 *
 * Without unbounded repetitions each start costs at most as many steps as the pattern has ways, which are counted.
 * An unbounded repetition passes only as a loop over single characters (`X*`), outside of other repetitions and of
 * inner alternatives, if both hold:
 *
 * - _Entries are few._ Either the pattern begins with `^`, so that there is one start in a line; or shortly before the
 *   loop stands a character that the loop cannot contain. It lies before the run of X characters that the loop runs over,
 *   so all starts that reach one run enter it within a short distance of its beginning.
 * - _The exit is one._ What follows begins with a character that the loop cannot contain, so that the loop can only be
 *   left where its run ends. The last loop may be left anywhere, since what follows it is bounded.
 *
 * Then every run of characters is passed over a bounded number of times. `a*a*b`, `(a|a)*b`, `x.*y` and `\d+ms` without
 * an end trimmed off do not pass.
 */
export function isLinear(node: Node, ignoreCase: boolean): boolean {
  return stepsOf(node, ignoreCase) <= MAX_STEPS;
}

/** Steps per character of a text at most; Infinity when that is not bounded. */
export function stepsOf(node: Node, ignoreCase: boolean): number {
  const options = node.type === "alternation" ? node.options : [node];
  return options.reduce((sum, option) => sum + sequenceSteps(option, ignoreCase), 0);
}

function sequenceSteps(node: Node, ignoreCase: boolean): number {
  const parts = flat([node]);
  const anchored = parts[0]?.type === "assert" && parts[0].kind === "start";
  const lastLoop = parts.findLastIndex(isLoop);
  let ways = 1;
  let steps = 0;
  for (const [at, part] of parts.entries()) {
    if (isLoop(part)) {
      const entries = anchored ? 1 : entriesOf(parts, at, ignoreCase);
      if (at !== lastLoop && !disjoint(firstOf(parts.slice(at + 1)), setOf(part.body), ignoreCase)) return Infinity;
      ways *= entries;
      steps += ways * (part.min + 1);
    } else {
      const cost = costOf(part);
      steps += ways * cost.steps;
      ways *= cost.ways;
    }
    if (!(steps + ways < 1e6)) return Infinity;
  }
  return steps;
}

interface Loop {
  readonly type: "repeat";
  readonly body: Node & { readonly type: "char" | "set" };
  readonly min: number;
  readonly max: number;
  readonly lazy: boolean;
}

function isLoop(node: Node): node is Loop {
  return node.type === "repeat" && node.max === Infinity && (node.body.type === "char" || node.body.type === "set");
}

/** How many places of a run a start can enter the loop at; Infinity when that is not bounded. */
function entriesOf(parts: readonly Node[], loop: number, ignoreCase: boolean): number {
  const body = parts[loop];
  if (body === undefined || !isLoop(body)) return Infinity;
  const set = setOf(body.body);
  const before = parts[loop - 1];
  if (before?.type === "assert" && before.kind === "word" && body.min > 0 && within(set, WORD_RANGES, ignoreCase))
    return 1;
  let distance = 0;
  for (let at = loop - 1; at >= 0 && distance <= MAX_DISTANCE; at--) {
    const part = parts[at];
    if (part === undefined || isLoop(part)) return Infinity;
    if ((part.type === "char" || part.type === "set") && disjoint(setOf(part), set, ignoreCase)) return distance + 1;
    distance += longest(part);
  }
  return Infinity;
}

interface Cost {
  /** In how many ways it can match at one place, at most. */
  readonly ways: number;
  readonly steps: number;
}

function costOf(node: Node): Cost {
  switch (node.type) {
    case "char":
    case "set":
    case "assert":
      return { ways: 1, steps: 1 };
    case "concat": {
      let ways = 1;
      let steps = 0;
      for (const part of node.parts) {
        const cost = costOf(part);
        steps += ways * cost.steps;
        ways *= cost.ways;
      }
      return { ways, steps };
    }
    case "alternation": {
      const costs = node.options.map(costOf);
      return {
        ways: costs.reduce((sum, { ways }) => sum + ways, 0),
        steps: costs.reduce((sum, { steps }) => sum + steps + 1, 0),
      };
    }
    case "repeat": {
      if (node.max === Infinity) return { ways: Infinity, steps: Infinity };
      const body = costOf(node.body);
      let power = 1;
      let ways = 0;
      let steps = 0;
      for (let times = 0; times <= node.max; times++) {
        if (times >= node.min) ways += power;
        if (times < node.max) steps += power * body.steps;
        power *= body.ways;
      }
      return { ways, steps };
    }
  }
}

/** Characters that it matches at most; Infinity without a bound. */
export function longest(node: Node): number {
  switch (node.type) {
    case "char":
    case "set":
      return 1;
    case "assert":
      return 0;
    case "concat":
      return node.parts.reduce((sum, part) => sum + longest(part), 0);
    case "alternation":
      return Math.max(0, ...node.options.map(longest));
    case "repeat": {
      const body = longest(node.body);
      return body === 0 ? 0 : body * node.max;
    }
  }
}

/** Characters that it matches at least. */
export function shortest(node: Node): number {
  switch (node.type) {
    case "char":
    case "set":
      return 1;
    case "assert":
      return 0;
    case "concat":
      return node.parts.reduce((sum, part) => sum + shortest(part), 0);
    case "alternation":
      return Math.min(...node.options.map(shortest));
    case "repeat":
      return shortest(node.body) * node.min;
  }
}

/** The characters that the parts can begin with; undefined when that is not known, or they may match nothing. */
function firstOf(parts: readonly Node[]): CharSet | undefined {
  const ranges: Range[] = [];
  for (const part of parts) {
    const first = firstOfOne(part);
    if (first === undefined) return undefined;
    ranges.push(...first);
    if (shortest(part) > 0) return { ranges: union(ranges), properties: [], negated: false };
  }
  return undefined;
}

function firstOfOne(node: Node): readonly Range[] | undefined {
  switch (node.type) {
    case "char":
    case "set":
      return rangesOf(setOf(node));
    case "assert":
      return [];
    case "concat": {
      const ranges: Range[] = [];
      for (const part of node.parts) {
        const first = firstOfOne(part);
        if (first === undefined) return undefined;
        ranges.push(...first);
        if (shortest(part) > 0) break;
      }
      return ranges;
    }
    case "alternation": {
      const all = node.options.map(firstOfOne);
      return all.some((one) => one === undefined) ? undefined : all.flatMap((one) => one ?? []);
    }
    case "repeat":
      return firstOfOne(node.body);
  }
}

function setOf(node: Node & { readonly type: "char" | "set" }): CharSet {
  return node.type === "set" ? node.set : { ranges: [[node.code, node.code]], properties: [], negated: false };
}

/** Undefined: depends on the tables of Unicode. */
function rangesOf({ ranges, properties, negated }: CharSet): readonly Range[] | undefined {
  if (properties.length > 0) return undefined;
  return negated ? complement(ranges) : ranges;
}

/** Whether surely no character is in both. */
function disjoint(a: CharSet | undefined, b: CharSet | undefined, ignoreCase: boolean): boolean {
  const one = a && rangesOf(a);
  const other = b && rangesOf(b);
  if (one === undefined || other === undefined) return false;
  const [left, right] = ignoreCase ? [fold(one), fold(other)] : [one, other];
  return left.every(([low, high]) => right.every(([from, to]) => high < from || to < low));
}

function within(set: CharSet, ranges: readonly Range[], ignoreCase: boolean): boolean {
  return disjoint(set, { ranges, properties: [], negated: true }, ignoreCase);
}

/** At least all that equals one of the ranges but for the case: beyond ASCII, everything. */
function fold(ranges: readonly Range[]): Range[] {
  const result: Range[] = [...ranges];
  for (const [low, high] of ranges) {
    for (let code = Math.max(low, 65); code <= Math.min(high, 122); code++) {
      const other = code ^ 32;
      if ((other >= 65 && other <= 90) || (other >= 97 && other <= 122)) result.push([other, other]);
      if (code === 107 || code === 75) result.push([0x212a, 0x212a]);
      if (code === 115 || code === 83) result.push([0x17f, 0x17f]);
    }
    if (high > 127) result.push([75, 75], [83, 83], [107, 107], [115, 115], [128, 0x10_ffff]);
  }
  return union(result);
}

/**
 * Splits `A.*B.*C` at its `.*` into pieces that can be looked for one after the other, each behind the first match of the
 * one before: for pieces of one length that is as good as the whole, and linear. Undefined when it cannot be.
 */
export function stages(node: Node, ignoreCase: boolean): readonly Node[] | undefined {
  if (node.type !== "concat") return undefined;
  const pieces: Node[][] = [[]];
  for (const part of flat(node.parts)) {
    if (isLoop(part) && part.body.type === "set" && part.body.set === ANY) {
      for (let times = 0; times < part.min; times++) pieces.at(-1)?.push(part.body);
      pieces.push([]);
    } else pieces.at(-1)?.push(part);
  }
  const nodes = pieces.map((parts): Node => ({ type: "concat", parts }));
  const fits = nodes.every(
    (piece, at) =>
      isLinear(piece, ignoreCase) &&
      Number.isFinite(longest(piece)) &&
      (at === nodes.length - 1 || (longest(piece) === shortest(piece) && !has(piece, "end"))) &&
      (at === 0 || !has(piece, "start")),
  );
  return nodes.length > 1 && fits ? nodes : undefined;
}

function has(node: Node, kind: "start" | "end"): boolean {
  switch (node.type) {
    case "char":
    case "set":
      return false;
    case "assert":
      return node.kind === kind;
    case "concat":
      return node.parts.some((part) => has(part, kind));
    case "alternation":
      return node.options.some((part) => has(part, kind));
    case "repeat":
      return has(node.body, kind);
  }
}
