import type { Zone } from "./zone.ts";

export const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Three letters each, so that a month's number follows from where its name stands. */
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
/** A year with all days. */
const LEAP_YEAR = 2024;
/** Years from one leap day to the next, at most, and one more. */
const LEAP_GAP = 9;
/** Earlier years are what programs write for no time at all, such as 0001 and 1601. */
const MIN_YEAR = 1900;

/** The number, from 1, of the month whose short name is at `at`; undefined for none. */
export function monthAt(text: string, at: number): number | undefined {
  const first = text.charCodeAt(at);
  if (first < 65 || first > 83) return undefined;
  const found = MONTHS.indexOf(text.slice(at, at + 3));
  return found >= 0 && found % 3 === 0 && text.length >= at + 3 ? found / 3 + 1 : undefined;
}

/** Whether there is such a day, in a year that a log can have, or in any; `month` from 1. NaN is none. */
export function isDate(year: number | undefined, month: number, day: number): boolean {
  const some = year ?? LEAP_YEAR;
  if (!(some >= MIN_YEAR && month >= 1 && month <= 12 && day >= 1)) return false;
  const leap = some % 4 === 0 && (some % 100 !== 0 || some % 400 === 0);
  return day <= (month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
}

/** Ms from the epoch to the start of a day in the Gregorian calendar; `month` from 1. */
export function dayStart(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const number = era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
  return number * DAY;
}

/**
 * A time without a year, on the clock on the wall in ms as if it were UTC: in the latest year in which it is at most a day
 * after the reference.
 * @param clock ms since the start of the day
 * @param reference ms since the epoch
 */
export function inLatestYear(month: number, day: number, clock: number, zone: Zone, reference: number): number {
  const year = new Date(reference).getUTCFullYear();
  for (let tried = year + 1; tried > year - LEAP_GAP; tried--) {
    if (!isDate(tried, month, day)) continue;
    const wall = dayStart(tried, month, day) + clock;
    if (Math.floor(zone(wall)) <= reference + DAY || tried <= year - 1) return wall;
  }
  return dayStart(year, month, day) + clock;
}
