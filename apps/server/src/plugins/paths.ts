import { existsSync } from "node:fs";
import { access, constants, open, opendir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Chosen } from "../config/choose.ts";
import { fieldOf } from "../config/problems.ts";
import type { Config } from "../config/settle.ts";
import { laterOptions, pathOptions } from "./builtins.ts";

type Needed = Pick<Config, "folder" | "label" | "layers">;

/** A file, folder or glob that the options of a plugin name. */
interface Named {
  /** Absolute; of a glob, the folder before it. */
  readonly file: string;
  /** What a message calls the file: by its references, where its path is made of some. */
  readonly shown: string;
  /** What a message says that is not there: as the configuration has it, and as it is. */
  readonly missing: string;
  /** Where it stands, for a message. */
  readonly where: string;
}

/** What a plugin needs at the start and is not there: plugins themselves look on first use only. */
export function missingPaths(chosen: Chosen, config: Needed): string[] {
  const option = pathOptions[chosen.module];
  if (option === undefined) return [];
  if (chosen.options[option] === undefined)
    return [
      `${placeOf(["plugins", chosen.key, option], config)}: it is missing; name the files and folders, or give \`[]\` where other plugins bring the documents.`,
    ];
  return namedIn(chosen, option, config).flatMap(({ file, missing, where }) =>
    existsSync(file) ? [] : [`${where}: there is no file or folder ${missing}.`],
  );
}

/** What was found where the configuration names files and folders. */
export interface Opened {
  readonly problems: readonly string[];
  /** What is missing and may come later. */
  readonly notes: readonly string[];
}

/** Opens what the plugins that come with this server would open later: folders to search, and logs. */
export async function openPaths({ plugins, ...config }: Needed & Pick<Config, "plugins">): Promise<Opened> {
  const problems: string[] = [];
  const notes: string[] = [];
  const named = plugins.flatMap((chosen) => {
    const option = pathOptions[chosen.module] ?? laterOptions[chosen.module];
    return option === undefined ? [] : namedIn(chosen, option, config);
  });
  for (const { file, shown, where } of named) {
    const code = await failureOf(file);
    if (code === "ENOENT") notes.push(`${where}: there is nothing at ${shown} yet.`);
    else if (code !== undefined) problems.push(`${where}: ${shown} cannot be read (${code}).`);
  }
  return { problems, notes };
}

function namedIn({ key, module, options }: Chosen, option: string, config: Needed): Named[] {
  const paths = options[option];
  if (!Array.isArray(paths)) return [];
  return paths.flatMap((path: unknown, index) => {
    if (typeof path !== "string") return [];
    const fixed = laterOptions[module] === option ? beforeGlob(path) : path;
    const at = ["plugins", key, option, index];
    const file = resolve(config.folder, fixed);
    const where = placeOf(at, config);
    const origin = config.layers.originOf(at);
    // What a reference stands for may be a secret.
    const references = origin.from === "file" ? origin.references.map((name) => `\`\${${name}}\``) : [];
    if (references.length > 0) {
      const shown = `the path made of ${[...new Set(references)].join(" and ")}`;
      return { file, where, shown, missing: `at ${shown}` };
    }
    return { file, where, shown: file, missing: file === path ? file : `${path} (that is ${file})` };
  });
}

/** What a glob stands for is looked up again and again; the folder before it is what can be wrong now. */
const beforeGlob = (path: string): string => path.split(/(?<=^|[/\\])[^/\\]*[*?[{]/)[0] ?? "";

function placeOf(path: readonly PropertyKey[], { layers, label }: Needed): string {
  return `${layers.place(path) ?? label}: \`${fieldOf(path)}\``;
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
