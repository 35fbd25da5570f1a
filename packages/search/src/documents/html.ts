import { Parser } from "htmlparser2";
import { cleanLine } from "./clean.ts";
import type { Pacer } from "../pacer.ts";
import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";

/** Elements whose content is not the document's text. */
const SILENT = new Set([
  "script",
  "style",
  "template",
  "noscript",
  "iframe",
  "object",
  "svg",
  "math",
  "nav",
  "footer",
  "select",
  "button",
  "textarea",
]);
/** Elements that stand on lines of their own, and those that stand apart. */
const LINES = new Set(["address", "body", "dd", "div", "dt", "figcaption", "form", "header", "li", "summary", "tr"]);
const BLOCKS = new Set([
  "article",
  "aside",
  "blockquote",
  "details",
  "dl",
  "fieldset",
  "figure",
  "hr",
  "main",
  "ol",
  "p",
  "pre",
  "section",
  "table",
  "ul",
]);
const HEADING = /^h([1-6])$/;
const SLICE = 16 * 1024;
const MAX_DEPTH = 512;
const MAX_TITLE = 1_000;

/**
 * Reads HTML into sections by heading, in a stream: scripts, styles and navigation are dropped, and if there is a `main`
 * element, everything around it. Anchors are the ids of headings. Entities of a document type are never expanded.
 */
export async function parseHtml(source: string, bounds: SectionBounds, pacer: Pacer): Promise<Parsed> {
  const page = new Page(bounds);
  const parser = new Parser(page, { decodeEntities: true, lowerCaseTags: true });
  for (let at = 0; at < source.length && !page.done; at += SLICE) {
    parser.write(source.slice(at, at + SLICE));
    if (pacer.due) await pacer.pause();
  }
  if (!page.done) parser.end();
  return page.finish();
}

class Page {
  readonly #bounds: SectionBounds;
  #writer: SectionWriter;
  #title = "";
  #inTitle = false;
  #silent = 0;
  #pre = 0;
  /** The last two characters of the text, to tell where a line ended. */
  #ends = "\n\n";
  #depth = 0;
  #tooDeep = false;
  #main: "none" | "inside" | "over" = "none";
  #heading: { level: number; id: string | undefined; text: string } | undefined;
  /** The id of an element that encloses or precedes the next heading without text in between. */
  #pendingId: string | undefined;

  constructor(bounds: SectionBounds) {
    this.#bounds = bounds;
    this.#writer = new SectionWriter(bounds);
  }

  get done(): boolean {
    return this.#tooDeep || this.#writer.full || this.#main === "over";
  }

  onopentag(name: string, attributes: Record<string, string>): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#tooDeep = true;
    if (this.done) return;
    if (name === "title" && this.#title === "") this.#inTitle = true;
    if (SILENT.has(name)) this.#silent += 1;
    if (this.#silent > 0) return;
    if (name === "main" && this.#main === "none") {
      this.#main = "inside";
      this.#writer = new SectionWriter(this.#bounds);
    }
    const level = HEADING.exec(name)?.[1];
    const id = attributes["id"] ?? (name === "a" ? attributes["name"] : undefined);
    if (level !== undefined) {
      this.#heading = { level: Number(level), id: id ?? this.#pendingId, text: "" };
      this.#pendingId = undefined;
    } else if (this.#heading) {
      this.#heading.id ??= id;
    } else if (id !== undefined) {
      this.#pendingId = id;
    }
    if (name === "pre") this.#pre += 1;
    this.#break(name);
    if (name === "br") this.#write("\n");
    else if (name === "li") this.#write("- ");
    else if ((name === "td" || name === "th") && !this.#ends.endsWith("\n")) this.#write(" ");
    else if (name === "img" && attributes["alt"]) this.#write(attributes["alt"]);
  }

  onclosetag(name: string): void {
    this.#depth -= 1;
    if (this.done) return;
    if (name === "title") this.#inTitle = false;
    if (SILENT.has(name)) this.#silent = Math.max(0, this.#silent - 1);
    if (this.#silent > 0) return;
    if (name === "pre") this.#pre = Math.max(0, this.#pre - 1);
    if (HEADING.test(name) && this.#heading) {
      const { level, id, text } = this.#heading;
      this.#heading = undefined;
      // Signs that themes put behind headings as links to themselves.
      const title = cleanLine(text).replace(/\s*[¶#§🔗]+$/u, "");
      this.#writer.heading(level, title, `${"#".repeat(level)} ${title}\n\n`, id ?? null);
      this.#ends = "\n\n";
      return;
    }
    this.#break(name);
    if (name === "main") this.#main = "over";
  }

  ontext(data: string): void {
    if (this.done) return;
    if (this.#inTitle && this.#title.length < MAX_TITLE) this.#title += data;
    if (this.#silent > 0 || this.#inTitle) return;
    if (!this.#heading && data.trim() !== "") this.#pendingId = undefined;
    if (this.#pre > 0) {
      this.#write(data);
      return;
    }
    const text = data.replace(/\s+/gu, " ");
    this.#write(this.#ends.endsWith("\n") || this.#ends.endsWith(" ") ? text.trimStart() : text);
  }

  /** Ends the line, and leaves one blank around what stands apart. */
  #break(name: string): void {
    const wanted = BLOCKS.has(name) ? 2 : LINES.has(name) ? 1 : 0;
    const there = /\n*$/.exec(this.#ends)?.[0].length ?? 0;
    if (wanted > there) this.#write("\n".repeat(wanted - there));
  }

  #write(text: string): void {
    if (text === "") return;
    if (this.#heading) {
      if (this.#heading.text.length < MAX_TITLE) this.#heading.text += text;
      return;
    }
    this.#writer.text(text);
    this.#ends = (this.#ends + text.slice(-2)).slice(-2);
  }

  finish(): Parsed {
    const { sections, cut } = this.#writer.finish();
    return {
      title: this.#writer.firstHeading ?? (cleanLine(this.#title) || undefined),
      sections,
      cut: cut || this.#tooDeep,
    };
  }
}
