import { watch } from "node:fs";
import { beforeEach, expect, test, vi } from "vitest";
import { Folder } from "../folder.ts";
import { make } from "./made.ts";

vi.mock("node:fs", async (original) => ({ ...(await original<object>()), watch: vi.fn<() => never>() }));

beforeEach(() => {
  vi.mocked(watch).mockImplementation(() => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  });
});

test("where the system can watch no more folders, changes are found by looking, and that is told once", async () => {
  await using docs = await Folder.make({ "a.md": "walrus", "b/c.md": "ocelot" });
  const { find, warnings } = make([docs.path], { watch: true });
  expect(await find("walrus")).toEqual(["a.md#top"]);
  await docs.put({ "a.md": "heron", "d/e.md": "bobcat" });
  expect((await find("heron bobcat")).toSorted()).toEqual(["a.md#top", "d/e.md#top"]);
  expect(warnings).toEqual([
    "the system cannot watch more folders (ENOSPC): changes are found by looking at the files only",
  ]);
  expect(watch).toHaveBeenCalledTimes(1);
});
