import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHtml } from "../../src/documents/html.ts";
import { Pacer } from "../../src/pacer.ts";
import type { Parsed, SectionBounds } from "../../src/documents/sections.ts";

const parse = (source: string, bounds: Partial<SectionBounds> = {}): Promise<Parsed> =>
  parseHtml(source, { maxSections: 1_000, maxSectionChars: 8_000, ...bounds }, new Pacer());
const texts = async (source: string): Promise<string[]> => (await parse(source)).sections.map(({ text }) => text);

test("sections by heading, without scripts, styles and navigation", async () => {
  const page = `<!doctype html><html><head><title>My &amp; site</title><style>p { color: red }</style><script>alert("no")</script></head>
    <body><nav><a href="/">Home</a></nav>
    <h1 id="guide">The <em>Guide</em><a class="headerlink" href="#guide">¶</a></h1>
    <p>First   paragraph<br>next line.</p>
    <h2 id="install">Install</h2>
    <ul><li>one</li><li>two</li></ul>
    <pre>  keep
    this</pre>
    <table><tr><th>a</th><td>b</td></tr></table>
    <noscript>no</noscript><svg><title>no</title></svg>
    <footer>Copyright</footer></body></html>`;
  expect(await parse(page)).toEqual({
    title: "The Guide",
    metadata: {},
    cut: false,
    sections: [
      {
        anchor: "guide",
        fragment: "guide",
        headings: ["The Guide"],
        text: "# The Guide\n\nFirst paragraph\nnext line.",
      },
      {
        anchor: "install",
        fragment: "install",
        headings: ["The Guide", "Install"],
        text: "## Install\n\n- one\n- two\n\n  keep\n    this\n\na | b",
      },
    ],
  });
});

test("where there is a main element, it is the document", async () => {
  const page =
    "<title>T</title><div><h2>Menu</h2><p>links</p></div><main><h1>Topic</h1><p>text</p></main><div>after</div>";
  expect(await texts(page)).toEqual(["# Topic\n\ntext"]);
});

test("the main element may also be a role, and one without text is none", async () => {
  expect(await texts('<p>menu</p><div role="main"><p>text</p><div>more</div></div><p>after</p>')).toEqual([
    "text\n\nmore",
  ]);
  expect(await texts('<p>text</p><main id="app"></main><p>after</p>')).toEqual(["text\n\nafter"]);
});

test("without one, articles are the document if they are most of the page", async () => {
  const long = "words ".repeat(50).trim();
  expect(await texts(`<p>menu</p><article><header><h1>A</h1></header>${long}</article><article>two</article>`)).toEqual(
    [`# A\n\n${long}\n\ntwo`],
  );
  expect(await texts(`<p>${long}</p><article>a teaser</article>`)).toEqual([`${long}\n\na teaser`]);
});

test("what is around the content is left out, but the headings of it", async () => {
  const page = `<header><a class="skip-link" href="#c">Skip to content</a>Logo<h1>Title</h1></header><div role="navigation">nav</div>
    <div id="cookie-banner"><p>We use cookies</p></div><p>text</p><aside>links</aside><div role="contentinfo">end</div>`;
  expect(await texts(page)).toEqual(["# Title\n\ntext"]);
  // Inside the content they belong to it.
  expect(await texts("<main><header>by me</header><p>text</p><aside>a note</aside></main>")).toEqual([
    "by me\n\ntext\n\na note",
  ]);
});

test("description, keywords and author are metadata", async () => {
  const page = `<head><meta name="Description" content="About &amp; more"><meta name="keywords" content="a, b,,c"><meta name="author" content="Ann"><meta name="viewport" content="x"></head><p>x</p>`;
  expect((await parse(page)).metadata).toEqual({
    description: ["About & more"],
    keywords: ["a", "b", "c"],
    author: ["Ann"],
  });
});

test("tables come row by row, definitions under their terms, items with their paragraphs", async () => {
  const page =
    "<table><tr><th>Name</th><th>Value</th></tr><tr><td>a</td><td><p>1</p></td><td><p>2</p></td></tr></table><dl><dt>term</dt><dd>what it is</dd></dl><ul><li><p>one</p></li></ul>";
  expect(await texts(page)).toEqual(["Name | Value\na | 1 | 2\n\nterm\n: what it is\n\n- one"]);
});

