import { expect, test } from "vitest";
import { nodeProblem } from "../node-version.mjs";

test.each(["20.19.0", "20.20.2", "22.0.0", "100.1.0"])("Node %s is new enough", (version) => {
  expect(nodeProblem(version, ">=20.19")).toBeUndefined();
});

test.each(["20.18.9", "18.20.4", "14.0.0", "8.99.0"])("Node %s is refused in one sentence", (version) => {
  expect(nodeProblem(version, ">=20.19")).toBe(
    `Plugboard needs Node 20.19 or newer and this is Node ${version}: install a newer one, then try again.`,
  );
});
