import { createHash } from "node:crypto";
import { cleanText } from "../documents/clean.ts";
import type { Engine, StoredDocument, StoredSection } from "../engine/types.ts";
import { decodeCursor, encodeCursor, staleCursor } from "./cursor.ts";
import { documentTitle, headingPath, isoOf, sourceOf, titleOf, urlOf } from "./results.ts";
import type { FetchData } from "./schema.ts";

export interface FetchRequest {
  /** Of a section or of a document. */
  readonly id: string;
  /** Sections before and after a section that are wanted as well. */
  readonly neighbors?: number | undefined;
  /** Where a document's text goes on. */
  readonly cursor?: string | undefined;
}

const SEPARATOR = "\n\n";
/** Readings of a document that changes meanwhile. */
const ATTEMPTS = 3;

/**
 * The text of a section, with its neighbours, or of a whole document, as far as it fits; undefined if there is no such id.
 * @param request its `cursor` counts for documents, its `neighbors` for sections
 * @throws CursorError
 */
export async function fetchText(
  engine: Engine,
  { id, neighbors = 0, cursor }: FetchRequest,
  maxChars: number,
): Promise<FetchData | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const document = await engine.document(id);
    const section = document ? undefined : await engine.section(id);
    if (!document && !section) return undefined;
    // Cursors are made for whole documents only: this one is of another request.
    if (section && cursor !== undefined) decodeCursor(cursor, requestOf(id));
    const reader = new Reader(engine, document ?? section?.document, attempt === ATTEMPTS);
    const text = document
      ? await documentText(reader, document, cursor, maxChars)
      : section && (await sectionText(reader, section, neighbors, maxChars));
    if (!reader.changed) return text;
  }
}

/** Reads sections of one version of a document. */
class Reader {
  readonly #engine: Engine;
  readonly #document: StoredDocument | undefined;
  readonly #anyway: boolean;
  /** Whether there has been another version meanwhile. */
  changed = false;

  /** @param anyway whether another version's sections will do, since the document does not come to rest */
  constructor(engine: Engine, document: StoredDocument | undefined, anyway: boolean) {
    this.#engine = engine;
    this.#document = document;
    this.#anyway = anyway;
  }

  /** Undefined beyond either end. */
  async at(position: number): Promise<StoredSection | undefined> {
    const { id = "", length = 0, version } = this.#document ?? {};
    if (position < 0 || position >= length) return undefined;
    const section = await this.#engine.sectionAt(id, position);
    if (section?.document.version !== version && !this.#anyway) this.changed = true;
    return section;
  }
}

async function sectionText(
  reader: Reader,
  section: StoredSection,
  neighbors: number,
  maxChars: number,
): Promise<FetchData> {
  const { document, position } = section;
  const shown = [section];
  let room = maxChars - section.text.length;
  let [before, after] = [true, true];
  // The nearest first, so that it is the farthest that do not fit.
  for (let distance = 1; distance <= neighbors && (before || after); distance += 1) {
    for (const side of [-1, 1]) {
      if (side === -1 ? !before : !after) continue;
      const next = await reader.at(position + side * distance);
      const fits = next !== undefined && next.text.length + SEPARATOR.length <= room;
      if (next && fits) {
        room -= next.text.length + SEPARATOR.length;
        if (side === -1) shown.unshift(next);
        else shown.push(next);
      } else if (side === -1) before = false;
      else after = false;
    }
  }
  const first = shown[0]?.position ?? position;
  const last = shown.at(-1)?.position ?? position;
  const wanted = Math.min(document.length - 1, position + neighbors) - Math.max(0, position - neighbors);
  const previous = await reader.at(first - 1);
  const next = await reader.at(last + 1);
  return {
    id: section.id,
    title: titleOf(section),
    text: shown.map(({ text }) => text).join(SEPARATOR),
    url: urlOf(section),
    metadata: {
      path: cleanText(document.path),
      ...(section.headings.length > 0 && { heading_path: headingPath(section) }),
      section: position + 1,
      ...(shown.length > 1 && { first_section: first + 1, last_section: last + 1 }),
      ...common(document),
      truncated: last - first < wanted,
      document_id: document.id,
      ...(previous && { previous_id: previous.id }),
      ...(next && { next_id: next.id }),
    },
  };
}

async function documentText(
  reader: Reader,
  document: StoredDocument,
  cursor: string | undefined,
  maxChars: number,
): Promise<FetchData> {
  const generation = createHash("sha256").update(document.version).digest("hex").slice(0, 16);
  const request = requestOf(document.id);
  const place = cursor === undefined ? { offset: 0, generation } : decodeCursor(cursor, request);
  if (place.generation !== generation) throw staleCursor();
  const parts: string[] = [];
  let length = 0;
  let next: StoredSection | undefined;
  for (let position = place.offset; position < document.length; position += 1) {
    next = await reader.at(position);
    // A section alone always fits: its own bound is not larger.
    if (!next || (parts.length > 0 && length + next.text.length > maxChars)) break;
    parts.push(next.text);
    length += next.text.length + SEPARATOR.length;
    next = undefined;
  }
  return {
    id: document.id,
    title: documentTitle(document),
    text: parts.join(SEPARATOR),
    url: document.url,
    metadata: {
      path: cleanText(document.path),
      ...(cursor !== undefined && { first_section: place.offset + 1, last_section: place.offset + parts.length }),
      ...common(document),
      truncated: next !== undefined,
      ...(next && {
        next_id: next.id,
        next_cursor: encodeCursor(request, { offset: next.position, generation }),
      }),
    },
  };
}

function common(document: StoredDocument) {
  return { sections: document.length, modified: isoOf(document.modified), ...sourceOf(document) };
}

function requestOf(id: string): string {
  return `fetch ${id}`;
}
