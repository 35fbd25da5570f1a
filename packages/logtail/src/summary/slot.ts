import { isDigit, isHex, isLetter } from "../format/characters.ts";

/** What a variable part of a message is; `*` is what differs between the lines of a template in no known way. */
export type Slot = "<num>" | "<id>" | "<ip>" | "<time>" | "<path>" | "<str>" | "<*>";

/** The slot for a word with a digit or slashes in it; undefined for one that is no variable. */
export function slotOf(bytes: Buffer, start: number, end: number, digit: boolean, slashes: number): Slot | undefined {
  const first = bytes[start] ?? 0;
  if (slashes > 0) {
    if (first === 47 || first === 46 || slashes > 1) return "<path>";
    if (!digit) return undefined;
  }
  let dots = 0;
  let colons = 0;
  let dashes = 0;
  let others = 0;
  let hex = true;
  let at = start;
  for (; at < end; at++) {
    const code = bytes[at] ?? 0;
    if (isDigit(code)) continue;
    if (code === 46) dots++;
    else if (code === 58) colons++;
    else if (code === 45) dashes++;
    else {
      others++;
      if (!isHex(code)) hex = false;
    }
  }
  if (others === 0) {
    if (dots === 3 && colons <= 1 && dashes === 0) return "<ip>";
    if (colons === 2 || (colons === 1 && dashes === 0 && end - start === 5)) return "<time>";
    if (dashes === 2 && dots === 0 && colons === 0 && end - start === 10 && first !== 45) return "<time>";
    return dots <= 1 && colons === 0 && dashes === (first === 45 ? 1 : 0) ? "<num>" : "<id>";
  }
  if (colons > 1 && hex && dashes === 0) return "<ip>";
  if (isDigit(first)) {
    if (colons >= 1 && dashes >= 2) return "<time>";
    if (others <= 3 && dashes + colons === 0 && dots <= 1 && !isDigit(bytes[end - 1] ?? 0)) return "<num>";
  }
  return "<id>";
}

/** How much of a word of letters, a mark, and an id stays: `worker-12` is `worker-<id>`. */
export function prefixLength(bytes: Buffer, start: number, end: number, slot: Slot): number {
  if (slot !== "<id>") return 0;
  let at = start;
  while (at < end && isLetter(bytes[at] ?? 0)) at++;
  const mark = bytes[at] ?? 0;
  if (at - start < 2 || (mark !== 45 && mark !== 95 && mark !== 58)) return 0;
  for (let index = start; index < at; index++) if (!isHex(bytes[index] ?? 0)) return at - start + 1;
  return 0;
}
