const TAGS =
  /<\/?(?:a|abbr|b|br|center|code|col|dd|del|details|div|dl|dt|em|figure|font|h[1-6]|hr|i|iframe|img|kbd|li|ol|p|picture|pre|s|small|source|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul|video)(?:\s[^<>]{0,1000})?\/?>/gi;
const LINKS = /!?\[([^[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s{1,100}"[^"]{0,300}")?\)|\[[^[\]]{0,200}\])/g;
const MARKS = /^[ \t]{0,3}(?:#{1,6}|>+|={2,}|-{2,}|`{3,}|~{3,})[ \t]*/gm;
const EMPHASIS = /(?<!\\)(?:\*\*?|`+|(?<!\w)__?(?=\S)|(?<=\S)__?(?!\w))/g;
const ESCAPES = /\\([\\`*_{}[\]()#+\-.!|<>~])/g;

/**
 * Markdown as it reads: without addresses of links, emphasis, HTML tags and comments. For ranking and snippets. Takes
 * linear time.
 */
export function plainMarkdown(text: string): string {
  // Most texts have few of these signs, and looking for one is much faster than looking for what begins with it.
  let plain = text;
  if (plain.includes("<")) plain = withoutComments(plain).replace(TAGS, " ");
  if (plain.includes("](") || plain.includes("][")) plain = plain.replace(LINKS, "$1");
  plain = plain.replace(MARKS, "");
  if (/[*`_]/.test(plain)) plain = plain.replace(EMPHASIS, "");
  return plain.includes("\\") ? plain.replace(ESCAPES, "$1") : plain;
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
