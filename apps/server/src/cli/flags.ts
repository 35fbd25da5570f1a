import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { Failure } from "../config/failure.ts";
import { type FileSettings, logLevels } from "../config/settings.ts";
import { packageVersion } from "../version.ts";

/** What the command line asks for. */
export interface Flags {
  /** The config file, absolute. */
  readonly file: string | undefined;
  /** Folders to search, absolute. */
  readonly search: readonly string[];
  /** Files, folders and globs of logs, absolute. */
  readonly logs: readonly string[];
  /** Undefined without `--http`. */
  readonly http: { readonly port?: number } | undefined;
  readonly stdio: boolean;
  readonly host: string | undefined;
  readonly logLevel: FileSettings["logLevel"];
  readonly action: "serve" | "check" | "printSchema";
}

/** Where the program writes; what `--help` and `--version` print goes to `out`. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const AFTER = `
Without a config file, --search and --logs, ./plugboard.json is used if it is there.
Precedence: flags, then environment, then file, then defaults.

Examples:
  plugboard --search ./docs                  search one folder, over stdio
  plugboard --logs '/var/log/app/*.log'      read, search and summarize logs; quote a glob
  plugboard plugboard.json --http            the plugins of a config file, on http://127.0.0.1:3333/mcp
  plugboard plugboard.json --check           says what is wrong with a config file, or lists its tools`;

/**
 * Parses the arguments (those after the program's name).
 * @returns the flags, or the exit code where `--help` or `--version` has said all
 * @throws Failure
 */
export function parseFlags(args: readonly string[], cwd: string, output: Output): Flags | 0 {
  const command = new Command("plugboard")
    .description("Composes Plugboard plugins into one MCP server, over stdio or HTTP.")
    .usage("[config.json] [--search DIR]… [--logs PATH]… [--http [PORT]] [--stdio]")
    .argument("[config]", "config file")
    .option("--search <dir>", "search this folder; may be given several times", (dir: string, all: string[] = []) => [
      ...all,
      dir,
    ])
    .option(
      "--logs <path>",
      "offer these logs: a file, folder or quoted glob; may be given several times",
      (path: string, all: string[] = []) => [...all, path],
    )
    .option("--http [port]", "serve over Streamable HTTP (port 3333 unless configured; 0 takes a free one)")
    .option("--stdio", "serve over stdio (the default without --http)")
    .option("--host <host>", "address to listen on (127.0.0.1 unless configured)")
    .addOption(new Option("--log-level <level>", "how much to log to stderr").choices(logLevels))
    .option("--check", "check the configuration, list its tools, and exit")
    .option("--print-schema", "print the JSON Schema of the config file, and exit")
    .version(packageVersion, "-V, --version", "print the version, and exit")
    .helpOption("-h, --help", "print this help, and exit")
    .addHelpText("after", AFTER)
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: () => undefined });
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    const expanded = error.code === "commander.excessArguments" && args.includes("--logs");
    const hint = expanded ? " Quote a glob, so that the shell does not expand it: `--logs '*.log'`." : "";
    throw new Failure(`${sentence(error.message)}${hint} See \`plugboard --help\`.`);
  }
  const given = command.opts<Given>();
  const [file] = command.args;
  return {
    file: file === undefined ? undefined : resolve(cwd, file),
    search: (given.search ?? []).map((dir) => resolve(cwd, dir)),
    logs: (given.logs ?? []).map((path) => resolve(cwd, path)),
    http: given.http === undefined ? undefined : given.http === true ? {} : { port: portOf(given.http) },
    stdio: given.stdio ?? false,
    host: given.host,
    logLevel: given.logLevel,
    action: given.printSchema ? "printSchema" : given.check ? "check" : "serve",
  };
}

interface Given {
  search?: string[];
  logs?: string[];
  http?: string | true;
  stdio?: true;
  host?: string;
  logLevel?: FileSettings["logLevel"];
  check?: true;
  printSchema?: true;
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  const order = /^\d+$/.test(text) ? "" : ` To name a config file too, put it first: \`plugboard ${text} --http\`.`;
  throw new Failure(`\`--http ${text}\`: the port is a number from 0 to 65535.${order}`);
}

function sentence(message: string): string {
  const text = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/.test(start) ? start : `${start}.`;
}
