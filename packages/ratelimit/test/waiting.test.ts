import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attempt, Bench, refusalOf, settle } from "./setup.ts";

const second = { limit: 1, windowMs: 1000 };

describe("a call that may wait", () => {
  it("gets its turn as soon as there is room, with one timer for all, and none while nobody waits", async () => {
    const bench = new Bench([second]);
    expect(bench.tries()).toBe(true);
    expect(bench.clock.timers).toBe(0);
    const [one, other] = [bench.call(), bench.call()];
    expect(bench.clock.timers).toBe(1);
    await bench.clock.advance(999.999);
    expect(one.outcome).toBeUndefined();
    await bench.clock.advance(0.001);
    expect([one.outcome, other.outcome]).toEqual(["in", undefined]);
    await bench.clock.advance(1000);
    expect(other.outcome).toBe("in");
    expect(bench.clock.timers).toBe(0);
    expect(bench.limiter.stats()).toMatchObject({ admitted: 3, waited: 2, waiting: 0, refused: 0 });
  });

  it("is refused at once when it is known to wait longer than it may, with those before it", () => {
    const bench = new Bench([{ ...second, maxWaitMs: 3000 }]);
    bench.tries();
    const waiting = [bench.call(), bench.call(), bench.call()];
    expect(waiting.map(({ outcome }) => outcome)).toEqual([undefined, undefined, undefined]);
    expect(refusalOf(bench.call())).toMatchObject({ reason: "limit", waitUs: 4_000_000 });
    expect(bench.clock.timers).toBe(1);
  });

  it("is refused when it waited for a slot as long as it may, and told a guess", async () => {
    const bench = new Bench([{ concurrency: 1, maxWaitMs: 2000 }]);
    bench.call();
    const attempt = bench.call();
    await bench.clock.advance(1999);
    expect(attempt.outcome).toBeUndefined();
    await bench.clock.advance(1);
    expect(refusalOf(attempt)).toMatchObject({ reason: "limit", isFull: true, isGuess: true });
    expect(bench.clock.timers).toBe(0);
  });

  it("is told a time by how long calls have had their slots, and how many are before it", () => {
    const rule = new Bench([{ concurrency: 2 }]).rules[0]!;
    expect(rule.guessSlot(0)).toBe(1e6);
    rule.held(4_000_000);
    rule.held(9_000_000);
    expect([0, 1, 2, 3, 4].map((ahead) => rule.guessSlot(ahead))).toEqual([5e6, 5e6, 10e6, 10e6, 15e6]);
  });

  it("is woken once, when there is room", async () => {
    const bench = new Bench([{ limit: 3, windowMs: 1000, burst: 1 }]);
    bench.tries();
    const attempt = bench.call();
    await bench.clock.advance(334);
    expect([attempt.outcome, bench.clock.rings]).toEqual(["in", 1]);
  });

  it("has its turn when another's charge is given back", async () => {
    const bench = new Bench([{ limit: 1, windowMs: 5000 }]);
    const { ticket } = bench.call();
    const attempt = bench.call();
    bench.limiter.giveBack(ticket);
    await attempt.decided;
    expect(attempt.outcome).toBe("in");
  });

  it("is refused as soon as it finds that it would wait too long in all, for one rule after another", async () => {
    const bench = new Bench([{ concurrency: 1 }, { per: "global", limit: 1, windowMs: 4000, maxWaitMs: 5000 }]);
    const first = bench.call();
    const second = bench.call();
    await bench.clock.advance(4000);
    expect(bench.tries({ who: "bob" })).toBe(true);
    expect(second.outcome).toBeUndefined();
    bench.limiter.release(first.ticket);
    await second.decided;
    expect(refusalOf(second)).toMatchObject({ reason: "limit", waitUs: 4_000_000 });
  });

  it("is refused at once where the rule has no line, or a full one, of the caller or in all", () => {
    const none = new Bench([{ concurrency: 1, queue: 0 }]);
    none.call();
    expect(refusalOf(none.call()).reason).toBe("line");
    const own = new Bench([{ concurrency: 1, queue: 2, per: "global" }]);
    own.call();
    expect([own.call(), own.call()].map(({ outcome }) => outcome)).toEqual([undefined, undefined]);
    expect(refusalOf(own.call()).reason).toBe("line");
    expect(own.call({ who: "bob" }).outcome).toBeUndefined();
    const all = new Bench([{ concurrency: 1 }], { maxWaiting: 3 });
    for (const who of ["a", "b", "c", "d"]) all.call({ who });
    expect(["a", "b", "c"].map((who) => all.call({ who }).outcome)).toEqual([undefined, undefined, undefined]);
    expect(refusalOf(all.call({ who: "d" })).reason).toBe("line");
    expect(all.limiter.stats().waiting).toBe(3);
  });

  it("leaves at once when it is cancelled, takes nothing, and lets those behind move up", async () => {
    const bench = new Bench([{ ...second, limit: 4, cost: { tool: { argument: "n" } } }]);
    bench.call({ args: { n: 4 } });
    const controller = new AbortController();
    const large = bench.call({ args: { n: 4 } }, { signal: controller.signal });
    const small = bench.call({ args: { n: 1 } });
    await bench.clock.advance(300);
    expect(small.outcome).toBeUndefined();
    controller.abort();
    await large.decided;
    await small.decided;
    expect([refusalOf(large).reason, small.outcome]).toEqual(["left", "in"]);
    expect(bench.limiter.stats()).toMatchObject({ admitted: 2, left: 1, refused: 0, waiting: 0 });
    expect(bench.clock.timers).toBe(0);
    const early = AbortSignal.abort();
    expect(refusalOf(bench.call({ args: { n: 4 } }, { signal: early })).reason).toBe("left");
  });

  it("leaves no listener behind, however it ends", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = ((...args: Parameters<typeof add>) => (listeners++, add(...args))) as typeof add;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => (
      listeners--,
      remove(...args)
    )) as typeof remove;
    const bench = new Bench([{ concurrency: 1, maxWaitMs: 500 }]);
    const first = bench.call({}, { signal });
    const admitted = bench.call({}, { signal });
    const refused = bench.call({}, { signal });
    // One is enough for all calls of a request.
    expect(listeners).toBe(1);
    bench.limiter.release(first.ticket);
    await admitted.decided;
    expect(listeners).toBe(1);
    await bench.clock.advance(500);
    expect(refusalOf(refused).reason).toBe("limit");
    expect(listeners).toBe(0);
    const left = bench.call({}, { signal });
    expect(listeners).toBe(1);
    controller.abort();
    await left.decided;
    expect(listeners).toBe(0);
  });

  it("hears of its place and its time at once, then every second", async () => {
    const bench = new Bench([{ ...second, maxWaitMs: 60_000 }]);
    bench.call();
    const attempts = [1, 2, 3].map(() => bench.call({}, { tell: true }));
    expect(attempts.map(({ told }) => told)).toEqual([[[1, 1e6]], [[2, 2e6]], [[3, 3e6]]]);
    await bench.clock.advance(2000);
    expect(attempts[2]?.told).toEqual([
      [3, 3e6],
      [2, 2e6],
      [1, 1e6],
    ]);
    expect(attempts[0]?.told).toHaveLength(1);
  });

  it("passes when the limiter is closed", async () => {
    const bench = new Bench([second, { concurrency: 1 }]);
    bench.call();
    const waiting = bench.call();
    bench.limiter.close();
    await waiting.decided;
    expect(waiting.outcome).toBe("in");
    expect(bench.tries()).toBe(true);
    expect(bench.clock.timers).toBe(0);
  });
});

