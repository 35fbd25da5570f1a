import { ToolError } from "@plugboard/core";

const AGO = /^(\d{1,6})\s?(h|d|w)$/i;
const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS };
/** ISO 8601: a date, or a date with a time of UTC where it names no zone. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * The time that `since` names, in milliseconds since the epoch: a date, a date with a time, or how long ago (`24h`, `7d`,
 * `2w`).
 * @param now milliseconds since the epoch
 * @throws ToolError that names the field and what it takes
 */
export function parseSince(since: string, now: number): number {
  const text = since.trim();
  const ago = AGO.exec(text);
  if (ago) return now - Number(ago[1]) * (UNITS[(ago[2] ?? "").toLowerCase()] ?? 0);
  const [, date, time = "00:00", zone = "Z"] = ISO.exec(text) ?? [];
  if (date !== undefined) {
    const clean = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
    const at = Date.parse(`${date}T${time.replace(",", ".")}${clean}`);
    const day = Date.parse(`${date}T00:00Z`);
    // The 30th of February would be taken as a day of March.
    if (!Number.isNaN(at) && !Number.isNaN(day) && new Date(day).toISOString().startsWith(date)) return at;
  }
  throw new ToolError(
    `\`since\` is ${JSON.stringify(since)}, which is not a time. Give a date (2026-01-31), a date with a time (2026-01-31T08:00:00Z), or how long ago: 24h, 7d, 2w.`,
  );
}
