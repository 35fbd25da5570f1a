import type { z } from "zod";
import { ToolError } from "./errors.ts";
import { checkData } from "./schema.ts";
import type { ContentBlock, Data, Made, ResultExtras, ToolResult } from "./types.ts";

const results = new WeakSet<object>();
/** Where a result keeps what was thrown: copies of the result have it too, and no JSON does. */
const FAILURE = Symbol("failure");

/** Marks `result` as a result: a handler may return it as it is. */
export function asMade<R extends ToolResult>(result: R): R & Made {
  results.add(result);
  return result as R & Made;
}

export function isMade(value: unknown): value is ToolResult {
  return typeof value === "object" && value !== null && results.has(value);
}

/** Whether `result` is an ordinary one, which layers may read and change; other shapes pass untouched. */
export function isToolResult(result: ToolResult): result is ToolResult & { content: ContentBlock[] } {
  return Array.isArray(result.content);
}

/** A whole result for a handler to return instead of data: several blocks, images, `_meta`. A string is one text block. */
export function toolResult(
  content: string | ContentBlock[],
  extras: ResultExtras = {},
): ToolResult & { content: ContentBlock[] } & Made {
  const blocks: ContentBlock[] = typeof content === "string" ? [textBlock(content)] : content;
  return asMade<ToolResult & { content: ContentBlock[] }>({ ...extras, content: blocks });
}

/** A copy of `result` that has `value` under `name` in its `_meta`, beside what is there. */
export function withMeta(result: ToolResult, name: string, value: unknown): ToolResult {
  // Adding a property to what a spread has made costs V8 a microsecond; to what `assign` has filled, next to nothing.
  const meta: Record<string, unknown> = Object.assign({}, result._meta);
  meta[name] = value;
  const copy: ToolResult = Object.assign({}, result);
  copy._meta = meta;
  return copy;
}

/** A failed call: one text block with what happened, why, and what to try; never structured content. */
export function toolError(
  message: string,
  meta?: Readonly<Record<string, unknown>>,
): ToolResult & { content: ContentBlock[] } & Made {
  return toolResult(message, { isError: true, ...(meta && { _meta: { ...meta } }) });
}

/** What was thrown, if anything was, and whether the operator has been told of it. */
interface Failure {
  readonly error?: unknown;
  readonly told?: boolean;
}

/** As `toolError`, and remembers what was thrown, for layers that word errors. */
export function failed(message: string, error: unknown, told = false): ToolResult & Made {
  const result = toolError(message, error instanceof ToolError ? error.meta : undefined);
  return Object.assign(result, { [FAILURE]: { error, told } });
}

/** What the tool threw, if `result` is the outcome of that. */
export function failureOf(result: ToolResult): Failure {
  return (result as { [FAILURE]?: Failure })[FAILURE] ?? {};
}

export function textBlock(text: string): { type: "text"; text: string } {
  return { type: "text", text };
}

/** The result for what a handler returned: data of an output schema, or a string, or any JSON. */
export function resultOf(
  data: Data,
  text: ((data: never) => string) | undefined,
  structuredOutput: boolean,
): ToolResult & Made {
  if (structuredOutput) {
    return toolResult(text ? text(data as never) : JSON.stringify(data), { structuredContent: data });
  }
  if (data === undefined) return toolResult([]);
  return toolResult(typeof data === "string" ? data : JSON.stringify(data));
}

/**
 * For tools registered with plain `registerTool`: checks `data` against `schema` (the tool's `outputSchema`) and gives it
 * in both forms, as structured content and as text.
 * @throws ToolError naming the field, when the data does not fit.
 */
export function structured<S extends z.ZodType>(
  schema: S,
  data: z.input<S>,
  options: { text?: (data: z.input<S>) => string } = {},
): { content: { type: "text"; text: string }[]; structuredContent: z.input<S> & Record<string, unknown> } {
  const problem = checkData(schema, data);
  if (problem !== undefined)
    throw new ToolError(`The tool's data does not fit its output schema: ${problem}. This is a fault of the tool.`);
  return {
    content: [textBlock(options.text ? options.text(data) : JSON.stringify(data))],
    structuredContent: data as z.input<S> & Record<string, unknown>,
  };
}
