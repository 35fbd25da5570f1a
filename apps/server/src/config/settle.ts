import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Flags } from "../cli/flags.ts";
import { packageVersion } from "../version.ts";
import { type Chosen, choose } from "./choose.ts";
import type { Environment } from "./env.ts";
import { Failure } from "./failure.ts";
import { readConfigFile } from "./file.ts";
import type { HttpSettings } from "./http-settings.ts";
import { Layers } from "./layers.ts";
import { settleHttp } from "./listen.ts";
import { fileSettings, type Settings } from "./settings.ts";

/** All that is settled before anything is loaded. */
export interface Config extends Omit<Settings, "http" | "plugins" | "$schema" | "version"> {
  readonly version: string;
  /** As messages name it: the file, or the command line. */
  readonly label: string;
  /** The config file, absolute; undefined without one. */
  readonly file: string | undefined;
  /** The environment variables that the file takes with `${NAME}`, set or not. */
  readonly variables: readonly string[];
  /** What relative paths in the configuration mean, and where its plugins are looked for. */
  readonly folder: string;
  readonly stdio: boolean;
  readonly http: HttpSettings | undefined;
  /** First is outermost. */
  readonly plugins: readonly Chosen[];
  /** What was set, and where. */
  readonly layers: Layers;
}

const DEFAULT_FILES = ["plugboard.json", "plugboard.jsonc"];

/**
 * Settles the configuration: flags, then environment, then file, then defaults, each setting by itself.
 * @throws Failure
 */
export function settle(flags: Flags, env: Environment, cwd: string): Config {
  const path = configFile(flags, env, cwd);
  const file = path === undefined ? undefined : readConfigFile(path, cwd, env.variables);
  const layers = new Layers([flags, env, ...(file ? [file] : [])]);
  // Whether it is HTTP at all is decided by itself, from flags, environment and file.
  const { http: _, plugins, $schema: __, ...common } = fileSettings.parse({ ...layers.values, http: undefined });
  const http = settleHttp(flags, env, file, layers);
  return {
    ...common,
    version: common.version ?? packageVersion,
    label: file?.label ?? "The command line",
    file: path,
    variables: file?.variables ?? [],
    folder: path === undefined ? cwd : dirname(path),
    stdio: flags.stdio || http === undefined,
    http,
    plugins: choose(plugins, common.redis),
    layers,
  };
}

function configFile(flags: Flags, env: Environment, cwd: string): string | undefined {
  const named = flags.file ?? env.file;
  if (named !== undefined) return named;
  if ("plugins" in flags.values) return undefined;
  const [usual, other] = DEFAULT_FILES.map((name) => join(cwd, name)).filter((file) => existsSync(file));
  if (other !== undefined)
    throw new Failure(`There is ${DEFAULT_FILES.join(" and ")}: say which to use, \`plugboard ${DEFAULT_FILES[0]}\`.`);
  return usual;
}
