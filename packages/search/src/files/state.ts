import { createHash } from "node:crypto";
import { access, constants, realpath, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { makeFolder } from "../folder.ts";
import { removeUnused } from "./unused.ts";

/** What an index belongs to: another one of any of these is another index. */
export interface StateKey {
  /** Of the instance. */
  readonly name: string;
  readonly roots: readonly string[];
  /** The options that decide what is made of a document; anything that JSON can hold. */
  readonly options: unknown;
}

/** Raised when the same file gives other documents than before. */
const REVISION = 1;
/** Of the folder in which the folders of all indexes lie. */
const NAME = "search";

/**
 * The folder below which this process keeps its state: the option, else `PLUGBOARD_STATE_DIR`, else where the platform
 * keeps such files. Undefined if nothing is to be kept, or if the platform does not say where.
 * @param option a folder, or false to keep nothing
 */
export function stateBase(option: string | false | undefined): string | undefined {
  if (option === false) return undefined;
  const { env, platform } = process;
  const set = option || env["PLUGBOARD_STATE_DIR"];
  if (set) return resolve(set);
  if (platform === "win32") return below(env["LOCALAPPDATA"], "plugboard");
  if (platform === "darwin") return below(home(), "Library", "Application Support", "plugboard");
  return below(env["XDG_STATE_HOME"], "plugboard") ?? below(home(), ".local", "state", "plugboard");
}

/** The real path of the folder in which all indexes are kept, not only this one; undefined if there is none. */
export async function statesFolder(option: string | false | undefined): Promise<string | undefined> {
  const base = stateBase(option);
  return base === undefined ? undefined : realpath(join(base, NAME)).catch(() => undefined);
}

/**
 * Makes the folder of one index, for its owner alone, and removes those of indexes that nobody uses any more; undefined if
 * there is to be none.
 * @param warn told if it cannot be made or written, once
 */
export async function stateFolder(
  option: string | false | undefined,
  key: StateKey,
  warn: (message: string) => void,
): Promise<string | undefined> {
  const base = stateBase(option);
  if (base === undefined) return undefined;
  const roots = await Promise.all(key.roots.map((root) => realpath(root).catch(() => resolve(root))));
  const written = JSON.stringify([REVISION, key.name, roots, key.options]);
  const folder = join(base, NAME, createHash("sha256").update(written).digest("hex").slice(0, 16));
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
    const now = new Date();
    // It may be used for reading alone.
    await utimes(folder, now, now).catch(() => undefined);
    await removeUnused(dirname(folder), now.getTime());
    return folder;
  } catch (error) {
    // Where nobody has asked for a folder, nobody misses it.
    const asked = option !== undefined || Boolean(process.env["PLUGBOARD_STATE_DIR"]);
    const code = (error as { code?: unknown }).code;
    if (asked) warn(`the index is kept in memory only: ${JSON.stringify(folder)} cannot be written (${String(code)})`);
    return undefined;
  }
}

function home(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Undefined unless the folder is an absolute path, as the XDG specification wants it. */
function below(folder: string | undefined, ...names: string[]): string | undefined {
  return folder !== undefined && isAbsolute(folder) ? join(folder, ...names) : undefined;
}
