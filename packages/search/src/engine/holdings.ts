import type { Language } from "../analysis/types.ts";
import type { Pacer } from "../pacer.ts";
import type { Totals } from "./rank.ts";
import type { Snapshot } from "./search.ts";
import type { Segment } from "./segment.ts";

const MAX_LANGUAGES = 6;
/** Documents of one segment that a place can name. */
const SPAN = 2 ** 24;
const MAX_KNOWN_ANCHORS = 64;

/** Where a document is. */
export interface Place {
  readonly segment: Segment;
  readonly document: number;
  /** Of the segment. */
  readonly number: number;
}

/** The segments that count, and where in them each document is: it is in one of them, or nowhere. */
export class Holdings {
  documents = 0;
  sections = 0;
  bytes = 0;
  /** Another number after each change. */
  revision = 0;
  /** By number, in the order in which they came. */
  readonly #segments = new Map<number, Segment>();
  /** Where each document is: number of the segment times 2^24, and its number there. */
  readonly #where = new Map<string, number>();
  readonly #languages = new Map<Language, number>();
  #fields: ReadonlySet<string> | undefined;
  readonly #anchors = new Map<string, ReadonlyMap<string, number>>();
  #next = 0;
  #terms = 0;
  #print = 0n;
  #snapshot: Snapshot | undefined;

  /** 16 hexadecimal digits that stand for the ids and versions of all documents. */
  get generation(): string {
    return this.#print.toString(16).padStart(16, "0");
  }

  get segments(): Segment[] {
    return [...this.#segments.values()];
  }

  ids(): IterableIterator<string> {
    return this.#where.keys();
  }

  /** Names of the metadata that documents have. */
  fields(): ReadonlySet<string> {
    return (this.#fields ??= new Set(
      this.segments.flatMap((segment) => [...segment.metadata.names((document) => segment.isLive(document))]),
    ));
  }

  /** What there is now: the same object until something changes. */
  snapshot(): Snapshot {
    return (this.#snapshot ??= { segments: this.segments, totals: this.#totals(), languages: this.#mostFrequent() });
  }

  isCurrent(snapshot: Snapshot): boolean {
    return snapshot === this.#snapshot;
  }

  /**
   * Puts a new segment in, and what it replaces out: at once, so that nobody sees a half.
   * @param ids of all its documents: see `idsOf`
   */
  take(segment: Segment, ids: readonly string[]): void {
    if (segment.liveDocuments === 0) {
      segment.close();
      return;
    }
    const number = this.#next++;
    for (const [document, id] of ids.entries()) {
      if (!segment.isLive(document)) continue;
      this.drop(id);
      this.#where.set(id, number * SPAN + document);
      this.#count(segment, document, 1);
    }
    this.#segments.set(number, segment);
    this.#touch();
  }

  /** The ids of a new segment, ready to be taken in. Lets other work run: there may be many. */
  async idsOf(segment: Segment, pacer: Pacer): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let document = 0; document < segment.documents; document += 1) {
      if (pacer.due) await pacer.pause();
      const id = segment.id(document);
      // A string is hashed when it is looked up first, which is most of the work.
      this.#where.has(id);
      ids.push(id);
    }
    return ids;
  }

  /** Takes a document out. @returns whether it was there */
  drop(id: string): boolean {
    const place = this.place(id);
    if (!place) return false;
    const { segment, document, number } = place;
    this.#count(segment, document, -1);
    segment.drop(document);
    this.#where.delete(id);
    if (segment.liveDocuments === 0) this.#release(number, segment);
    this.#touch();
    return true;
  }

  /** Lets go of everything. */
  close(): void {
    for (const segment of this.#segments.values()) segment.close();
    this.#segments.clear();
    this.#where.clear();
    this.#touch();
  }

  place(id: string): Place | undefined {
    const place = this.#where.get(id);
    if (place === undefined) return undefined;
    const number = Math.floor(place / SPAN);
    const segment = this.#segments.get(number);
    return segment && { segment, document: place % SPAN, number };
  }

  /** The place of a section in its document, by the ids of both. */
  position(id: string): { readonly document: string; readonly position: number } | undefined {
    const hash = id.indexOf("#");
    const document = hash === -1 ? id : id.slice(0, hash);
    const place = hash === -1 ? undefined : this.place(document);
    const position = place && this.#anchorsOf(document, place).get(id.slice(hash + 1));
    return position === undefined ? undefined : { document, position };
  }

  /** The sections of a document, or the one with an id. */
  range(id: string): { segment: Segment; from: number; to: number } | undefined {
    const section = id.includes("#") ? this.position(id) : undefined;
    const place = this.place(section?.document ?? id);
    if (!place) return undefined;
    const { segment, document } = place;
    const [first, end] = [segment.first[document] as number, segment.first[document + 1] as number];
    if (!section) return { segment, from: first, to: end };
    return { segment, from: first + section.position, to: first + section.position + 1 };
  }

  #release(number: number, segment: Segment): void {
    this.#segments.delete(number);
    segment.close();
  }

  #count(segment: Segment, document: number, sign: 1 | -1): void {
    this.documents += sign;
    this.bytes += sign * (segment.sizes[document] as number);
    this.#print ^= segment.prints[document] as bigint;
    const [from, to] = [segment.first[document] as number, segment.first[document + 1] as number];
    this.sections += sign * (to - from);
    for (let at = from; at < to; at += 1) this.#terms += sign * (segment.lengths[at] as number);
    add(this.#languages, segment.languages[segment.language[document] as number] ?? "", sign);
  }

  #anchorsOf(id: string, { segment, document }: { segment: Segment; document: number }): ReadonlyMap<string, number> {
    let anchors = this.#anchors.get(id);
    if (!anchors) {
      const [from, to] = [segment.first[document] as number, segment.first[document + 1] as number];
      anchors = new Map(
        Array.from({ length: to - from }, (_, position) => [segment.section(from + position).anchor, position]),
      );
      if (this.#anchors.size >= MAX_KNOWN_ANCHORS) this.#anchors.clear();
      this.#anchors.set(id, anchors);
    }
    return anchors;
  }

  #touch(): void {
    this.revision += 1;
    this.#snapshot = undefined;
    this.#fields = undefined;
    this.#anchors.clear();
  }

  #totals(): Totals {
    return { sections: this.sections, average: this.sections === 0 ? 1 : this.#terms / this.sections };
  }

  /** The languages of one document in a hundred at least, the most frequent first. */
  #mostFrequent(): Language[] {
    return [...this.#languages]
      .filter(([, count]) => count * 100 >= this.documents)
      .sort(([a, few], [b, many]) => many - few || (a < b ? -1 : 1))
      .slice(0, MAX_LANGUAGES)
      .map(([language]) => language);
  }
}

function add<K>(counts: Map<K, number>, key: K, more: number): void {
  const count = (counts.get(key) ?? 0) + more;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
