import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import fc from "fast-check";
import { cutResult } from "../src/budget.ts";
import { core, definePlugin, type ToolResult } from "../src/index.ts";
import { connected, lines, textOf } from "./lines.ts";

const text = (value: string): { type: "text"; text: string } => ({ type: "text", text: value });

describe.each(lines.map((line) => [line.name, line] as const))("core() on %s", (_, line) => {
  async function call(
    callback: () => unknown,
    config: object = {},
    options: Parameters<typeof core>[0] = {},
  ): Promise<ToolResult> {
    const server = core(options).attach(line.newServer());
    server.registerTool("tool", config, callback);
    await using client = await connected(line, server);
    return await client.callTool({ name: "tool" });
  }
  const outputSchema = z.object({ rows: z.array(z.string()), note: z.string() });

  it("fills the text in from structured content", async () => {
    const data = { rows: ["a"], note: "n" };
    const result = await call(() => ({ content: [], structuredContent: data }), { outputSchema });
    expect(JSON.parse(String(textOf(result)))).toEqual(data);
  });

  it("fills structured content in from a text that is the JSON of it", async () => {
    const data = { rows: ["a"], note: "n" };
    expect(await call(() => ({ content: [text(JSON.stringify(data))] }), { outputSchema })).toMatchObject({
      structuredContent: data,
    });
  });

  it("leaves a text that is something else to the SDK's own check", async () => {
    for (const said of ["hello", '{"rows": 1}', "{broken"]) {
      const result = await call(() => ({ content: [text(said)] }), { outputSchema });
      expect(result.isError).toBe(true);
      expect(textOf(result)).toMatch(/structured content/i);
    }
  });

  it("cuts what is over the budget in both forms, keeps the schema, and says what was cut", async () => {
    const rows = Array.from({ length: 5000 }, (_row, index) => `row number ${index}`);
    const result = await call(
      () => ({ content: [], structuredContent: { rows, note: "n" } }),
      { outputSchema },
      { maxChars: 2000 },
    );
    const { structuredContent, content = [], _meta } = result;
    const kept = (structuredContent as { rows: string[] }).rows;
    expect(kept.length).toBeGreaterThan(50);
    expect(kept).toEqual(rows.slice(0, kept.length));
    expect(JSON.stringify(structuredContent).length).toBeLessThanOrEqual(2000);
    expect(JSON.parse(String(content[0]?.["text"]))).toEqual(structuredContent);
    expect(content.at(-1)?.["text"]).toBe(
      `[Cut: rows has ${kept.length} of 5,000 items. Ask for less, for the next page or for a part, if the tool can.]`,
    );
    expect(_meta).toEqual({
      "dev.plugboard/core": { cut: [{ where: "rows", kept: kept.length, of: 5000, unit: "items" }] },
    });
  });

  it("says so where the schema does not let the result be shortened", async () => {
    const rows = Array.from({ length: 2000 }, (_row, index) => `row ${index}`);
    const exact = z.object({ rows: z.array(z.string()).length(2000) });
    const result = await call(
      () => ({ content: [], structuredContent: { rows } }),
      { outputSchema: exact },
      { maxChars: 2000 },
    );
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/over the limit of 2000 characters, and its schema does not let it be shortened/);
  });

  it("words an error also when a layer inside has copied the result", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const server = core().attach(line.newServer());
    definePlugin({
      name: "copying",
      options: z.strictObject({}),
      setup: (host) =>
        host.use(async function copy(_call, next) {
          return { ...(await next()), _meta: { "example.com/a": 1 } };
        }),
    })().attach(server);
    server.registerTool("tool", {}, () => {
      throw new TypeError("x is undefined at /home/bob/secret/y.js");
    });
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "tool" }))).toBe("`tool` failed. The details are in the server's log.");
  });

  it("says nothing of the machine in an error that a tool threw, and keeps a message that a model can use", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const failing = (error: unknown, errors?: "safe" | "full" | "hidden"): Promise<ToolResult> =>
      call(
        () => {
          throw error;
        },
        {},
        errors ? { errors } : {},
      );
    const secret = new Error("cannot open /srv/app/secrets/.env for you");
    expect(textOf(await failing(new Error("No city called Oslu")))).toBe("No city called Oslu");
    expect(textOf(await failing(secret))).toBe(
      "`tool` failed: cannot open [path] for you. The details are in the server's log.",
    );
    expect(textOf(await failing(new TypeError("Cannot read properties of undefined")))).toBe(
      "`tool` failed. The details are in the server's log.",
    );
    expect(textOf(await failing(secret, "full"))).toBe(secret.message);
    expect(textOf(await failing(new Error("No city called Oslu"), "hidden"))).toBe(
      "`tool` failed. The details are in the server's log.",
    );
    expect(warn.mock.calls.flat()).toContain(secret);
  });

  it("gives an error without a word a sentence, and takes structured content off errors", async () => {
    expect(textOf(await call(() => ({ content: [], isError: true })))).toBe("`tool` failed and did not say why.");
    const result = await call(() => ({ content: [text("no")], isError: true, structuredContent: { rows: [] } }));
    expect(result.structuredContent).toBeUndefined();
    expect(textOf(result)).toBe("no");
  });

  it("takes a result without content for one whose content is empty, as the SDKs do", async () => {
    const rows = Array.from({ length: 2000 }, (_row, index) => `row ${index}`);
    const long = await call(() => ({ structuredContent: { rows, note: "n" } }), { outputSchema }, { maxChars: 2000 });
    expect(textOf(long)).toContain("row 0");
    expect(long.content?.at(-1)?.["text"]).toMatch(/^\[Cut: rows has/);
    expect(textOf(await call(() => ({ isError: true })))).toBe("`tool` failed and did not say why.");
  });

  it("keeps what a schema says of a failed check for the operator, who is told once of each failure", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const parse = (): object => z.object({ a: z.string() }).parse({});
    expect(textOf(await call(parse))).toBe("`tool` failed. The details are in the server's log.");
    const own = definePlugin({
      name: "own",
      options: z.strictObject({}),
      setup: (host) => host.tool("own_fails", { description: "Fails" }, () => parse()),
    });
    warn.mockClear();
    const server = core().attach(own().attach(line.newServer()));
    await using client = await connected(line, server);
    expect(textOf(await client.callTool({ name: "own_fails" }))).toBe(
      "`own_fails` failed. The details are in the server's log.",
    );
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("words whatever a plugin's own tool throws, be it no error at all", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    for (const thrown of ["cannot open /srv/app/secrets/.env", null, 7]) {
      const own = definePlugin({
        name: "own",
        options: z.strictObject({}),
        setup: (host) =>
          host.tool("own_fails", { description: "Fails" }, () => {
            throw thrown;
          }),
      });
      warn.mockClear();
      const server = core().attach(own().attach(line.newServer()));
      await using client = await connected(line, server);
      const result = await client.callTool({ name: "own_fails" });
      expect(textOf(result)).toMatch(
        /^`own_fails` failed(: cannot open \[path\])?\. The details are in the server's log\.$/,
      );
      expect(warn).toHaveBeenCalledTimes(1);
    }
  });

  it("leaves the SDK's own answer to a tool without results as it was", async () => {
    const odd = { content: [text("x")], _meta: { "example.com/a": 1 } };
    expect(await call(() => odd)).toMatchObject(odd);
  });
});

