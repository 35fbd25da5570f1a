import { crc32 } from "node:zlib";
import type { Language } from "../analysis/types.ts";
import type { Section } from "../documents/sections.ts";
import { Blocks, DamagedError } from "./blocks.ts";
import type { SegmentFacts } from "./builder.ts";
import { ByteReader } from "./bytes.ts";
import { Strings } from "./strings.ts";
import type { IndexDocument, StoredDocument } from "./types.ts";

/** Where the texts of a segment are: in memory, or in a file. */
export interface TextSource {
  /** @throws DamagedError if there are not as many bytes */
  read(offset: number, length: number): Buffer;
  close(): void;
}

/** The members of a stem, by rank. */
const NOTHING = new Uint32Array(0);

/** Documents with their index, as they were built: never changed but for documents that leave. */
export class Segment {
  readonly bytes: Uint8Array;
  readonly terms: Strings;
  readonly paths: Strings;
  readonly types: Strings;
  readonly metadata: Strings;
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
  readonly textBytes: number;
  /** Of documents that have left. */
  deadBytes = 0;
  liveDocuments: number;
  liveSections: number;
  readonly #ids: Strings;
  readonly #blocks: Blocks;
  readonly #stems = new Map<Language, { stems: Strings; members: Uint32Array; at: Uint32Array }>();
  readonly #textEnds: Float64Array;
  readonly #textSums: Uint32Array;
  readonly #norms: Float32Array;
  #normsFor = Number.NaN;
  readonly #dead = new Set<number>();
  #texts: TextSource;
  #closed = false;

  /** @param bytes what the builder packed @param fresh see `Blocks` @throws DamagedError */
  constructor(bytes: Uint8Array, texts: TextSource, fresh = false) {
    this.bytes = bytes;
    const blocks = new Blocks(bytes, fresh);
    this.#blocks = blocks;
    this.#texts = texts;
    const facts = blocks.facts as SegmentFacts;
    this.languages = facts.languages;
    this.textBytes = facts.textBytes;
    this.#ids = new Strings(blocks, "ids");
    this.paths = new Strings(blocks, "paths");
    this.types = new Strings(blocks, "types");
    this.terms = new Strings(blocks, "terms");
    this.metadata = new Strings(blocks, "metadata");
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
    this.#textEnds = blocks.f64("textEnds");
    this.#textSums = blocks.u32("textSums");
    this.documents = this.#ids.length;
    this.sections = this.lengths.length;
    this.liveDocuments = this.documents;
    this.liveSections = this.sections;
    this.live = new Uint8Array(this.sections).fill(1);
    this.#norms = new Float32Array(this.sections);
    this.documentOf = new Uint32Array(this.sections);
    for (let document = 0; document < this.documents; document += 1) {
      this.documentOf.fill(document, this.first[document], this.first[document + 1]);
    }
    for (const language of this.languages) {
      const name = `stems.${language}`;
      if (!blocks.has(`${name}.members`)) continue;
      this.#stems.set(language, {
        stems: new Strings(blocks, name),
        members: blocks.u32(`${name}.members`),
        at: blocks.u32(`${name}.members.at`),
      });
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
    return JSON.parse(this.#utf8("documents", document)) as StoredDocument;
  }

  section(section: number): Omit<Section, "text"> {
    const [anchor, fragment, headings] = JSON.parse(this.#utf8("sections", section)) as [string, string, string[]];
    return { anchor, fragment, headings };
  }

  /** @throws DamagedError */
  text(section: number): string {
    const from = section === 0 ? 0 : (this.#textEnds[section - 1] as number);
    const bytes = this.#texts.read(from, (this.#textEnds[section] as number) - from);
    if (crc32(bytes) !== this.#textSums[section]) throw new DamagedError("a text is not as it was written");
    return bytes.toString("utf8");
  }

  /** The same, or undefined where it is damaged. */
  readable(section: number): string | undefined {
    try {
      return this.text(section);
    } catch (error) {
      if (error instanceof DamagedError) return undefined;
      throw error;
    }
  }

  /** Bytes of a document's text. */
  textBytesOf(document: number): number {
    const [from, to] = [this.first[document] as number, this.first[document + 1] as number];
    const end = to === 0 ? 0 : (this.#textEnds[to - 1] as number);
    return end - (from === 0 ? 0 : (this.#textEnds[from - 1] as number));
  }

  /** A document as it was put. @throws DamagedError */
  whole(document: number): IndexDocument {
    const { length: _, ...rest } = this.record(document);
    const sections: Section[] = [];
    for (let at = this.first[document] as number; at < (this.first[document + 1] as number); at += 1) {
      sections.push({ ...this.section(at), text: this.text(at) });
    }
    return { ...rest, sections };
  }

  /** The same, or undefined where it is damaged. */
  wholeOrNothing(document: number): IndexDocument | undefined {
    try {
      return this.whole(document);
    } catch (error) {
      if (error instanceof DamagedError) return undefined;
      throw error;
    }
  }

  /** Names of the metadata that live documents have. */
  liveFields(): Set<string> {
    const names = new Set<string>();
    for (let index = 0; index < this.metadata.length; index += 1) {
      const key = this.metadata.at(index);
      const name = key.slice(0, key.indexOf("\0"));
      if (!names.has(name) && this.withMetadata(key).some((document) => this.isLive(document))) names.add(name);
    }
    return names;
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
    this.liveSections -= to - from;
    this.deadBytes += this.textBytesOf(document);
  }

  /** The documents that have left. */
  get dropped(): ReadonlySet<number> {
    return this.#dead;
  }

  /** How many sections have a term, also such as have left. */
  count(rank: number): number {
    return (this.postingsAt[rank + 1] as number) - (this.postingsAt[rank] as number);
  }

  /** By rank: the terms that have a stem in a language. Of a stem whose only term is itself, nothing. */
  members(stem: string, language: Language): Uint32Array {
    const known = this.#stems.get(language);
    const index = known?.stems.find(stem) ?? -1;
    return known && index !== -1 ? known.members.subarray(known.at[index], known.at[index + 1]) : NOTHING;
  }

  /** The documents that have a metadata value: see `metadataKey`. */
  withMetadata(key: string): number[] {
    const index = this.metadata.find(key);
    if (index === -1) return [];
    const reader = new ByteReader(
      this.#blocks.bytes("metadata.documents"),
      this.#blocks.u32("metadata.at.documents")[index] as number,
    );
    const documents: number[] = [];
    for (let left = reader.varint(), before = 0; left > 0; left -= 1) documents.push((before += reader.varint()));
    return documents;
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

  /** A part of all texts, as they are kept. @throws DamagedError */
  rawTexts(offset: number, length: number): Buffer {
    return this.#texts.read(offset, length);
  }

  /** Reads texts from elsewhere from now on. */
  moveTexts(texts: TextSource): void {
    this.#texts.close();
    this.#texts = texts;
    if (this.#closed) texts.close();
  }

  close(): void {
    this.#closed = true;
    this.#texts.close();
  }

  #utf8(name: string, index: number): string {
    const at = this.#blocks.u32(`${name}.at`);
    const bytes = this.#blocks.bytes(`${name}.text`);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8", at[index], at[index + 1]);
  }
}

/** Texts in memory. */
export function textsInMemory(bytes: Uint8Array): TextSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    read(offset, length) {
      if (offset + length > buffer.length) throw new DamagedError("a text is missing");
      return buffer.subarray(offset, offset + length);
    },
    close() {},
  };
}
