// Usage: node sdk2.mjs <package>… An ES module that has SDK 2.
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { tryPackage } from "./scenarios.mjs";

for (const name of process.argv.slice(2)) {
  const module = await import(`@plugboard/${name}`);
  await tryPackage(name, module, { line: 2, McpServer, Client, InMemoryTransport, z }, import.meta.dirname);
  console.log(`used ${name}`);
}
