import { expect, test } from "vitest";
import { z } from "zod";
import { Layers } from "../src/config/layers.ts";
import { optionNotes } from "../src/plugins/option-notes.ts";
import type { ListedTool } from "../src/serve/server.ts";
import { folder } from "./folder.ts";
import { runHere } from "./here.ts";
import { fixtures } from "./process.ts";

const tool = z.string().meta({ names: "tools" });
const argument = z.string().meta({ names: "argument" });

const listed = (name: string, inputSchema: object): ListedTool => ({
  name,
  inputSchema,
  summary: "",
  description: "",
  outputSchema: undefined,
});
const TOOLS = [
  listed("plain", { type: "object", properties: { text: {} } }),
  listed("open", { type: "object", properties: {}, additionalProperties: {} }),
  listed("either", { type: "object", anyOf: [{ properties: { items: {} } }] }),
];

function notes(schema: z.ZodType, options: Record<string, unknown>): string[] {
  const chosen = { key: "x", module: "x", as: undefined, options };
  const factory = { definition: { options: schema } };
  return optionNotes([[chosen, factory as never]], { label: "c.json", layers: new Layers([]) }, TOOLS);
}

test.each<[string, z.ZodType, Record<string, unknown>, string[]]>([
  ["a value", tool, { a: "plian" }, ["`plugins.x.a`: no tool is called `plian`. Did you mean `plain`?"]],
  [
    "a value in a list",
    z.array(tool).optional(),
    { a: ["plain", "no"] },
    ["`plugins.x.a[1]`: no tool is called `no`."],
  ],
  ["a pattern", tool.default("*"), { a: "no_*" }, ["`plugins.x.a`: no tool fits `no_*`."]],
  ["a key", z.record(tool, z.int()), { a: { no: 1, "p*": 2 } }, ["`plugins.x.a.no`: no tool is called `no`."]],
  ["one of a union by its type", z.union([z.boolean(), tool]), { a: "no" }, ["`plugins.x.a`: no tool is called `no`."]],
  [
    "an argument of the tools of its key",
    z.record(tool, z.strictObject({ by: argument })),
    { a: { plain: { by: "txet" }, "*": { by: "txet" } } },
    ["`plugins.x.a.plain.by`: `plain` has no argument `txet`. Did you mean `text`?"],
  ],
])("%s that is nowhere is noted", (_, schema, options, expected) => {
  expect(notes(z.strictObject({ a: schema }), options)).toEqual(expected.map((note) => `c.json: ${note}`));
});

test.each<[string, z.ZodType, unknown]>([
  ["what is there", z.array(tool), ["plain", "*", "pl*"]],
  ["a tag", z.array(tool), ["tag:x"]],
  ["another word of a union of texts", z.union([z.literal("all"), tool]), "all"],
  [
    "a key of a union of objects",
    z.union([z.strictObject({ mode: z.string() }), z.record(tool, z.int())]),
    { mode: "x" },
  ],
  ["an argument of tools that take more than they list", z.record(tool, argument), { open: "x", either: "items" }],
  ["a schema that is none in JSON", z.array(z.string().meta({ id: "X" })).or(z.int().meta({ id: "X" })), ["no"]],
])("nothing is noted of %s", (_, schema, value) => {
  expect(notes(z.strictObject({ a: schema }), { a: value })).toEqual([]);
});

test("what stands for a secret is told by its reference", async () => {
  using at = folder({ "c.json": { plugins: { [`${fixtures}/lab.js`]: {}, batch: { deny: ["${HIDDEN}"] } } } });
  const { stdout } = await runHere(["check", "c.json"], { cwd: at.path, env: { HIDDEN: "lab_ecko" } });
  expect(stdout).toContain("`plugins.batch.deny[0]`: no tool is called `${HIDDEN}`.\n");
  expect(stdout).not.toContain("lab_ecko");
});
