import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventOptions } from "../../src/format/events.ts";
import { EventGrouper } from "../../src/format/events.ts";

function group(lines: readonly string[], options?: EventOptions) {
  const grouper = new EventGrouper<{ text: string }>(options);
  const events = lines.map((text) => grouper.push({ text })).concat(grouper.flush());
  return events.filter((event) => event !== undefined);
}

const TRACES: Readonly<Record<string, string>> = {
  java: "2026-11-22 10:11:12 ERROR x - failed\njava.lang.IllegalStateException: bad\n\tat a.B.c(B.java:1)\n\t... 3 more\nCaused by: java.io.IOException: x\n\tat d.E.f(E.java:2)",
  "java, thread": 'Exception in thread "main" java.lang.Error: x\n\tat a.B.c(B.java:1)',
  python: 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nKeyError: 1',
  "python, logged and chained":
    'ERROR:root:failed\nTraceback (most recent call last):\n  File "a.py", line 1\nmy.Custom: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "b.py", line 2\nValueError: x',
  node: "/a/b.js:10\n    throw new Error('x');\n    ^\n\nError: x\n    at f (/a/b.js:10:3) {\n  code: 'E'\n}\n\nNode.js v20.1.0",
  go: "panic: boom\n[signal SIGSEGV: segmentation violation]\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/a/main.go:3 +0x1d\nmain.main()\n\t/a/main.go:9 +0x1\nexit status 2",
  "java, suppressed and circular":
    "2026-11-22 10:11:12 ERROR x - failed\njava.lang.RuntimeException: a\n\tat a.B.c(B.java:1)\n\tSuppressed: java.io.IOException: y\n\t\tat d.E.f(E.java:2)\nCaused by: x.Y: z\n\t... 3 common frames omitted",
  "java, bare exception": "ERROR [main] failed\ncom.acme.OrderException: no stock\n\tat a.B.c(B.java:1)",
  "python, exception group":
    'ERROR:root:failed\n  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in <module>\n  | ExceptionGroup: many (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: 1\n    +---------------- 2 ----------------\n    | TypeError: 2\n    +------------------------------------',
  "python, direct cause":
    'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "b.py", line 2\napp.errors.Failed: no',
  "node, cause":
    "2026-11-22 10:11:12 ERROR failed\nError: outer\n    at f (/a/b.js:10:3) {\n  [cause]: TypeError: inner\n      at g (/a/c.js:1:2)\n}",
  "node, rejection":
    "Unhandled promise rejection\n    at f (/a/b.js:10:3)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
  "go, several goroutines":
    "panic: boom [recovered]\n\tpanic: boom\n\ngoroutine 1 [running]:\nmain.(*T).f(...)\n\t/a/main.go:3\nmain.main()\n\t/a/main.go:9 +0x1\n\ngoroutine 18 [chan receive, 2 minutes]:\nnet/http.(*Server).Serve(0xc000, {0x1, 0x2})\n\t/go/src/net/http/server.go:1\ncreated by main.main in goroutine 1\n\t/a/main.go:5 +0x2",
  "go, fatal error": "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\nmain.f(0x1)\n\t/a/main.go:3 +0x1d",
  ruby: "app.rb:3:in `f': boom (RuntimeError)\n\tfrom app.rb:7:in `g'\n\tfrom app.rb:9:in `<main>'",
  "ruby, logged": "E, [2026-11-22T10:11:12.1 #7] ERROR -- : boom (RuntimeError)\napp.rb:3:in 'f'\napp.rb:7:in 'g'",
  rails:
    "F, [2026-11-22T10:11:12.1 #7] FATAL -- : ActionController::RoutingError (No route)\n  \napp/a.rb:3:in `f'\nlib/b.rb:7:in `block in g'",
  rust: "thread 'main' panicked at src/main.rs:2:5:\nboom\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/1/library/std/src/panicking.rs:645:5\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
  "rust, older":
    "thread 'main' panicked at 'boom', src/main.rs:2:5\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
  php: "[22-Nov-2026 10:11:12 UTC] PHP Fatal error:  Uncaught Exception: x in /a.php:3\nStack trace:\n#0 /a.php(7): f()\n#1 {main}\n  thrown in /a.php on line 3",
  laravel:
    '[2026-11-22 10:11:12] production.ERROR: No query {"exception":"[object] (X at /a.php:3)\n[stacktrace]\n#0 /a.php(7): f()\n#1 {main}\n"}',
  "json over lines": 'ERROR response was\n{\n  "a": 1,\n  "b": [\n    2\n  ]\n}',
  "json announced": "INFO payload:\n[\n  1\n]",
  "json alone over lines": '{\n  "level": "error",\n  "msg": "x"\n}',
  ".net, aggregate":
    "fail: App[0]\n      An unhandled exception has occurred\n      System.AggregateException: One or more (x)\n       ---> System.Exception: y\n         at A.B() in /a/b.cs:line 2\n         --- End of inner exception stack trace ---",
  ".net":
    "Unhandled exception. System.InvalidOperationException: x\n ---> System.Exception: y\n   at A.B() in /a/b.cs:line 2\n--- End of inner exception stack trace ---\n   at A.C()",
};

describe("events", () => {
  it.each(Object.entries(TRACES))("of %s stay together, and apart from their neighbours", (_, trace) => {
    const lines = [
      "2026-11-22 10:00:00 INFO before",
      ...trace.split("\n"),
      "2026-11-22 10:11:13 INFO after",
      "plain words",
    ];
    expect(group(lines).map((event) => event.lines.map(({ text }) => text).join("\n"))).toEqual([
      lines[0],
      trace,
      lines.at(-2),
      lines.at(-1),
    ]);
  });

  it("start where the owner says", () => {
    const events = group(["x", "> a", "b", "> c"], { start: (text) => text.startsWith(">") });
    expect(events.map(({ lines }) => lines.length)).toEqual([1, 2, 1]);
  });

  it("are cut at their bounds, and say so", () => {
    const lines = ["head", " 1", " 2", " 3", "next"];
    const [first, second] = group(lines, { maxLines: 2 });
    expect(first).toMatchObject({ lines: [{ text: "head" }, { text: " 1" }], last: { text: " 3" }, omitted: 2 });
    expect(first?.notice).toBe("[2 more lines of this event]");
    expect(second?.notice).toBeUndefined();
    expect(group(lines, { maxLength: 6 })[0]?.omitted).toBe(2);
    expect(group(["long line", " x"], { maxLength: 1 })[0]).toMatchObject({
      lines: [{ text: "long line" }],
      omitted: 1,
    });
  });

  it("have every line once, in order", () => {
    const line = fc.constantFrom(...Object.values(TRACES).flatMap((trace) => trace.split("\n")), "", "a", "  b", "}");
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 5 }), (lines, maxLines) => {
        expect(group(lines, { maxLines: 1000 }).flatMap((event) => event.lines.map(({ text }) => text))).toEqual(lines);
        const events = group(lines, { maxLines });
        expect(events.reduce((sum, event) => sum + event.lines.length + event.omitted, 0)).toBe(lines.length);
        for (const event of events) expect(event.lines.length).toBeLessThanOrEqual(maxLines);
      }),
    );
  });
});
