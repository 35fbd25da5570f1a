import { isToolResult, textBlock, toolError } from "./result.ts";
import { cutText } from "./text.ts";
import type { ContentBlock, ToolResult } from "./types.ts";

export interface Budget {
  readonly maxChars: number;
  readonly maxBlobBytes: number;
}

/** How many cuts are told one by one. */
const SHOWN = 20;

/** What was cut, under the layer's own `_meta` key. */
interface Cut {
  readonly where: string;
  readonly kept: number;
  readonly of: number;
  readonly unit: "characters" | "items" | "bytes";
}

/**
 * The result within its budget, with a notice of what was cut; the same object when nothing was. Texts are cut at the end,
 * in structured content the largest lists and strings, so that its shape stays the schema's.
 */
export function cutResult(result: ToolResult, budget: Budget, layer: string): ToolResult {
  if (!isToolResult(result)) return result;
  const cuts: Cut[] = [];
  const structuredContent = cutData(result.structuredContent, budget.maxChars, cuts);
  if (structuredContent === TOO_LARGE) {
    return toolError(
      `The result is over the limit of ${budget.maxChars} characters and has no list or text to shorten. Ask for less.`,
    );
  }
  const content = cutBlocks(mirrored(result, structuredContent), budget, cuts);
  const meta = cutMeta(result._meta, budget.maxChars, cuts);
  if (cuts.length === 0) return result;
  const shown = cuts.slice(0, SHOWN).map(describe);
  if (cuts.length > SHOWN) shown.push(`and ${cuts.length - SHOWN} more`);
  const notice = `[Cut: ${shown.join("; ")}. Ask for less, for the next page or for a part, if the tool can.]`;
  return {
    ...result,
    content: [...content, textBlock(notice)],
    ...(structuredContent !== undefined && { structuredContent }),
    _meta: { ...meta, [`dev.plugboard/${layer}`]: { cut: cuts.slice(0, SHOWN) } },
  };
}

/** The blocks; a text that is the structured content as JSON follows it, so it stays valid JSON. */
function mirrored(
  { content, structuredContent }: ToolResult & { content: ContentBlock[] },
  shortened: unknown,
): ContentBlock[] {
  if (shortened === structuredContent) return content;
  const json = JSON.stringify(structuredContent);
  return content.map((block) => (block["text"] === json ? { ...block, text: JSON.stringify(shortened) } : block));
}

function describe({ where, kept, of, unit }: Cut): string {
  const number = (value: number): string => value.toLocaleString("en-US");
  return kept === 0 && unit === "bytes"
    ? `${where} left out, ${number(of)} ${unit}`
    : `${where} has ${number(kept)} of ${number(of)} ${unit}`;
}

function cutBlocks(blocks: ContentBlock[], { maxChars, maxBlobBytes }: Budget, cuts: Cut[]): ContentBlock[] {
  const left = { characters: maxChars, bytes: maxBlobBytes };
  const kept = blocks.map((block, index) => {
    const resource = block["resource"] as Record<string, unknown> | undefined;
    const text = block["text"] ?? resource?.["text"];
    const only = typeof text === "string" ? "the text" : "the only block";
    const where = blocks.length === 1 ? only : `block ${index + 1}`;
    const data = block["data"] ?? resource?.["blob"];
    if (typeof text === "string") {
      if (text.length <= left.characters) {
        left.characters -= text.length;
        return block;
      }
      const part = cutText(text, left.characters);
      left.characters = 0;
      cuts.push({ where, kept: part.length, of: text.length, unit: "characters" });
      if (part === "") return undefined;
      return resource ? { ...block, resource: { ...resource, text: part } } : { ...block, text: part };
    }
    const unit = typeof data === "string" ? "bytes" : "characters";
    const size = typeof data === "string" ? Math.floor((data.length * 3) / 4) : JSON.stringify(block).length;
    if (size <= left[unit]) {
      left[unit] -= size;
      return block;
    }
    const type = block["mimeType"] ?? resource?.["mimeType"];
    cuts.push({ where: `${where} (${typeof type === "string" ? type : block.type})`, kept: 0, of: size, unit });
    return undefined;
  });
  return cuts.length > 0 ? kept.filter((block) => block !== undefined) : blocks;
}

