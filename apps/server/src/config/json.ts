/** The first key that an object of a valid JSON text has twice; `JSON.parse` silently keeps the last. */
export function duplicateKey(text: string): { key: string; line: number } | undefined {
  const objects: (Set<string> | undefined)[] = [];
  for (const token of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    const [word, colon] = token;
    if (word === "{") objects.push(new Set());
    else if (word === "[") objects.push(undefined);
    else if (word === "}" || word === "]") objects.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(word.slice(0, word.length - colon.length)) as string;
      const keys = objects.at(-1);
      if (keys?.has(key)) return { key, line: text.slice(0, token.index).split("\n").length };
      keys?.add(key);
    }
  }
  return undefined;
}
