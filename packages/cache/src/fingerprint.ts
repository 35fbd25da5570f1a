import { createHash } from "node:crypto";
import { z } from "zod";

/** 128 bits of SHA-256 over all code units: in UTF-8, lone surrogates would be one and the same. */
export const digest = (text: string): string =>
  createHash("sha256").update(text, "utf16le").digest("base64url").slice(0, 22);

const known = new WeakMap<object, string>();

/**
 * What tells one schema from another, in this process and in the next. It is worked out once for each schema object: as JSON
 * Schema for zod 4, for anything else from how the object looks inside.
 */
export function fingerprint(schema: unknown): string {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return "-";
  let found = known.get(schema);
  if (found === undefined) {
    found = digest(describe(schema));
    known.set(schema, found);
  }
  return found;
}

function describe(schema: object): string {
  if ("_zod" in schema) {
    try {
      return JSON.stringify(z.toJSONSchema(schema as z.ZodType, { unrepresentable: "any", io: "input" }));
    } catch {
      // A schema that cannot be said as JSON Schema is described like any other object.
    }
  }
  const parts: string[] = [];
  if (typeof schema === "function") parts.push(String(schema));
  look({ ...schema }, parts, new Set(), 0);
  return parts.join("\n");
}

const MAX_PARTS = 20_000;
const MAX_DEPTH = 24;

/** Writes down what an object holds; functions by their source, and those without parameters also by what they return. */
function look(value: unknown, parts: string[], seen: Set<object>, depth: number): void {
  if (parts.length >= MAX_PARTS) return;
  if (typeof value === "function") {
    parts.push(`function ${String(value)}`);
    return;
  }
  if (value instanceof RegExp || value instanceof Date) {
    parts.push(String(value));
    return;
  }
  if (value instanceof Map || value instanceof Set) {
    look([...value], parts, seen, depth);
    return;
  }
  if (typeof value !== "object" || value === null) {
    parts.push(`${typeof value} ${String(value)}`);
    return;
  }
  if (seen.has(value) || depth > MAX_DEPTH) {
    parts.push("again");
    return;
  }
  seen.add(value);
  for (const key of Object.keys(value)) {
    parts.push(`key ${key}`);
    const inner = (value as Record<string, unknown>)[key];
    look(inner, parts, seen, depth + 1);
    // The shape of an object schema of zod 3 is behind a function.
    if (key === "shape" && typeof inner === "function") look((inner as () => unknown)(), parts, seen, depth + 1);
  }
}
