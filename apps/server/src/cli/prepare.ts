import type { Logger } from "pino";
import { readEnvironment } from "../config/env.ts";
import { type Config, settle } from "../config/settle.ts";
import { createLog, takeConsole } from "../serve/log.ts";
import type { LogLevel } from "../config/settings.ts";
import type { Flags } from "./flags.ts";

/**
 * Settles the configuration, and makes the process ready to load plugins.
 * @param least of what is logged where nobody says; default: as the configuration says
 * @throws Failure
 */
export function prepare(flags: Flags, least?: LogLevel): { config: Config; log: Logger } {
  const cwd = process.cwd();
  const env = readEnvironment(process.env, cwd);
  const config = settle(flags, env, cwd);
  const said = config.layers.originOf(["logLevel"]).from !== "default";
  const log = createLog(said ? config.logLevel : (least ?? config.logLevel));
  for (const warning of env.warnings) log.warn(warning);
  // From here on code of others runs.
  takeConsole(log);
  process.on("unhandledRejection", (reason) =>
    log.error({ err: reason }, "a promise was rejected and nobody handled it; the server goes on"),
  );
  // What plugins do with relative paths is their affair: here they mean what they mean in the config file.
  process.chdir(config.folder);
  return { config, log };
}
