import type { Flags } from "../cli/flags.ts";
import { isLoopback } from "../http/address.ts";
import type { AuthSettings } from "./auth-settings.ts";
import type { Environment } from "./env.ts";
import { Failure } from "./failure.ts";
import { type HttpSettings, httpSettings } from "./http-settings.ts";
import { isObject, type Layer, type Layers } from "./layers.ts";
import { nearest } from "./nearest.ts";
import { fieldOf } from "./problems.ts";

/**
 * The settings of HTTP, undefined where the server serves over stdio only.
 * @throws Failure where nobody, or everybody on the network, could call the tools
 */
export function settleHttp(
  flags: Flags,
  env: Environment,
  file: Layer | undefined,
  layers: Layers,
): HttpSettings | undefined {
  const fromFile = httpOf(file) ?? false;
  const fromEnv = httpOf(env);
  const asked = flags.http || (!flags.stdio && ((isObject(fromEnv) && "port" in fromEnv) || fromFile !== false));
  if (!asked) {
    const [useless] = Object.keys((httpOf(flags) as object | undefined) ?? {});
    if (useless === undefined) return undefined;
    throw new Failure(
      `\`${layers.place(["http", useless]) ?? useless}\` is for HTTP, and this serves over stdio only: add \`--http\`.`,
    );
  }
  const { http } = layers.values;
  const settings = httpSettings.parse(isObject(http) ? http : {});
  const { auth, host, allowAnonymous } = settings;
  const place = (key: string): string => layers.place(["http", key]) ?? "The command line";
  if (auth !== undefined && !admits(auth)) {
    throw new Failure(
      `${place("auth")}: \`http.auth\` lets nobody in: give it a \`token\`, \`tokens\` or \`oauth\`, or leave it out. \`plugboard token\` makes one.`,
    );
  }
  if (!isLoopback(host) && auth === undefined && !allowAnonymous) {
    throw new Failure(
      `${place("host")}: listening on ${host} would let everybody on the network call the tools: set a token in the environment variable PLUGBOARD_TOKEN, ` +
        "say in `http.auth` who may call, or permit it with `--allow-anonymous`.",
    );
  }
  if (auth !== undefined) checkScopes(auth, layers);
  return settings;
}

/** A scope that permits nothing is a mistake: its holder would be let in, and could do nothing. */
function checkScopes({ tokens, scopes }: AuthSettings, layers: Layers): void {
  if (scopes === undefined) return;
  const problems = tokens.flatMap(({ name, scopes: own }, index) =>
    own.flatMap((scope, at) => {
      if (Object.hasOwn(scopes, scope)) return [];
      const path = ["http", "auth", "tokens", index, "scopes", at];
      const meant = nearest(scope, Object.keys(scopes));
      const hint = meant === undefined ? "Add it there, or correct its name." : `Did you mean \`${meant}\`?`;
      return `${layers.place(path) ?? "The command line"}: \`${fieldOf(path)}\`: \`${name}\` has the scope \`${scope}\`, and \`http.auth.scopes\` does not say what it permits. ${hint}`;
    }),
  );
  if (problems.length > 0) throw new Failure(problems.join("\n"));
}

function admits({ token, tokens, oauth }: AuthSettings): boolean {
  return token !== undefined || tokens.length > 0 || oauth !== undefined;
}

function httpOf(layer: Layer | undefined): unknown {
  return isObject(layer?.values) ? layer.values["http"] : undefined;
}
