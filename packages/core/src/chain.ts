import { isElicitation, PluginError, safeMessage } from "./errors.ts";
import { failed } from "./result.ts";
import type { Call, Middleware, ToolResult } from "./types.ts";

export type Runner = (call: Call) => Promise<ToolResult>;

/** One middleware with its owner. */
export interface Layer {
  readonly plugin: string;
  readonly run: Middleware;
  readonly passing: () => boolean;
  readonly warn: (message: string, detail: unknown) => void;
}

/** Joins layers, first outermost, around `tool`. Done when a plugin is attached, not per call. */
export function composeLayers(layers: readonly Layer[], tool: Runner): Runner {
  return layers.reduceRight<Runner>((inner, layer) => wrap(layer, inner), tool);
}

function wrap(layer: Layer, inner: Runner): Runner {
  return (call) => {
    if (layer.passing()) return inner(call);
    let called = false;
    const next = (changed?: Call): Promise<ToolResult> => {
      if (called) throw new PluginError("NEXT_TWICE", layer.plugin, `a middleware called next() a second time for "${call.tool}".`);
      called = true;
      return inner(changed ?? call);
    };
    try {
      return Promise.resolve(layer.run(call, next)).then(checked, faulty);
    } catch (error) {
      return Promise.resolve(faulty(error));
    }

    function checked(result: ToolResult): ToolResult {
      if (typeof result === "object" && result !== null) return result;
      return faulty(new PluginError("BAD_RESULT", layer.plugin, `a middleware returned ${String(result)} for "${call.tool}".`));
    }
    function faulty(error: unknown): ToolResult {
      if (call.signal.aborted || isElicitation(error)) throw error;
      layer.warn(`failed around the tool "${call.tool}"`, error);
      const { text } = error instanceof PluginError ? { text: "" } : safeMessage(error);
      return failed(`The call of \`${call.tool}\` failed inside the server's \`${layer.plugin}\` plugin${text && `: ${text}`}. It is not a fault of your arguments; try again later.`, error);
    }
  };
}
