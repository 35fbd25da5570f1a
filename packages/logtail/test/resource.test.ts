import { appendFile, rename, writeFile } from "node:fs/promises";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it, vi } from "vitest";
import { logtail } from "../src/index.ts";
import { watches } from "../src/read/watch.ts";
import { folder } from "./read/folder.ts";
import { serve } from "./tools/serve.ts";

describe("resources", () => {
  it("are the last lines of each log, masked", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), `${"x\n".repeat(300)}password=geheim1\n`);
    await writeFile(place.at("a b.log"), "b\n");
    await using served = await serve({ paths: [place.path] });
    const { resources } = await served.client.listResources();
    for (const { name, title } of resources) expect(title).toBe(name);
    expect(resources.map(({ uri, name }) => [uri, name])).toEqual([
      ["log:///a%20b.log", "a b.log"],
      ["log:///app.log", "app.log"],
    ]);
    const { contents } = await served.client.readResource({ uri: "log:///app.log" });
    const text = (contents[0] as { text: string }).text.split("\n");
    expect(text).toHaveLength(200);
    expect(text.at(-1)).toBe("password=[masked]");
    expect((await served.client.readResource({ uri: "log:///a%20b.log" })).contents[0]).toMatchObject({ text: "b" });
    await expect(served.client.readResource({ uri: "log:///no.log" })).rejects.toThrow("no log");
  });

  it("always have their last line", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), `first\n${"x".repeat(5_000)}\n`);
    await using served = await serve({ paths: [place.path], maxResultChars: 1_000, maxLineChars: 4_000 });
    const { contents } = await served.client.readResource({ uri: "log:///app.log" });
    expect(contents[0]).toMatchObject({ text: `${"x".repeat(1_000)}… [cut, +4000 characters]` });
  });

  it("tell who subscribed that they grew, not too often, and nobody else", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "a\n");
    await writeFile(place.at("other.log"), "a\n");
    await using served = await serve({ paths: [place.path] });
    const told: string[] = [];
    served.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri));
    expect(watches.size.subscriptions).toBe(0);
    await served.client.subscribeResource({ uri: "log:///app.log" });
    await vi.waitFor(() => expect(watches.size.subscriptions).toBe(1));
    for (let burst = 0; burst < 20; burst += 1) {
      await appendFile(place.at("app.log"), "b\n");
      await appendFile(place.at("other.log"), "b\n");
    }
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), 5_000);
    expect(new Set(told)).toEqual(new Set(["log:///app.log"]));
    expect(told.length).toBeLessThanOrEqual(2);
    await served.client.unsubscribeResource({ uri: "log:///app.log" });
    await appendFile(place.at("app.log"), "c\n");
    await vi.waitFor(() => expect(watches.size.subscriptions).toBe(0), 5_000);
  });

  it("have a scheme of their own in an instance with a name of its own", async () => {
    const web = logtail({}, { as: "web" });
    expect(web.name).toBe("web");
    await web.dispose();
  });
});

describe("for code beside the tools", () => {
  it("follows a log over a rotation, masked, until it is told to stop", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "before\n");
    await using served = await serve({ paths: [place.path] });
    const stop = new AbortController();
    const { cursor } = await served.call("read", { source: "app.log" });
    const lines = served.plugin.follow("app.log", { signal: stop.signal, cursor })[Symbol.asyncIterator]();
    const first = lines.next();
    await appendFile(place.at("app.log"), "token=ghp_0123456789abcdefghijklmnopqrstuvwxyz\n");
    await rename(place.at("app.log"), place.at("app.log.1"));
    await writeFile(place.at("app.log"), "after\n");
    expect((await first).value).toEqual({ file: "app.log", text: "token=ghp_[masked]" });
    expect((await lines.next()).value).toEqual({ file: "app.log", text: "after" });
    const second = lines.next();
    stop.abort();
    expect((await second).done).toBe(true);
    await vi.waitFor(() => expect(watches.size.subscriptions).toBe(0));
    await expect(
      served.plugin
        .follow("no.log", { signal: AbortSignal.timeout(1_000) })
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toThrow("There is no log");
  });

  it("ends following when the plugin is disposed", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    const served = await serve({ paths: [place.path] });
    const lines = served.plugin.follow(undefined, { signal: new AbortController().signal })[Symbol.asyncIterator]();
    const next = lines.next();
    await vi.waitFor(() => expect(watches.size.subscriptions).toBe(1));
    await served[Symbol.asyncDispose]();
    expect((await next).done).toBe(true);
  });
});
