const MAX_DEPTH = 64;

/** What a value, a reference and a property cost in memory, in bytes: rather too much than too little. */
const VALUE = 16;
const PROPERTY = 24;

export type Copied =
  | { readonly ok: true; readonly value: unknown; readonly bytes: number }
  | { readonly ok: false; readonly why: string };

/**
 * A deep copy of plain JSON data, and what it takes in memory. Properties that are undefined are left out, as JSON does. Not
 * copied: what is no JSON, so that it would come back as something else; what is deeper than 64 levels; what is larger than
 * `maxBytes`.
 */
export function copyOf(value: unknown, maxBytes: number): Copied {
  const budget = { left: maxBytes };
  try {
    const copied = copy(value, MAX_DEPTH, budget);
    return { ok: true, value: copied, bytes: maxBytes - budget.left };
  } catch (error) {
    if (error instanceof NotCopied) return { ok: false, why: error.message };
    throw error;
  }
}

class NotCopied extends Error {}

/** Where a stored copy is handed out: it was checked when it was stored. */
export function copyAgain<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyAgain) as T;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) put(result, key, copyAgain((value as Record<string, unknown>)[key]));
  return result as T;
}

function copy(value: unknown, depth: number, budget: { left: number }): unknown {
  // Two bytes a character: what is not Latin is stored so.
  budget.left -= typeof value === "string" ? VALUE + 2 * value.length : VALUE;
  if (budget.left < 0) throw new NotCopied("it is too large");
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new NotCopied(`${value} is no JSON`);
      // As in JSON, there is one zero.
      return value + 0;
    case "object":
      if (value === null) return value;
      if (depth === 0) throw new NotCopied(`it has more than ${MAX_DEPTH} levels`);
      return Array.isArray(value) ? copyList(value, depth - 1, budget) : copyObject(value, depth - 1, budget);
    case "undefined":
    case "bigint":
    case "function":
    case "symbol":
      throw new NotCopied(`${typeof value} is no JSON`);
  }
}

function copyList(list: readonly unknown[], depth: number, budget: { left: number }): unknown[] {
  const result: unknown[] = [];
  for (let index = 0; index < list.length; index++) result.push(copy(list[index], depth, budget));
  return result;
}

function copyObject(value: object, depth: number, budget: { left: number }): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotCopied("an instance of a class is no JSON");
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") throw new NotCopied("it has a toJSON of its own");
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner === undefined) continue;
    budget.left -= PROPERTY + 2 * key.length;
    put(result, key, copy(inner, depth, budget));
  }
  return result;
}

/** Assigning `__proto__` would set the prototype. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
