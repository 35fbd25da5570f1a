import { runInside, type Tool, type ToolCall } from "./call.ts";
import { isElicitation, safeMessage } from "./errors.ts";
import { failed } from "./result.ts";
import { parse } from "./schema.ts";
import type { Call, ToolResult } from "./types.ts";

/**
 * The innermost of the chain: runs the tool's code. Whatever it throws becomes a result, but for cancellation and URL
 * elicitation. Written with as few promises as can be: they are most of what an attached server costs.
 */
export function runTool(outer: Call): Promise<ToolResult> {
  const call = outer as ToolCall;
  if (call.signal.aborted) return Promise.reject(abortError(call.signal));
  try {
    const value = runInside(call, call.frame.tool.run);
    if (isThenable(value)) {
      const { frame } = call;
      const running = Promise.resolve(value).then(
        (awaited) => {
          frame.running = undefined;
          return ownResult(call, awaited);
        },
        (error: unknown) => {
          frame.running = undefined;
          return ownFailure(call, error);
        },
      );
      frame.running = running;
      return running;
    }
    return Promise.resolve(ownResult(call, value));
  } catch (error) {
    return new Promise((resolve) => resolve(ownFailure(call, error)));
  }
}

function ownFailure(call: ToolCall, error: unknown): ToolResult {
  return (call.frame.returned = thrown(call, error));
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";

/** What the tool's code returned, checked. */
function ownResult({ frame }: ToolCall, value: unknown): ToolResult | Promise<ToolResult> {
  const { tool } = frame;
  if (typeof value !== "object" || value === null) {
    return failed(
      `The tool \`${tool.name}\` returned ${String(value)} instead of a result. This is a fault of the tool.`,
      undefined,
    );
  }
  const result = withContent(value as ToolResult);
  frame.returned = result;
  return tool.owner || !tool.registered.outputSchema ? result : checkedOutput(tool, result);
}

/** The SDKs let a tool leave `content` out, which makes it empty; a result that is none of a tool's stays as it is. */
function withContent(result: ToolResult): ToolResult {
  const isOwn = result.content === undefined && (result.structuredContent !== undefined || result.isError === true);
  return isOwn ? { ...result, content: [] } : result;
}

function thrown({ signal, frame: { tool } }: ToolCall, error: unknown): ToolResult {
  if (signal.aborted || isElicitation(error)) throw error;
  if (tool.owner === undefined) return failed(error instanceof Error ? error.message : String(error), error);
  const { text, hidden } = safeMessage(error);
  if (!hidden) return failed(text, error);
  tool.owner.warn(`the tool "${tool.name}" failed`, error);
  return failed(`\`${tool.name}\` failed${text && `: ${text}`}. The details are in the server's log.`, error, true);
}

/** The reason of an abort as an error: clients give theirs as text. */
function abortError({ reason }: AbortSignal): Error {
  return reason instanceof Error
    ? reason
    : new DOMException(typeof reason === "string" ? reason : "The call was cancelled.", "AbortError");
}

/** An error in place of structured content that does not fit the tool's schema, so that no layer stores it. */
export async function checkedOutput(tool: Tool, result: ToolResult): Promise<ToolResult> {
  const { outputSchema } = tool.registered;
  if (!outputSchema || result.structuredContent === undefined || result.isError) return result;
  const parsed = await parse(outputSchema, result.structuredContent);
  if (parsed.ok) return result;
  const message = `The result of \`${tool.name}\` does not fit its output schema: ${parsed.problem}. This is a fault of the tool, not of your arguments.`;
  return failed(message, new Error(message));
}
