/** What a suite needs of a test runner: `import { describe, it } from "vitest"`, or from `"node:test"`. */
export interface TestRunner {
  readonly describe: (name: string, tests: () => void) => unknown;
  readonly it: (name: string, test: (...context: readonly unknown[]) => Promise<void> | void) => unknown;
}

/** Says that a test is skipped, where the runner gave it a way to. */
export function skip([context]: readonly unknown[], note: string): void {
  (context as { skip?: (note: string) => void } | undefined)?.skip?.(note);
}
