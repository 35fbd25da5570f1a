/** Runs all, the last first, one after another. What they throw is returned: one failure does not skip the rest. */
export async function runLastFirst(fns: readonly (() => void | Promise<void>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const fn of fns.toReversed()) {
    try {
      await fn();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
