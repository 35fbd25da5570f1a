import type { Call } from "@plugboard/core";
import type { Loading } from "./loader.ts";

const NONE: readonly Loading[] = [];

/** Which flight each call does the work of: whoever waits for it waits for the call's dispatched ones, too. */
export class Led {
  readonly #flights = new WeakMap<object, Loading>();

  set(call: Call, loading: Loading): void {
    this.#flights.set(call.id, loading);
  }

  /** The flights of `call` and of the calls that it was dispatched by. */
  above(call: Call | undefined): readonly Loading[] {
    if (!call) return NONE;
    const found: Loading[] = [];
    for (let at: Call | undefined = call; at; at = at.parent) {
      const loading = this.#flights.get(at.id);
      if (loading) found.push(loading);
    }
    return found;
  }
}
