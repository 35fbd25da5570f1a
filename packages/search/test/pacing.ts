import { Pacer } from "../src/pacer.ts";

/** Counts the chances for other work: all that there are, however fast the machine is. */
export class CountingPacer extends Pacer {
  pauses = 0;

  override get due(): boolean {
    return true;
  }

  override async pause(): Promise<void> {
    this.pauses += 1;
  }
}
