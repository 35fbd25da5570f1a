import { SectionWriter } from "./sections.ts";
import type { SectionBounds } from "./sections.ts";

/** One of the parts of a page that may be the document: collects its text and sees to its lines. */
export class PagePart {
  readonly writer: SectionWriter;
  /** UTF-16 units of text that is no white space. */
  length = 0;
  /** The last two characters of the text, to tell where a line ended. */
  #ends = "\n\n";
  /** How many line breaks there are to be before the next text. */
  #breaks = 0;
  /** Whether the text ends with the mark of an item or cell, which what follows stays with. */
  #marked = false;
  #firstCell = true;

  constructor(bounds: SectionBounds) {
    this.writer = new SectionWriter(bounds);
  }

  /** Ends the line, and leaves one blank around what stands apart. */
  break(wanted: number): void {
    if (!this.#marked) this.#breaks = Math.max(this.#breaks, wanted);
  }

  /** @param id the anchor that the page gives it */
  heading(level: number, title: string, id: string | undefined): void {
    this.writer.heading(level, title, `${"#".repeat(level)} ${title}\n\n`, id ?? null);
    this.length += title.length;
    this.#ends = "\n\n";
    this.#breaks = 0;
    this.#marked = false;
  }

  /** @param kept whether white space is kept as it is */
  text(data: string, kept: boolean): void {
    const fresh = this.#breaks > 0 || this.#ends.endsWith("\n") || this.#ends.endsWith(" ");
    const text = kept || !fresh ? data : data.trimStart();
    if (text === "") return;
    if (text.trim() !== "") this.length += text.length;
    this.#write(text);
  }

  /** Begins an item of a list. */
  mark(mark: string): void {
    this.#write(mark);
    this.#marked = true;
  }

  /** Begins a row of a table. */
  row(): void {
    this.#firstCell = true;
  }

  /** Parts the cells of a row, which stay on one line whatever is in them. */
  cell(): void {
    if (!this.#firstCell) {
      this.#breaks = 0;
      this.#write(" | ");
    }
    this.#firstCell = false;
    this.#marked = true;
  }

  #write(text: string): void {
    const there = this.#ends.endsWith("\n\n") ? 2 : this.#ends.endsWith("\n") ? 1 : 0;
    if (this.#breaks > there) this.writer.text("\n".repeat(this.#breaks - there));
    this.#breaks = 0;
    this.writer.text(text);
    this.#marked = false;
    this.#ends = (this.#ends + text.slice(-2)).slice(-2);
  }
}
