import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HANDBOOK } from "./handbook.ts";

export interface KnownDocument {
  readonly path: string;
  readonly title: string;
  /** Licence and holder. */
  readonly notice: string;
  readonly sections: readonly {
    readonly anchor: string;
    /** Outermost first. */
    readonly headings: readonly string[];
    readonly text: string;
  }[];
}

/** The documents in which the known items are. */
export function knownDocuments(): KnownDocument[] {
  const english = readFileSync(join(import.meta.dirname, "english.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as KnownDocument);
  const handbook = HANDBOOK.map(({ path, title, text }) => ({
    path,
    title,
    notice: "MIT, Plugboard",
    sections: [{ anchor: "top", headings: [title], text }],
  }));
  return [...english, ...handbook];
}
