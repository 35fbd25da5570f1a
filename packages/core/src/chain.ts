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
    let below: Promise<ToolResult> | undefined;
    let answered = false;
    const next = (changed?: Call): Promise<ToolResult> => {
      if (below) {
        throw new PluginError(
          "NEXT_TWICE",
          layer.plugin,
          `a middleware called next() a second time for "${call.tool}".`,
        );
      }
      below = inner(changed ?? call);
      if (answered) below.catch(ignore);
      return below;
    };
    try {
      const outcome = layer.run(call, next);
      // What is handed up as it came has been checked below; a promise less is most of what a layer costs.
      if (outcome === below) return outcome;
      // A layer need not wait for what it started: then nobody else hears how that ended.
      answered = true;
      below?.catch(ignore);
      return Promise.resolve(outcome).then(
        (result) => (isObject(result) ? result : fault(layer, call, noResult(layer, call, result))),
        (error: unknown) => fault(layer, call, error),
      );
    } catch (error) {
      return new Promise((resolve) => resolve(fault(layer, call, error)));
    }
  };
}

const ignore = (): void => {};
const isObject = (result: unknown): boolean => typeof result === "object" && result !== null;

const noResult = ({ plugin }: Layer, { tool }: Call, result: unknown): PluginError =>
  new PluginError("BAD_RESULT", plugin, `a middleware returned ${String(result)} for "${tool}".`);

/** The result for a layer that failed; cancellation and URL elicitation go on up. */
function fault({ plugin, warn }: Layer, { signal, tool }: Call, error: unknown): ToolResult {
  if (signal.aborted || isElicitation(error)) throw error;
  warn(`failed around the tool "${tool}"`, error);
  const { text } = error instanceof PluginError ? { text: "" } : safeMessage(error);
  const what = `The call of \`${tool}\` failed inside the server's \`${plugin}\` plugin${text && `: ${text}`}.`;
  return failed(`${what} It is not a fault of your arguments; try again later.`, error, true);
}
