import { definePlugin } from "@plugboard/core";
import { z } from "zod";
import { systemClock, Wheel } from "./clock.ts";
import { type Counts, Meter } from "./meter.ts";
import { announceMeter, meterOf } from "./work.ts";

export { message, setTotal, split, step, track, type TrackOptions, type Work } from "./work.ts";

export const progressOptions = z.strictObject({
  intervalMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(100)
    .describe(
      "Least time between two notifications of one call, in milliseconds; what comes sooner waits, the newest wins",
    ),
  heartbeatMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe("Silence after which a running call sends a heartbeat, in milliseconds; 0 sends none"),
  maxMessageChars: z.int().min(20).max(1000).default(200).describe("Longest message, in characters; clients show 200"),
  estimate: z.boolean().default(true).describe("Whether messages say how far the work is and how long it will take"),
});

/** Makes the progress of every tool one that a client can follow: throttled, rising, with heartbeats and an estimate. */
export const progress = definePlugin({
  name: "progress",
  options: progressOptions,
  setup(host, options) {
    const counts: Counts = { reports: 0, sent: 0, heartbeats: 0 };
    const wheel = new Wheel(systemClock, Math.max(10, Math.min(options.intervalMs / 2, 1000)));
    host.onDispose(() => wheel.clear());

    host.use(async function progress(call, next) {
      if (call.meta["progressToken"] === undefined) return next();
      // A dispatched call that reports to its caller's meter: a share of the caller's progress.
      const part = call.parent && meterOf(call.report)?.child();
      // The outermost call words the message and keeps the client alive, for all that it dispatches.
      const settings = call.parent ? { ...options, heartbeatMs: 0, estimate: false } : options;
      const meter = new Meter(part?.report ?? call.report, settings, systemClock, counts);
      announceMeter(meter);
      wheel.add(meter);
      try {
        return await next(call.with({ report: meter.report }));
      } finally {
        wheel.delete(meter);
        await meter.end();
        part?.end();
      }
    });

    return { stats: () => ({ ...counts, running: wheel.size }) };
  },
});
