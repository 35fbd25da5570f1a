import { crc32 } from "node:zlib";
import { LanguageTally } from "../analysis/languages.ts";
import type { Language } from "../analysis/types.ts";
import { eachWord } from "../analysis/words.ts";
import { indexable } from "../documents/parse.ts";
import type { Format } from "../documents/parse.ts";
import type { Section } from "../documents/sections.ts";
import { pack } from "./blocks.ts";
import { ByteWriter } from "./bytes.ts";
import { fingerprint, titleKey } from "./hash.ts";
import { invert, Tokens } from "./invert.ts";
import { MetadataBuilder } from "./metadata.ts";
import { recordBlocks } from "./records.ts";
import type { SectionRecord } from "./segment.ts";
import { stringBlocks } from "./strings.ts";
import type { IndexDocument } from "./types.ts";
import { Vocabulary } from "./vocabulary.ts";

/** What a segment consists of: what is kept in memory, and the texts, which need not be. */
export interface BuiltSegment {
  readonly index: Uint8Array<ArrayBuffer>;
  readonly texts: Uint8Array<ArrayBuffer>;
}

/** What a packed segment says of itself. */
export interface SegmentFacts {
  readonly languages: readonly Language[];
}

export interface BuildOptions {
  /** The languages that a document may be in; what is in none of them for sure counts as the first. */
  readonly languages: readonly Language[];
}

/** Between two fields of a section, so that no phrase reaches from one into the next. */
const GAP = 16;

/** Indexes documents, one after the other, in memory; `finish` makes a segment of them. */
export class SegmentBuilder {
  readonly #languages: readonly Language[];
  readonly #vocabulary: Vocabulary;
  readonly #tokens = new Tokens();
  readonly #ids: string[] = [];
  readonly #paths: string[] = [];
  readonly #types: string[] = [];
  readonly #records: string[] = [];
  readonly #modified: number[] = [];
  readonly #sizes: number[] = [];
  readonly #prints: bigint[] = [];
  readonly #documentLanguages: number[] = [];
  /** The first section of each document. */
  readonly #first: number[] = [];
  readonly #sectionRecords: string[] = [];
  readonly #lengths: number[] = [];
  readonly #heads: number[] = [];
  readonly #titles: number[] = [];
  readonly #ends: number[] = [];
  readonly #textEnds: number[] = [];
  readonly #textSums: number[] = [];
  readonly #texts = new ByteWriter();
  readonly #metadata = new MetadataBuilder();
  readonly #tally = new LanguageTally();
  /** The different words of the document that is being added. */
  #words: number[] = [];
  /** Words of the section that is being added, those that count twice twice. */
  #length = 0;

  constructor({ languages }: BuildOptions) {
    this.#languages = languages;
    this.#vocabulary = new Vocabulary(languages);
  }

  add(document: IndexDocument): void {
    const { sections, ...rest } = document;
    this.#ids.push(document.id);
    this.#paths.push(document.path);
    this.#types.push(document.type);
    this.#records.push(JSON.stringify({ ...rest, length: sections.length }));
    this.#modified.push(document.modified);
    this.#sizes.push(document.bytes);
    this.#prints.push(fingerprint(document.id, document.version));
    this.#first.push(this.#sectionRecords.length);
    this.#metadata.add(this.#ids.length - 1, document.metadata);
    this.#tally.clear();
    this.#words = [];
    for (const [position, section] of sections.entries()) this.#addSection(document, section, position);
    const language = this.#language();
    this.#documentLanguages.push(language);
    for (const word of this.#words) this.#vocabulary.note(word, language);
  }

  #addSection(document: IndexDocument, section: Section, position: number): void {
    const { anchor, fragment, headings } = section;
    this.#sectionRecords.push(JSON.stringify([anchor, fragment, headings] satisfies SectionRecord));
    this.#length = 0;
    const own = headings.at(-1) ?? document.title;
    const above = new Set([document.title, ...headings, nameOf(document.path)]);
    above.delete(own);
    // A heading stands in the text of its section too; a title above no heading does not.
    let at = this.#addText(own, 0, headings.length === 0 ? 2 : 1);
    for (const each of above) at = this.#addText(each, at + GAP, 1);
    this.#heads.push(Math.min(at, 65_535));
    this.#addText(indexable(section.text, document.type as Format), Math.min(at, 65_535) + GAP, 1);
    this.#lengths.push(Math.max(1, this.#length));
    this.#ends.push(this.#tokens.length);
    this.#titles.push(headings.length > 0 || position === 0 ? titleKey(own) : 0);
    const bytes = Buffer.from(section.text);
    this.#texts.push(bytes);
    this.#textEnds.push(this.#texts.length);
    this.#textSums.push(crc32(bytes));
  }

