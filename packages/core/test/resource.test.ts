import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { McpServer as McpServer1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport as Memory1 } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer as McpServer2, InMemoryTransport as Memory2 } from "@modelcontextprotocol/server";
import { Client as Client2 } from "@modelcontextprotocol/client";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { Changes } from "../src/changes.ts";
import { definePlugin, type Host, PluginError, type Plugin, type ResourceHandle, ToolError } from "../src/index.ts";

const plugin = (setup: (host: Host) => object | void): Plugin =>
  definePlugin({ name: "files", options: z.strictObject({}), setup })();

/** What both clients have, for resources. */
interface ResourceClient {
  listResources(): Promise<{ resources: object[] }>;
  listResourceTemplates(): Promise<{ resourceTemplates: object[] }>;
  readResource(params: { uri: string }): Promise<{ contents: object[] }>;
  subscribeResource(params: { uri: string }): Promise<unknown>;
  close(): Promise<void>;
}

const sdks = {
  "SDK 1": async (instance: Plugin): Promise<ResourceClient> => {
    const [mine, theirs] = Memory1.createLinkedPair();
    const client = new Client1({ name: "test", version: "1" });
    await instance.attach(new McpServer1({ name: "t", version: "1" })).connect(theirs);
    await client.connect(mine);
    return client as unknown as ResourceClient;
  },
  "SDK 2": async (instance: Plugin): Promise<ResourceClient> => {
    const [mine, theirs] = Memory2.createLinkedPair();
    const client = new Client2({ name: "test", version: "1" });
    await instance.attach(new McpServer2({ name: "t", version: "1" })).connect(theirs);
    await client.connect(mine as never);
    return client as unknown as ResourceClient;
  },
};

/** SDK 2 follows the later revision of the protocol, which has no code of its own for what is not found. */
const notFound: Record<string, number> = { "SDK 1": -32002, "SDK 2": -32602 };