describe("the size budget", () => {
  const budget = { maxChars: 1000, maxBlobBytes: 100 };
  const cut = (result: ToolResult): ToolResult => cutResult(result, budget, "core");

  it("returns the same object when nothing is over", () => {
    const result = { content: [text("x".repeat(1000))], structuredContent: { a: 1 } };
    expect(cut(result)).toBe(result);
  });

  it("cuts one character over, without splitting a surrogate pair", () => {
    const result = cut({ content: [text("x".repeat(999) + "😀")] });
    expect(result.content?.[0]?.["text"]).toBe("x".repeat(999));
    expect(result.content?.[1]?.["text"]).toContain("the text has 999 of 1,001 characters");
  });

  it("calls a block by what it is", () => {
    const image = { type: "image", data: "A".repeat(400), mimeType: "image/png" };
    expect(cut({ content: [image] }).content?.at(-1)?.["text"]).toContain(
      "the only block (image/png) left out, 300 bytes",
    );
  });

  it("shares the budget among blocks, and leaves out what gets none", () => {
    const result = cut({ content: [text("a".repeat(800)), text("b".repeat(800)), text("c".repeat(800))] });
    expect(result.content?.map((block) => String(block["text"]).slice(0, 3))).toEqual(["aaa", "bbb", "[Cu"]);
    expect(result.content?.at(-1)?.["text"]).toMatch(
      /block 2 has 200 of 800 characters; block 3 has 0 of 800 characters/,
    );
  });

  it("cuts embedded texts, and replaces large images and blobs by a notice", () => {
    const big = "A".repeat(400);
    const result = cut({
      content: [
        { type: "resource", resource: { uri: "x://a", text: "t".repeat(2000) } },
        { type: "image", data: big, mimeType: "image/png" },
        { type: "resource", resource: { uri: "x://b", blob: big, mimeType: "application/pdf" } },
        { type: "image", data: "AAAA", mimeType: "image/png" },
      ],
    });
    expect(result.content?.map(({ type }) => type)).toEqual(["resource", "image", "text"]);
    expect(result.content?.at(-1)?.["text"]).toMatch(
      /block 2 \(image\/png\) left out, 300 bytes; block 3 \(application\/pdf\) left out, 300 bytes/,
    );
  });

  it("brings megabytes down in little time, and nested lists and long strings too", () => {
    const rows = Array.from({ length: 50_000 }, (_row, id) => ({
      id,
      text: "some text that fills a hundred bytes or so, ".repeat(2),
    }));
    const result = cut({ content: [], structuredContent: { page: { rows }, total: 5 } });
    expect(JSON.stringify(result.structuredContent).length).toBeLessThanOrEqual(1000);
    expect(rows).toHaveLength(50_000);
    const deep = cut({ content: [], structuredContent: { a: { b: { text: "x".repeat(100_000) } }, list: [1] } });
    expect(JSON.stringify(deep.structuredContent).length).toBeLessThanOrEqual(1000);
    expect((deep.structuredContent as { list: number[] }).list).toEqual([1]);
  });

  it("bounds everything together: many images, many links, and notes of layers", () => {
    const images = Array.from({ length: 30 }, () => ({ type: "image", data: "A".repeat(40), mimeType: "image/png" }));
    const some = cut({ content: images });
    expect(some.content?.filter(({ type }) => type === "image")).toHaveLength(3);
    expect(some.content?.at(-1)?.["text"]).toMatch(/block 4 \(image\/png\) left out, 30 bytes; .*; and 7 more/);
    const links = Array.from({ length: 5000 }, (_link, n) => ({ type: "resource_link", uri: `x://${n}`, name: "n" }));
    expect(JSON.stringify(cut({ content: links }).content).length).toBeLessThan(4000);
    const noted = cut({ content: [text("a")], _meta: { "example.com/notes": "x".repeat(5000) } });
    expect(JSON.stringify(noted).length).toBeLessThan(1000);
  });

  it("cuts a list whose items cannot be shortened, also where one of them is most of it", () => {
    const item = (fields: number): object =>
      Object.fromEntries(Array.from({ length: fields }, (_key, n) => [`f${n}`, n]));
    const results = [item(60), item(100)];
    const { structuredContent, content } = cut({ content: [], structuredContent: { results, total: 2 } });
    expect(structuredContent).toEqual({ results: [results[0]], total: 2 });
    expect(content?.at(-1)?.["text"]).toContain("results has 1 of 2 items");
  });

  it("leaves out items rather than shorten all, unless one is most of the list, and tells only of what is left", () => {
    const item = (chars: number): object => ({ title: "t".repeat(chars), snippet: "s".repeat(chars) });
    const similar = [item(300), item(330)];
    expect(cut({ content: [], structuredContent: { results: similar } }).structuredContent).toEqual({
      results: [similar[0]],
    });
    const large = cut({ content: [], structuredContent: { results: [item(90), item(9000)] } });
    expect((large.structuredContent as { results: unknown[] }).results).toHaveLength(2);
    const fields = Object.fromEntries(Array.from({ length: 60 }, (_key, n) => [`f${n}`, n]));
    const gone = cut({ content: [], structuredContent: { results: [fields, { ...fields, text: "x".repeat(9000) }] } });
    expect(gone.structuredContent).toEqual({ results: [fields] });
    expect(gone._meta?.["dev.plugboard/core"]).toEqual({ cut: [{ where: "results", kept: 1, of: 2, unit: "items" }] });
  });

  it("is an error where nothing can be shortened", () => {
    const structuredContent = Object.fromEntries(Array.from({ length: 500 }, (_key, index) => [`key-${index}`, index]));
    const result = cut({ content: [], structuredContent });
    expect(result.isError).toBe(true);
    expect(result.structuredContent).toBeUndefined();
  });

  it("holds for any JSON, and never changes what it was given", () => {
    fc.assert(
      fc.property(
        fc.object({ maxDepth: 4, maxKeys: 8, values: [fc.string({ maxLength: 600 }), fc.integer(), fc.boolean()] }),
        (data) => {
          const json = JSON.parse(JSON.stringify(data)) as object;
          const before = JSON.stringify(json);
          const result = cut({ content: [text(before)], structuredContent: json });
          expect(JSON.stringify(json)).toBe(before);
          if (!result.isError) expect(JSON.stringify(result.structuredContent).length).toBeLessThanOrEqual(1000);
        },
      ),
    );
  });
});