  /** @returns the position after the last word */
  #addText(text: string, from: number, times: 1 | 2): number {
    const tally = this.#tally;
    const tokens = this.#tokens;
    const vocabulary = this.#vocabulary;
    const words = this.#words;
    const document = this.#ids.length;
    let position = from;
    eachWord(text, (start, end) => {
      const word = vocabulary.word(text, start, end, document);
      const { isNew } = vocabulary;
      if (isNew) words.push(word);
      if (!tally.full) tally.add(vocabulary.clue(word), isNew);
      const single = vocabulary.single(word);
      if (single !== -1) {
        tokens.push(single, position);
        if (times === 2) tokens.push(single, position);
        position += 1;
        return;
      }
      const { ids, offsets, span } = vocabulary.compound(word);
      for (let index = 0; index < ids.length; index += 1) {
        const place = position + (offsets[index] as number);
        tokens.push(ids[index] as number, place);
        if (times === 2) tokens.push(ids[index] as number, place);
      }
      position += span;
    });
    this.#length += (position - from) * times;
    return position;
  }

  /** The place in the list of the language that the document is in. */
  #language(): number {
    if (this.#languages.length <= 1) return 0;
    const language = this.#tally.decide();
    return language === undefined ? 0 : Math.max(0, this.#languages.indexOf(language));
  }

  finish(): BuiltSegment {
    const { terms, ranks, stems } = this.#vocabulary.finish();
    const postings = invert(this.#tokens, this.#ends, ranks);
    const facts: SegmentFacts = { languages: this.#languages };
    const types = [...new Set(this.#types)];
    const typeNumber = new Map(types.map((type, index) => [type, index]));
    const index = pack(
      {
        ...stringBlocks("ids", this.#ids),
        order: placesOf(this.#ids),
        ...stringBlocks("paths", this.#paths),
        ...stringBlocks("types", types),
        type: Uint16Array.from(this.#types, (type) => typeNumber.get(type) ?? 0),
        ...recordBlocks("documents", this.#records),
        modified: Float64Array.from(this.#modified),
        sizes: Float64Array.from(this.#sizes),
        prints: BigUint64Array.from(this.#prints),
        language: Uint8Array.from(this.#documentLanguages),
        first: Uint32Array.from([...this.#first, this.#sectionRecords.length]),
        ...recordBlocks("sections", this.#sectionRecords),
        lengths: Uint32Array.from(this.#lengths),
        heads: Uint16Array.from(this.#heads),
        titles: Uint32Array.from(this.#titles),
        textEnds: Float64Array.from(this.#textEnds),
        textSums: Uint32Array.from(this.#textSums),
        ...stringBlocks("terms", terms),
        ...postings,
        ...stems,
        ...this.#metadata.blocks(),
      },
      facts,
    );
    return { index, texts: this.#texts.finish().slice() };
  }
}

/** The place of each among all in their order. */
function placesOf(ids: readonly string[]): Uint32Array {
  const places = new Uint32Array(ids.length);
  const sorted = [...ids.keys()].sort((a, b) => ((ids[a] as string) < (ids[b] as string) ? -1 : 1));
  for (const [place, index] of sorted.entries()) places[index] = place;
  return places;
}

/** The last part of a path. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
