import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lending } from "../src/lending.ts";
import { type Attempt, Bench, refusalOf, settle } from "./setup.ts";

describe("a call that waits for calls of its own", () => {
  it("gives its slot to the first of them, and takes it back after the last, before anybody else", async () => {
    const bench = new Bench([{ concurrency: 1, per: "global" }]);
    const parent = bench.call();
    const stranger = bench.call({ who: "bob" });
    const child = bench.call({}, { lent: parent.ticket });
    expect([child.outcome, stranger.outcome]).toEqual(["in", undefined]);
    bench.limiter.retake(parent.ticket);
    bench.limiter.release(child.ticket);
    await settle();
    expect(stranger.outcome).toBeUndefined();
    bench.limiter.release(parent.ticket);
    await stranger.decided;
    expect(stranger.outcome).toBe("in");
  });

  it("gives its slot to whoever waits while its own call waits for something else", async () => {
    const bench = new Bench([
      { name: "rate", tools: ["slow"], limit: 1, windowMs: 1000, per: "global" },
      { name: "slots", concurrency: 1, per: "global" },
    ]);
    bench.tries({ tool: "slow" });
    const parent = bench.call();
    const stranger = bench.call({ who: "bob" });
    const child = bench.call({ tool: "slow" }, { lent: parent.ticket });
    await stranger.decided;
    expect([child.outcome, stranger.outcome]).toEqual([undefined, "in"]);
  });

  it("does not let its call overtake those who wait for the rate of the same rule", () => {
    const bench = new Bench([{ concurrency: 2, limit: 2, windowMs: 1000, per: "global", cost: { dear: 2 } }]);
    const parent = bench.call();
    expect(bench.call({ who: "bob", tool: "dear" }).outcome).toBeUndefined();
    expect(bench.call({}, { lent: parent.ticket }).outcome).toBeUndefined();
  });

  it("takes its slot back even where that is one too many: then nobody is admitted until there is room", async () => {
    const bench = new Bench([{ concurrency: 1, per: "global" }]);
    const parent = bench.call();
    const child = bench.call({}, { lent: parent.ticket });
    const stranger = bench.call({ who: "bob" });
    const next = bench.call({ who: "eve" });
    bench.limiter.release(child.ticket);
    await stranger.decided;
    bench.limiter.retake(parent.ticket);
    bench.limiter.release(stranger.ticket);
    await settle();
    expect(next.outcome).toBeUndefined();
    bench.limiter.release(parent.ticket);
    await next.decided;
    expect(next.outcome).toBe("in");
  });

  it("makes those wait no longer than they may whose tokens went to its calls", async () => {
    const bench = new Bench([{ concurrency: 1, limit: 2, windowMs: 120_000 }]);
    const parent = bench.call();
    const waiting = bench.call();
    expect(waiting.outcome).toBeUndefined();
    const child = bench.call({}, { lent: parent.ticket });
    expect(child.outcome).toBe("in");
    bench.limiter.retake(parent.ticket);
    for (const { ticket } of [child, parent]) bench.limiter.release(ticket);
    await waiting.decided;
    expect(refusalOf(waiting)).toMatchObject({ reason: "limit", waitUs: 60_000_000 });
  });

  it("that ends while it lends gives up nothing twice", () => {
    const bench = new Bench([{ concurrency: 1, maxWaitMs: 0 }]);
    const parent = bench.call();
    const child = bench.call({}, { lent: parent.ticket });
    bench.limiter.release(parent.ticket);
    expect([child.outcome, bench.call().outcome === "in"]).toEqual(["in", false]);
    bench.limiter.release(child.ticket);
    expect([bench.call().outcome === "in", bench.call().outcome === "in"]).toEqual([true, false]);
  });

  it("takes back a slot of a key that was forgotten meanwhile", () => {
    const bench = new Bench([{ concurrency: 1, maxWaitMs: 0 }], { maxKeys: 1 });
    const parent = bench.call();
    const child = bench.call({ tool: "other" }, { lent: parent.ticket });
    bench.limiter.release(child.ticket);
    bench.clock.at += 2_000_000;
    expect(bench.tries({ who: "bob" })).toBe(true);
    bench.clock.at += 2_000_000;
    bench.limiter.retake(parent.ticket);
    expect(bench.call().outcome === "in").toBe(false);
    bench.limiter.release(parent.ticket);
    expect(bench.call().outcome === "in").toBe(true);
  });

  it("lends once for all of them, and takes nothing back after its own end", () => {
    const taken: unknown[] = [];
    const bench = new Bench([{ tools: ["tool"], concurrency: 1 }]);
    const lending = new Lending((ticket) => void taken.push(ticket));
    const { ticket } = bench.call();
    const parent = { id: {}, parent: undefined };
    const without = { id: {}, parent };
    lending.open(parent.id, ticket);
    const free = bench.call({ tool: "free" });
    lending.open(without.id, free.ticket);
    const [first, second] = [lending.above({ id: {}, parent }), lending.above({ id: {}, parent: without })];
    expect([first?.lend(), second?.lend()]).toEqual([ticket, undefined]);
    first?.takeBack();
    expect(taken).toEqual([]);
    second?.takeBack();
    expect(taken).toEqual([ticket]);
    expect(first?.lend()).toBe(ticket);
    lending.close(parent.id);
    first?.takeBack();
    expect(taken).toEqual([ticket]);
    expect(lending.above({ id: {}, parent })).toBeUndefined();
  });

  it("never locks up, whatever calls what, and all slots are there again in the end", async () => {
    interface Tree {
      readonly who: string;
      readonly calls: readonly Tree[];
    }
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.record({
        who: fc.constantFrom("ann", "bob"),
        calls: fc.oneof({ depthSize: "small", maxDepth: 3 }, fc.constant([]), fc.array(tie("tree"), { maxLength: 4 })),
      }),
    }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(tree, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 2 }),
        async (roots, concurrency) => {
          const bench = new Bench(
            [
              { per: "principal", concurrency, queue: 1000 },
              { per: "global", concurrency: 2, queue: 1000 },
            ],
            { maxWaiting: 10_000 },
          );
          const lending = new Lending((ticket) => bench.limiter.retake(ticket));
          interface Place {
            id: object;
            parent: Place | undefined;
          }
          let ran = 0;
          let working = 0;
          const run = async ({ who, calls }: Tree, parent: Place | undefined): Promise<void> => {
            const place: Place = { id: {}, parent };
            const above = lending.above(place);
            const lent = above?.lend();
            const attempt: Attempt = bench.call({ who }, lent ? { lent } : {});
            await attempt.decided;
            expect(attempt.outcome).toBe("in");
            lending.open(place.id, attempt.ticket);
            await Promise.all(calls.map((call) => run(call, place)));
            expect(++working).toBeLessThanOrEqual(4);
            await settle();
            working--;
            ran++;
            above?.takeBack();
            lending.close(place.id);
            bench.limiter.release(attempt.ticket);
          };
          await Promise.all(roots.map((root) => run(root, undefined)));
          expect(ran).toBeGreaterThanOrEqual(roots.length);
          expect(bench.limiter.stats()).toMatchObject({ running: 0, waiting: 0, refused: 0 });
          for (const { who } of roots) {
            const { claims } = bench.limiter.ticket("tool", {}, { owner: who, sessionId: undefined, server: "test" });
            expect(claims.map((claim) => bench.limiter.standing(claim)?.left)).toEqual([concurrency, 2]);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
