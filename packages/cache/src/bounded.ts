/** How long a store, or what disposes of a value, may take before things go on without it, in milliseconds. */
const GRACE_MS = 5000;

/** The promise, for so long as it is worth waiting for: 5 s, and `ms` more where it may take its time. */
export function bounded<T>(promise: T | Promise<T>, ms = 0): Promise<Awaited<T>> {
  const maxMs = ms + GRACE_MS;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it did not answer within ${maxMs} ms`)), maxMs);
    Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