/** A layer's own notes are small; what is not, was not meant for a client. */
function cutMeta(meta: ToolResult["_meta"], maxChars: number, cuts: Cut[]): ToolResult["_meta"] {
  const size = meta === undefined ? 0 : JSON.stringify(meta).length;
  if (size <= maxChars) return meta;
  cuts.push({ where: "_meta", kept: 0, of: size, unit: "characters" });
  return undefined;
}

const TOO_LARGE = Symbol("too large");
/** Rounds at most: each halves the largest part, so even 50 MB come down to a few thousand characters. */
const ROUNDS = 200;

function cutData(data: unknown, maxChars: number, cuts: Cut[]): unknown {
  if (data === undefined) return undefined;
  let size = JSON.stringify(data)?.length ?? 0;
  if (size <= maxChars) return data;
  const copy = structuredClone(data);
  const whole = new Map<string, Cut>();
  for (let round = 0; size > maxChars && round < ROUNDS; round++) {
    const part = largestPart(copy);
    if (!part) break;
    const { holder, key, where } = part;
    const value = holder[key] as string | unknown[];
    const keep = Math.max(
      typeof value === "string" ? 100 : 1,
      Math.floor(value.length * Math.max(0.1, 1 - (size - maxChars) / part.size - 0.02)),
    );
    const next = typeof value === "string" ? cutText(value, keep) : value.slice(0, keep);
    if (next.length >= value.length) break;
    holder[key] = next;
    if (Array.isArray(value)) forgetItems(whole, where, next.length);
    whole.set(where, {
      where,
      kept: next.length,
      of: whole.get(where)?.of ?? value.length,
      unit: typeof value === "string" ? "characters" : "items",
    });
    size = JSON.stringify(copy).length;
  }
  if (size > maxChars) return TOO_LARGE;
  cuts.push(...whole.values());
  return copy;
}

/** What was cut in items that have gone since need not be told. */
function forgetItems(cuts: Map<string, Cut>, list: string, from: number): void {
  for (const where of cuts.keys()) {
    if (where.startsWith(`${list}[`) && Number.parseInt(where.slice(list.length + 1), 10) >= from) cuts.delete(where);
  }
}

interface Part {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
  readonly where: string;
  readonly size: number;
}

/** An item that is so much of its list is shortened itself, before the list is. */
const MOST = 0.75;

/**
 * The string or list whose shortening gains most; deeper ones win where they are most of it. A list that is mostly one of its items
 * gives up items where nothing in these can be shortened any more.
 */
function largestPart(root: unknown): Part | undefined {
  let best: Part | undefined;
  let list: Part | undefined;
  const visit = (value: unknown, holder: Part["holder"] | undefined, key: string | number, where: string): number => {
    if (typeof value === "string") {
      const size = value.length + 2;
      if (holder && value.length > 100 && size > (best?.size ?? 0)) best = { holder, key, where, size };
      return size;
    }
    if (typeof value !== "object" || value === null) return 8;
    const before = best;
    let size = 2;
    let largest = 0;
    for (const [name, inner] of Object.entries(value)) {
      const at = Array.isArray(value) ? `${where}[${name}]` : `${where}${where && "."}${name}`;
      const part = visit(inner, value as Part["holder"], Array.isArray(value) ? Number(name) : name, at) + name.length;
      size += part;
      largest = Math.max(largest, part);
    }
    const spread = largest < size * MOST;
    if (Array.isArray(value) && holder && value.length > 1) {
      if (spread && size > (before?.size ?? 0)) best = { holder, key, where, size };
      if (size > (list?.size ?? 0)) list = { holder, key, where, size };
    }
    return size;
  };
  visit(root, undefined, "", "");
  return best ?? list;
}
