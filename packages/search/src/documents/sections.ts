import { cleanLine, shorten } from "./clean.ts";
import type { Metadata } from "./metadata.ts";
import { splitText } from "./split.ts";
import type { Split } from "./split.ts";

/** A part of a document under one heading; long ones are several sections. */
export interface Section {
  /** Names it in its document and never contains `~` but before the number of a continuation: `install`, `install~2`. */
  readonly anchor: string;
  /** What goes behind the `#` of a URL to open it, encoded; empty for the top of the document. */
  readonly fragment: string;
  /** The headings that it is under, outermost first, its own last. Empty above the first heading. */
  readonly headings: readonly string[];
  readonly text: string;
}

/** What a reader makes of a file. */
export interface Parsed {
  /** Undefined if the document names none. */
  readonly title: string | undefined;
  /** What the document says about itself. */
  readonly metadata: Metadata;
  readonly sections: readonly Section[];
  /** Whether text was left out because of a bound. */
  readonly cut: boolean;
}

export interface SectionBounds {
  /** Further sections are left out. */
  readonly maxSections: number;
  /** Longer sections are split, at a blank line if there is one near. UTF-16 units. */
  readonly maxSectionChars: number;
}

const MAX_HEADING = 200;
const MAX_LINES = 1_000;
/** The anchor of what stands above the first heading. */
const TOP = "top";

/** Collects text and headings in order, and cuts them into sections. */
export class SectionWriter {
  readonly #bounds: SectionBounds;
  readonly #split: Split;
  readonly #sections: Section[] = [];
  readonly #slugs = new Slugs();
  readonly #anchors = new Slugs();
  #path: { level: number; title: string }[] = [];
  #anchor = TOP;
  #fragment = "";
  #lead = "";
  /** The text, in pieces of many lines, and the lines behind them. */
  #text: string[] = [];
  #lines: string[] = [];
  #cut = false;

  /** @param split how a section that is too long is cut */
  constructor(bounds: SectionBounds, split: Split = splitText) {
    this.#bounds = bounds;
    this.#split = split;
    this.#anchors.unique(TOP);
  }

  /** Whether there is no room for more. */
  get full(): boolean {
    return this.#cut;
  }

  /** The text of the outermost heading so far with this level, if any. */
  firstHeading: string | undefined;

  text(text: string): void {
    if (this.#cut) return;
    this.#lines.push(text);
    if (this.#lines.length < MAX_LINES) return;
    // Not all of them at the end: there may be millions.
    this.#text.push(this.#lines.join(""));
    this.#lines = [];
  }

  /**
   * Begins a section.
   * @param level 1 is outermost
   * @param source how the heading stands in the text
   * @param id the anchor that the document itself gives it; null if pages of this format have no anchors without one
   */
  heading(level: number, title: string, source: string, id?: string | null): void {
    const clean = shorten(cleanLine(title), MAX_HEADING);
    const slug = this.#slugs.unique(slugOf(clean));
    // A page without anchors can still be opened at a text: https://wicg.github.io/scroll-to-text-fragment/
    const fragment = id === null ? textFragment(clean) : encodeURIComponent(id ?? slug);
    this.part(level, clean, id ? anchorOf(id) : slug, fragment);
    this.#lead += source;
  }

  /**
   * Begins a section that no heading in the text stands for.
   * @param title empty for none
   * @param anchor by default made of the title
   */
  part(level: number, title: string, anchor?: string, fragment = ""): void {
    this.#close();
    const clean = shorten(cleanLine(title), MAX_HEADING);
    if (level === 1) this.firstHeading ??= clean || undefined;
    this.#path = this.#path.filter((above) => above.level < level);
    this.#anchor = this.#anchors.unique((anchor ?? slugOf(clean)) || "section");
    this.#fragment = fragment;
    if (clean) this.#path.push({ level, title: clean });
  }

  finish(): { sections: readonly Section[]; cut: boolean } {
    this.#close();
    if (this.#lead.trim()) this.#put(this.#lead);
    return { sections: this.#sections, cut: this.#cut };
  }

  /** A heading without text of its own stays with the section that follows. */
  #close(): void {
    const text = [...this.#text, ...this.#lines].join("");
    this.#text = [];
    this.#lines = [];
    if (text.trim() === "") {
      if (this.#lead !== "") this.#lead += text;
      if (this.#lead.length <= this.#bounds.maxSectionChars) return;
      // Nothing but headings.
      this.#put(this.#lead);
      this.#lead = "";
      return;
    }
    this.#put(this.#lead + text);
    this.#lead = "";
  }

  #put(text: string): void {
    const headings = this.#path.map(({ title }) => title);
    let part = 0;
    for (const piece of this.#split(text, this.#bounds.maxSectionChars)) {
      if (this.#sections.length >= this.#bounds.maxSections) {
        this.#cut = true;
        return;
      }
      part += 1;
      const anchor = part === 1 ? this.#anchor : `${this.#anchor}~${part}`;
      this.#sections.push({ anchor, fragment: this.#fragment, headings, text: piece });
    }
  }
}

/** Numbers what comes again, as GitHub numbers anchors. */
class Slugs {
  /** The last number that each was given. */
  readonly #used = new Map<string, number>();

  unique(slug: string): string {
    let number = this.#used.get(slug);
    let unique = slug;
    if (number !== undefined) {
      do unique = `${slug}-${(number += 1)}`;
      while (this.#used.has(unique));
      this.#used.set(slug, number);
    }
    this.#used.set(unique, 0);
    return unique;
  }
}

/** As GitHub makes anchors of headings. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

function anchorOf(id: string): string {
  return shorten(cleanLine(id), MAX_HEADING).replace(/[~\s]/g, "-") || "section";
}

function textFragment(text: string): string {
  return text ? `:~:text=${encodeURIComponent(text).replaceAll("-", "%2D")}` : "";
}
