import { appendFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { Watches } from "../../src/read/watch.ts";
import type { Subscription } from "../../src/read/watch.ts";
import { folder } from "./folder.ts";

const nothing = (): void => undefined;
const blind = (() => {
  throw Object.assign(new Error("no space"), { code: "ENOSPC" });
}) as never;

/** Does something until it is heard of. */
async function until(heard: () => boolean, act: () => unknown): Promise<void> {
  while (!heard()) {
    await act();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("watches", () => {
  it("name the file that was written to, also one that is only looked at", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.1"), "");
    const watches = new Watches();
    const written = new Set<string | undefined>();
    const subscription = watches.subscribe({ concerns: () => false, onChange: (path) => written.add(path) });
    subscription.look([place.path], [place.at("app.log.1")]);
    await until(
      () => written.has(place.at("app.log.1")),
      () => appendFile(place.at("app.log.1"), "x"),
    );
    subscription.close();
    expect(watches.size).toEqual({ folders: 0, subscriptions: 0 });
  });

  it("are looked at in time, whoever comes and goes", async () => {
    await using place = await folder();
    const watches = new Watches(blind);
    let rings = 0;
    const subscription = watches.subscribe({ eager: true, onChange: () => (rings += 1) });
    subscription.look([place.path], []);
    await until(
      () => rings > 0,
      () => watches.subscribe({ onChange: nothing }).close(),
    );
    subscription.close();
  });

  it("ring once for who begins to look at what others know already", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    const watches = new Watches(blind);
    const rings = [0, 0];
    const look = (index: number): Subscription => {
      const onChange = (): void => void (rings[index] = (rings[index] ?? 0) + 1);
      const subscription = watches.subscribe({ eager: true, onChange });
      subscription.look([], [place.at("app.log")]);
      return subscription;
    };
    const subscriptions = [look(0)];
    await until(() => rings[0] !== 0, nothing);
    subscriptions.push(look(1));
    await until(() => rings[1] !== 0, nothing);
    for (const one of subscriptions) one.close();
    expect(rings[1]).toBe(1);
  });
});