describe.each(Object.entries(sdks))("resources on %s", (sdk, connect) => {
  it("are listed and read: text, bytes, templates with a segment and with a rest", async () => {
    const seen: unknown[] = [];
    const instance = plugin((host) => {
      host.resource("readme", "files://readme", { mimeType: "text/plain", title: "Read me" }, () => "hello");
      host.resource("logo", "files://logo", {}, () => new Uint8Array([1, 2, 3]));
      const list = (): { uri: string; name: string }[] => [{ uri: "files://log/app", name: "app" }];
      host.resource("log", "files://log/{name}", { list }, (_uri, variables, request) => {
        seen.push([variables, request.principal.kind, request.server.name]);
        return `log of ${variables["name"]}`;
      });
      host.resource("tree", "files://tree/{+path}", {}, (_uri, { path }) => String(path));
    });
    const client = await connect(instance);
    const uris = (await client.listResources()).resources.map((resource) => (resource as { uri: string }).uri);
    expect(uris).toEqual(["files://readme", "files://logo", "files://log/app"]);
    expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(2);
    const read = async (uri: string): Promise<object | undefined> => (await client.readResource({ uri })).contents[0];
    expect(await read("files://readme")).toMatchObject({ text: "hello", mimeType: "text/plain" });
    expect(await read("files://logo")).toMatchObject({ blob: "AQID" });
    expect(await read("files://log/my%20app")).toMatchObject({ text: "log of my app" });
    expect(await read("files://tree/a/b/c")).toMatchObject({ text: "a/b/c" });
    expect(seen).toEqual([[{ name: "my app" }, "local", "t"]]);
    await expect(read("files://log/a/b")).rejects.toThrow(/not found/i);
    await client.close();
  });

  it("say nothing of the machine when reading fails, and are gone after dispose", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const instance = plugin((host) => {
      host.resource("bad", "files://bad", {}, () => {
        throw Object.assign(new Error("ENOENT: no such file, open '/root/secret/.env'"), {
          code: "ENOENT",
          syscall: "open",
        });
      });
    });
    const client = await connect(instance);
    await expect(client.readResource({ uri: "files://bad" })).rejects.toThrow(/^(?!.*secret).*ENOENT in open/);
    await instance.dispose();
    await expect(client.readResource({ uri: "files://bad" })).rejects.toThrow(/no longer available/);
    await client.close();
  });

  it("that are not there have the protocol's code for it", async () => {
    const instance = plugin((host) => {
      host.resource("log", "files://log/{name}", {}, (_uri, { name }) => {
        throw new ToolError(`There is no log ${name}.`);
      });
    });
    const client = await connect(instance);
    await expect(client.readResource({ uri: "files://log/x" })).rejects.toMatchObject({
      code: notFound[sdk],
      message: expect.stringContaining("There is no log x."),
    });
    await client.close();
  });

  it("are wanted while somebody may have asked to hear of them", async () => {
    let woken = 0;
    const handles: ResourceHandle[] = [];
    const instance = plugin((host) => {
      handles.push(
        host.resource("log", "files://log/{name}", { onWanted: () => void woken++ }, () => "text"),
        host.resource("other", "files://other", {}, () => "text"),
      );
    });
    const wanted = (): (boolean | undefined)[] => handles.map((handle) => handle.isWanted());
    expect([wanted(), woken]).toEqual([[false, false], 0]);
    const client = await connect(instance);
    expect([wanted(), woken]).toEqual([[false, false], 0]);
    await client.subscribeResource({ uri: "files://other" });
    expect([wanted(), woken]).toEqual([[false, true], 0]);
    await client.subscribeResource({ uri: "files://log/app" });
    expect([wanted(), woken]).toEqual([[true, true], 1]);
    await client.close();
    await vi.waitFor(() => expect(wanted()).toEqual([false, false]));
    const stop = instance.onChanged(() => {});
    expect([wanted(), woken]).toEqual([[true, true], 2]);
    stop();
    expect(wanted()).toEqual([false, false]);
    instance.onChanged(() => {});
    await instance.dispose();
    expect(wanted()).toEqual([false, false]);
  });

  it("take a bounded number of subscriptions", async () => {
    const instance = plugin((host) => void host.resource("r", "files://r", {}, () => ""));
    const client = await connect(instance);
    for (let n = 0; n < 1000; n++) await client.subscribeResource({ uri: `files://r${n}` });
    await client.subscribeResource({ uri: "files://r999" });
    await expect(client.subscribeResource({ uri: "files://one-too-many" })).rejects.toMatchObject({ code: -32602 });
    await client.close();
  });
});

describe("a resource's definition", () => {
  it.each([
    ["no uri at all", "note"],
    ["an open brace", "x://{name"],
    ["two expressions in one segment", "x://{a}-{b}"],
    ["a rest before the end", "x://{+a}/b"],
    ["an expression of another kind", "x://{?query}"],
  ])("is refused with %s", (_what, uri) => {
    let error: unknown;
    try {
      plugin((host) => void host.resource("r", uri, {}, () => ""));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PluginError);
    expect(error).toMatchObject({ code: "BAD_RESOURCE", field: "r" });
  });
});

describe("changes", () => {
  it("reach every announcer and every listener, until it stops listening", () => {
    const heard: string[] = [];
    const changes = new Changes((error) => heard.push(`failed: ${String(error)}`));
    changes.listen(() => {
      throw "one";
    });
    const announcer = {
      announce: (uri: string): void => void heard.push(`server ${uri}`),
      isWanted: () => true,
      onSubscribed: () => {},
    };
    changes.add(announcer);
    const stop = changes.listen((uri) => heard.push(`listener ${uri}`));
    changes.publish("a");
    stop();
    changes.publish("b");
    changes.clear();
    changes.publish("c");
    expect(heard).toEqual(["server a", "failed: one", "listener a", "server b", "failed: one"]);
  });

  it("keep no server alive: a stateless transport makes one per request", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const instance = plugin((host) => void host.resource("r", "files://r", {}, () => ""));
    let collected = 0;
    const registry = new FinalizationRegistry(() => void collected++);
    (function serve() {
      for (let n = 0; n < 200; n++) {
        const server = instance.attach(new McpServer1({ name: "t", version: "1" }));
        registry.register(server, n);
      }
    })();
    for (let round = 0; round < 20 && collected < 190; round++) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(collected).toBeGreaterThanOrEqual(190);
  });
});
