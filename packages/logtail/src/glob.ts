import { RE2JS } from "re2js";

/** Whether a name is meant as a glob. */
export function isGlob(name: string): boolean {
  return /[*?[{]/.test(name);
}

/**
 * A glob of names: `*` and `?` stay within a part between `/`, `**` does not; `[a-z]`, `[!a-z]` and `{a,b}`. Matches in
 * time linear in the name, whatever the glob, since it may come from anybody.
 */
export function globMatcher(glob: string): (name: string) => boolean {
  let pattern = "";
  let depth = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    if (character === "*" && glob.charAt(at + 1) === "*") {
      at += 1;
      const folders = glob.charAt(at + 1) === "/";
      if (folders) at += 1;
      pattern += folders ? "(?:.*/)?" : ".*";
    } else if (character === "*") pattern += "[^/]*";
    else if (character === "?") pattern += "[^/]";
    else if (character === "[" && glob.indexOf("]", at + 2) > 0) {
      const end = glob.indexOf("]", at + 2);
      const body = glob.slice(at + 1, end);
      pattern += `[${/^[!^]/.test(body) ? "^" : ""}${body.replace(/^[!^]/, "").replace(/[\\[\]^]/g, "\\$&")}]`;
      at = end;
    } else if (character === "{" && glob.indexOf("}", at) > 0 && depth === 0) {
      depth += 1;
      pattern += "(?:";
    } else if (character === "," && depth > 0) pattern += "|";
    else if (character === "}" && depth > 0) {
      depth -= 1;
      pattern += ")";
    } else pattern += RE2JS.quote(character);
  }
  try {
    const compiled = RE2JS.compile(`(?s)${pattern}`);
    return (name) => compiled.matches(name);
  } catch {
    // A range such as `[z-a]`: what is no glob is a name.
    return (name) => name === glob;
  }
}
