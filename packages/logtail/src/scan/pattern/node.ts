import type { CharSet } from "./sets.ts";
import { setOfRanges } from "./sets.ts";

/** What a part of a regular expression means. */
export type Node =
  | { readonly type: "char"; readonly code: number }
  | { readonly type: "set"; readonly set: CharSet }
  | { readonly type: "assert"; readonly kind: "start" | "end" | "word" | "notWord" }
  | { readonly type: "concat"; readonly parts: readonly Node[] }
  | { readonly type: "alternation"; readonly options: readonly Node[] }
  | {
      readonly type: "repeat";
      readonly body: Node;
      readonly min: number;
      /** Infinity: no bound. */
      readonly max: number;
      readonly lazy: boolean;
    };

/** An unbounded repetition of a single character: `X*`. */
export interface Loop {
  readonly type: "repeat";
  readonly body: Node & { readonly type: "char" | "set" };
  readonly min: number;
  readonly max: number;
  readonly lazy: boolean;
}

export function isLoop(node: Node): node is Loop {
  return node.type === "repeat" && node.max === Infinity && (node.body.type === "char" || node.body.type === "set");
}

/** The parts of a concatenation, with those of inner ones in their place. */
export function flat(parts: readonly Node[]): readonly Node[] {
  return parts.flatMap((part) => (part.type === "concat" ? flat(part.parts) : [part]));
}

/** The characters that a node for one of them stands for. */
export function setOf(node: Node & { readonly type: "char" | "set" }): CharSet {
  return node.type === "set" ? node.set : setOfRanges([[node.code, node.code]]);
}

/** How many characters a node matches. */
export interface Lengths {
  readonly least: number;
  /** Infinity without a bound. */
  readonly most: number;
}

export function lengthsOf(node: Node): Lengths {
  switch (node.type) {
    case "char":
    case "set":
      return { least: 1, most: 1 };
    case "assert":
      return { least: 0, most: 0 };
    case "concat": {
      const parts = node.parts.map(lengthsOf);
      return {
        least: parts.reduce((sum, { least }) => sum + least, 0),
        most: parts.reduce((sum, { most }) => sum + most, 0),
      };
    }
    case "alternation": {
      const options = node.options.map(lengthsOf);
      return {
        least: Math.min(...options.map(({ least }) => least)),
        most: Math.max(...options.map(({ most }) => most)),
      };
    }
    case "repeat": {
      const { least, most } = lengthsOf(node.body);
      return { least: least * node.min, most: most === 0 || node.max === 0 ? 0 : most * node.max };
    }
  }
}
