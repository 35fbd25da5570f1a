/**
 * The zone of times that name none: `local` (of this computer), `UTC`, an offset such as `+02:00`, or a name of the
 * IANA data base such as `Europe/Berlin`.
 */
export type ZoneName = string;

/** Turns a time of the clock on a wall (as if it were UTC, in ms) into ms since the epoch. */
export type Zone = (wall: number) => number;

const HOUR = 3_600_000;

/**
 * The zone of that name. In the hour that a clock change repeats, the earlier time is meant.
 * @throws RangeError for a name that nobody knows
 */
export function zoneOf(name: ZoneName): Zone {
  if (name === "UTC" || name === "Z") return (wall) => wall;
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(name);
  if (offset !== null) {
    const ms = (Number(offset[2]) * 60 + Number(offset[3])) * 60_000 * (offset[1] === "-" ? -1 : 1);
    return (wall) => wall - ms;
  }
  return name === "local" ? byHour(localTime) : byHour(namedTime(name));
}

/** Offsets change on the quarter of an hour at most: a quarter's answer serves its neighbours in the file. */
function byHour(find: (wall: number) => number): Zone {
  let quarter = Number.NaN;
  let offset = 0;
  return (wall) => {
    const at = Math.floor(wall / (HOUR / 4));
    if (at !== quarter) {
      quarter = at;
      offset = wall - find(wall);
    }
    return wall - offset;
  };
}

function localTime(wall: number): number {
  const at = new Date(wall);
  return new Date(
    at.getUTCFullYear(),
    at.getUTCMonth(),
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
    at.getUTCMilliseconds(),
  ).getTime();
}

function namedTime(name: string): (wall: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const offsetAt = (time: number): number => {
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(time)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
  };
  return (wall) => {
    const early = wall - offsetAt(wall - 24 * HOUR);
    return early + offsetAt(early) === wall ? early : wall - offsetAt(wall + 24 * HOUR);
  };
}