describe("a line", () => {
  it("is first come, first served: a cheap call does not overtake a dear one of the same key", async () => {
    const bench = new Bench([
      { limit: 10, windowMs: 1000, cost: { tool: { argument: "n" } } },
      { tools: ["dear"], limit: 1000, windowMs: 1000 },
    ]);
    bench.call({ args: { n: 10 } });
    const dear = bench.call({ args: { n: 10 } });
    const cheap: Attempt[] = [];
    for (let step = 0; step < 9; step++) {
      await bench.clock.advance(100);
      cheap.push(bench.call({ args: { n: 1 } }));
    }
    expect(cheap.some(({ outcome }) => outcome !== undefined)).toBe(false);
    await bench.clock.advance(100);
    expect(dear.outcome).toBe("in");
    await bench.clock.advance(900);
    expect(cheap.every(({ outcome }) => outcome === "in")).toBe(true);
  });

  it("holds up nobody who needs nothing of its key", () => {
    const bench = new Bench([
      { per: "principal", ...second },
      { per: "global", concurrency: 100 },
    ]);
    bench.call();
    expect(bench.call().outcome).toBeUndefined();
    expect(bench.call({ who: "bob" }).outcome).toBe("in");
  });

  it("gives turns to callers who wait for the same key, however many calls one of them has", async () => {
    const bench = new Bench([{ per: "global", concurrency: 1, maxWaitMs: 60_000 }]);
    const first = bench.call();
    const order: string[] = [];
    let held = first;
    const waiting: [string, Attempt][] = [
      ...[1, 2, 3, 4].map((n): [string, Attempt] => [`ann ${n}`, bench.call({ who: "ann" })]),
      ...[1, 2].map((n): [string, Attempt] => [`bob ${n}`, bench.call({ who: "bob" })]),
      ["eve 1", bench.call({ who: "eve" })],
    ];
    while (order.length < 7) {
      bench.limiter.release(held.ticket);
      await settle();
      const [name, next] = waiting.find(([known, { outcome }]) => outcome === "in" && !order.includes(known)) ?? [];
      if (!name || !next) throw new Error("nobody had a turn");
      order.push(name);
      held = next;
    }
    expect(order).toEqual(["ann 1", "bob 1", "eve 1", "ann 2", "bob 2", "ann 3", "ann 4"]);
  });

  it("under random schedules: slots and rates hold, the calls of one caller come in order, and nobody is forgotten", async () => {
    const step = fc.record({
      who: fc.constantFrom("ann", "bob", "eve"),
      n: fc.integer({ min: 1, max: 3 }),
      ms: fc.integer({ min: 0, max: 30 }),
      next: fc.constantFrom("call", "call", "release", "abort"),
      pick: fc.nat(100),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, global, own) => {
          const bench = new Bench([
            {
              per: "principal",
              limit: 10,
              burst: 3,
              windowMs: 100,
              concurrency: own,
              cost: { tool: { argument: "n" } },
            },
            { per: "global", concurrency: global, maxWaitMs: 5000 },
          ]);
          type Live = Attempt & { who: string; controller: AbortController; over: boolean };
          const calls: Live[] = [];
          const admitted: Live[] = [];
          const check = (): void => {
            for (const call of calls) if (call.outcome === "in" && !admitted.includes(call)) admitted.push(call);
            const running = admitted.filter(({ over }) => !over);
            expect(running.length).toBeLessThanOrEqual(global);
            for (const name of ["ann", "bob", "eve"]) {
              expect(running.filter(({ who }) => who === name).length).toBeLessThanOrEqual(own);
              const order = admitted.filter(({ who }) => who === name).map((call) => calls.indexOf(call));
              expect(order).toEqual(order.toSorted((a, b) => a - b));
            }
          };
          const release = (call: Live | undefined): void => {
            if (!call) return;
            call.over = true;
            bench.limiter.release(call.ticket);
          };
          for (const { who, n, ms, next, pick } of steps) {
            const running = admitted.filter(({ over }) => !over);
            if (next === "release") release(running[pick % Math.max(1, running.length)]);
            else if (next === "abort")
              calls.filter(({ outcome }) => outcome === undefined)[pick % 3]?.controller.abort();
            else {
              const controller = new AbortController();
              const attempt = bench.call({ who, args: { n } }, { signal: controller.signal });
              calls.push(Object.assign(attempt, { who, controller, over: false }));
            }
            await settle();
            check();
            await bench.clock.advance(ms);
            check();
          }
          for (let round = 0; round < calls.length; round++) {
            admitted.filter(({ over }) => !over).forEach(release);
            await bench.clock.advance(100);
            check();
          }
          expect(calls.filter(({ outcome }) => outcome === undefined)).toEqual([]);
          expect(bench.limiter.stats()).toMatchObject({ waiting: 0 });
          admitted.filter(({ over }) => !over).forEach(release);
          expect(bench.limiter.stats().running).toBe(0);
          expect(bench.clock.timers).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
