import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { Failure } from "../config/failure.ts";
import { nearest } from "../config/nearest.ts";
import { packageVersion } from "../version.ts";
import { type ClientName, clientNames } from "./clients.ts";
import { flagsOf, type Given, logLevel, portOf, several, withFlags, withSources } from "./flags.ts";
import type { Invocation } from "./invocation.ts";

const EXAMPLES = `
Without [config], --search and --logs it is ./plugboard.json or ./plugboard.jsonc.
Flags win over PLUGBOARD_… variables, those over the file, that over defaults.

Examples:
  plugboard --search ./docs                search a folder, over stdio
  plugboard --logs '/var/log/app/*.log'    read and search logs; quote a glob
  plugboard plugboard.json --http          a config file, over HTTP
  plugboard call search '{"query": "tls"}' run one tool
  plugboard add cursor                     what to put into a client's settings`;

const CONFIG = "config file";
const GLOB_HINT = " Quote a glob, so that the shell does not expand it: `--logs '*.log'`.";
const JSON_FLAG = ["--json", "print JSON"] as const;

/** The program's commands and flags; `ask` gets what the parsed arguments ask for. */
export function programOf(cwd: string, ask: (invocation: Invocation) => void): Command {
  const program = new Command("plugboard")
    .description("Composes Plugboard plugins into one MCP server, over stdio or HTTP.")
    .usage("[config] [flags]  |  plugboard <command> [flags]")
    .enablePositionalOptions()
    .argument("[config]", "serves the server of this config file")
    .allowExcessArguments()
    .helpCommand(false)
    .version(packageVersion, "-V, --version", "print the version")
    .addHelpText("after", EXAMPLES)
    .configureHelp({
      visibleArguments: () => [],
      optionDescription: (option) => option.description,
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace(/^\[options\] ?/, "")}`.trim(),
    });
  withFlags(program).action((config: string | undefined, given: Given) => {
    const names = program.commands.map((command) => command.name());
    if (config !== undefined) checkIsFile(config, cwd, names);
    checkIsOne(program.args, given);
    ask({ command: "serve", flags: flagsOf(given, config, cwd) });
  });
  /** What stands before the command's name counts as well, where the command knows it. */
  const merged = <Options extends object>(command: Command): Options => {
    for (const [name, value] of Object.entries(program.opts())) {
      const option = command.options.find((one) => one.attributeName() === name);
      const flag = program.options.find((one) => one.attributeName() === name)?.long ?? name;
      if (!option) throw new Failure(`\`${flag}\` does not belong to \`plugboard ${command.name()}\`.`);
      if (command.getOptionValue(name) === undefined) command.setOptionValue(name, value);
    }
    checkCount(command);
    return command.opts<Options>();
  };

  program
    .command("init")
    .argument("[file]", "file to write", "plugboard.json")
    .description("write a config file for what is in this folder")
    .option("--search <dir>", "search this folder; may be given several times", several)
    .option("--logs <path>", "offer these logs; may be given several times", several)
    .option("--http [port]", "serve over HTTP")
    .option("-y, --yes", "ask nothing, take what is found")
    .option("--force", "overwrite the file")
    .action((file: string, _: unknown, command: Command) => {
      const { search, logs, http, yes = false, force = false } = merged<Given & { yes?: true; force?: true }>(command);
      const port = http === undefined ? undefined : http === true ? 3333 : portOf(http);
      ask({ command: "init", file, search, logs, http: port, yes, force });
    });
  for (const [name, what] of [
    ["check", "say what is wrong with a configuration, or what would run"],
    ["config", "print all settings, and where each comes from"],
    ["tools", "list the tools, and what they cost in tokens"],
  ] as const) {
    withFlags(program.command(name).argument("[config]", CONFIG).description(what))
      .option(...JSON_FLAG)
      .action((config: string | undefined, _: unknown, command: Command) => {
        const given = merged<Given & { json?: true }>(command);
        ask({ command: name, flags: flagsOf(given, config, cwd), json: given.json ?? false });
      });
  }
  withSources(program.command("call").argument("<tool>").argument("[json]", "its arguments; - reads stdin", "{}"))
    .description("run one tool, here or at a --url")
    .option("-c, --config <file>", CONFIG)
    .addOption(elsewhere("call the server at this address"))
    .option("--token <token>", "its token; better: PLUGBOARD_TOKEN")
    .addOption(logLevel())
    .option("--json", "print the result as it came")
    .action((tool: string, json: string, _: unknown, command: Command) => {
      const given = merged<Given & { config?: string; url?: string; token?: string; json?: true }>(command);
      const { url, token } = given;
      if (token !== undefined && url === undefined)
        throw new Failure("`--token` goes with `--url`: on this machine nobody asks for one.");
      ask({
        command: "call",
        flags: flagsOf(given, given.config, cwd),
        tool,
        args: json,
        url: url === undefined ? undefined : httpUrl(url),
        token,
        json: given.json ?? false,
      });
    });
  withSources(program.command("add").argument("<client>", clientNames.join(", ")))
    .description("print the entry for a client: claude-code, cursor, …")
    .option("-c, --config <file>", CONFIG)
    .option("--http", "connect over HTTP, where the configuration says")
    .addOption(elsewhere("connect over HTTP to this address"))
    .option("--bearer", "with --url: the server wants a token")
    .option("--json", "print the entry alone, as JSON")
    .action((client: string, _: unknown, command: Command) => {
      const given = merged<Given & { config?: string; url?: string; bearer?: true; json?: true }>(command);
      const { url, bearer = false, json = false } = given;
      if (bearer && url === undefined)
        throw new Failure("`--bearer` goes with `--url`: of its own server it is known whether it wants a token.");
      ask({
        command: "add",
        client: clientOf(client),
        flags: flagsOf(given, given.config, cwd),
        url: url === undefined ? undefined : httpUrl(url),
        bearer,
        json,
      });
    });
  program
    .command("token")
    .argument("[name]", "who gets it", "client")
    .description("make a token, and its entry for `http.auth.tokens`")
    .action((name: string, _: unknown, command: Command) => {
      merged(command);
      ask({ command: "token", name });
    });
  program
    .command("schema")
    .description("print the JSON Schema of the config file")
    .action((_: unknown, command: Command) => {
      merged(command);
      ask({ command: "schema" });
    });
  return program;
}

