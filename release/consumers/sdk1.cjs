// Usage: node sdk1.cjs <package>… CommonJS that has SDK 1.
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { InMemoryTransport } = require("@modelcontextprotocol/sdk/inMemory.js");
const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js");
const { z } = require("zod");
const { tryPackage } = require("./scenarios.mjs");

async function main() {
  for (const name of process.argv.slice(2)) {
    const module = require(`@plugboard/${name}`);
    await tryPackage(name, module, { line: 1, McpServer, Client, InMemoryTransport, z }, __dirname);
    console.log(`used ${name}`);
  }
}
void main();
