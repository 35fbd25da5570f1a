import { expect, test } from "vitest";
import { linkProblems, pageOf } from "../links.mjs";
import { temporary } from "./temp.ts";

test("tells which links lead nowhere, with their place", () => {
  const folder = temporary({
    "README.md": "# Top\n\n[good](docs/guide.md#two-words-1) [folder](docs#index)\n[gone](docs/gone.md)\n",
    "docs/README.md": "# Index\n\n[up](../README.md#top) [no heading](../README.md#bottom) ![no image](a.png)\n",
    "docs/guide.md":
      "# Two words\n\n## Two `words`\n\n[here](#two-words) [out](../../x) <a href='x'></a>\n\n[elsewhere](https://x.example/y#z) [source](code.ts#L3) [root](/README.md)\n\n<a href=\"no.html\">no</a>\n\n```md\n[in code](no.md)\n```\n\n`[in code](no.md)` [by name][name]\n\n[name]: name.md\n",
    "docs/code.ts": "",
  });
  expect(linkProblems(folder)).toEqual([
    "README.md:3 links to docs/gone.md, which does not exist",
    "docs/README.md:3 links to ../README.md#bottom, which has no such heading",
    "docs/README.md:3 links to a.png, which does not exist",
    "docs/guide.md:5 links to ../../x, which is outside of the repository",
    "docs/guide.md:9 links to no.html, which does not exist",
    "docs/guide.md:15 links to name.md, which does not exist",
  ]);
});

test("makes anchors as GitHub does", () => {
  const { anchors } = pageOf('# `a.b`: C & D\n\n# Über *alles*\n\n# [x](y)\n\n<a id="own"></a>\n');
  expect([...anchors]).toEqual(["ab-c--d", "über-alles", "x", "own"]);
});
