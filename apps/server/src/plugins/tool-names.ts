import { matcher } from "@plugboard/core";
import { Failure } from "../config/failure.ts";
import { nearest } from "../config/nearest.ts";
import { fieldOf } from "../config/problems.ts";
import type { Config } from "../config/settle.ts";

/** A tool, or a pattern of tools, that the configuration names. */
interface Named {
  readonly name: string;
  readonly path: readonly PropertyKey[];
  /** Where in the file the name is: a value, or the key itself. */
  readonly part?: "key";
}

/**
 * Whether all tools that the configuration names are there: a misspelt one would be denied, or described, for nobody.
 * @param tools all of them, those that are hidden too
 * @throws Failure
 */
export function checkToolNames(
  config: Pick<Config, "label" | "tools" | "http" | "layers">,
  tools: readonly string[],
): void {
  const problems = namedIn(config).flatMap(({ name, path, part }) => {
    const isThere = part === "key" ? tools.includes(name) : tools.some(matcher([name]));
    if (isThere) return [];
    const meant = nearest(name, tools);
    const hint = meant === undefined ? `Tools: ${tools.join(", ") || "none"}.` : `Did you mean \`${meant}\`?`;
    const place = config.layers.place(path, part) ?? config.label;
    return `${place}: \`${fieldOf(path)}\`: no tool is called \`${name}\`. ${hint}`;
  });
  if (problems.length > 0) throw new Failure(problems.join("\n"));
}

/**
 * Patterns of scopes that fit no tool and cannot be meant for resources, whose addresses have a colon: they permit nothing.
 * @param tools all of them, those that are hidden too
 */
export function scopeNotes(
  { label, http, layers }: Pick<Config, "label" | "http" | "layers">,
  tools: readonly string[],
): string[] {
  const families = new Set(tools.map((name) => name.replace(/_.*$/, "_*")));
  return scopePatterns(http).flatMap(({ name, path }) => {
    if (!name.includes("*") || name.includes(":") || tools.some(matcher([name]))) return [];
    const meant = nearest(name, families);
    const hint = meant === undefined ? "" : ` Did you mean \`${meant}\`?`;
    return `${layers.place(path) ?? label}: \`${fieldOf(path)}\`: \`${name}\` fits no tool.${hint}`;
  });
}

const each = (names: readonly string[], path: readonly PropertyKey[]): Named[] =>
  names.map((name, at) => ({ name, path: [...path, at] }));

function scopePatterns(http: Config["http"]): Named[] {
  const scopes = Object.entries(http?.auth?.scopes ?? {});
  return scopes.flatMap(([scope, names]) => each(names, ["http", "auth", "scopes", scope]));
}

function namedIn({ tools: { allow = [], deny, describe }, http }: Pick<Config, "tools" | "http">): Named[] {
  return [
    ...each(allow, ["tools", "allow"]),
    ...each(deny, ["tools", "deny"]),
    ...Object.keys(describe).map((name): Named => ({ name, path: ["tools", "describe", name], part: "key" })),
    // Patterns in scopes may be meant for resources.
    ...scopePatterns(http).filter(({ name }) => !/[*:]/.test(name)),
  ];
}
