import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { logtail } from "/work/main/packages/logtail/src/index.ts";
const plugin = logtail({ paths: [process.env.LOGS ?? "/tmp/try/logs"] });
const server = plugin.attach(new McpServer({ name: "t", version: "1" }));
const [a,b]=InMemoryTransport.createLinkedPair();
const client = new Client({name:"c",version:"1"});
await Promise.all([server.connect(a), client.connect(b)]);
for (const [name, args] of JSON.parse(process.argv[2]!) as [string, any][]) {
  const t=performance.now();
  const r:any = await client.callTool({name, arguments: args});
  console.log("=====", name, JSON.stringify(args), (performance.now()-t).toFixed(1)+"ms");
  if (process.env.JSON_OUT) console.log(JSON.stringify(r.structuredContent)); else console.log(r.content.map((c:any)=>c.text).join("\n"));
}
await client.close(); await plugin.dispose();
