import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { byDefault } from "../plugins/builtins.ts";
import type { Flags } from "../cli/flags.ts";
import type { Environment } from "./env.ts";
import { Failure } from "./failure.ts";
import { type ConfigFile, readConfigFile } from "./file.ts";
import { isLoopback } from "../http/guard.ts";
import { type FileSettings, fileSettings, type Settings } from "./settings.ts";
import { type HttpSettings, httpSettings } from "./http-settings.ts";
import { packageVersion } from "../version.ts";

/** A plugin as configured, not loaded yet. */
export interface Chosen {
  /** Its key in `plugins`. */
  readonly key: string;
  /** A short name, a package or a file. */
  readonly module: string;
  /** The name of the instance, where it has one of its own. */
  readonly as: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** All that is settled before anything is loaded. */
export interface Config extends Omit<Settings, "http" | "plugins" | "$schema" | "version"> {
  readonly version: string;
  /** As messages name it: the file, or the command line. */
  readonly label: string;
  /** What relative paths in the configuration mean, and where its plugins are looked for. */
  readonly folder: string;
  readonly stdio: boolean;
  readonly http: HttpSettings | undefined;
  /** First is outermost. */
  readonly plugins: readonly Chosen[];
}

const DEFAULT_FILE = "plugboard.json";

/**
 * Settles the configuration: flags, then environment, then file, then defaults.
 * @throws Failure
 */
export function settle(flags: Flags, env: Environment, cwd: string): Config {
  const file = configFile(flags, env, cwd);
  const fromFlags: FileSettings = flags.logLevel === undefined ? {} : { logLevel: flags.logLevel };
  const {
    http: _,
    plugins,
    $schema: __,
    ...common
  } = fileSettings.parse({ ...file?.settings, ...env.settings, ...fromFlags });
  const http = settleHttp(flags, env, file?.settings.http);
  return {
    ...common,
    version: common.version ?? packageVersion,
    label: file?.label ?? "The command line",
    folder: file ? dirname(file.path) : cwd,
    stdio: flags.stdio || http === undefined,
    http,
    plugins: choose(plugins, flags),
  };
}

function configFile(flags: Flags, env: Environment, cwd: string): (ConfigFile & { path: string }) | undefined {
  const usual = join(cwd, DEFAULT_FILE);
  const path =
    flags.file ?? env.file ?? (flags.search.length + flags.logs.length === 0 && existsSync(usual) ? usual : undefined);
  return path === undefined ? undefined : { ...readConfigFile(path, cwd), path };
}

function settleHttp(flags: Flags, env: Environment, file: FileSettings["http"]): HttpSettings | undefined {
  const fromEnv = env.settings.http ?? {};
  const asked = flags.http !== undefined || (!flags.stdio && ("port" in fromEnv || (file ?? false) !== false));
  if (!asked) {
    if (flags.host === undefined) return undefined;
    throw new Failure("`--host` says where to listen over HTTP, and this serves over stdio only: add `--http`.");
  }
  const http = httpSettings.parse({
    ...(typeof file === "object" ? file : {}),
    ...fromEnv,
    ...(fromEnv.auth && { auth: { ...(typeof file === "object" && file.auth), ...fromEnv.auth } }),
    ...flags.http,
    ...(flags.host !== undefined && { host: flags.host }),
  });
  if (!isLoopback(http.host) && http.auth === undefined && !http.allowAnonymous) {
    throw new Failure(
      `Listening on ${http.host} would let everybody on the network call the tools: set a token in the environment variable PLUGBOARD_TOKEN, ` +
        'or say `"allowAnonymous": true` in `http`.',
    );
  }
  return http;
}

function choose(configured: Settings["plugins"], flags: Flags): Chosen[] {
  const entries = new Map(Object.entries(configured));
  if (flags.search.length > 0) {
    const before = entries.get("search");
    entries.set("search", { ...(typeof before === "object" ? before : { enabled: true }), roots: [...flags.search] });
  }
  if (flags.logs.length > 0) {
    const before = entries.get("logtail");
    entries.set("logtail", { ...(typeof before === "object" ? before : { enabled: true }), paths: [...flags.logs] });
  }
  const chosen = [...entries].flatMap(([key, entry]): Chosen[] => {
    if (entry === false) return [];
    const { plugin, as, enabled, ...options } = entry === true ? { enabled: true } : entry;
    if (!enabled) return [];
    return [{ key, module: plugin ?? key, as: as ?? (plugin === undefined ? undefined : key), options }];
  });
  if (chosen.every(({ module }) => byDefault.includes(module))) {
    throw new Failure(
      "No plugins are chosen: name a folder to search, `plugboard --search ./docs`, logs, `plugboard --logs ./app.log`, or a config file, `plugboard plugboard.json`, " +
        'with `{"plugins": {"search": {"roots": ["./docs"]}}}`.',
    );
  }
  // Each default that is not spoken of takes its usual place: behind the one before it.
  let place = 0;
  for (const name of byDefault) {
    const there = chosen.findIndex(({ key, module }) => key === name || module === name);
    if (there >= 0) place = there + 1;
    else if (!entries.has(name)) chosen.splice(place++, 0, { key: name, module: name, as: undefined, options: {} });
  }
  return chosen;
}
