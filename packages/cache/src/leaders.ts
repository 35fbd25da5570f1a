import type { Call } from "@plugboard/core";
import type { Loading } from "./loadings.ts";

const NONE: readonly Loading[] = [];

/** The calls that do the work of a load: whoever waits for the load waits for what those calls dispatch, too. */
export class Leaders {
  readonly #loadings = new WeakMap<object, Loading>();

  add(call: Call, loading: Loading): void {
    this.#loadings.set(call.id, loading);
  }

  /** The loads that `call` works for, itself or through the calls that it was dispatched by. */
  loadingsAbove(call: Call | undefined): readonly Loading[] {
    if (!call) return NONE;
    const found: Loading[] = [];
    for (let at: Call | undefined = call; at; at = at.parent) {
      const loading = this.#loadings.get(at.id);
      if (loading) found.push(loading);
    }
    return found;
  }
}
