import { z } from "zod";
import { cutResult } from "./budget.ts";
import { safeMessage } from "./errors.ts";
import { definePlugin } from "./plugin.ts";
import { failureOf, isToolResult, textBlock, toolError } from "./result.ts";
import { parse } from "./schema.ts";
import type { Call, ToolResult } from "./types.ts";

export const coreOptions = z.strictObject({
  maxChars: z
    .int()
    .min(1000)
    .max(10_000_000)
    .default(40_000)
    .describe(
      "Most characters of text, and of structured content as JSON, that a result may have; what is over is cut, with a notice",
    ),
  maxBlobBytes: z
    .int()
    .min(0)
    .max(100_000_000)
    .default(1_000_000)
    .describe("Most bytes of all images, audio and binary blocks of a result; what is over is replaced by a notice"),
  errors: z
    .enum(["safe", "full", "hidden"])
    .default("safe")
    .describe(
      "What a model reads of an error that a tool threw: its message without absolute paths and internal errors; all of it; or nothing but that it failed",
    ),
});

/**
 * Gives the tools that a server already has structured-output behaviour: text and structured content filled in from each
 * other, a size budget with a notice of what was cut, errors that a model can act on. Put it first: the outermost layer
 * sees every result last.
 */
export const core = definePlugin({
  name: "core",
  options: coreOptions,
  setup(host, options) {
    const counts = { calls: 0, errors: 0, cut: 0, filled: 0 };
    host.use(async function core(call, next) {
      counts.calls++;
      const result = await next();
      if (!isToolResult(result)) return result;
      if (result.isError) {
        counts.errors++;
        return cut(call, wordError(call, result));
      }
      return cut(call, await fill(call, result));
    });

    async function cut(call: Call, result: ToolResult): Promise<ToolResult> {
      const shortened = cutResult(result, options, host.name);
      if (shortened === result) return result;
      counts.cut++;
      if (shortened.isError || shortened.structuredContent === undefined || call.outputSchema === undefined)
        return shortened;
      if ((await parse(call.outputSchema, shortened.structuredContent)).ok) return shortened;
      return toolError(
        `The result of \`${call.tool}\` is over the limit of ${options.maxChars} characters, and its schema does not let it be shortened. Ask for less.`,
      );
    }

    async function fill(call: Call, result: ToolResult): Promise<ToolResult> {
      const content = result.content ?? [];
      const texts = content.filter((block) => block.type === "text");
      if (result.structuredContent !== undefined) {
        if (texts.length > 0) return result;
        counts.filled++;
        return { ...result, content: [...content, textBlock(JSON.stringify(result.structuredContent))] };
      }
      const data = call.outputSchema && texts.length === 1 ? parseObject(texts[0]?.["text"]) : undefined;
      if (data === undefined || !(await parse(call.outputSchema, data)).ok) return result;
      counts.filled++;
      return { ...result, structuredContent: data };
    }

    function wordError(call: Call, result: ToolResult): ToolResult {
      const { structuredContent: _, ...rest } = result;
      const { error, told } = failureOf(result);
      if (error === undefined) {
        const said = result.content?.some((block) => block.type === "text" && block["text"] !== "");
        return said
          ? rest
          : { ...rest, content: [...(rest.content ?? []), textBlock(`\`${call.tool}\` failed and did not say why.`)] };
      }
      if (options.errors === "full") return rest;
      const { text, hidden } = options.errors === "hidden" ? { text: "", hidden: true } : safeMessage(error);
      if (!hidden) return rest;
      if (!told) host.warn(`the tool "${call.tool}" failed`, error);
      return {
        ...rest,
        content: toolError(`\`${call.tool}\` failed${text && `: ${text}`}. The details are in the server's log.`)
          .content,
      };
    }

    return { stats: () => ({ ...counts }) };
  },
});

function parseObject(text: unknown): object | undefined {
  if (typeof text !== "string" || !text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
