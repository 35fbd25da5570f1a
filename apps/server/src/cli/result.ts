import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";

type Block = CallToolResult["content"][number];

/** The result of a tool for a person: its text, and what stands for what is no text. */
export function readable({ content = [], structuredContent }: CallToolResult): string {
  const blocks = content.map(textOf);
  if (blocks.length === 0 && structuredContent !== undefined) blocks.push(JSON.stringify(structuredContent, null, 2));
  const text = blocks.join("\n\n");
  return text.endsWith("\n") || text === "" ? text : `${text}\n`;
}

function textOf(block: Block): string {
  switch (block.type) {
    case "text":
      return indented(block.text);
    case "image":
    case "audio":
      return `[${block.type} ${block.mimeType}, ${bytesOf(block.data)} bytes; --json has it]`;
    case "resource_link":
      return `[${block.name}: ${block.uri}]`;
    case "resource":
      return "text" in block.resource
        ? block.resource.text
        : `[${block.resource.uri}, ${bytesOf(block.resource.blob)} bytes; --json has it]`;
  }
}

const bytesOf = (base64: string): number => Buffer.byteLength(base64, "base64");

/** Data that stands in one line, as lines; any other text as it is. */
function indented(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
