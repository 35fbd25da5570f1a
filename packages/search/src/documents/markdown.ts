import MarkdownIt from "markdown-it";
import { cleanLine } from "./clean.ts";
import { closesFence, fenceMark } from "./fences.ts";
import { readFrontMatter } from "./frontmatter.ts";
import { nextLine } from "./lines.ts";
import { withoutModules } from "./mdx.ts";
import type { Pacer } from "../pacer.ts";
import { plainMarkdown } from "./plain.ts";
import { SectionWriter } from "./sections.ts";
import type { Parsed, SectionBounds } from "./sections.ts";
import { splitMarkdown } from "./split.ts";

/** Only the structure of blocks is wanted: tables and references are text like any other, and inline marks too. */
const parser = new MarkdownIt({ html: true });
parser.core.ruler.enableOnly(["normalize", "block"]);
parser.block.ruler.disable(["table", "reference"]);

/** Longer texts are parsed in pieces of about this many UTF-16 units, so that no piece takes long. */
const PIECE = 32 * 1024;
/** And of about this many lines, each of which may be a heading or an item. */
const PIECE_LINES = 1_000;
const HEADING = /^ {0,3}#{1,6}(?:[ \t]|$)/;

/** Reads CommonMark and MDX into sections by heading, ATX and setext; anchors as GitHub makes them, or `{#own}`. */
export async function parseMarkdown(source: string, bounds: SectionBounds, pacer: Pacer, mdx = false): Promise<Parsed> {
  const { title, metadata, body } = readFrontMatter(source);
  const writer = new SectionWriter(bounds, splitMarkdown);
  for (const piece of pieces(mdx ? withoutModules(body) : body)) {
    if (writer.full) break;
    if (piece.verbatim) writer.text(piece.text);
    else writeBlocks(piece.text, writer);
    if (pacer.due) await pacer.pause();
  }
  const { sections, cut } = writer.finish();
  return { title: title ?? writer.firstHeading ?? htmlHeading(body), metadata, sections, cut };
}

function writeBlocks(text: string, writer: SectionWriter): void {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const offset = (line: number): number => starts[line] ?? text.length;
  const tokens = parser.parse(text, {});
  let done = 0;
  for (const [index, token] of tokens.entries()) {
    // Headings in quotations and lists do not divide the document.
    if (token.type !== "heading_open" || token.level !== 0 || !token.map) continue;
    const [first, last] = token.map;
    writer.text(text.slice(done, offset(first)));
    done = offset(last);
    const raw = tokens[index + 1]?.content ?? "";
    const own = /\s*\{#([^}\s]{1,200})\}\s*$/.exec(raw);
    const title = plainMarkdown(own ? raw.slice(0, own.index) : raw);
    writer.heading(Number(token.tag.slice(1)), title, text.slice(offset(first), done), own?.[1]);
  }
  writer.text(text.slice(done));
}

interface Piece {
  readonly text: string;
  /** Inside a fence that began in an earlier piece: no structure in it. */
  readonly verbatim: boolean;
}

/** Cuts a long text before headings where possible, else at blank lines, else anywhere; keeps track of code fences. */
function* pieces(text: string): Generator<Piece, void, undefined> {
  let start = 0;
  let heading = -1;
  let blank = -1;
  let fence = "";
  let fenceAt = 0;
  let verbatim = false;
  let lines = 0;
  for (let line = 0; line < text.length;) {
    const next = nextLine(text, line);
    const head = text.slice(line, Math.min(next, line + 80));
    const mark = fenceMark(head);
    let closed = false;
    if (fence === "") {
      if (mark) [fence, fenceAt] = [mark, line];
      else if (HEADING.test(head)) heading = line;
      else if (head.trim() === "") blank = next;
    } else if (closesFence(mark, fence)) {
      fence = "";
      closed = verbatim;
    }
    const length = next - start;
    lines += 1;
    const full = length >= PIECE || lines >= PIECE_LINES;
    let cut: number = closed ? next : -1;
    if (full && cut === -1) {
      const half = start + Math.min(PIECE, length) / 2;
      if (heading > half) cut = heading;
      else if (blank > half) cut = blank;
      else if (lines >= 2 * PIECE_LINES) cut = next;
      else if (length >= 2 * PIECE) cut = length > 3 * PIECE ? start + 2 * PIECE : next;
    }
    if (cut !== -1) {
      yield { text: text.slice(start, cut), verbatim };
      start = cut;
      lines = 0;
      verbatim = fence !== "" && cut > fenceAt;
      if (cut < next && cut !== heading && cut !== blank) {
        line = cut;
        continue;
      }
    }
    line = next;
  }
  if (start < text.length) yield { text: text.slice(start), verbatim };
}

/** The heading of pages that begin with a centred `<h1>`. */
function htmlHeading(body: string): string | undefined {
  const found = /<h1[^<>]{0,500}>([^]{1,1000}?)<\/h1>/i.exec(body.slice(0, 10_000))?.[1];
  return found ? cleanLine(found.replace(/<[^<>]{0,500}>/g, " ")) || undefined : undefined;
}
