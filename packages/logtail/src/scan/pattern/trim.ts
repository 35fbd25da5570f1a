import type { Node } from "./node.ts";
import { flat } from "./node.ts";

/**
 * A pattern that matches in the same lines, and needs less: a match may begin later and end earlier, so a repetition at
 * either end is as good as the fewest that it allows. `\s+$` becomes `\s$`, `.*error.*` becomes `error`.
 */
export function trim(node: Node): Node {
  return trimSide(trimSide(node, "start"), "end");
}

function trimSide(node: Node, side: "start" | "end"): Node {
  switch (node.type) {
    case "char":
    case "set":
    case "assert":
      return node;
    case "alternation":
      return { type: "alternation", options: node.options.map((option) => trimSide(option, side)) };
    case "repeat": {
      if (node.min === 0) return { type: "concat", parts: [] };
      if (node.min === 1) return trimSide(node.body, side);
      return { ...node, max: node.min };
    }
    case "concat": {
      const parts = [...flat(node.parts)];
      for (;;) {
        const part = side === "start" ? parts.shift() : parts.pop();
        if (part === undefined) return { type: "concat", parts: [] };
        const trimmed = trimSide(part, side);
        if (trimmed.type === "concat" && trimmed.parts.length === 0) continue;
        if (side === "start") parts.unshift(trimmed);
        else parts.push(trimmed);
        return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: "concat", parts };
      }
    }
  }
}
