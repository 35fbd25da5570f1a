import { expect, test } from "vitest";
import { z } from "zod";
import { exampleOf } from "../docs-example.mjs";
import { fillSection, optionsTable, toolsTable } from "../docs-tables.mjs";

const options = z.strictObject({
  roots: z.array(z.string()).min(1).describe("Folders to search"),
  maxBytes: z.int().min(1).max(1000).default(10).describe("Most bytes | of a file"),
  ratio: z.number().min(0).optional().describe("Share"),
  mode: z.enum(["safe", "full"]).default("safe").describe("How\nmuch"),
  store: z
    .strictObject({ url: z.string().describe("Address") })
    .optional()
    .describe("Where"),
  limits: z.record(z.string(), z.int()).optional().describe("By tool"),
  key: z
    .union([z.string(), z.literal(false)])
    .optional()
    .describe("Key"),
});
const schema = z.toJSONSchema(options, { io: "input" });

test("an option is a row, with its type, bounds, default and meaning", () => {
  expect(optionsTable(schema).split("\n")).toEqual([
    "| Option | Type | Default | Meaning |",
    "| --- | --- | --- | --- |",
    "| `roots` | list of string | required | Folders to search |",
    "| `maxBytes` | integer, 1 to 1000 | `10` | Most bytes \\| of a file |",
    "| `ratio` | number, at least 0 | none | Share |",
    '| `mode` | `"safe"` or `"full"` | `"safe"` | How much |',
    "| `store` | object | none | Where |",
    "| `store.url` | string | required | Address |",
    "| `limits` | object of integer | none | By tool |",
    "| `key` | string or `false` | none | Key |",
  ]);
  expect(optionsTable(z.toJSONSchema(z.strictObject({})))).toBe("This plugin has no options.");
});

test("a tool is a row, with what it does and whether it only reads", () => {
  const tools = [
    { name: "a", description: "Reads.", annotations: { readOnlyHint: true } },
    { name: "b", title: "Writes" },
  ];
  expect(toolsTable(tools).split("\n").slice(2)).toEqual(["| `a` | Reads. | yes |", "| `b` | Writes | no |"]);
});

test("only what is between the marks is replaced", () => {
  const markdown = "before\n<!-- x:start -->\nold\n<!-- x:end -->\nafter";
  expect(fillSection(markdown, "x", "$& new")).toBe("before\n<!-- x:start -->\n\n$& new\n\n<!-- x:end -->\nafter");
  expect(fillSection(markdown, "y", "new")).toBeUndefined();
});

test("an example is the least that a schema accepts", () => {
  expect(exampleOf(schema)).toEqual({ roots: ["example"] });
  expect(options.safeParse(exampleOf(schema)).success).toBe(true);
});
