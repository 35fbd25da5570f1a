import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { Failure } from "../config/failure.ts";
import type { Layer } from "../config/layers.ts";
import { logLevels } from "../config/settings.ts";

/** What the flags set. */
export interface Flags extends Layer {
  /** The config file, absolute. */
  readonly file: string | undefined;
  /** Whether `--http` is there. */
  readonly http: boolean;
  readonly stdio: boolean;
  readonly values: { readonly [key: string]: unknown };
}

/** The flags as commander gives them. */
export interface Given {
  readonly search?: string[];
  readonly logs?: string[];
  readonly http?: string | true;
  readonly stdio?: true;
  readonly host?: string;
  readonly allowAnonymous?: true;
  readonly logLevel?: string;
}

/** Collects the values of a flag that may be given several times. */
export const several = (one: string, all: string[] = []): string[] => [...all, one];

/** The flags that say what is offered. */
export function withSources(command: Command): Command {
  return command
    .option("--search <dir>", "search this folder; may be given several times", several)
    .option("--logs <path>", "offer these logs: file, folder or quoted glob; same", several);
}

/** All flags that configure a server. */
export function withFlags(command: Command): Command {
  return withSources(command)
    .option("--http [port]", "serve over HTTP (port 3333; 0 takes a free one)")
    .option("--stdio", "serve over stdio (the default without --http)")
    .option("--host <host>", "address to listen on (127.0.0.1 unless configured)")
    .option("--allow-anonymous", "let everybody call who can reach the address")
    .addOption(logLevel());
}

export function logLevel(): Option {
  return new Option("--log-level <level>", logLevels.join(", ")).choices(logLevels);
}

/** @throws Failure */
export function flagsOf(given: Given, file: string | undefined, cwd: string): Flags {
  const all = (paths: readonly string[] | undefined): string[] | undefined => paths?.map((path) => resolve(cwd, path));
  const [search, logs] = [all(given.search), all(given.logs)];
  const port = typeof given.http === "string" ? portOf(given.http) : undefined;
  const http = defined({ port, host: given.host, allowAnonymous: given.allowAnonymous });
  const plugins = defined({
    search: search && { enabled: true, roots: search },
    logtail: logs && { enabled: true, paths: logs },
  });
  return {
    file: file === undefined ? undefined : resolve(cwd, file),
    http: given.http !== undefined,
    stdio: given.stdio ?? false,
    values: defined({ logLevel: given.logLevel, http, plugins }) ?? {},
    origin: (path) => ({ from: "flag", name: nameOf(path) }),
  };
}

function nameOf([group, key]: readonly PropertyKey[]): string {
  if (group === "logLevel") return "--log-level";
  if (group === "plugins") return key === "logtail" ? "--logs" : "--search";
  return key === "host" ? "--host" : key === "allowAnonymous" ? "--allow-anonymous" : "--http";
}

/** Without what is undefined; undefined where nothing is left. */
function defined(object: Record<string, unknown>): Record<string, unknown> | undefined {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** @throws Failure */
export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  const order = /^\d+$/.test(text) ? "" : ` To name a config file too, put it first: \`plugboard ${text} --http\`.`;
  throw new Failure(`\`--http ${text}\`: the port is a number from 0 to 65535.${order}`);
}
