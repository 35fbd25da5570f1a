import { FileAccessError, openRoots } from "@plugboard/core/files";
import type { Roots } from "@plugboard/core/files";

export interface OpenedRoots {
  readonly roots: Roots;
  /** Why some could not be opened, each naming its root. Missing ones are not among them: a walk looks for those again. */
  readonly failed: readonly FileAccessError[];
}

/** Opens those roots that can be opened, or that are missing and may come. */
export async function openEach(paths: readonly string[], secrets: boolean): Promise<OpenedRoots> {
  const options = { later: true, ...(secrets && { deny: [] }) };
  const failed: FileAccessError[] = [];
  const good: string[] = [];
  for (const path of paths) {
    try {
      await openRoots([path], options);
      good.push(path);
    } catch (error) {
      if (!(error instanceof FileAccessError)) throw error;
      failed.push(error);
    }
  }
  return { roots: await openRoots(good, options), failed };
}
