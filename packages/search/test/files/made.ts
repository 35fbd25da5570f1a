import { onTestFinished } from "vitest";
import type { Engine } from "../../src/engine/types.ts";
import { Corpus } from "../../src/files/corpus.ts";
import type { CorpusOptions } from "../../src/files/corpus.ts";
import { find as findIn } from "../engine/make.ts";
import { naiveEngine } from "../engine/naive.ts";

const defaults: Omit<CorpusOptions, "roots"> = {
  include: ["**/*.md", "**/*.html", "**/*.txt"],
  exclude: ["node_modules"],
  dotfiles: false,
  secrets: false,
  maxDepth: 16,
  maxFiles: 1_000,
  maxFileBytes: 1_000_000,
  maxTotalBytes: 10_000_000,
  maxSections: 1_000,
  maxSectionChars: 8_000,
  refreshMs: 0,
  ignoreFiles: true,
  watch: false,
  sources: [],
  state: false,
  name: "search",
};

export type MakeEngine = (folder: string | undefined) => Promise<Engine>;

export interface Made {
  readonly corpus: Corpus;
  readonly warnings: string[];
  /** Ids of what is found, after a look at the files. */
  find(query: string): Promise<string[]>;
}

/** A corpus, over the naive engine unless another is given, that is closed when the test is over. */
export function make(
  roots: readonly string[],
  options: Partial<CorpusOptions> = {},
  engine: MakeEngine = async () => naiveEngine(),
): Made {
  const warnings: string[] = [];
  const lifetime = new AbortController();
  const warn = (message: string): void => void warnings.push(message);
  const corpus = new Corpus({ ...defaults, roots, ...options }, engine, warn, lifetime.signal);
  onTestFinished(async () => {
    lifetime.abort();
    await corpus.close();
  });
  return {
    corpus,
    warnings,
    async find(query) {
      await corpus.ready();
      return findIn(corpus.engine, query);
    },
  };
}

/** What there is to count of a corpus. */
export function counts({ engine, skips, refreshes, indexed }: Corpus): Record<string, number> {
  const { documents, sections, bytes } = engine;
  return { documents, sections, bytes, indexed, refreshes, skipped: skips.count };
}
