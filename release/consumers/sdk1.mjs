// Usage: node sdk1.mjs <package>… An ES module that has SDK 1.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { tryPackage } from "./scenarios.mjs";

for (const name of process.argv.slice(2)) {
  const module = await import(`@plugboard/${name}`);
  await tryPackage(name, module, { line: 1, McpServer, Client, InMemoryTransport, z }, import.meta.dirname);
  console.log(`used ${name}`);
}
