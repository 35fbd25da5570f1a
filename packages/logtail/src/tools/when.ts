import { ToolError } from "@plugboard/core";
import { TimeReader } from "../format/time.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** Times lie within so many milliseconds around the epoch (ECMAScript, "Time Values"). */
const MAX_TIME = 8.64e15;
const DURATION = /^-?((?:\d{1,9}(?:ms|[smhdw]))+)(?: ago)?$/;
const STEP = /(\d+)(ms|[smhdw])/g;

/**
 * A point in time as a caller writes it: `15m`, `-2h30m`, `1d ago` (before now), `now`, `2026-11-22T10:00:00Z` or any time as
 * it stands in a log line, `2026-11-22`, `10:15` (the last one), or milliseconds since the epoch.
 * @param field how errors call it
 * @param zone of times that name none
 * @param now milliseconds since the epoch
 * @throws ToolError
 */
export function whenOf(field: string, text: string, zone: string, now: number): number {
  const asked = text.trim();
  if (asked === "now") return now;
  const duration = DURATION.exec(asked);
  if (duration?.[1] !== undefined) {
    let back = 0;
    for (const [, count, unit] of duration[1].matchAll(STEP)) back += Number(count) * (UNITS[unit ?? ""] ?? 0);
    if (back <= now + MAX_TIME) return now - back;
  }
  const times = new TimeReader({ zone, reference: now });
  const whole = (stamped: string): number | undefined => {
    const stamp = times.read(stamped, 0);
    return stamp?.end === stamped.length ? stamp.time : undefined;
  };
  if (/^\d{10}(?:\d{3})?$/.test(asked)) return times.epoch(Number(asked)) ?? Number(asked);
  if (/^\d{1,2}:\d{2}(?::\d{2})?$/.test(asked)) {
    const clock = asked.padStart(asked.length + (asked.indexOf(":") === 1 ? 1 : 0), "0");
    for (const day of [now + 86_400_000, now, now - 86_400_000, now - 2 * 86_400_000]) {
      const time = whole(`${new Date(day).toISOString().slice(0, 10)} ${clock}`);
      if (time !== undefined && time <= now) return time;
    }
  }
  const time = whole(asked) ?? (/^\d{4}-\d{2}-\d{2}$/.test(asked) ? whole(`${asked} 00:00`) : undefined);
  if (time !== undefined) return time;
  throw new ToolError(
    `\`${field}\`: ${JSON.stringify(asked.slice(0, 80))} is no time. Write how long ago, such as "15m" or "2h30m", ` +
      'or a date and time, such as "2026-11-22T10:00:00Z" or "2026-11-22 10:00".',
  );
}

/** As results write a time: ISO 8601 in UTC, without milliseconds where they are 0. */
export function written(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
