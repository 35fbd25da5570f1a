import * as client1 from "@modelcontextprotocol/sdk/client/index.js";
import * as memory1 from "@modelcontextprotocol/sdk/inMemory.js";
import * as server1 from "@modelcontextprotocol/sdk/server/mcp.js";
import * as client2 from "@modelcontextprotocol/client";
import * as server2 from "@modelcontextprotocol/server";
import * as server2Oldest from "server-oldest";
import * as client1Oldest from "sdk-oldest/client/index.js";
import * as memory1Oldest from "sdk-oldest/inMemory.js";
import * as server1Oldest from "sdk-oldest/server/mcp.js";
import { type SdkLine, sdkLine, type TestClient, type TestServer } from "../src/testing/index.ts";

type Classes = Parameters<typeof sdkLine>[1];
const classes = (parts: unknown): Classes => parts as Classes;

/** The oldest and the newest supported release of both lines of the SDK. */
export const lines: SdkLine[] = [
  sdkLine("sdk 1.24.0", classes({ ...server1Oldest, ...client1Oldest, ...memory1Oldest }), true),
  sdkLine("sdk 1.32.2", classes({ ...server1, ...client1, ...memory1 }), true),
  sdkLine("server 2.0.0", classes({ ...server2Oldest, Client: client2.Client }), false),
  sdkLine("server 2.4.0", classes({ ...server2, Client: client2.Client }), false),
];

export const isSdk1 = (line: SdkLine): boolean => line.name.startsWith("sdk");

export async function connected(line: SdkLine, server: TestServer): Promise<TestClient & AsyncDisposable> {
  const client = await line.connect(server);
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}

export function textOf(result: { content?: { [key: string]: unknown }[] }): unknown {
  return result.content?.map((block) => block["text"]).join("\n");
}

export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
