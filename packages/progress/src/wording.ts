import { cutText, type Progress } from "@plugboard/core";

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** `about 2 min`, in a unit and a precision that a person would use. */
export function duration(ms: number): string {
  if (ms < 1.5 * SECOND) return "1 s";
  if (ms < 10 * SECOND) return `${Math.round(ms / SECOND)} s`;
  if (ms < 55 * SECOND) return `${Math.round(ms / SECOND / 5) * 5} s`;
  if (ms < 59.5 * MINUTE) return `${Math.max(1, Math.round(ms / MINUTE))} min`;
  const minutes = Math.round(ms / MINUTE / 10) * 10;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (ms >= 24 * HOUR) return `${Math.round(ms / HOUR)} h`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** `412 of 5,000 · 8 %`; only the share where the scale is a share itself, only the count without a total. */
export function position({ progress, total }: Progress): string {
  if (total === undefined) return progress >= 1 ? number.format(Math.floor(progress)) : "";
  if (total <= 0) return "";
  const share = `${Math.floor((100 * progress) / total)} %`;
  return total === 1 || total === 100
    ? share
    : `${number.format(Math.floor(progress))} of ${number.format(total)} · ${share}`;
}

/** Joins what there is; the first part gives way where the whole is longer than `max`. */
export function message(
  first: string | undefined,
  rest: readonly (string | undefined)[],
  max: number,
): string | undefined {
  const tail = rest.filter((part) => part !== undefined && part !== "").join(" · ");
  if (first === undefined || first === "") return tail === "" ? undefined : cut(tail, max);
  if (tail === "") return cut(first, max);
  const room = max - tail.length - 3;
  return room < 10 ? cut(first, max) : `${cut(first, room)} · ${tail}`;
}

/** At most `max` characters, an ellipsis in the place of the rest, no character split. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${cutText(text, max - 1)}…`;
}
