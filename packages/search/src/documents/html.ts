import { Parser } from "htmlparser2";
import { cleanLine, cleanText } from "./clean.ts";
import { breaksAround, isAround, isSilent } from "./elements.ts";
import { MetadataWriter } from "./metadata.ts";
import type { Pacer } from "../pacer.ts";
import { PagePart } from "./page-part.ts";
import type { Parsed, SectionBounds } from "./sections.ts";

const HEADING = /^h([1-6])$/;
const SLICE = 16 * 1024;
const MAX_DEPTH = 512;
const MAX_TITLE = 1_000;
const METADATA = new Set(["author", "description", "keywords"]);

/**
 * Reads HTML into sections by heading, in a stream. Scripts, styles, navigation and bars of consent are dropped. The
 * document is what the `main` element holds, or `role="main"`; else what the articles hold, if that is most of the page;
 * else the body without headers and asides. Anchors are the ids of headings. Entities of a document type are never
 * expanded.
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
  readonly #body: PagePart;
  readonly #metadata = new MetadataWriter();
  #articles: PagePart | undefined;
  #main: PagePart | undefined;
  #title = "";
  #inTitle = false;
  /** How deep the reading is, and where it came into what is marked so; 0 outside of it. */
  #depth = 0;
  #silentAt = 0;
  #aroundAt = 0;
  #articleAt = 0;
  #mainAt = 0;
  #over = false;
  #tooDeep = false;
  #pre = 0;
  #heading: { level: number; id: string | undefined; text: string } | undefined;
  /** The id of an element that encloses or precedes the next heading without text in between. */
  #pendingId: string | undefined;

  constructor(bounds: SectionBounds) {
    this.#bounds = bounds;
    this.#body = new PagePart(bounds);
  }

  get done(): boolean {
    return this.#tooDeep || this.#over;
  }

  onopentag(name: string, attributes: Record<string, string>): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#tooDeep = true;
    if (this.done) return;
    if (name === "title" && this.#title === "") this.#inTitle = true;
    if (name === "meta") this.#meta(attributes);
    if (this.#silentAt === 0 && isSilent(name, attributes)) this.#silentAt = this.#depth;
    if (this.#silentAt > 0) return;
    this.#enter(name, attributes);
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
    if (name === "br") this.#write("\n", true);
    else if (name === "li") this.#mark("- ");
    else if (name === "dd") this.#mark(": ");
    else if (name === "tr") this.#each((part) => part.row());
    else if (name === "td" || name === "th") this.#each((part) => part.cell());
    else if (name === "img" && attributes["alt"]) this.#write(cleanLine(attributes["alt"]), true);
  }

  onclosetag(name: string): void {
    const depth = this.#depth;
    this.#depth -= 1;
    if (this.done) return;
    if (name === "title") this.#inTitle = false;
    if (this.#silentAt > 0) {
      if (this.#silentAt === depth) this.#silentAt = 0;
      return;
    }
    if (name === "pre") this.#pre = Math.max(0, this.#pre - 1);
    if (HEADING.test(name) && this.#heading) {
      const { level, id, text } = this.#heading;
      this.#heading = undefined;
      // Signs that themes put behind headings as links to themselves.
      const title = cleanLine(text).replace(/\s*[¶#§🔗]+$/u, "");
      this.#each((part) => part.heading(level, title, id), true);
      return;
    }
    this.#break(name);
    if (this.#aroundAt === depth) this.#aroundAt = 0;
    if (this.#articleAt === depth) this.#articleAt = 0;
    if (this.#mainAt === depth) {
      this.#mainAt = 0;
      // A main element that scripts would have filled is not the document.
      this.#over = (this.#main?.length ?? 0) > 0;
    }
  }

  ontext(data: string): void {
    if (this.done) return;
    if (this.#inTitle && this.#title.length < MAX_TITLE) this.#title += data;
    if (this.#silentAt > 0 || this.#inTitle) return;
    if (!this.#heading && data.trim() !== "") this.#pendingId = undefined;
    // Entities may have brought back what was removed from the source.
    const text = cleanText(data);
    if (this.#pre > 0) this.#write(text, true);
    else this.#write(text.replace(/\s+/gu, " "), false);
  }

  finish(): Parsed {
    const { writer } = this.#part();
    const { sections, cut } = writer.finish();
    return {
      title: writer.firstHeading ?? this.#body.writer.firstHeading ?? (cleanLine(this.#title) || undefined),
      metadata: this.#metadata.finish(),
      sections,
      cut: cut || this.#tooDeep,
    };
  }

  /** The part that is the document. */
  #part(): PagePart {
    if (this.#main && this.#main.length > 0) return this.#main;
    // A teaser beside the text may be an article as well.
    return this.#articles && 2 * this.#articles.length >= this.#body.length ? this.#articles : this.#body;
  }

  #enter(name: string, attributes: Readonly<Record<string, string>>): void {
    const inside = this.#mainAt > 0 || this.#articleAt > 0;
    if (this.#mainAt === 0 && (name === "main" || attributes["role"] === "main")) {
      this.#mainAt = this.#depth;
      this.#main = new PagePart(this.#bounds);
    } else if (!inside && name === "article") {
      this.#articleAt = this.#depth;
      this.#articles ??= new PagePart(this.#bounds);
    } else if (!inside && this.#aroundAt === 0 && isAround(name, attributes)) {
      this.#aroundAt = this.#depth;
    }
  }

  #meta(attributes: Readonly<Record<string, string>>): void {
    const name = attributes["name"]?.toLowerCase() ?? "";
    const content = attributes["content"]?.slice(0, 10_000);
    if (content === undefined || !METADATA.has(name)) return;
    this.#metadata.add(name, name === "keywords" ? content.split(",") : content);
  }

  #break(name: string): void {
    const wanted = breaksAround(name);
    if (wanted === 0) return;
    if (this.#heading) this.#write("\n", true);
    else this.#each((part) => part.break(wanted));
  }

  #write(text: string, kept: boolean): void {
    if (this.#heading) {
      if (this.#heading.text.length < MAX_TITLE) this.#heading.text += text;
    } else {
      this.#each((part) => part.text(text, kept));
    }
  }

  #mark(mark: string): void {
    if (!this.#heading) this.#each((part) => part.mark(mark));
  }

  /** Does something in all parts that the reading is in. What is around the content is left out, but its headings. */
  #each(act: (part: PagePart) => void, heading = false): void {
    if (this.#mainAt > 0 && this.#main) act(this.#main);
    else if (this.#articleAt > 0 && this.#articles) act(this.#articles);
    if (heading || this.#aroundAt === 0 || this.#mainAt > 0) act(this.#body);
  }
}
