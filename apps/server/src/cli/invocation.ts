import type { ClientName } from "./clients.ts";
import type { Flags } from "./flags.ts";

/** What the command line asks for. */
export type Invocation =
  | { readonly command: "serve"; readonly flags: Flags }
  | { readonly command: "check" | "config" | "tools"; readonly flags: Flags; readonly json: boolean }
  | CallInvocation
  | AddInvocation
  | InitInvocation
  | { readonly command: "token"; readonly name: string }
  | { readonly command: "schema" };

export interface CallInvocation {
  readonly command: "call";
  readonly flags: Flags;
  readonly tool: string;
  /** JSON, or `-` for stdin. */
  readonly args: string;
  /** Of a remote server. */
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly json: boolean;
}

export interface AddInvocation {
  readonly command: "add";
  readonly client: ClientName;
  readonly flags: Flags;
  readonly url: string | undefined;
  readonly bearer: boolean;
  readonly json: boolean;
}

export interface InitInvocation {
  readonly command: "init";
  /** As given. */
  readonly file: string;
  readonly search: readonly string[] | undefined;
  readonly logs: readonly string[] | undefined;
  /** The port, 3333 where none is named. */
  readonly http: number | undefined;
  readonly yes: boolean;
  readonly force: boolean;
}
