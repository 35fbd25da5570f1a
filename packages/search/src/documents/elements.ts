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
/** Roles of the same kind: https://www.w3.org/TR/wai-aria-1.2/#landmark_roles */
const SILENT_ROLES = new Set(["navigation", "contentinfo", "search", "menu", "menubar", "dialog", "alertdialog"]);
/** Names of bars that ask for consent, and of links that jump over what comes before the text. */
const BARS =
  /(?:^|[\s_-])(?:cookies?|consent|gdpr)[_-]?(?:banner|bar|notice|popup|modal|consent|dialog|overlay|message)/i;
const SKIP_LINKS = /(?:^|\s)skip[_-]?(?:to|link|nav|content|main)/i;
const MAX_NAMES = 500;

type Attributes = Readonly<Record<string, string>>;

/** Whether nothing inside an element is the document's text. */
export function isSilent(name: string, attributes: Attributes): boolean {
  if (SILENT.has(name)) return true;
  const role = attributes["role"];
  if (role !== undefined && SILENT_ROLES.has(role)) return true;
  const { id, class: classes } = attributes;
  if (id === undefined && classes === undefined) return false;
  const names = `${id?.slice(0, MAX_NAMES) ?? ""} ${classes?.slice(0, MAX_NAMES) ?? ""}`;
  return name === "a" ? SKIP_LINKS.test(names) : BARS.test(names);
}

/** Whether an element is about the page, where it does not stand inside the main content. */
export function isAround(name: string, attributes: Attributes): boolean {
  const role = attributes["role"];
  return name === "aside" || name === "header" || role === "banner" || role === "complementary";
}

/** Elements that stand on lines of their own, and those that stand apart. */
const LINES = new Set([
  "address",
  "body",
  "caption",
  "dd",
  "div",
  "dt",
  "figcaption",
  "form",
  "header",
  "li",
  "summary",
  "tr",
]);
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

/** How many line breaks there are before and after an element. */
export function breaksAround(name: string): 0 | 1 | 2 {
  return BLOCKS.has(name) ? 2 : LINES.has(name) ? 1 : 0;
}
