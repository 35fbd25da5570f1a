import { isLinear } from "./linear.ts";
import type { Node } from "./node.ts";
import { flat, isLoop, lengthsOf } from "./node.ts";
import { ANY } from "./sets.ts";

/**
 * Splits `A.*B.*C` at its `.*` into pieces that can be looked for one after the other, each behind the first match of the
 * one before: for pieces of one length that is as good as the whole, and linear. Undefined when it cannot be.
 */
export function stages(node: Node, ignoreCase: boolean): readonly Node[] | undefined {
  if (node.type !== "concat") return undefined;
  const pieces: Node[][] = [[]];
  for (const part of flat(node.parts)) {
    if (isLoop(part) && part.body.type === "set" && part.body.set === ANY) {
      for (let times = 0; times < part.min; times++) pieces.at(-1)?.push(part.body);
      pieces.push([]);
    } else pieces.at(-1)?.push(part);
  }
  const nodes = pieces.map((parts): Node => ({ type: "concat", parts }));
  const fits = nodes.every((piece, at) => {
    const { least, most } = lengthsOf(piece);
    return (
      isLinear(piece, ignoreCase) &&
      Number.isFinite(most) &&
      (at === nodes.length - 1 || (least === most && !has(piece, "end"))) &&
      (at === 0 || !has(piece, "start"))
    );
  });
  return nodes.length > 1 && fits ? nodes : undefined;
}

function has(node: Node, kind: "start" | "end"): boolean {
  switch (node.type) {
    case "char":
    case "set":
      return false;
    case "assert":
      return node.kind === kind;
    case "concat":
      return node.parts.some((part) => has(part, kind));
    case "alternation":
      return node.options.some((part) => has(part, kind));
    case "repeat":
      return has(node.body, kind);
  }
}
