import { cutResult, isToolResult, type ToolResult } from "@plugboard/core";

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

/** Puts the outcome of a call into its slot. */
export function settle(slot: Slot, result: ToolResult, ms: number): void {
  slot.duration_ms = Math.round(ms);
  slot.ok = result.isError !== true;
  slot.status = slot.ok ? "ok" : "error";
  if (slot.ok) slot.result = result;
  else {
    slot.error = textOf(result) || "The tool failed and did not say why.";
    if (result._meta) slot.result = { _meta: result._meta };
  }
  if (isHit(result._meta)) slot.cached = true;
}

/** Whether a cache answered: it says so under its own key. */
function isHit(meta: Record<string, unknown> | undefined): boolean {
  const cache = meta?.["dev.plugboard/cache"];
  return typeof cache === "object" && cache !== null && (cache as { hit?: unknown }).hit === true;
}

/** All texts of a result. */
export function textOf(result: ToolResult): string {
  const texts = (result.content ?? []).map((block) => block["text"]);
  return texts.filter((text) => typeof text === "string").join("\n");
}

const MIN_SHARE = 400;

/**
 * Cuts the results such that all of them are within `maxChars`: small ones stay whole, what they leave over goes to the
 * large ones. The slots that were cut say how to get the rest.
 */
export function fitSlots(slots: readonly Slot[], maxChars: number, maxBlobBytes: number, layer: string): Slot[] {
  const sizes = slots.map((slot) => JSON.stringify(slot.result ?? slot.error ?? "").length);
  const shares = fairShares(sizes, maxChars);
  return slots.map((slot, index) =>
    (sizes[index] ?? 0) <= (shares[index] ?? 0) ? slot : cutSlot(slot, shares[index] ?? 0, maxBlobBytes, layer),
  );
}

/** What each may have of `total`: never more than it needs, at least a little, and the same for all that need more. */
export function fairShares(sizes: readonly number[], total: number): number[] {
  const order = sizes.map((size, index) => ({ size, index })).toSorted((a, b) => a.size - b.size);
  const shares = sizes.map(() => 0);
  let left = total;
  for (const [place, { size, index }] of order.entries()) {
    const share = Math.max(MIN_SHARE, Math.floor(left / (order.length - place)));
    shares[index] = Math.min(size, share);
    left = Math.max(0, left - Math.min(size, share));
  }
  return shares;
}

function cutSlot(slot: Slot, share: number, maxBlobBytes: number, layer: string): Slot {
  const more = `Call \`${slot.tool}\` on its own for all of it.`;
  if (slot.error !== undefined && !slot.ok) return { ...slot, error: `${slot.error.slice(0, share)}… [cut] ${more}` };
  const result = slot.result as ToolResult;
  // Text and structured content say the same: each gets half.
  const maxChars = Math.floor(
    (share - 150) / (result.structuredContent === undefined || !isToolResult(result) ? 1 : 2),
  );
  const cut = cutResult(result, { maxChars: Math.max(100, maxChars), maxBlobBytes }, layer);
  if (cut.isError !== true && isToolResult(cut))
    return { ...slot, result: { ...cut, content: [...cut.content, { type: "text", text: more }] } };
  const { structuredContent: _, ...rest } = result;
  const bare = cutResult(rest, { maxChars: Math.max(100, maxChars), maxBlobBytes }, layer);
  const content = [
    ...(isToolResult(bare) ? bare.content : []),
    { type: "text", text: `[Cut: the structured content.] ${more}` },
  ];
  return { ...slot, result: { ...bare, content } };
}
