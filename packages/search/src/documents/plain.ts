import { aroundCode } from "./verbatim.ts";

const TAGS =
  /<\/?(?:a|abbr|b|br|center|code|col|dd|del|details|div|dl|dt|em|figure|font|h[1-6]|hr|i|iframe|img|kbd|li|ol|p|picture|pre|s|small|source|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul|video)(?:\s[^<>]{0,1000})?\/?>/gi;
const LINKS = /!?\[([^[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s{1,100}"[^"]{0,300}")?\)|\[[^[\]]{0,200}\])/g;
const MARKS = /^[ \t]{0,3}(?:#{1,6}(?=[ \t]|$)|>+|`{3,}|~{3,}|(?:={2,}|-{2,})[ \t]*$)[ \t]*/gm;
const STARS = /(?<!\\)\*\*?/g;
const RUNS = /(?<!\\)(?:`+|~{3,})/g;
const ESCAPES = /\\([\\`*_{}[\]()#+\-.!|<>~])/g;

/**
 * Markdown as it reads: without addresses of links, emphasis, HTML tags and comments; code as it is written. For snippets. Takes
 * linear time.
 */
export function plainMarkdown(text: string): string {
  return aroundCode(text, plainProse);
}

function plainProse(text: string): string {
  let plain = withoutLinks(text);
  if (plain.includes("_")) plain = withoutUnderscores(plain);
  plain = plain.replace(MARKS, "");
  if (plain.includes("*")) plain = plain.replace(STARS, "");
  if (/`|~~~/.test(plain)) plain = plain.replace(RUNS, " ");
  return plain.includes("\\") ? plain.replace(ESCAPES, "$1") : plain;
}

/** What is changed for indexing: texts without it are many. */
const CHANGED = /[<_\\]|\][([]/;
/** The same in code, where a bracket alone may be half of what looks like a link. */
const CHANGED_IN_CODE = /[<>_\\[\]]/;

/** The same words in the same order, sooner: signs that are part of no word are left where they are. For indexing. */
export function indexableMarkdown(text: string): string {
  return CHANGED.test(text) ? aroundCode(text, indexableProse, CHANGED_IN_CODE) : text;
}

function indexableProse(text: string): string {
  let plain = withoutLinks(text);
  if (plain.includes("_")) plain = withoutUnderscores(plain);
  return plain.includes("\\") ? plain.replace(ESCAPES, "$1") : plain;
}

/** Most texts have few of these signs, and looking for one is much faster than looking for what begins with it. */
function withoutLinks(text: string): string {
  let plain = text;
  if (plain.includes("<")) plain = withoutComments(plain).replace(TAGS, " ");
  if (plain.includes("](") || plain.includes("][")) plain = plain.replace(LINKS, "$1");
  return plain;
}

const WORD = /\w/;
const SPACE = /\s/;

/** Without the underscores of emphasis: one or two, beside a word on one side alone. */
function withoutUnderscores(text: string): string {
  let plain = "";
  let done = 0;
  for (let at = text.indexOf("_"); at !== -1; at = text.indexOf("_", at)) {
    let end = at + 1;
    while (text.charCodeAt(end) === 0x5f) end += 1;
    const [before, after] = [text.charAt(at - 1), text.charAt(end)];
    const opens = !WORD.test(before) && after !== "" && !SPACE.test(after);
    const closes = !WORD.test(after) && before !== "" && !SPACE.test(before);
    if (end - at <= 2 && before !== "\\" && (opens || closes)) {
      plain += text.slice(done, at);
      done = end;
    }
    at = end;
  }
  return plain + text.slice(done);
}

const MAX_COMMENT = 1_000;

/** An open comment, or one that is longer, is text. */
function withoutComments(text: string): string {
  let at = text.indexOf("<!--");
  if (at === -1) return text;
  let plain = "";
  let done = 0;
  for (let end = 0; at !== -1; at = text.indexOf("<!--", at + 4)) {
    if (at < done) continue;
    if (end < at + 4) end = text.indexOf("-->", at + 4);
    if (end === -1) break;
    if (end - at - 4 > MAX_COMMENT) continue;
    plain += `${text.slice(done, at)} `;
    done = end + 3;
  }
  return plain + text.slice(done);
}
