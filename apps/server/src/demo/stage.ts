import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transcript } from "./transcript.ts";

/** A server that a scene has started; it ends with the scene. */
export interface Served extends AsyncDisposable {
  /** A client that shows a token. @param through makes the client's requests, in place of `fetch` */
  connect(token: string, through?: typeof fetch): Promise<Client>;
}

/** What a scene works with. */
export interface Stage {
  readonly transcript: Transcript;
  /** A client of the composed server over HTTP. */
  readonly client: Client;
  /** Another client of the same server. */
  connect(): Promise<Client>;
  /** A client of a server of its own, with these plugins, over stdio. */
  connectStdio(plugins: Readonly<Record<string, unknown>>): Promise<Client>;
  /** A composed server of its own, over HTTP, with this configuration. */
  serve(config: object): Promise<Served>;
  /** A module with a plugin that has one slow tool, `forecast`. */
  readonly source: string;
  /** The log that the server reads; it is not there yet. */
  readonly log: string;
  /** The documents. */
  readonly folder: string;
  /** A folder to write into, which is removed at the end. */
  readonly temporary: string;
  readonly question: string;
}

/** A part of the demonstration: what one plugin does. Throws when it does not. */
export interface Scene {
  readonly plugin: string;
  readonly title: string;
  run(stage: Stage): Promise<void>;
}

/** Ends the demonstration where it does not show what it says. @throws Error */
export function check(fact: boolean, otherwise: string): void {
  if (!fact) throw new Error(otherwise);
}
