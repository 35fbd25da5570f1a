import type { SkipReason } from "./read.ts";

const PHRASES: Readonly<Record<SkipReason, string>> = {
  invalid_path: "its path is not valid",
  outside_roots: "it leads outside the roots",
  not_found: "it does not exist",
  no_permission: "it may not be read",
  not_a_file: "it is not a regular file",
  secret: "it is on the list of files that hold secrets",
  changed: "it kept changing while it was read",
  io: "reading failed",
  too_deep: "it is nested deeper than maxDepth",
  too_many: "there are more files than maxFiles, or too many names to look at",
  too_large: "it is larger than maxFileBytes",
  total_too_large: "the documents together are larger than maxTotalBytes",
  binary: "it is not text",
  unparsable: "its parser failed",
  taken: "another document has its id",
  cut: "it has more than maxSections sections or is nested too deeply: only its beginning is indexed",
};

const MAX_WARNINGS = 20;

/** Counts what a look at the files left out, and warns of each file once, of at most 20 in all. */
export class Skips {
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();
  #counting = 0;
  /** Files and folders that the last complete look left out. */
  count = 0;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  begin(): void {
    this.#counting = 0;
  }

  /** @param times for how many files it stands, where they are not named */
  add(path: string, reason: SkipReason, times = 1): void {
    const phrase = PHRASES[reason];
    this.tell(path === "" ? `${times} more files are skipped: ${phrase}` : `skipped ${shown(path)}: ${phrase}`, times);
  }

  /** The same for what is no file, in its own words. */
  tell(warning: string, times: number): void {
    this.#counting += times;
    if (this.#warned.size > MAX_WARNINGS || this.#warned.has(warning)) return;
    this.#warned.add(warning);
    const last = this.#warned.size > MAX_WARNINGS;
    this.#warn(last ? "more files are skipped than are named here; stats() has their number" : warning);
  }

  end(): void {
    this.count = this.#counting;
  }
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 300));
}
