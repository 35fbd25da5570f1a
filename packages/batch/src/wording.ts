import type { Counts, Slot } from "./slots.ts";

/** Each slot with its outcome and its text, for clients that show the model only text. */
export function listing(slots: readonly Slot[]): string {
  return slots.map(line).join("\n\n");
}

function line({ index, id, tool, status, result, error, duration_ms: ms, cached }: Slot): string {
  const name = `[${index}] ${tool}${id === undefined ? "" : ` (${id})`}: ${status}`;
  if (status === "earlier") return `${name}, finished before this batch was resumed`;
  const time = status === "skipped" ? "" : `, ${ms} ms${cached === true ? ", cached" : ""}`;
  return `${name}${time}\n${error ?? textOfResult(result)}`;
}

function textOfResult(result: Record<string, unknown> | undefined): string {
  const blocks = Array.isArray(result?.["content"]) ? (result["content"] as Record<string, unknown>[]) : [];
  const texts = blocks.map((block) =>
    typeof block["text"] === "string" ? block["text"] : `[${String(block["type"])}, below]`,
  );
  if (texts.length > 0) return texts.join("\n");
  return result?.["structuredContent"] === undefined ? "(no content)" : JSON.stringify(result["structuredContent"]);
}

export function summary({ succeeded, failed, skipped, earlier }: Counts): string {
  const parts = [`${succeeded} succeeded`, `${failed} failed`];
  if (skipped > 0) parts.push(`${skipped} not run`);
  if (earlier > 0) parts.push(`${earlier} finished earlier`);
  return parts.join(", ");
}
