import { type ContentBlock, cutText, type ToolResult } from "@plugboard/core";

/** A call as it is asked for. */
export interface Entry {
  readonly tool: string;
  readonly arguments?: unknown;
  readonly id?: string | undefined;
}

/** What became of a call. `earlier`: it had finished before the batch was resumed. */
export type Status = "ok" | "error" | "skipped" | "earlier";

/** One call of a batch with its outcome. */
export interface Slot {
  readonly index: number;
  readonly id?: string;
  readonly tool: string;
  ok: boolean;
  status: Status;
  result?: Record<string, unknown>;
  error?: string;
  duration_ms: number;
  cached?: boolean;
}

export interface Counts {
  succeeded: number;
  failed: number;
  skipped: number;
  earlier: number;
}

export function countsOf(slots: readonly Slot[]): Counts {
  const counts = { succeeded: 0, failed: 0, skipped: 0, earlier: 0 };
  const keys = { ok: "succeeded", error: "failed", skipped: "skipped", earlier: "earlier" } as const;
  for (const { status } of slots) counts[keys[status]]++;
  return counts;
}

/** Puts the outcome of a call into its slot, as plain JSON: one that is none is this call's error, and nobody else's. */
export function settle(slot: Slot, result: ToolResult, ms: number): void {
  slot.duration_ms = Math.round(ms);
  const plain = plainResult(result);
  if (plain === undefined) {
    fail(slot, `\`${slot.tool}\` returned something that is no JSON. This is a fault of the tool. Call another one.`);
    return;
  }
  if (!isResult(plain)) {
    fail(
      slot,
      `\`${slot.tool}\` did not return a result: it may need an answer from the person, which a batch cannot wait for. Call it on its own.`,
    );
    return;
  }
  slot.ok = plain.isError !== true;
  slot.status = slot.ok ? "ok" : "error";
  slot.result = plain;
  if (!slot.ok) slot.error = textOf(plain) || "The tool failed and did not say why.";
  if (isCached(plain._meta)) slot.cached = true;
}

/** The call failed without a result. */
export function fail(slot: Slot, error: string): void {
  slot.ok = false;
  slot.status = "error";
  slot.error = error;
}

function plainResult(result: ToolResult): unknown {
  try {
    return JSON.parse(JSON.stringify(result), (key, value: unknown) => (key === "__proto__" ? undefined : value));
  } catch {
    return undefined;
  }
}

function isResult(plain: unknown): plain is ToolResult {
  const content = (plain as ToolResult | null)?.content as unknown;
  return (
    Array.isArray(content) && content.every((block) => typeof (block as { type?: unknown } | null)?.type === "string")
  );
}

/** Whether a cache answered, with what it had: it says so under its own key. */
function isCached(meta: Record<string, unknown> | undefined): boolean {
  const status = (meta?.["dev.plugboard/cache"] as { status?: unknown } | null | undefined)?.status;
  return status === "hit" || status === "stale";
}

/** All texts of a result. */
export function textOf(result: ToolResult): string {
  const texts = (result.content ?? []).map((block) => block["text"]);
  return texts.filter((text) => typeof text === "string").join("\n");
}

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

/** Longer binary data is not repeated in the structured form. */
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
    blocks: moved.flatMap(({ slot: { index, tool }, blocks }) =>
      blocks.length === 0 ? [] : [{ type: "text", text: `Of [${index}] ${tool}:` }, ...blocks],
    ),
  };
}

const size = (value: unknown): number => JSON.stringify(value)?.length ?? 0;

/** Takes binary blocks out of a slot: into `blocks` while there is room, else away with a note. */
function moveBlobs(slot: Slot, left: { bytes: number }): { slot: Slot; blocks: ContentBlock[] } {
  const content = (slot.result as ToolResult | undefined)?.content;
  const blocks: ContentBlock[] = [];
  if (!content) return { slot, blocks };
  const kept = content.map((block): ContentBlock => {
    const blob = blobOf(block);
    if (blob.length <= INLINE_CHARS) {
      if (block.type !== "text") blocks.push(block);
      return block;
    }
    const bytes = Math.floor((blob.length * 3) / 4);
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
