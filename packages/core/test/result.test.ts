import { describe, expect, expectTypeOf, it, vi } from "vitest";
import { z } from "zod";
import {
  definePlugin,
  type Host,
  structured,
  ToolError,
  toolError,
  toolResult,
  type ToolResult,
} from "../src/index.ts";
import { connected, lines, textOf } from "./lines.ts";

const output = z.object({ city: z.string(), degrees: z.number() });

async function call(setup: (host: Host) => void, line = lines[1]): Promise<ToolResult> {
  if (!line) throw new Error("no SDK");
  const plugin = definePlugin({ name: "weather", options: z.strictObject({}), setup })();
  await using client = await connected(line, plugin.attach(line.newServer()));
  return await client.callTool({ name: "weather_now" });
}

describe.each(lines.map((line) => [line.name, line] as const))("what a handler returns, on %s", (_, line) => {
  it("is data with an output schema: structured content, and the same as text", async () => {
    const data = { city: "Oslo", degrees: -3 };
    const result = await call(
      (host) => host.tool("weather_now", { description: "", outputSchema: output }, () => data),
      line,
    );
    expect(result.structuredContent).toEqual(data);
    expect(JSON.parse(String(textOf(result)))).toEqual(data);
    expect(result.isError).toBeFalsy();
  });

  it("has the text that the tool makes of it", async () => {
    const text = ({ city, degrees }: { city: string; degrees: number }): string => `${city}: ${degrees} °C`;
    const result = await call(
      (host) =>
        host.tool("weather_now", { description: "", outputSchema: output, text }, () => ({
          city: "Oslo",
          degrees: -3,
        })),
      line,
    );
    expect(textOf(result)).toBe("Oslo: -3 °C");
    expect(result.structuredContent).toEqual({ city: "Oslo", degrees: -3 });
  });

  it.each([
    ["a wrong type", { city: "Oslo", degrees: "cold" }, /degrees: /],
    ["a key that is not in the schema", { city: "Oslo", degrees: 1, wind: 3 }, /wind: not in the schema/],
    ["nothing", undefined, /fit its output schema/],
  ])("is an error when it does not fit the schema: %s", async (_what, data, message) => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const result = await call(
      (host) => host.tool("weather_now", { description: "", outputSchema: output }, () => data as never),
      line,
    );
    expect(result.isError).toBe(true);
    expect(result.structuredContent).toBeUndefined();
    expect(textOf(result)).toMatch(message);
  });

  it("may be a ToolError: its text and its _meta reach the model", async () => {
    const result = await call((host) => {
      host.tool("weather_now", { description: "", outputSchema: output }, () => {
        throw new ToolError("There is no city `Oslu`. Did you mean `Oslo`?", {
          meta: { "dev.plugboard/weather": { near: "Oslo" } },
        });
      });
    }, line);
    expect(result).toMatchObject({ isError: true, _meta: { "dev.plugboard/weather": { near: "Oslo" } } });
    expect(textOf(result)).toBe("There is no city `Oslu`. Did you mean `Oslo`?");
  });
});

describe("what a handler returns", () => {
  it("is a string as text, anything else as JSON, nothing as nothing, without an output schema", async () => {
    const returning = (data: unknown): Promise<ToolResult> =>
      call((host) => host.tool("weather_now", { description: "" }, () => data as never));
    expect(textOf(await returning("sunny"))).toBe("sunny");
    expect(textOf(await returning({ a: [1] }))).toBe('{"a":[1]}');
    expect(textOf(await returning(null))).toBe("null");
    expect((await returning(undefined)).content).toEqual([]);
    // Looks like a result, but was not made as one: it is data.
    expect(textOf(await returning({ content: [], isError: true }))).toBe('{"content":[],"isError":true}');
  });

  it("may be a whole result", async () => {
    const image = { type: "image", data: "AQID", mimeType: "image/png" };
    const result = await call((host) =>
      host.tool("weather_now", { description: "" }, () => toolResult([image], { _meta: { "example.com/a": 1 } })),
    );
    expect(result).toMatchObject({ content: [image], _meta: { "example.com/a": 1 } });
    expect(
      await call((host) => host.tool("weather_now", { description: "", outputSchema: output }, () => toolError("No."))),
    ).toMatchObject({ isError: true });
  });

  it("hides what an unexpected error says of the machine, and writes it to stderr", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const throwing = (error: unknown): Promise<ToolResult> =>
      call((host) => {
        host.tool("weather_now", { description: "" }, () => {
          throw error;
        });
      });
    const secret = Object.assign(new Error("ENOENT: no such file or directory, open '/root/secret/.env'"), {
      code: "ENOENT",
      syscall: "open",
    });
    expect(textOf(await throwing(secret))).toBe(
      "`weather_now` failed: ENOENT in open. The details are in the server's log.",
    );
    expect(textOf(await throwing(new TypeError("x is not a function")))).not.toContain("function");
    expect(textOf(await throwing(new Error("could not read /home/ann/key.pem today")))).toBe(
      "`weather_now` failed: could not read [path] today. The details are in the server's log.",
    );
    expect(textOf(await throwing(new Error("The station is closed")))).toBe("The station is closed");
    expect(warn).toHaveBeenCalledTimes(3);
    expect(warn.mock.calls[0]).toContain(secret);
  });
});

describe("structured", () => {
  it("gives plain tools both forms, on both SDKs", async () => {
    for (const line of lines) {
      const server = line.newServer();
      server.registerTool("now", { outputSchema: output }, () =>
        structured(output, { city: "Oslo", degrees: 1 }, { text: ({ city }) => city }),
      );
      await using client = await connected(line, server);
      expect(await client.callTool({ name: "now" })).toMatchObject({
        structuredContent: { city: "Oslo", degrees: 1 },
        content: [{ type: "text", text: "Oslo" }],
      });
    }
  });

  it("throws, naming the field, when the data does not fit", () => {
    expect(() => structured(output, { city: "Oslo", degrees: "x" } as never)).toThrow(/degrees: /);
    expect(() => structured(output, { city: "Oslo", degrees: 1, extra: true } as never)).toThrow(
      /extra: not in the schema/,
    );
  });

  it("is checked at compile time, as handlers are", () => {
    expectTypeOf(structured<typeof output>)
      .parameter(1)
      .toEqualTypeOf<{ city: string; degrees: number }>();
    definePlugin({
      name: "typed",
      options: z.strictObject({}),
      setup(host) {
        host.tool(
          "ok",
          { description: "", inputSchema: z.object({ n: z.number().default(1) }), outputSchema: output },
          ({ n }) => ({ city: "", degrees: n }),
        );
        host.tool("async", { description: "", outputSchema: output }, () => Promise.resolve({ city: "", degrees: 1 }));
        host.tool("made", { description: "", outputSchema: output }, () => toolResult("x"));
        host.tool("dispatched", { description: "", outputSchema: output }, (_args, call) => call.dispatch("ok"));
        // @ts-expect-error degrees is missing
        host.tool("missing", { description: "", outputSchema: output }, () => ({ city: "" }));
        // @ts-expect-error a result that was not made by toolResult
        host.tool("unmade", { description: "", outputSchema: output }, () => ({ content: [] }));
        // @ts-expect-error arguments are typed by the input schema
        host.tool("args", { description: "", inputSchema: z.object({ n: z.number() }) }, ({ m }) => String(m));
        const wind = (data: { wind: number }): string => String(data.wind);
        // @ts-expect-error text gets the data of the output schema
        host.tool("text", { description: "", outputSchema: output, text: wind }, () => ({ city: "", degrees: 1 }));
      },
    });
  });
});
