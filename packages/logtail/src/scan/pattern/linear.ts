import { WORD } from "./classes.ts";
import type { Node } from "./node.ts";
import { flat, isLoop, lengthsOf, setOf } from "./node.ts";
import type { CharSet, Range } from "./sets.ts";
import { disjoint, rangesOf, setOfRanges, union, within } from "./sets.ts";

/** Steps that V8 may take per character of a line. */
const MAX_STEPS = 64;
/** Characters between what bounds the entries of a loop and the loop. */
const MAX_DISTANCE = 16;

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

/** How many places of a run a start can enter the loop at; Infinity when that is not bounded. */
function entriesOf(parts: readonly Node[], loop: number, ignoreCase: boolean): number {
  const body = parts[loop];
  if (body === undefined || !isLoop(body)) return Infinity;
  const set = setOf(body.body);
  const before = parts[loop - 1];
  if (before?.type === "assert" && before.kind === "word" && body.min > 0 && within(set, WORD, ignoreCase)) return 1;
  let distance = 0;
  for (let at = loop - 1; at >= 0 && distance <= MAX_DISTANCE; at--) {
    const part = parts[at];
    if (part === undefined || isLoop(part)) return Infinity;
    if ((part.type === "char" || part.type === "set") && disjoint(setOf(part), set, ignoreCase)) return distance + 1;
    distance += lengthsOf(part).most;
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

/** The characters that the parts can begin with; undefined when that is not known, or they may match nothing. */
function firstOf(parts: readonly Node[]): CharSet | undefined {
  if (parts.every((part) => lengthsOf(part).least === 0)) return undefined;
  const ranges = startsOf({ type: "concat", parts });
  return ranges && setOfRanges(union(ranges));
}

/** The first characters of matches that are not empty; undefined when they are not known. */
function startsOf(node: Node): readonly Range[] | undefined {
  switch (node.type) {
    case "char":
    case "set":
      return rangesOf(setOf(node));
    case "assert":
      return [];
    case "concat": {
      const ranges: Range[] = [];
      for (const part of node.parts) {
        const starts = startsOf(part);
        if (starts === undefined) return undefined;
        ranges.push(...starts);
        if (lengthsOf(part).least > 0) break;
      }
      return ranges;
    }
    case "alternation": {
      const all = node.options.map(startsOf);
      return all.some((one) => one === undefined) ? undefined : all.flatMap((one) => one ?? []);
    }
    case "repeat":
      return startsOf(node.body);
  }
}