/** `--url`: what is configured here has no part in a server at an address. */
function elsewhere(description: string): Option {
  return new Option("--url <url>", description).conflicts(["config", "search", "logs"]);
}

/** @throws Failure */
function checkIsOne(files: readonly string[], { logs }: Given): void {
  if (files.length <= 1) return;
  const hint = logs ? GLOB_HINT : "";
  throw new Failure(
    `There is one config file at most: what is ${files.slice(1).join(", ")}?${hint} See \`plugboard --help\`.`,
  );
}

/** @throws Failure where a command got more arguments than it takes */
function checkCount(command: Command): void {
  const most = command.registeredArguments.length;
  const more = command.args.slice(most);
  if (more.length === 0) return;
  const takes = most === 0 ? "no arguments" : most === 1 ? "one argument at most" : `${most} arguments at most`;
  const hint = command.getOptionValue("logs") === undefined ? "" : GLOB_HINT;
  throw new Failure(
    `\`plugboard ${command.name()}\` takes ${takes}: what is ${more.join(", ")}?${hint} See \`plugboard ${command.name()} --help\`.`,
  );
}

/**
 * What is no command is a config file: says so kindly where it looks like a misspelt command.
 * @throws Failure
 */
function checkIsFile(config: string, cwd: string, commands: readonly string[]): void {
  if (/[./\\]/.test(config) || existsSync(resolve(cwd, config))) return;
  const meant = nearest(config, commands);
  const hint =
    meant === undefined
      ? `Commands: ${commands.join(", ")}; without one it serves.`
      : `Did you mean \`plugboard ${meant}\`?`;
  throw new Failure(`There is no command, and no config file, called \`${config}\`. ${hint} See \`plugboard --help\`.`);
}

function clientOf(name: string): ClientName {
  const client = clientNames.find((known) => known === name);
  if (client !== undefined) return client;
  const meant = nearest(name, clientNames);
  const hint = meant === undefined ? `Known clients: ${clientNames.join(", ")}.` : `Did you mean \`${meant}\`?`;
  throw new Failure(`There is no client called \`${name}\`. ${hint}`);
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new Failure(`\`--url ${text}\`: an address such as http://127.0.0.1:3333/mcp is expected.`);
}
