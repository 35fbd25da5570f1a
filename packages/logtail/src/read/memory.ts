import type { Position } from "../files/cursor.ts";
import type { OpenFiles } from "../files/open.ts";
import type { LogFile } from "../files/source.ts";

/** What a follower remembers of the logs as it left them, from one reading to the next. */
export class Memory {
  readonly #files: OpenFiles;
  /** Logs that were read to their end, as they looked then. */
  readonly #settled = new Map<string, { signature: string; positions: readonly Position[] }>();
  /** The logs of files that are held open, by the paths under which these are written. */
  readonly #held = new Map<string, LogFile>();
  #isValid = false;

  constructor(files: OpenFiles) {
    this.#files = files;
  }

  /**
   * Remembers where logs were left.
   * @param logs all of the source, or those of `near`
   * @param done labels of those that were read to their end
   * @param near whether the others are as they were
   */
  leave(logs: readonly LogFile[], positions: readonly Position[], done: ReadonlySet<string>, near: boolean): void {
    const by = groupedByLabel(positions);
    if (!near) {
      this.#settled.clear();
      this.#held.clear();
      for (const log of logs) this.#hold(log, by.get(log.label) ?? []);
      this.#isValid = true;
    }
    for (const log of logs) {
      const own = by.get(log.label) ?? [];
      if (done.has(log.label) && own.length > 0)
        this.#settled.set(log.label, { signature: signatureOf(log), positions: own });
      else this.#settled.delete(log.label);
    }
  }

  /** The logs of these files; undefined if one is not known, or the folders have to be listed for another reason. */
  logsOf(paths: ReadonlySet<string>): ReadonlySet<LogFile> | undefined {
    if (!this.#isValid) return undefined;
    const logs = new Set<LogFile>();
    for (const path of paths) {
      const log = this.#held.get(path);
      if (!log) return undefined;
      logs.add(log);
    }
    return logs;
  }

  /** What is known of the files is not enough for the next reading. */
  forget(): void {
    this.#isValid = false;
  }

  /** The paths of files that are read on when they are written to. */
  holds(): string[] {
    return [...this.#held.keys()];
  }

  /** Whether a log was read to its end and is as it was then. */
  isQuiet(log: LogFile, known: readonly Position[]): boolean {
    const settled = this.#settled.get(log.label);
    return (
      settled !== undefined &&
      settled.positions.length === known.length &&
      settled.positions.every((one, index) => one === known[index]) &&
      settled.signature === signatureOf(log)
    );
  }

  #hold(log: LogFile, positions: readonly Position[]): void {
    for (const { id } of positions) {
      const listed = [log.live, ...log.rotated].find((one) => one?.id === id);
      if (listed) this.#held.set(listed.path, log);
      // Of a symbolic link what it leads to.
      const file = listed && listed === log.live ? this.#files.get(id) : undefined;
      if (file) this.#held.set(file.path, log);
    }
  }
}

function signatureOf(log: LogFile): string {
  return [log.live, ...log.rotated].map((one) => one && `${one.id} ${one.size} ${one.mtimeMs}`).join();
}

function groupedByLabel(positions: readonly Position[]): Map<string, Position[]> {
  const groups = new Map<string, Position[]>();
  for (const one of positions) {
    const group = groups.get(one.label);
    if (group) group.push(one);
    else groups.set(one.label, [one]);
  }
  return groups;
}
