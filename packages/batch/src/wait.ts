/** Settles as `work` does, or rejects when `signal` aborts first: a tool that ignores its signal holds nobody up. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) stop();
  });
}

/** Resolves when `work` has ended, but no later than `graceMs` after `signal` has aborted. */
export function untilOverdue(work: Promise<void>, signal: AbortSignal, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      timer = setTimeout(resolve, graceMs).unref();
    };
    signal.addEventListener("abort", wait, { once: true });
    void work.then(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wait);
      resolve();
    });
  });
}
