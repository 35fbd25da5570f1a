import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { Failure } from "./failure.ts";
import { duplicateKey } from "./json.ts";
import { problems } from "./problems.ts";
import { type FileSettings, fileSettings } from "./settings.ts";

/** A config file that has the right form; its plugins' options are not checked yet. */
export interface ConfigFile {
  /** As messages name it. */
  readonly label: string;
  readonly settings: FileSettings;
}

/** Short enough to read: relative where the file is below the current folder. */
export function labelOf(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path === "" || path.startsWith("..") ? file : path;
}

/**
 * Reads and checks a config file.
 * @param file absolute
 * @throws Failure
 */
export function readConfigFile(file: string, cwd: string): ConfigFile {
  const label = labelOf(file, cwd);
  const text = readText(file, label);
  const json = parseJson(text, label);
  const twice = duplicateKey(text);
  if (twice) {
    const hint = 'To run a plugin twice, give one a name of its own: `"docs": {"plugin": "search", …}`.';
    throw new Failure(`${label}:${twice.line}: the key ${JSON.stringify(twice.key)} is there twice. ${hint}`);
  }
  const problem = problems(fileSettings, json, label);
  if (problem !== undefined) throw new Failure(problem);
  return { label, settings: json as FileSettings };
}

function readText(file: string, label: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a folder"
          : code === "EACCES"
            ? "it may not be read"
            : String(code);
    const hint = code === "EISDIR" ? ` To search it: \`plugboard --search ${label}\`.` : "";
    throw new Failure(`The config file ${label} cannot be read: ${why}.${hint}`, 2, { cause: error });
  }
}

function parseJson(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = (error as Error).message;
    const position = /\bat position (\d+)/.exec(message)?.[1];
    const lines = text.slice(0, position === undefined ? text.length : Number(position)).split("\n");
    const why = message.replace(/ in JSON at position.*$/s, "");
    throw new Failure(
      `${label}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}: this is not JSON: ${why}. Comments and trailing commas are not JSON.`,
    );
  }
}
