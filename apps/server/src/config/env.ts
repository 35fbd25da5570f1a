import { resolve } from "node:path";
import type { z } from "zod";
import { Failure } from "./failure.ts";
import { nearest } from "./nearest.ts";
import { problems } from "./problems.ts";
import { httpSettings } from "./http-settings.ts";
import { CONFIG_VARIABLE, fileSettings, type FileSettings, sources, STATE_VARIABLE } from "./settings.ts";
import { authSettings } from "./auth-settings.ts";

/** Those that are no settings of the file. */
const others = [CONFIG_VARIABLE, STATE_VARIABLE];

/** What the environment sets. */
export interface Environment {
  /** The config file, absolute. */
  readonly file: string | undefined;
  readonly settings: Omit<FileSettings, "http"> & { readonly http?: z.input<typeof httpSettings> };
  /** About variables that look like ours and are not. */
  readonly warnings: readonly string[];
}

/**
 * Reads the `PLUGBOARD_…` variables. Empty ones count as unset.
 * @throws Failure when one has no valid value
 */
export function readEnvironment(env: NodeJS.ProcessEnv, cwd: string): Environment {
  const variables = new Map(
    Object.entries(sources).flatMap(([path, { env: name, read }]) => (name ? [[name, { path, read }]] : [])),
  );
  const top: Record<string, unknown> = {};
  const http: Record<string, unknown> = {};
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("PLUGBOARD_") || text === undefined || text === "" || others.includes(name)) continue;
    const source = variables.get(name);
    if (!source) {
      const meant = nearest(name, [...variables.keys(), ...others]);
      warnings.push(
        `The environment variable ${name} is not one of Plugboard's and has no effect.${meant ? ` Did you mean ${meant}?` : ""}`,
      );
      continue;
    }
    const [group, key, inner] = source.path.split(".") as [string, string?, string?];
    const value = source.read ? source.read(text) : text;
    const schema =
      key === undefined
        ? fileSettings.shape[group as keyof FileSettings]
        : inner === undefined
          ? httpSettings.shape[key as keyof typeof httpSettings.shape]
          : authSettings.shape[inner as keyof typeof authSettings.shape];
    const problem = problems(schema, value, `The environment variable ${name}`);
    if (problem !== undefined) throw new Failure(problem);
    if (key === undefined) top[group] = value;
    else http[key] = inner === undefined ? value : { [inner]: value };
  }
  const file = env[CONFIG_VARIABLE];
  return {
    file: file === undefined || file === "" ? undefined : resolve(cwd, file),
    settings: { ...top, ...(Object.keys(http).length > 0 && { http }) },
    warnings,
  };
}
