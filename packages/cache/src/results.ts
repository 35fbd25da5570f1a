import {
  type Call,
  isToolResult,
  type Middleware,
  type Progress,
  toolError,
  type ToolResult,
  withMeta,
} from "@plugboard/core";
import { controlOf } from "./control.ts";
import type { Keys } from "./key.ts";
import type { Leaders } from "./leaders.ts";
import type { Loader } from "./loader.ts";
import { CACHE_META, callerTag, type Policies, type Policy } from "./policy.ts";
import type { Answer, Loaded, Plan, Request } from "./request.ts";
import { ALL } from "./store.ts";

interface Parts {
  readonly policies: Policies;
  readonly keys: Keys;
  readonly loader: Loader;
  readonly leaders: Leaders;
}

/** The layer that stores tools' results, and forgets them when other tools have changed what they tell. */
export function resultsLayer({ policies, keys, loader, leaders }: Parts): Middleware {
  return function cache(call, next) {
    const policy = policies.of(call);
    const invalidated = policies.invalidatedBy(call.tool);
    const run = invalidated.length === 0 ? next : thenInvalidate(call, next, () => loader.invalidate(invalidated));
    // A request that answers a tool's question has an outcome of its own.
    if (!policy || call.asked) return run();
    const control = controlOf(call);
    if ("wrong" in control) return Promise.resolve(toolError(control.wrong));
    const key = control.bypass ? undefined : keys.ofResult(call, policy.scope);
    if (key === undefined) {
      loader.count("bypass");
      return run().then((value) => labelled({ value, status: "bypass", ageMs: 0 }));
    }
    const plan = planOf(key, policy, keys, call);
    const request: Request<ToolResult, Progress> = {
      caller: keys.caller(call.principal) ?? call.id,
      signal: call.signal,
      // A dispatched call may report to its caller, whatever the client asked for.
      onNews:
        call.meta["progressToken"] === undefined && !call.parent ? undefined : (progress) => void call.report(progress),
      refresh: control.refresh,
      maxAgeMs: control.maxAgeMs,
      leading: leaders.loadingsAbove(call.parent),
      accepts,
      load(flight, loading) {
        leaders.add(call, loading);
        const report = (progress: Progress): Promise<void> => {
          flight.tell(progress);
          return Promise.resolve();
        };
        return run(call.with({ signal: flight.signal, report })).then((result) => judge(call, result));
      },
      reload({ signal }, loading) {
        const alone = call.detach(signal);
        leaders.add(alone, loading);
        return run(alone).then((result) => judge(alone, result));
      },
    };
    const answer = loader.get(plan, request);
    return answer instanceof Promise ? answer.then(labelled) : Promise.resolve(labelled(answer));
  };
}

type Next = (call?: Call) => Promise<ToolResult>;

/**
 * After the tool has done its work, whatever became of its result above it; also when the call was cancelled, since its work
 * may be done all the same, and again when the tool's code has ended after that.
 */
function thenInvalidate(call: Call, next: Next, invalidate: () => Promise<void>): Next {
  return async (changed = call) => {
    let isUnchanged = false;
    try {
      const result = await next(changed);
      isUnchanged = (changed.returned ?? result).isError === true && !changed.running;
      return result;
    } finally {
      if (changed.running) void changed.running.then(invalidate);
      if (!isUnchanged) await invalidate();
    }
  };
}

/** Whether something can be a result: what is stored may come from elsewhere. */
const accepts = (value: unknown): boolean =>
  typeof value === "object" && value !== null && isToolResult(value as ToolResult);

function planOf(key: string, policy: Policy, keys: Keys, { principal }: Call): Plan {
  const { ttlMs, staleMs, staleIfErrorMs, errorTtlMs, scope, tags } = policy;
  const all = scope === "public" ? [...tags, ALL] : [...tags, callerTag(keys.identity(principal.id)), ALL];
  return { key, tags: all, ttlMs, staleMs, staleIfErrorMs, errorTtlMs };
}

/** What of a result others may have: nothing of shapes that are not known, or that came of asking this client something. */
function judge(call: Call, result: ToolResult): Loaded<ToolResult> {
  const failed = result.isError === true;
  if (!isToolResult(result) || call.asked) return { value: result, failed };
  const { returned } = call;
  // An error of another layer, a limit's refusal for example, says nothing of the tool.
  const transient = failed && returned?.isError !== true;
  return { value: result, common: withoutLayers(result, returned), failed, transient };
}

/** The result without what layers put into its `_meta`: that is of this call alone. */
function withoutLayers(result: ToolResult, returned: ToolResult | undefined): ToolResult {
  const { _meta, ...rest } = result;
  if (!_meta || !returned?._meta) return rest;
  const own = Object.entries(returned._meta).filter(([name]) => !name.startsWith("dev.plugboard/"));
  return own.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(own) };
}

function labelled({ value, status, ageMs }: Answer<ToolResult>): ToolResult {
  if (!isToolResult(value)) return value;
  return withMeta(value, CACHE_META, { status, ageMs: Math.round(ageMs) });
}
