import type { Logger } from "pino";
import type { Config } from "../config/settle.ts";
import type { Fleet } from "../http/fleet.ts";
import { type Composition, composePlugins } from "../plugins/compose.ts";
import { Faults } from "../serve/faults.ts";
import { serverFactory } from "../serve/server.ts";
import type { Front } from "../serve/front.ts";
import { onSignals, shutDown } from "../serve/shutdown.ts";
import { serveStdio } from "../serve/stdio.ts";
import { takeStdout } from "../serve/stdout.ts";
import { Traffic } from "../serve/traffic.ts";
import { banner } from "./banner.ts";
import type { Flags } from "./flags.ts";
import type { Output } from "./output.ts";
import { prepare } from "./prepare.ts";

/** `plugboard [config]`: serves until it is told to stop. */
export async function serve(flags: Flags, output: Output): Promise<number> {
  const { config, log } = prepare(flags);
  const stdout = config.stdio ? takeStdout() : undefined;
  const composition = await composePlugins(config);
  for (const note of composition.notes) log.warn(note);
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
  const faults = new Faults();
  process.on("uncaughtException", (error) => {
    const tooMany = faults.add();
    if (tooMany) log.fatal({ err: error }, "too many exceptions that nobody handled; the server ends");
    else log.error({ err: error }, "an exception that nobody handled; the server goes on");
    if (tooMany) stop(1);
  });
  let code: number = 1;
  try {
    fronts.push(...(await open(config, composition, { traffic, log, stdout, stop, output })));
    code = await stopped;
  } finally {
    const { shutdownMs, disposeMs } = config;
    await shutDown({ fronts, traffic, plugin: composition.plugin, shutdownMs, disposeMs, log });
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
  { plugin, tools }: Composition,
  { traffic, log, stdout, stop, output }: Surroundings,
): Promise<Front[]> {
  const create = serverFactory(config, plugin);
  const fronts: Front[] = [];
  if (config.http) {
    const fleet = await fleetOf(config, log);
    const { HttpFront } = await import("../http/front.ts");
    const front = await HttpFront.listen({ create, traffic, log, settings: config.http, fleet });
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

/** What this instance shares with others, where a Redis is configured and there are sessions to share. */
async function fleetOf({ name, redis: url, http }: Config, log: Logger): Promise<Fleet | undefined> {
  if (url === undefined || !http || http.stateless) return undefined;
  const { RedisFleet } = await import("../redis/fleet.ts");
  return new RedisFleet({ url, prefix: `plugboard:http:${encodeURIComponent(name)}`, settings: http, log });
}
