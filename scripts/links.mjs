import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";
import { sourceFiles } from "./files.mjs";

const markdown = new MarkdownIt({ html: true });

/**
 * @typedef {object} Page
 * @property {readonly { target: string, line: number }[]} links as they are written
 * @property {ReadonlySet<string>} anchors of its headings and of `<a id>`, as GitHub makes them
 */

/**
 * What is wrong with the relative links and anchors in all Markdown files of a folder. Links to other sites are not followed.
 * @param {string} root
 * @returns {string[]} one line for each, with file and line
 */
export function linkProblems(root) {
  /** @type {Map<string, Page>} */
  const pages = new Map();
  const files = sourceFiles(root).filter((file) => file.endsWith(".md"));
  for (const file of files) pages.set(file, pageOf(readFileSync(join(root, file), "utf8")));
  return [...pages].flatMap(([file, { links }]) =>
    links.flatMap(({ target, line }) => {
      const problem = problemOf(root, pages, file, target);
      return problem ? [`${file}:${line} links to ${target}, ${problem}`] : [];
    }),
  );
}

/**
 * @param {string} root
 * @param {ReadonlyMap<string, Page>} pages
 * @param {string} from
 * @param {string} target
 * @returns {string | undefined}
 */
function problemOf(root, pages, from, target) {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return undefined;
  const [path = "", anchor] = decodeURI(target).split("#", 2);
  const base = path.startsWith("/") ? "" : posix.dirname(from);
  const file = path === "" ? from : posix.normalize(posix.join(base, path)).replace(/\/$/, "");
  if (file.startsWith("..")) return "which is outside of the repository";
  if (!existsSync(join(root, file))) return "which does not exist";
  if (!anchor) return undefined;
  const page = pages.get(statSync(join(root, file)).isDirectory() ? posix.join(file, "README.md") : file);
  // An anchor in anything but Markdown is a line of it.
  return !page || page.anchors.has(anchor) ? undefined : "which has no such heading";
}

/**
 * @param {string} text
 * @returns {Page}
 */
export function pageOf(text) {
  const links = [];
  const anchors = new Set();
  const slugger = new GithubSlugger();
  let heading = false;
  for (const token of markdown.parse(text, {})) {
    if (token.type === "heading_open") heading = true;
    if (token.type !== "inline" && token.type !== "html_block") continue;
    const line = (token.map?.[0] ?? 0) + 1;
    const parts = token.children ?? [token];
    if (heading) anchors.add(slugger.slug(parts.map(({ content }) => content).join("")));
    heading = false;
    for (const part of parts) {
      const target = part.attrGet("href") ?? part.attrGet("src");
      if (target !== null) links.push({ target: String(target), line });
      if (!part.type.startsWith("html")) continue;
      for (const [, url = ""] of part.content.matchAll(/\s(?:href|src)="([^"]*)"/g)) links.push({ target: url, line });
      for (const [, id = ""] of part.content.matchAll(/\s(?:id|name)="([^"]*)"/g)) anchors.add(id);
    }
  }
  return { links, anchors };
}
