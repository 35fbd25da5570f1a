import { type ContentBlock, cutText, type ToolResult } from "@plugboard/core";
import { type Slot, textOf } from "./slots.ts";

/** Blocks that the structured form of a slot only names, since they go into the content of the batch's own result. */
export interface Shown {
  readonly slots: Slot[];
  readonly blocks: ContentBlock[];
}

export interface Room {
  /** Characters of all slots together, as JSON. */
  readonly maxChars: number;
  /** Bytes of all images, audio and binary blocks together. */
  readonly maxBlobBytes: number;
}

/** Longer binary data, in characters, is not repeated in the structured form. */
const INLINE_CHARS = 1000;

/**
 * The slots within the room that there is: small ones stay whole, what they leave over goes to the large ones, and what is
 * cut says so and names the tool to call for all of it.
 */
export function show(slots: readonly Slot[], room: Room): Shown {
  const left = { bytes: room.maxBlobBytes };
  const moved = slots.map((slot) => moveBlobs(slot, left));
  const bare = moved.map(({ slot }) => size({ ...slot, result: undefined, error: undefined }));
  const sizes = moved.map(({ slot }, index) => size(slot) - (bare[index] ?? 0));
  const shares = fairShares(sizes, room.maxChars - bare.reduce((sum, each) => sum + each, 0));
  return {
    slots: moved.map(({ slot }, index) =>
      (sizes[index] ?? 0) <= (shares[index] ?? 0) ? slot : cutSlot(slot, shares[index] ?? 0),
    ),
    blocks: moved.flatMap(({ slot, blocks }) => withHeading(slot, blocks)),
  };
}

/** Blocks that are too long to stand in the slot as well, with the slot's name above them; and their bytes. */
export function movedOf(slot: Slot, blocks: readonly ContentBlock[]): { blocks: ContentBlock[]; bytes: number } {
  const moved = blocks.filter((block) => blobOf(block).length > INLINE_CHARS);
  return { blocks: withHeading(slot, moved), bytes: moved.reduce((sum, block) => sum + bytesOf(block), 0) };
}

function withHeading({ index, tool }: Slot, blocks: readonly ContentBlock[]): ContentBlock[] {
  return blocks.length === 0 ? [] : [{ type: "text", text: `Of [${index}] ${tool}:` }, ...blocks];
}

const size = (value: unknown): number => JSON.stringify(value)?.length ?? 0;

/** Takes binary blocks out of a slot: into `blocks` while there is room, else away with a note. */
function moveBlobs(slot: Slot, left: { bytes: number }): { slot: Slot; blocks: ContentBlock[] } {
  const content = (slot.result as ToolResult | undefined)?.content;
  const blocks: ContentBlock[] = [];
  if (!content) return { slot, blocks };
  const kept = content.map((block): ContentBlock => {
    if (blobOf(block).length <= INLINE_CHARS) {
      if (block.type !== "text") blocks.push(block);
      return block;
    }
    const bytes = bytesOf(block);
    if (bytes > left.bytes)
      return { type: "text", text: `[Cut: ${block.type} of ${bytes} bytes. Call \`${slot.tool}\` on its own for it.]` };
    left.bytes -= bytes;
    blocks.push(block);
    return { type: "text", text: `[${block.type} of ${bytes} bytes, in the content of the batch]` };
  });
  return { slot: { ...slot, result: { ...slot.result, content: kept } }, blocks };
}

function blobOf(block: ContentBlock): string {
  const blob = block["data"] ?? (block["resource"] as { blob?: unknown } | undefined)?.blob;
  return typeof blob === "string" ? blob : "";
}

/** Bytes of a blob, by its length in Base64. */
const bytesOf = (block: ContentBlock): number => Math.floor((blobOf(block).length * 3) / 4);

/** What each may have of `total`: never more than it needs, and the same for all that need more. */
export function fairShares(sizes: readonly number[], total: number): number[] {
  const order = sizes.map((each, index) => ({ each, index })).toSorted((a, b) => a.each - b.each);
  const shares = sizes.map(() => 0);
  let left = Math.max(0, total);
  for (const [place, { each, index }] of order.entries()) {
    const share = Math.min(each, Math.floor(left / (order.length - place)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}

/** The beginning of what the call said, as one text, with a note. */
function cutSlot(slot: Slot, share: number): Slot {
  const { result, error, ...rest } = slot;
  const whole =
    error ?? (textOf((result ?? {}) as ToolResult) || JSON.stringify(result?.["structuredContent"] ?? result));
  const note = `… [cut] Call \`${slot.tool}\` on its own for all of it.`;
  // As JSON a character may take two, and the shape around it takes some as well.
  const end = Math.max(0, Math.floor((share - note.length - 60) / 2));
  const said = `${cutText(whole, end)}${note}`;
  return error === undefined
    ? { ...rest, result: { content: [{ type: "text", text: said }] } }
    : { ...rest, error: said };
}
