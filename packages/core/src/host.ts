import type { z } from "zod";
import type { ToolCall } from "./call.ts";
import type { Layer } from "./chain.ts";
import { Changes } from "./changes.ts";
import { runLastFirst } from "./closing.ts";
import { PluginError } from "./errors.ts";
import { type ResourceSpec, resourceSpec } from "./resource.ts";
import { failed, isMade, resultOf, toolError } from "./result.ts";
import { checkData, outputProblem } from "./schema.ts";
import type { Data, Host, Principal, ToolConfig, ToolInfo, ToolResult } from "./types.ts";

const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** A plugin's tool, ready to be registered on any number of servers. */
export interface ToolSpec {
  readonly name: string;
  readonly config: object;
  run(call: ToolCall): Promise<ToolResult>;
}

/** One instance of a plugin: what its setup contributed, and its life. It outlives the servers that it is attached to. */
export class Instance {
  readonly name: string;
  readonly tools: ToolSpec[] = [];
  readonly resources: ResourceSpec[] = [];
  readonly layers: Layer[] = [];
  readonly filters: ((tool: ToolInfo, principal: Principal) => boolean)[] = [];
  readonly changes = new Changes((error) => this.warn("a listener to changed resources failed", error));
  api: object = {};
  #closed: Promise<void> | undefined;
  readonly #abort = new AbortController();
  readonly #disposers: (() => void | Promise<void>)[] = [];

  readonly #plugin: string;

  constructor(name: string, plugin: string) {
    this.name = name;
    this.#plugin = plugin;
  }

  /** A tool's name in this instance: `batch_status` and `batch` follow `as`, other names get it as a prefix. */
  readonly toolName = (name: string): string => {
    if (this.name === this.#plugin) return name;
    if (name === this.#plugin || name.startsWith(`${this.#plugin}_`))
      return this.name + name.slice(this.#plugin.length);
    return `${this.name}_${name}`;
  };

  get disposed(): boolean {
    return this.#closed !== undefined;
  }

  readonly warn = (message: string, detail?: unknown): void => {
    console.warn(`[plugboard] ${this.name}: ${message}`, ...(detail === undefined ? [] : [detail]));
  };

  /** The host for `setup`; once `setup` is over it takes nothing more. */
  host(isOver: () => boolean): Host {
    const during = (what: string): void => {
      if (isOver()) throw new PluginError("BAD_SETUP", this.name, `host.${what}() was called after setup.`);
    };
    return {
      name: this.name,
      signal: this.#abort.signal,
      warn: this.warn,
      toolName: this.toolName,
      tool: (name, config, handler) => {
        during("tool");
        this.tools.push(this.#toolSpec(name, config, handler as unknown as Handler));
      },
      resource: (name, uri, config, read) => {
        during("resource");
        const spec = resourceSpec(this, name, uri, config, read);
        this.resources.push(spec);
        const isWanted = (): boolean => !this.disposed && this.changes.isWanted((other) => spec.fits(other));
        const { onWanted } = config;
        if (onWanted) this.changes.onWake(() => isWanted() && onWanted());
        return { changed: (changed) => this.changes.publish(changed), isWanted };
      },
      use: (run) => {
        during("use");
        this.layers.push({ plugin: this.name, run, passing: () => this.disposed, warn: this.warn });
      },
      filter: (visible) => {
        during("filter");
        this.filters.push((tool, principal) => {
          try {
            return this.disposed || visible(tool, principal);
          } catch (error) {
            this.warn(`deciding about the tool "${tool.name}" failed, so it is hidden`, error);
            return false;
          }
        });
      },
      onDispose: (fn) => {
        during("onDispose");
        this.#disposers.push(fn);
      },
    };
  }

  dispose(): Promise<void> {
    return (this.#closed ??= Promise.resolve().then(() => this.#close()));
  }

  async #close(): Promise<void> {
    this.#abort.abort(new Error(`the plugin "${this.name}" was disposed`));
    const failures = await runLastFirst(this.#disposers);
    this.changes.clear();
    if (failures.length > 0) {
      const cause = failures.length === 1 ? failures[0] : new AggregateError(failures);
      throw new PluginError("DISPOSE_FAILED", this.name, `${failures.length} of its dispose functions failed.`, {
        cause,
      });
    }
  }

  #toolSpec(
    given: string,
    config: ToolConfig<z.ZodObject | undefined, z.ZodType | undefined>,
    handler: Handler,
  ): ToolSpec {
    const name = this.toolName(given);
    const bad = (problem: string): PluginError =>
      new PluginError("BAD_TOOL", this.name, `the tool "${name}": ${problem}`, { field: name });
    if (!TOOL_NAME.test(name)) throw bad("a name is 1 to 64 of A–Z, a–z, 0–9, _ and -.");
    if (this.tools.some((tool) => tool.name === name)) throw bad("it is defined twice.");
    const { text, outputSchema, ...rest } = config;
    const problem = outputSchema && outputProblem(outputSchema);
    if (problem) throw bad(problem);

    const run = async (call: ToolCall): Promise<ToolResult> => {
      if (this.disposed) return toolError(`\`${call.tool}\` is no longer available: its plugin was shut down.`);
      const data = await handler(call.args, call);
      const made = isMade(data);
      if (!outputSchema) return made ? data : resultOf(data, undefined, false);
      if (made && (data.isError || data.structuredContent === undefined)) return data;
      const fault = checkData(outputSchema, made ? data.structuredContent : data);
      if (fault === undefined) return made ? data : resultOf(data, text as ((data: never) => string) | undefined, true);
      const message = `The result of \`${call.tool}\` does not fit its output schema: ${fault}. This is a fault of the tool, not of your arguments.`;
      this.warn(`the tool "${call.tool}" returned data that does not fit its output schema`, fault);
      return failed(message, new Error(message));
    };
    return { name, config: { ...rest, ...(outputSchema && { outputSchema }) }, run };
  }
}

type Handler = (
  args: Readonly<Record<string, unknown>>,
  call: ToolCall,
) => Data | ToolResult | Promise<Data | ToolResult>;
