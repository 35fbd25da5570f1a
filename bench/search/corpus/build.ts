import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { split } from "./split.ts";

export interface CorpusSection {
  readonly anchor: string;
  readonly headings: readonly string[];
  readonly text: string;
}

/** A line of the corpus file. */
export interface CorpusDocument {
  readonly id: string;
  readonly title: string;
  readonly sections: readonly CorpusSection[];
}

export interface Corpus {
  readonly file: string;
  readonly documents: number;
  readonly sections: number;
  /** UTF-16 units of text. */
  readonly chars: number;
  /** Of the file's content: the same on machines with the same versions of the packages. */
  readonly hash: string;
}

const FILES = /\.(?:md|markdown|html?|rst|txt)(?:\.gz)?$/i;
/** Copies of pages in another format, and lists of what is on other pages. */
const COPIES = /(?:^|\/)(?:_sources|linux-doc-6\.1\/html|core_arch|src)(?:\/|$)|\/(?:genindex|search|index-all)[^/]*$/;
const MAX_FILE = 4_000_000;

/**
 * Writes all distinct sections of the files below the folders to `file`, a document in each line, up to `limit` sections.
 * Which documents come in, and in which order, depends on their paths below their folders alone.
 */
export function buildCorpus(folders: readonly string[], file: string, limit: number): Corpus {
  const digest = (text: string): string => createHash("sha256").update(text).digest("base64");
  const files = folders
    .flatMap((folder) =>
      [...walk(folder)].map((path) => ({ path, id: join(basename(folder), relative(folder, path)) })),
    )
    .filter(({ id }) => FILES.test(id) && !COPIES.test(id))
    .map((one) => ({ ...one, order: digest(one.id) }))
    .toSorted((a, b) => (a.order < b.order ? -1 : 1));
  const hash = createHash("sha256");
  const known = new Set<string>();
  const fd = openSync(`${file}.part`, "w");
  let [documents, count, chars] = [0, 0, 0];
  for (const { path, id } of files) {
    if (count >= limit) break;
    const bytes = readFileSync(path);
    const name = id.replace(/\.gz$/, "");
    const source = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
    const { title, parts } = split(source, /\.html?$/i.test(name) ? "html" : "text");
    const kept: CorpusSection[] = [];
    for (const part of parts) {
      const key = digest(part.text.replace(/\s+/g, " "));
      if (count + kept.length >= limit || known.has(key)) continue;
      known.add(key);
      kept.push({ anchor: `s${kept.length + 1}`, ...part });
    }
    if (kept.length === 0) continue;
    const line = `${JSON.stringify({ id: name.replaceAll("#", "_"), title: title ?? basename(name), sections: kept })}\n`;
    hash.update(line);
    writeSync(fd, line);
    documents += 1;
    count += kept.length;
    chars += kept.reduce((sum, { text }) => sum + text.length, 0);
  }
  closeSync(fd);
  renameSync(`${file}.part`, file);
  return { file, documents, sections: count, chars, hash: hash.digest("hex").slice(0, 16) };
}

function* walk(folder: string): Generator<string, void, undefined> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile() && statSync(path).size <= MAX_FILE) yield path;
  }
}
