import { z } from "zod";
import type { Path } from "./layers.ts";
import { nearest } from "./nearest.ts";

type Issue = z.core.$ZodIssue;
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

const SHOWN = 5;

/** Names the place of a value, or of its key, for a message: `plugboard.json:3:5`. */
export type Place = (path: Path, part?: "key") => string;

/**
 * What is wrong with `value` under `schema`: a sentence per problem, each with where it is and, for a misspelt name, what
 * was meant. Undefined when nothing is wrong.
 * @param at the path of `value` in what was read
 */
export function problems(schema: z.ZodType, value: unknown, place: Place, at: Path = []): string | undefined {
  const outcome = schema.safeParse(value);
  if (outcome.success) return undefined;
  const all = outcome.error.issues.flatMap((issue) => relevant(issue, value));
  // A misspelt key explains why another one is missing.
  const issues = all.toSorted(
    (a, b) => Number(b.code === "unrecognized_keys") - Number(a.code === "unrecognized_keys"),
  );
  const lines = issues.flatMap((issue) => sentences(issue, schema, value, place, at));
  const shown = lines.slice(0, SHOWN);
  if (lines.length > SHOWN) shown.push(`There are ${lines.length - SHOWN} more problems.`);
  return shown.join("\n");
}

function sentences(issue: Issue, schema: z.ZodType, value: unknown, place: Place, at: Path): string[] {
  const path = [...at, ...issue.path];
  const field = fieldOf(path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      const hint =
        meant === undefined ? known.length > 0 && `Known keys: ${known.join(", ")}.` : `Did you mean \`${meant}\`?`;
      return `${place([...path, key], "key")}: unknown key \`${key}\`${field && ` in \`${field}\``}.${hint ? ` ${hint}` : ""}`;
    });
  }
  const message = issue.message
    .replace(/^Invalid input: (expected .*), received undefined$/, "it is missing, $1")
    .replace(/^Invalid input: /, "");
  return [`${place(path)}: ${field && `\`${field}\`: `}${message.replace(/\.$/, "")}.${meantValue(issue, value)}`];
}

/** For a misspelt choice, what was meant. */
function meantValue(issue: Issue, value: unknown): string {
  if (issue.code !== "invalid_value") return "";
  const given = valueAt(value, issue.path);
  const choices = issue.values.filter((choice) => typeof choice === "string");
  const meant = typeof given === "string" ? nearest(given, choices) : undefined;
  return meant === undefined ? "" : ` Did you mean "${meant}"?`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown>)[part], value);
}

/**
 * Of a union that fits nowhere, the problems of the branch that was meant: the one of the value's own type. Where several
 * are, the choices of all of them.
 * @param value the whole of what was checked
 */
function relevant(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const type = typeof valueAt(value, issue.path);
  const ofType = issue.errors.filter(
    (errors) => !errors.some((error) => error.path.length === 0 && isOfOtherType(error, type)),
  );
  const [meant] = ofType;
  if (!meant) {
    const types = issue.errors.flatMap((errors) =>
      errors.flatMap((error) => (error.code === "invalid_type" ? [error.expected] : choicesOf(error).map(quoted))),
    );
    return [{ ...issue, code: "custom", message: `expected ${listed([...new Set(types)])}` } as Issue];
  }
  const choices = ofType.map((errors) => errors.flatMap((error) => (error.path.length === 0 ? choicesOf(error) : [])));
  if (choices.every(({ length }) => length > 0)) {
    const values = [...new Set(choices.flat())];
    return [{ ...issue, code: "invalid_value", values, message: `expected ${listed(values.map(quoted))}` } as Issue];
  }
  return meant.flatMap((error) => relevant({ ...error, path: [...issue.path, ...error.path] }, value));
}

type Choice = Extract<Issue, { code: "invalid_value" }>["values"][number];

const choicesOf = (issue: Issue): readonly Choice[] => (issue.code === "invalid_value" ? issue.values : []);

const quoted = (choice: Choice): string => (typeof choice === "string" ? JSON.stringify(choice) : String(choice));

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

/** Also where there are choices, and none of them is of the value's type. */
function isOfOtherType(issue: Issue, type: string): boolean {
  if (issue.code === "invalid_type") return true;
  return issue.code === "invalid_value" && !issue.values.some((choice) => typeof choice === type);
}

function keysAt(schema: z.ZodType, path: Path): string[] {
  let nodes: JsonSchema[];
  try {
    nodes = [z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema];
  } catch {
    return [];
  }
  const branches = (node: JsonSchema): JsonSchema[] => [node, ...(node.anyOf ?? []).flatMap(branches)];
  for (const part of path) {
    nodes = nodes.flatMap(branches).flatMap((node) => {
      const next =
        typeof part === "number" ? node.items : (node.properties?.[String(part)] ?? node.additionalProperties);
      return typeof next === "object" ? [next] : [];
    });
  }
  return [...new Set(nodes.flatMap(branches).flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

/** `["plugins", "docs", "roots", 0]` as `plugins.docs.roots[0]`; a key that is no word is quoted: `plugins["./a.js"]`. */
export function fieldOf(path: Path): string {
  let field = "";
  for (const part of path) {
    if (typeof part === "number") field += `[${part}]`;
    else if (/^[\w$-]+$/.test(String(part))) field += `${field && "."}${String(part)}`;
    else field += `[${JSON.stringify(String(part))}]`;
  }
  return field;
}
