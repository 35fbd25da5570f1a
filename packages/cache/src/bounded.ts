/** How long a store, or what disposes of a value, may take before things go on without it, in milliseconds. */
const MAX_MS = 5000;

/** The promise, for so long as it is worth waiting for. */
export function bounded<T>(promise: T | Promise<T>): Promise<Awaited<T>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it did not answer within ${MAX_MS} ms`)), MAX_MS);
    Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
