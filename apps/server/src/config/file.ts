import { readFileSync, statSync } from "node:fs";
import { dirname, relative } from "node:path";
import { Failure } from "./failure.ts";
import { Jsonc } from "./jsonc.ts";
import type { Layer, Path } from "./layers.ts";
import { fieldOf, problems } from "./problems.ts";
import { References } from "./references.ts";
import { fileSettings } from "./settings.ts";

const MAX_BYTES = 4_194_304;

/** A config file that has the right form; its plugins' options are not checked yet. */
export interface ConfigFile extends Layer {
  /** As messages name it. */
  readonly label: string;
  /** The environment variables that `${NAME}` stands for in it, set or not. */
  readonly variables: readonly string[];
}

/** Short enough to read: relative where the file is below the current folder. */
export function labelOf(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path === "" || path.startsWith("..") ? file : path;
}

/**
 * Reads and checks a config file: JSON with comments, `${…}` in its texts replaced.
 * @param file absolute
 * @param variables what `${NAME}` means
 * @throws Failure with line, column and key
 */
export function readConfigFile(file: string, cwd: string, variables: NodeJS.ProcessEnv): ConfigFile {
  const label = labelOf(file, cwd);
  const json = new Jsonc(readText(file, label), label);
  const place = (path: Path, part?: "key"): string => {
    const { line, column } = json.position(path, part);
    return `${label}:${line}:${column}`;
  };
  const references = new References(variables, dirname(file));
  const referred = new Map<string, readonly string[]>();
  const values = json.value((text, path) => {
    try {
      const expanded = references.expand(text);
      if (expanded.references.length > 0) referred.set(fieldOf(path), expanded.references);
      return expanded.text;
    } catch (error) {
      const problem = `${place(path)}: \`${fieldOf(path)}\`: ${(error as Error).message}.`;
      throw new Failure(problem, 2, { cause: error });
    }
  });
  const problem = problems(fileSettings, values, place);
  if (problem !== undefined) throw new Failure(problem);
  return {
    label,
    variables: references.taken,
    values,
    origin: (path, part) => ({
      from: "file",
      file: label,
      ...json.position(path, part),
      references: referred.get(fieldOf(path)) ?? [],
    }),
  };
}

function readText(file: string, label: string): string {
  let why: string;
  try {
    if (statSync(file).size <= MAX_BYTES) return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    why = `it is larger than ${MAX_BYTES} bytes`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EISDIR") why = "it is a folder";
    else if (code === "ENOENT" || code === "ENOTDIR") why = "there is no such file";
    else why = code === "EACCES" ? "it may not be read" : String(code);
  }
  const hint = why === "it is a folder" ? ` To search it: \`plugboard --search ${label}\`.` : "";
  throw new Failure(`The config file ${label} cannot be read: ${why}.${hint}`);
}