test("entities bring back nothing that is hidden", async () => {
  expect(await texts("a&#x202e;b&#x1b;c&#xE0041;d")).toEqual(["abcd"]);
});

test("the title is that of the page where there is no first heading", async () => {
  expect((await parse("<title>\n The  page </title><p>x</p>")).title).toBe("The page");
  expect((await parse("<p>x</p>")).title).toBeUndefined();
});

test("anchors are ids of the page; without one a URL opens the page at the text", async () => {
  const page =
    '<h1 id="a b~c">One</h1><p>x</p><section id="outer"><h2>Two</h2><p>x</p></section><a name="old"></a><h2>Three</h2><p>x</p><h2>Four - five</h2><p>x</p><h2><span id="inner">Six</span></h2>x';
  expect((await parse(page)).sections.map(({ anchor, fragment }) => [anchor, fragment])).toEqual([
    ["a-b-c", "a%20b~c"],
    ["outer", "outer"],
    ["old", "old"],
    ["four---five", ":~:text=Four%20%2D%20five"],
    ["inner", "inner"],
  ]);
});

test("tags may be left open or out", async () => {
  expect(await texts("<head><title>x</title><body><h1>A<h2>B</h2><p>one<p>two")).toHaveLength(1);
  expect(await texts("just text")).toEqual(["just text"]);
  expect(await texts("<p>a</b></i></div> b")).toEqual(["a b"]);
  expect(await texts("a &lt;tag&gt; &copy; &#x1F680; &nosuch;")).toEqual(["a <tag> © 🚀 &nosuch;"]);
});

describe("hostile pages", () => {
  test("entities of a document type are not expanded", async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><p>start &b;&c; end</p>`;
    const [text = ""] = await texts(bomb);
    expect(text.length).toBeLessThan(200);
    expect(text).toContain("start &b;&c; end");
  });

  test("deep nesting ends the reading there, and that is told", async () => {
    const deep = `<h1>Start</h1><p>text</p>${"<div>".repeat(1_000_000)}end`;
    const { sections, cut } = await parse(deep);
    expect(cut).toBe(true);
    expect(sections[0]?.text).toContain("text");
    expect((await parse(`${"<div>".repeat(500)}fine`)).cut).toBe(false);
    expect((await parse(`${"<div>".repeat(513)}lost`)).cut).toBe(true);
  });

  test.each([
    ["open attributes", '<a href="'.repeat(100_000)],
    ["long attributes", `<p class="${"cookie-".repeat(100_000)}">text`],
    ["many attributes", `<p ${"x=y ".repeat(200_000)}>text`],
    ["open comments", "<!--".repeat(200_000)],
    ["open tags", "<".repeat(200_000)],
    ["open entities", "&".repeat(500_000)],
    ["closing tags", "</p>".repeat(50_000)],
    ["headings", "<h1>".repeat(50_000)],
    ["a long title", `<title>${"x".repeat(1_000_000)}`],
    ["a long heading", `<h1>${"x ".repeat(1_000_000)}</h1>text`],
    ["scripts", "<script>".repeat(100_000)],
  ])("%s end", async (_, page) => {
    const { sections, title } = await parse(page);
    expect(sections.length).toBeLessThanOrEqual(1_000);
    expect((title ?? "").length).toBeLessThanOrEqual(1_000 + 20_000);
  });

  test("never throws, and shows no script", async () => {
    const piece = fc.constantFrom(
      "<h1>",
      "</h1>",
      "<h2 id=x>",
      "<p>",
      "</p>",
      "<script>",
      "evil()",
      "</script>",
      "text",
      "<main>",
      "</main>",
      "<pre>",
      "</pre>",
      "<nav>",
      "</nav>",
      "<br>",
      "<li>",
      "&amp;",
      "<!--",
      "-->",
      "<",
      ">",
      "\n",
      "  ",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const { sections } = await parse(pieces.join(""));
        expect(new Set(sections.map(({ anchor }) => anchor)).size).toBe(sections.length);
        const script = pieces.indexOf("<script>");
        if (script === 0 && !pieces.includes("</script>")) expect(sections).toEqual([]);
      }),
    );
  });
});
