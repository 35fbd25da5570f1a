import { constants } from "node:os";
import type { Plugin } from "@plugboard/core";
import type { Logger } from "pino";
import type { Front } from "./front.ts";
import type { Traffic } from "./traffic.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Signals that come closer than this are one: a supervisor and a wrapper script may both send it. */
const SAME_MS = 250;

/** Calls `stop` on the first signal; a second one ends the process at once. */
export function onSignals(stop: (signal: NodeJS.Signals) => void): void {
  let told = Infinity;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - told > SAME_MS) process.exit(128 + constants.signals[signal]);
      if (told < Infinity) return;
      told = now;
      stop(signal);
    });
  }
}

export interface ShutdownOptions {
  readonly fronts: readonly Front[];
  readonly traffic: Traffic;
  readonly plugin: Plugin;
  readonly shutdownMs: number;
  readonly disposeMs: number;
  readonly log: Logger;
}

/** Takes nothing new, lets running calls finish, closes the connections, then the plugins. Each step is bounded. */
export async function shutDown({
  fronts,
  traffic,
  plugin,
  shutdownMs,
  disposeMs,
  log,
}: ShutdownOptions): Promise<void> {
  for (const front of fronts) front.stop();
  if (!(await within(shutdownMs, traffic.drain())))
    log.warn({ running: traffic.running }, "calls that did not finish in time are cancelled");
  await within(disposeMs, Promise.all(fronts.map((front) => front.close()))).catch((error: unknown) =>
    log.warn({ err: error }, "a connection did not close"),
  );
  try {
    if (!(await within(disposeMs, plugin.dispose()))) log.warn("the plugins did not close in time");
  } catch (error) {
    log.error({ err: error }, "a plugin failed to close");
  }
}

/** Whether `work` is done before `ms` are over. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    clearTimeout(timer);
  }
}
