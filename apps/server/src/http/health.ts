import type { Logger } from "pino";
import { type CreateServer, listTools } from "../serve/server.ts";
import type { Traffic } from "../serve/traffic.ts";

/** Whether the server is of use, for those that send it clients. */
export class Health {
  readonly #traffic: Traffic;
  #problem: string | undefined = "The tools are being listed for the first time.";

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** Finds out whether the plugins are usable: whether a client could list their tools. */
  async check(create: CreateServer, log: Logger): Promise<void> {
    try {
      await listTools(create);
      this.#problem = undefined;
    } catch (error) {
      log.error({ err: error }, "the tools cannot be listed");
      this.#problem = "The tools cannot be listed: the log says why.";
    }
  }

  /** Why no clients should be sent here; empty where they should. */
  get reasons(): readonly string[] {
    return [
      ...(this.#traffic.draining ? ["The server is shutting down."] : []),
      ...(this.#problem ? [this.#problem] : []),
    ];
  }
}
