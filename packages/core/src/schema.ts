import { z } from "zod";

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** Of a union: what is wrong with each of its alternatives. */
  readonly errors?: readonly (readonly Issue[])[] | undefined;
}
type Outcome = { value: unknown; issues?: undefined } | { issues: readonly Issue[] };

/** A schema as either SDK holds it: whatever follows Standard Schema, as zod does since 3.24. */
interface AnySchema {
  readonly "~standard"?: { validate(value: unknown): Outcome | Promise<Outcome> };
}

export type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** Parses `value` with a schema of either SDK, or says what is wrong, field by field. */
export async function parse(schema: unknown, value: unknown): Promise<Parsed> {
  try {
    const outcome = (await (schema as AnySchema)["~standard"]?.validate(value)) ?? { value };
    return outcome.issues ? { ok: false, problem: problemOf(outcome.issues) } : { ok: true, value: outcome.value };
  } catch {
    return { ok: false, problem: "the schema itself failed to check it" };
  }
}

/** The first five issues as `field: message; …`. */
export function problemOf(issues: readonly Issue[]): string {
  const shown = issues.slice(0, 5).map(({ path = [], message, errors = [] }) => {
    const field = fieldOf(path);
    const problem = [...new Set(errors.map(problemOf))].join(", or ") || message;
    return field === "" ? problem : `${field}: ${problem}`;
  });
  return shown.join("; ") + (issues.length > 5 ? `; and ${issues.length - 5} more` : "");
}

/** `["rules", 0, "limit"]` as `rules[0].limit`. */
export function fieldOf(path: NonNullable<Issue["path"]>): string {
  let field = "";
  for (const part of path) {
    const key = typeof part === "object" ? part.key : part;
    field += typeof key === "number" ? `[${key}]` : `${field && "."}${String(key)}`;
  }
  return field;
}

/**
 * What is wrong with `data` under an output schema, or undefined. Stricter than parsing: a key that the schema does not
 * know is a fault too, since clients check the listed JSON Schema, which forbids it.
 */
export function checkData(schema: z.ZodType, data: unknown): string | undefined {
  const outcome = schema.safeParse(data);
  if (!outcome.success) return problemOf(outcome.error.issues);
  const key = unknownKey(data, outcome.data, []);
  return key && `${fieldOf(key)}: not in the schema`;
}

function unknownKey(data: unknown, parsed: unknown, path: PropertyKey[]): PropertyKey[] | undefined {
  if (data === parsed || typeof data !== "object" || data === null || typeof parsed !== "object" || parsed === null)
    return;
  for (const [key, value] of Object.entries(data)) {
    const at = [...path, Array.isArray(data) ? Number(key) : key];
    if (!Object.hasOwn(parsed, key)) {
      if (value === undefined) continue;
      return at;
    }
    const found = unknownKey(value, (parsed as Record<string, unknown>)[key], at);
    if (found) return found;
  }
  return;
}

const REPLACING = new Set(["transform", "pipe", "default", "prefault", "catch"]);

/** Why `schema` cannot be an output schema: it is not an object, or would replace the data that it checks. */
export function outputProblem(schema: z.ZodType): string | undefined {
  let replacing: string | undefined;
  try {
    const json = z.toJSONSchema(schema, {
      io: "output",
      override({ zodSchema }) {
        if (REPLACING.has(zodSchema._zod.def.type)) replacing = zodSchema._zod.def.type;
      },
    });
    if (replacing === undefined && json.type !== "object") return "outputSchema must be an object schema.";
  } catch (error) {
    return `outputSchema has no JSON Schema: ${(error as Error).message}.`;
  }
  return replacing && `outputSchema has a "${replacing}"; data is checked against it and never replaced.`;
}
