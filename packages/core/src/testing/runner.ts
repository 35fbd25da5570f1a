/** What a suite needs of a test runner: `import { describe, it } from "vitest"`, or from `"node:test"`. */
export interface TestRunner {
  readonly describe: (name: string, tests: () => void) => unknown;
  readonly it: {
    (name: string, test: () => Promise<void>): unknown;
    /** With it, tests that cannot be run here are told. */
    readonly skip?: (name: string, test: () => Promise<void>) => unknown;
  };
}
