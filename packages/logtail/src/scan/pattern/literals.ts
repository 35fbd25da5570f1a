import type { Node } from "./node.ts";

/** So many alternatives are looked for at most. */
const MAX_LITERALS = 6;

/** What a part of a pattern asks of a text that it matches. */
interface Need {
  /** The only text that it matches, if there is only one. */
  readonly exact: string | undefined;
  /** Every match contains one of these; undefined: nothing is known. */
  readonly any: readonly string[] | undefined;
}

const NOTHING: Need = { exact: undefined, any: undefined };

/**
 * Texts of which every match contains at least one: the longest that stands in all matches, or a few for alternatives
 * such as `error|fatal`. Undefined when there are none. With letters ignored as to case if the pattern ignores it.
 */
export function requiredLiterals(node: Node): readonly string[] | undefined {
  const { any } = need(node);
  return any === undefined || any.some((text) => text === "") ? undefined : any;
}

function need(node: Node): Need {
  switch (node.type) {
    case "char":
      return only(String.fromCodePoint(node.code));
    case "set": {
      const { ranges, properties, negated } = node.set;
      const [first] = ranges;
      const single = ranges.length === 1 && properties.length === 0 && !negated && first?.[0] === first?.[1];
      return single && first !== undefined ? only(String.fromCodePoint(first[0])) : NOTHING;
    }
    case "assert":
      return { exact: "", any: undefined };
    case "concat":
      return ofConcat(node.parts);
    case "alternation":
      return ofAlternation(node.options);
    case "repeat": {
      if (node.min === 0) return node.max === 0 ? only("") : NOTHING;
      const body = need(node.body);
      const times = node.min * (body.exact?.length ?? 0);
      const text = body.exact !== undefined && times <= 100 ? body.exact.repeat(node.min) : undefined;
      if (text !== undefined) return node.min === node.max ? only(text) : { exact: undefined, any: [text] };
      return { exact: undefined, any: body.any };
    }
  }
}

function only(text: string): Need {
  return { exact: text, any: text === "" ? undefined : [text] };
}

function ofConcat(parts: readonly Node[]): Need {
  let run = "";
  let exact = true;
  let best: readonly string[] | undefined;
  const offer = (any: readonly string[] | undefined): void => {
    if (any !== undefined && worth(any) > worth(best)) best = any;
  };
  for (const part of parts) {
    const { exact: text, any } = need(part);
    if (text !== undefined) {
      run += text;
      continue;
    }
    exact = false;
    offer(run === "" ? undefined : [run]);
    run = "";
    offer(any);
  }
  if (exact) return only(run);
  offer(run === "" ? undefined : [run]);
  return { exact: undefined, any: best };
}

function ofAlternation(options: readonly Node[]): Need {
  const all = new Set<string>();
  for (const option of options) {
    const { any } = need(option);
    if (any === undefined) return NOTHING;
    for (const text of any) all.add(text);
  }
  return all.size > MAX_LITERALS ? NOTHING : { exact: undefined, any: [...all] };
}

/** Long ones are rare; each further alternative is a search of its own. */
function worth(any: readonly string[] | undefined): number {
  return any === undefined ? 0 : Math.min(...any.map((text) => text.length)) - (any.length - 1) / 2;
}
