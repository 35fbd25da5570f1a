import { isObject, type Origin, type Path } from "./layers.ts";
import { fieldOf } from "./problems.ts";

const MASK = "***";

/** Settings that are secrets wherever they come from; a token's hash is shown as far as it tells which one it is. */
const SECRET = /^http\.auth\.(?:token$|tokens\[\d+\]\.token$)/;
/** By its name, in the options of plugins. */
const SECRET_NAME = /(?:password|passwd|secret|token|api_?key)$/i;
const HASH = /^http\.auth\.tokens\[\d+\]\.hash$/;

/** `scheme://user:password@host`, also where there is no user. */
const PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:)[^\s/?#]*(?=@)/gi;
/** `?password=…`, as addresses of Redis may have it. */
const PARAMETER = /([?&](?:password|token|secret|key|api_?key|access_token)=)[^&#\s]+/gi;

/**
 * A value as it may be shown: without tokens, passwords in addresses, and what came from `${…}`.
 * @param path of the value
 */
export function masked(value: unknown, path: Path, originOf: (path: Path) => Origin): unknown {
  if (Array.isArray(value)) return value.map((element, at) => masked(element, [...path, at], originOf));
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, inner]) => [key, masked(inner, [...path, key], originOf)]);
    return Object.fromEntries(entries) as Record<string, unknown>;
  }
  if (typeof value !== "string") return value;
  const field = fieldOf(path);
  const origin = originOf(path);
  if (
    SECRET.test(field) ||
    SECRET_NAME.test(String(path.at(-1))) ||
    (origin.from === "file" && origin.references.length > 0)
  )
    return MASK;
  if (HASH.test(field)) return `${value.slice(0, "sha256:".length + 8)}…`;
  return value.replace(PASSWORD, `$1${MASK}`).replace(PARAMETER, `$1${MASK}`);
}
