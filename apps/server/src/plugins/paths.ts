import { access, constants, open, opendir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Chosen, Config } from "../config/settle.ts";
import { fieldOf } from "../config/problems.ts";
import { laterOptions, pathOptions } from "./builtins.ts";

/** What was found where the configuration names files and folders. */
export interface Opened {
  readonly problems: readonly string[];
  /** What is missing and may come later. */
  readonly notes: readonly string[];
}

/** Opens what the plugins that come with this server would open later: folders to search, and logs. */
export async function openPaths({ plugins, folder, label, layers }: Config): Promise<Opened> {
  const problems: string[] = [];
  const notes: string[] = [];
  for (const { chosen, option, path, index, later } of plugins.flatMap(pathsOf)) {
    const at = ["plugins", chosen.key, option, index];
    const where = `${layers.place(at) ?? label}: \`${fieldOf(at)}\``;
    // What a glob stands for is looked up again and again; the folder before it is what can be wrong now.
    const [fixed = ""] = path.split(/(?<=^|[/\\])[^/\\]*[*?[{]/);
    const file = resolve(folder, fixed);
    const code = await failureOf(file);
    if (code === undefined) continue;
    if (code !== "ENOENT") problems.push(`${where}: ${file} cannot be read (${code}).`);
    else if (later) notes.push(`${where}: there is nothing at ${file} yet.`);
    else problems.push(`${where}: there is no file or folder ${path}${file === path ? "" : ` (that is ${file})`}.`);
  }
  return { problems, notes };
}

interface Named {
  readonly chosen: Chosen;
  readonly option: string;
  readonly path: string;
  readonly index: number;
  readonly later: boolean;
}

function pathsOf(chosen: Chosen): Named[] {
  const later = laterOptions[chosen.module];
  const option = later ?? pathOptions[chosen.module];
  const paths = option === undefined ? undefined : chosen.options[option];
  if (option === undefined || !Array.isArray(paths)) return [];
  return paths
    .filter((path) => typeof path === "string")
    .map((path, index) => ({ chosen, option, path, index, later: later !== undefined }));
}

/** Why a file or folder cannot be opened for reading; undefined where it can. */
async function failureOf(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) await (await opendir(file)).close();
    else if (found.isFile()) await (await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))).close();
    else await access(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
