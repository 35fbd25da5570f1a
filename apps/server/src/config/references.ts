import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";

/** Longest file that `${file:…}` brings. */
const MAX_FILE_BYTES = 65_536;

/** Most that all references of one config file bring. */
const MAX_TOTAL_CHARS = 1_048_576;

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;

/** A text whose references are replaced, and what they were. */
export interface Expanded {
  readonly text: string;
  /** `MY_TOKEN`, `file:token`. */
  readonly references: readonly string[];
}

/** Replaces `${NAME}`, `${NAME:-default}` and `${file:path}` in the texts of one config file; `$${` stands for `${`. */
export class References {
  readonly #variables: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #taken = new Set<string>();
  #chars = 0;

  /** @param folder what relative paths mean */
  constructor(variables: NodeJS.ProcessEnv, folder: string) {
    this.#variables = variables;
    this.#folder = folder;
  }

  /** The environment variables that were asked for, set or not. */
  get taken(): readonly string[] {
    return [...this.#taken];
  }

  /** @throws Error whose message says what is missing, as the rest of a sentence */
  expand(text: string): Expanded {
    if (!text.includes("${")) return { text, references: [] };
    const references: string[] = [];
    const expanded = text.replace(REFERENCE, (whole, inner: string | undefined, end: string) => {
      if (inner === undefined) return "${";
      if (end === "") throw new Error(`\`${whole}\` has no closing brace; for the text \`\${\`, write \`$\${\``);
      const [name, value] = inner.startsWith("file:") ? this.#file(inner) : this.#variable(inner);
      references.push(name);
      this.#chars += value.length;
      if (this.#chars > MAX_TOTAL_CHARS)
        throw new Error(`what all \`\${…}\` of the file bring is more than ${MAX_TOTAL_CHARS} characters`);
      return value;
    });
    return { text: expanded, references };
  }

  #variable(inner: string): [name: string, value: string] {
    const [, name, standard] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/.exec(inner) ?? [];
    if (name === undefined)
      throw new Error(
        `\`\${${inner}}\` is neither \`\${NAME}\` nor \`\${file:path}\`; for the text \`\${\`, write \`$\${\``,
      );
    this.#taken.add(name);
    // As elsewhere, an empty variable counts as unset.
    const value = this.#variables[name] || standard;
    if (value === undefined)
      throw new Error(`the environment variable ${name} is not set; set it, or write \`\${${name}:-default}\``);
    return [name, value];
  }

  #file(inner: string): [name: string, value: string] {
    const path = inner.slice("file:".length);
    if (path === "") throw new Error("`${file:}` names no file");
    return [inner, readSmallFile(resolve(this.#folder, path), path).replace(/\r?\n$/, "")];
  }
}

function readSmallFile(file: string, shown: string): string {
  let descriptor: number | undefined;
  try {
    // A named pipe would be waited for.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!fstatSync(descriptor).isFile()) throw new Error(`${shown} is not a regular file`);
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (length > MAX_FILE_BYTES) throw new Error(`the file ${shown} is larger than ${MAX_FILE_BYTES} bytes`);
    return buffer.toString("utf8", 0, length);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why = code === "ENOENT" ? "is not there" : code === "EACCES" ? "may not be read" : `cannot be read (${code})`;
    throw new Error(`the file ${shown} ${why}${file === shown ? "" : ` (that is ${file})`}`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
