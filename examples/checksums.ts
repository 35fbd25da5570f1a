// Progress from nested code: nothing is passed down but the work, and what it counts is bytes.
// Run it: npx tsx checksums.ts <folder>
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { compose, core, currentCall, structured } from "@plugboard/core";
import { progress, split, type Work } from "@plugboard/progress";
import { z } from "zod";

const root = resolve(process.argv[2] ?? ".");
const outputSchema = z.object({ files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() })) });

async function list(work: Work): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = [];
  for (const entry of work.track(entries, { message: "Listing" })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.push({ path, bytes: (await stat(path)).size });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function hash(path: string, work: Work): Promise<string> {
  const sum = createHash("sha256");
  const signal = currentCall()?.signal; // a cancelled call stops in the middle of a file
  for await (const chunk of createReadStream(path, { signal })) {
    sum.update(chunk as Buffer);
    work.step((chunk as Buffer).length);
  }
  return sum.digest("hex");
}

const server = new McpServer({ name: "checksums", version: "1.0.0" });
compose([core(), progress()]).attach(server);

server.registerTool(
  "checksums",
  { description: "SHA-256 of every file of the folder.", outputSchema, annotations: { readOnlyHint: true } },
  async () => {
    const [listing, hashing] = split({ list: 1, hash: 9 });
    const found = await list(listing!);
    hashing!.setTotal(found.reduce((sum, { bytes }) => sum + bytes, 0));
    const files = [];
    for (const { path, bytes } of found) {
      hashing!.message(`Reading ${relative(root, path)}`);
      files.push({ path: relative(root, path), bytes, sha256: await hash(path, hashing!) });
    }
    return structured(outputSchema, { files });
  },
);

await server.connect(new StdioServerTransport());
