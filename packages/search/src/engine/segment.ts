import type { Language } from "../analysis/types.ts";
import type { Section } from "../documents/sections.ts";
import { Blocks } from "./blocks.ts";
import type { SegmentFacts } from "./builder.ts";
import { Metadata } from "./metadata.ts";
import { Records } from "./records.ts";
import { Stems } from "./stems.ts";
import { Strings } from "./strings.ts";
import { Texts } from "./texts.ts";
import type { TextSource } from "./texts.ts";
import type { IndexDocument, StoredDocument } from "./types.ts";

/** What is kept of a section beside its text. */
export type SectionRecord = readonly [anchor: string, fragment: string, headings: readonly string[]];

/** Documents with their index, as they were built: never changed but for documents that leave. */
export class Segment {
  readonly bytes: Uint8Array;
  readonly terms: Strings;
  readonly stems: Stems;
  readonly paths: Strings;
  readonly types: Strings;
  readonly metadata: Metadata;
  readonly texts: Texts;
  readonly languages: readonly Language[];
  readonly documents: number;
  readonly sections: number;
  /** By document. */
  readonly type: Uint16Array;
  readonly modified: Float64Array;
  readonly sizes: Float64Array;
  readonly prints: BigUint64Array;
  readonly language: Uint8Array;
  /** The place of each document in the order of ids. */
  readonly order: Uint32Array;
  /** The first section of each document, and one past the last. */
  readonly first: Uint32Array;
  /** By section: terms, where its text begins, and its title's key. */
  readonly lengths: Uint32Array;
  readonly heads: Uint16Array;
  readonly titles: Uint32Array;
  /** By section: its document. */
  readonly documentOf: Uint32Array;
  /** By section: 1 while its document is here. */
  readonly live: Uint8Array;
  /** By term: where its postings begin, and one past the last. */
  readonly postingsAt: Uint32Array;
  /** By posting: its section, and how often the term comes there, 255 for more; see `Postings`. */
  readonly postings: Uint16Array | Uint32Array;
  readonly times: Uint8Array;
  /** By term. */
  readonly positions: Uint8Array;
  readonly positionsAt: Uint32Array;
  /** Bytes of the texts of documents that have left. */
  deadBytes = 0;
  liveDocuments: number;
  readonly #ids: Strings;
  readonly #documentRecords: Records<StoredDocument>;
  readonly #sectionRecords: Records<SectionRecord>;
  readonly #norms: Float32Array;
  #normsFor = Number.NaN;
  readonly #dead = new Set<number>();

  /** @param bytes what the builder packed @param fresh see `Blocks` @throws DamagedError */
  constructor(bytes: Uint8Array, texts: TextSource, fresh = false) {
    this.bytes = bytes;
    const blocks = new Blocks(bytes, fresh);
    this.languages = (blocks.facts as SegmentFacts).languages;
    this.#ids = new Strings(blocks, "ids");
    this.paths = new Strings(blocks, "paths");
    this.types = new Strings(blocks, "types");
    this.terms = new Strings(blocks, "terms");
    this.stems = new Stems(blocks, this.languages);
    this.metadata = new Metadata(blocks);
    this.texts = new Texts(blocks, texts);
    this.#documentRecords = new Records(blocks, "documents");
    this.#sectionRecords = new Records(blocks, "sections");
    this.type = blocks.u16("type");
    this.modified = blocks.f64("modified");
    this.sizes = blocks.f64("sizes");
    this.prints = blocks.u64("prints");
    this.language = blocks.bytes("language");
    this.order = blocks.u32("order");
    this.first = blocks.u32("first");
    this.lengths = blocks.u32("lengths");
    this.heads = blocks.u16("heads");
    this.titles = blocks.u32("titles");
    this.postingsAt = blocks.u32("postings.at");
    this.postings = blocks.has("postings.wide") ? blocks.u32("postings.wide") : blocks.u16("postings.narrow");
    this.times = blocks.bytes("times");
    this.positions = blocks.bytes("positions");
    this.positionsAt = blocks.u32("positions.at");
    this.documents = this.#ids.length;
    this.sections = this.lengths.length;
    this.liveDocuments = this.documents;
    this.live = new Uint8Array(this.sections).fill(1);
    this.#norms = new Float32Array(this.sections);
    this.documentOf = new Uint32Array(this.sections);
    for (let document = 0; document < this.documents; document += 1) {
      this.documentOf.fill(document, this.first[document], this.first[document + 1]);
    }
  }

  /** The id of a document. */
  id(document: number): string {
    return this.#ids.at(document);
  }

  /** Compares a document's id with that of a document of another segment: negative if it comes before. */
  compareIds(document: number, other: Segment, theirs: number): number {
    return this.#ids.compare(document, other.#ids, theirs);
  }

  record(document: number): StoredDocument {
    return this.#documentRecords.at(document);
  }

  section(section: number): Omit<Section, "text"> {
    const [anchor, fragment, headings] = this.#sectionRecords.at(section);
    return { anchor, fragment, headings };
  }

  /** A document as it was put; undefined where a text of it is damaged. */
  whole(document: number): IndexDocument | undefined {
    const { length: _, ...rest } = this.record(document);
    const sections: Section[] = [];
    for (let at = this.first[document] as number; at < (this.first[document + 1] as number); at += 1) {
      const text = this.texts.readable(at);
      if (text === undefined) return undefined;
      sections.push({ ...this.section(at), text });
    }
    return { ...rest, sections };
  }

  isLive(document: number): boolean {
    return !this.#dead.has(document);
  }

  /** Takes a document out. */
  drop(document: number): void {
    if (!this.isLive(document)) return;
    const [from, to] = [this.first[document] as number, this.first[document + 1] as number];
    this.live.fill(0, from, to);
    this.#dead.add(document);
    this.liveDocuments -= 1;
    this.deadBytes += this.texts.bytesOf(from, to);
  }

  /** The documents that have left. */
  get dropped(): ReadonlySet<number> {
    return this.#dead;
  }

  /** How many sections have a term, also such as have left. */
  count(rank: number): number {
    return (this.postingsAt[rank + 1] as number) - (this.postingsAt[rank] as number);
  }

  /** By section: how much its length holds its terms back, for an average length. */
  norms(average: number, k1: number, b: number): Float32Array {
    if (this.#normsFor !== average) {
      const { lengths } = this;
      for (let at = 0; at < lengths.length; at += 1)
        this.#norms[at] = k1 * (1 - b + (b * (lengths[at] as number)) / average);
      this.#normsFor = average;
    }
    return this.#norms;
  }

  close(): void {
    this.texts.close();
  }
}
