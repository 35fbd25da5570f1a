/** A call of a batch, as far as order matters. */
export interface Step {
  /** Runs beside others; a step that is not parallel runs alone, after all before it and before all after it. */
  readonly parallel: boolean;
  run(): Promise<void>;
}

/**
 * Runs steps in order, parallel ones `concurrency` at a time. Ends when all have ended, or as soon as `stopped` says so:
 * steps that have not begun by then never begin.
 */
export async function runSteps(steps: readonly Step[], concurrency: number, stopped: () => boolean): Promise<void> {
  let at = 0;
  while (at < steps.length && !stopped()) {
    const from = at;
    while (at < steps.length && steps[at]?.parallel) at++;
    if (at === from) {
      await steps[at++]?.run();
      continue;
    }
    const group = steps.slice(from, at);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < group.length && !stopped()) await group[next++]?.run();
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, group.length) }, worker));
  }
}
