import type { Plugin } from "@plugboard/core";
import type { Logger } from "pino";
import { banner, toolLines } from "./cli/banner.ts";
import { type Flags, type Output, parseFlags } from "./cli/flags.ts";
import { type Config, settle } from "./config/settle.ts";
import { readEnvironment } from "./config/env.ts";
import { Failure } from "./config/failure.ts";
import { HttpFront } from "./http/front.ts";
import { createLog, takeConsole } from "./serve/log.ts";
import { composePlugins } from "./plugins/compose.ts";
import { configJsonSchema } from "./config/schema.ts";
import { listTools, serverFactory } from "./serve/server.ts";
import { onSignals, shutDown } from "./serve/shutdown.ts";
import { type Front, serveStdio } from "./serve/stdio.ts";
import { takeStdout } from "./serve/stdout.ts";
import { Traffic } from "./serve/traffic.ts";

/**
 * Runs the program to its end.
 * @param args those after the program's name
 * @returns the exit code: 0, 1 for a failure at run time, 2 for a mistake in the command line or the configuration
 */
export async function run(args: readonly string[], output: Output): Promise<number> {
  try {
    const flags = parseFlags(args, process.cwd(), output);
    if (flags === 0) return 0;
    if (flags.action === "printSchema") {
      output.out(`${JSON.stringify(await configJsonSchema(), null, 2)}\n`);
      return 0;
    }
    return await runConfigured(flags, output);
  } catch (error) {
    if (error instanceof Failure) {
      output.err(`${error.message}\n`);
      return error.exitCode;
    }
    output.err(`plugboard failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

async function runConfigured(flags: Flags, output: Output): Promise<number> {
  const env = readEnvironment(process.env, process.cwd());
  const config = settle(flags, env, process.cwd());
  const log = createLog(config.logLevel);
  for (const warning of env.warnings) log.warn(warning);
  // From here on code of others runs.
  takeConsole(log);
  process.on("unhandledRejection", (reason) =>
    log.error({ err: reason }, "a promise was rejected and nobody handled it; the server goes on"),
  );
  // What plugins do with relative paths is their affair: here they mean what they mean in the config file.
  process.chdir(config.folder);
  return flags.action === "check" ? await check(config, output) : await serve(config, log, output);
}

async function check(config: Config, output: Output): Promise<number> {
  const plugin = await composePlugins(config);
  try {
    const tools = await listTools(serverFactory(config, plugin));
    output.out(
      `${config.label}: all right.\nPlugins: ${plugin.name.split("+").join(", ")}\nTools:\n${toolLines(tools)}\n`,
    );
    return 0;
  } finally {
    await plugin.dispose();
  }
}

async function serve(config: Config, log: Logger, output: Output): Promise<number> {
  const stdout = config.stdio ? takeStdout() : undefined;
  const plugin = await composePlugins(config);
  const traffic = new Traffic();
  const fronts: Front[] = [];
  let stop = (_code: 0 | 1): void => undefined;
  const stopped = new Promise<0 | 1>((resolve) => {
    stop = resolve;
  });
  onSignals((signal) => {
    log.info(`${signal}: finishing the running calls; once more to stop at once`);
    stop(0);
  });
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "an exception that nobody handled");
    stop(1);
  });
  let code: number = 1;
  try {
    fronts.push(...(await open(config, plugin, { traffic, log, stdout, stop, output })));
    code = await stopped;
  } finally {
    const { shutdownMs, disposeMs } = config;
    await shutDown({ fronts, traffic, plugin, shutdownMs, disposeMs, log });
  }
  return code;
}

interface Surroundings {
  readonly traffic: Traffic;
  readonly log: Logger;
  readonly stdout: ReturnType<typeof takeStdout> | undefined;
  readonly stop: (code: 0 | 1) => void;
  readonly output: Output;
}

async function open(
  config: Config,
  plugin: Plugin,
  { traffic, log, stdout, stop, output }: Surroundings,
): Promise<Front[]> {
  const create = serverFactory(config, plugin);
  const fronts: Front[] = [];
  const tools = await listTools(create);
  if (config.http) {
    const front = await HttpFront.listen({ create, traffic, log, settings: config.http });
    fronts.push(front);
    if (config.logLevel !== "silent") output.err(banner(config, front.url, tools));
  }
  if (stdout) {
    fronts.push(await serveStdio({ create, traffic, log, stdin: process.stdin, stdout, onEnd: stop }));
    const hint = process.stdin.isTTY
      ? ": waiting for an MCP client on stdin; for clients over HTTP, start with --http"
      : "";
    log.info(`${config.name} ${config.version} serves over stdio${hint}`);
  }
  return fronts;
}
