// The corpus is divided by these few rules and not by the package's own readers, so that it stays the same when they change.

export interface Part {
  /** Outermost first. */
  readonly headings: readonly string[];
  readonly text: string;
}

/** Lines that begin with this and a level from 1 to 6 are headings. */
const MARK = "\u0001";
/** Longer parts are split and shorter ones left out, so that they have about 800 UTF-16 units on average. */
const MAX_CHARS = 1400;
const MIN_CHARS = 200;
/** What titles are underlined with, the outermost first. */
const RULES = '#*=-~^"+';
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', nbsp: " ", apos: "'" };

/** Divides a page by its headings, and long parts at blank lines. */
export function split(source: string, format: "html" | "text"): { title: string | undefined; parts: Part[] } {
  const text = format === "html" ? marked(source) : underlined(source.replaceAll("\r\n", "\n"));
  const path: { level: number; title: string }[] = [];
  const parts: Part[] = [];
  let title: string | undefined;
  for (const [at, block] of text.split(MARK).entries()) {
    const end = block.indexOf("\n");
    const body = at === 0 ? block : block.slice(end);
    if (at > 0) {
      const [level, heading] = [Number(block[0]), block.slice(1, end).trim()];
      while ((path.at(-1)?.level ?? 0) >= level) path.pop();
      if (heading !== "") path.push({ level, title: heading });
      title ??= heading || undefined;
    }
    for (const piece of pieces(body)) parts.push({ headings: path.map((above) => above.title), text: piece });
  }
  return { title, parts };
}

/** The text of an HTML page, one block a line, and its headings marked. */
function marked(html: string): string {
  return html
    .replace(/^[\s\S]*?<body[^>]*>/i, "")
    .replace(/<(script|style|nav|head|svg)\b[\s\S]*?<\/\1>/gi, " ")
    .replace(/<!--[\s\S]*?-->/g, " ")
    .replace(/<h([1-6])\b[^>]*>([\s\S]*?)<\/h\1>/gi, (_, level: string, title: string) => {
      const clean = title.replace(/<[^>]*>/g, "").replace(/[\s¶§]+/g, " ");
      return `\n${MARK}${level}${clean}\n`;
    })
    .replace(/<\/?(?:p|div|li|ul|ol|table|tr|dt|dd|dl|pre|section|blockquote|br)\b[^>]*>/gi, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|([a-z]+));/gi, (all, decimal?: string, hex?: string, name?: string) =>
      name === undefined
        ? String.fromCodePoint(decimal === undefined ? Number.parseInt(hex ?? "20", 16) : Number(decimal))
        : (ENTITIES[name.toLowerCase()] ?? all),
    )
    .replace(/[ \t]+/g, " ")
    .replace(/\n\s*\n/g, "\n\n");
}

/** Marks the headings of reStructuredText, Markdown and plain text: `# title`, or a line of equal signs below it. */
function underlined(text: string): string {
  const lines = text.split("\n");
  return lines
    .map((line, at) => {
      const below = lines[at + 1] ?? "";
      const atx = /^(#{1,6}) +(\S.*)$/.exec(line);
      if (atx) return `${MARK}${atx[1]?.length ?? 1}${atx[2]}`;
      if (/^([=\-~^"*#+])\1{2,}$/.test(line)) return "";
      const rule = /^([=\-~^"*#+])\1{2,}$/.exec(below)?.[1];
      if (rule === undefined || line.trim() === "" || line.length > below.length + 2) return line;
      return `${MARK}${1 + Math.min(5, RULES.indexOf(rule))}${line}`;
    })
    .join("\n");
}

function* pieces(text: string): Generator<string, void, undefined> {
  let rest = text.trim();
  while (rest.length > MAX_CHARS) {
    const cut = ["\n\n", "\n", " "].map((mark) => rest.lastIndexOf(mark, MAX_CHARS)).find((at) => at >= MIN_CHARS);
    yield rest.slice(0, cut ?? MAX_CHARS);
    rest = rest.slice(cut ?? MAX_CHARS).trim();
  }
  if (rest.length >= MIN_CHARS) yield rest;
}
