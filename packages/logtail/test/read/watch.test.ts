import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Watches } from "../../src/read/watch.ts";
import { folder } from "./folder.ts";

const nothing = (): void => undefined;
const blind = (() => {
  throw Object.assign(new Error("no space"), { code: "ENOSPC" });
}) as never;

/** Counts how often it is rung. */
class Bell {
  count = 0;
  written: string | undefined;
  #wake: (() => void) | undefined;

  readonly ring = (written?: string): void => {
    this.count += 1;
    this.written = written;
    this.#wake?.();
  };

  async reaches(count: number): Promise<void> {
    while (this.count < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

describe("watches", () => {
  it("name the file that was written to, also one that is only looked at", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.1"), "");
    const watches = new Watches();
    const bell = new Bell();
    const subscription = watches.subscribe({ concerns: () => false, onChange: bell.ring });
    subscription.look([place.path], [place.at("app.log.1")]);
    await appendFile(place.at("app.log.1"), "x");
    await bell.reaches(1);
    expect(bell.written).toBe(place.at("app.log.1"));
    subscription.close();
    expect(watches.size).toEqual({ folders: 0, subscriptions: 0 });
  });

  it("look for themselves where nothing can be watched", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "a\n");
    const watches = new Watches(blind);
    const bell = new Bell();
    const subscription = watches.subscribe({ eager: true, onChange: bell.ring });
    subscription.look([place.path], [place.at("app.log")]);
    // Each is seen for the first time, and once it rings for what may have changed before.
    await bell.reaches(3);
    await appendFile(place.at("app.log"), "b\n");
    await bell.reaches(4);
    subscription.close();
    expect(watches.size).toEqual({ folders: 0, subscriptions: 0 });
  });

  it("are looked at in time, whoever comes and goes", async () => {
    await using place = await folder();
    const watches = new Watches(blind);
    const bell = new Bell();
    const subscription = watches.subscribe({ eager: true, onChange: bell.ring });
    subscription.look([place.path], []);
    while (bell.count === 0) {
      watches.subscribe({ onChange: nothing }).close();
      await setImmediate();
    }
    subscription.close();
  });

  it("look at more folders than they watch", async () => {
    await using place = await folder();
    const folders = Array.from({ length: 260 }, (_, index) => place.at(`${index}`));
    await Promise.all(folders.map((path) => mkdir(path)));
    const watches = new Watches();
    const bell = new Bell();
    const subscription = watches.subscribe({ eager: true, onChange: bell.ring });
    subscription.look(folders, []);
    expect(watches.size.folders).toBe(256);
    // Each is seen for the first time, and once it rings for what may have changed before.
    await bell.reaches(261);
    await writeFile(`${folders.at(-1)}/new.log`, "");
    await bell.reaches(262);
    subscription.close();
  });

  it("ring once for who begins to look at what others know already", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    const watches = new Watches(blind);
    const look = (bell: Bell): (() => void) => {
      const subscription = watches.subscribe({ eager: true, onChange: bell.ring });
      subscription.look([], [place.at("app.log")]);
      return subscription.close;
    };
    const [first, second] = [new Bell(), new Bell()];
    const closes = [look(first)];
    await first.reaches(2);
    closes.push(look(second));
    await second.reaches(1);
    for (const close of closes) close();
    expect(second.count).toBe(1);
  });
});
