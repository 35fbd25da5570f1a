import { pathToFileURL } from "node:url";
import type { Location, Root } from "@plugboard/core/files";

/** What would be ambiguous in an id or is not to be seen. */
const SPECIAL = /[%#~\p{Cc}\p{Cf}\u2028\u2029]/gu;
/** Of these, what no id may contain, whoever made it. */
const NEVER = /[#\p{Cc}\p{Cf}\u2028\u2029]/u;

/**
 * Names documents and sections for good: the path below the root, `#` and the anchor. With several folders as roots the
 * path begins with the folder's name, numbered where two have the same.
 */
export class Names {
  readonly #prefixes = new Map<Root, string>();

  /** @param several whether there may be more than one, also if these are not all of them */
  constructor(roots: readonly Root[], several: boolean = roots.length > 1) {
    const used = new Set<string>();
    for (const root of roots) {
      if (!several) {
        this.#prefixes.set(root, "");
        continue;
      }
      // A file as root has its name as path already, and only needs a prefix if that is taken.
      const name = root.path.split(/[\\/]/).findLast((part) => part !== "") ?? "root";
      let unique = name;
      for (let number = 2; used.has(unique); number += 1) unique = `${name}-${number}`;
      used.add(unique);
      this.#prefixes.set(root, root.kind === "folder" ? `${unique}/` : unique === name ? "" : `${unique}/`);
    }
  }

  /** Whether a root is one of those. */
  has(root: Root): boolean {
    return this.#prefixes.has(root);
  }

  /** The path that people see. */
  path(location: Location): string {
    return `${this.#prefixes.get(location.root) ?? ""}${location.relative}`;
  }
}

/** The id of a document from its path. Different paths give different ids. */
export function documentId(path: string): string {
  return path.replace(SPECIAL, (sign) => encodeURIComponent(sign).replace("~", "%7E"));
}

/** Whether a text can be the id of a document as it is. */
export function isPlainId(text: string): boolean {
  return !NEVER.test(text);
}

/** The address of a document: below `baseUrl` if there is one, else of the file itself. */
export function documentUrl(path: string, file: string, baseUrl: string | undefined): string {
  if (baseUrl === undefined) return pathToFileURL(file).href;
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `${baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`}${encoded}`;
}

/** The address of a document that has none: that of this server's resource of it. */
export function resourceUrl(scheme: string, id: string): string {
  return `${scheme}:///${id.split("/").map(encodeURIComponent).join("/")}`;
}
