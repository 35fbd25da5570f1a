import type { Language } from "../analysis/types.ts";
import type { Blocks } from "./blocks.ts";
import { stringBlocks, Strings } from "./strings.ts";

/** A stem with the ranks of its terms, in order. */
export type StemTerms = readonly [stem: string, ranks: readonly number[]];

const NOTHING = new Uint32Array(0);

/** Blocks that hold the terms of a language's stems: the stems in order, each with its ranks. */
export function stemBlocks(language: Language, all: readonly StemTerms[]): Record<string, Uint8Array | Uint32Array> {
  const sorted = all.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const members: number[] = [];
  const at = new Uint32Array(sorted.length + 1);
  for (const [index, [, ranks]] of sorted.entries()) {
    for (const rank of ranks) members.push(rank);
    at[index + 1] = members.length;
  }
  const name = `stems.${language}`;
  return {
    ...stringBlocks(
      name,
      sorted.map(([stem]) => stem),
    ),
    [`${name}.members`]: Uint32Array.from(members),
    [`${name}.members.at`]: at,
  };
}

/** The stems of a segment's terms, as they were packed. */
export class Stems {
  readonly #known = new Map<Language, { stems: Strings; members: Uint32Array; at: Uint32Array }>();

  constructor(blocks: Blocks, languages: readonly Language[]) {
    for (const language of languages) {
      const name = `stems.${language}`;
      if (!blocks.has(`${name}.members`)) continue;
      this.#known.set(language, {
        stems: new Strings(blocks, name),
        members: blocks.u32(`${name}.members`),
        at: blocks.u32(`${name}.members.at`),
      });
    }
  }

  /** The ranks of the terms that have a stem in a language. Of a stem whose only term is itself, nothing. */
  members(stem: string, language: Language): Uint32Array {
    const known = this.#known.get(language);
    const index = known?.stems.find(stem) ?? -1;
    return known && index !== -1 ? known.members.subarray(known.at[index], known.at[index + 1]) : NOTHING;
  }
}
