import type { ToolResult } from "@plugboard/core";

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
