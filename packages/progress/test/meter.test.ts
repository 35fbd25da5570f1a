import type { Progress } from "@plugboard/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Wheel } from "../src/clock.ts";
import { Estimate } from "../src/estimate.ts";
import { Meter, type MeterOptions } from "../src/meter.ts";
import { TestClock } from "./time.ts";

const defaults: MeterOptions = { intervalMs: 100, heartbeatMs: 10_000, maxMessageChars: 200, estimate: true };

function metered(options: Partial<MeterOptions> = {}) {
  const clock = new TestClock();
  const sent: (Progress & { at: number })[] = [];
  const counts = { reports: 0, sent: 0, heartbeats: 0 };
  const send = (progress: Progress): Promise<void> => Promise.resolve(void sent.push({ ...progress, at: clock.now() }));
  const meter = new Meter(send, { ...defaults, ...options }, clock, counts);
  const wheel = new Wheel(clock, 50);
  wheel.add(meter);
  return { clock, sent, counts, meter, wheel, values: () => sent.map(({ progress }) => progress) };
}

describe("throttling", () => {
  it("sends the first at once, then the newest at most every intervalMs, and the last one at the end", () => {
    const { clock, meter, values, sent } = metered();
    for (let progress = 1; progress <= 1000; progress++) {
      void meter.mark(progress, 1000, undefined);
      clock.advance(1);
    }
    void meter.end();
    expect(values()[0]).toBe(1);
    expect(values().at(-1)).toBe(1000);
    expect(sent.length).toBeLessThanOrEqual(12);
    const gaps = sent.slice(1, -1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
  });

  it("sends the last one before a pause", () => {
    const { clock, meter, values } = metered();
    void meter.mark(1, 10, undefined);
    clock.advance(10);
    void meter.mark(2, 10, undefined);
    void meter.mark(3, 10, undefined);
    expect(values()).toEqual([1]);
    clock.advance(200);
    expect(values()).toEqual([1, 3]);
  });

  it("lets three reports that are 50 ms apart arrive as three", () => {
    const { clock, meter, values } = metered();
    for (const progress of [0, 50, 100]) {
      void meter.mark(progress, 100, undefined);
      clock.advance(51);
    }
    void meter.end();
    expect(values()).toEqual([0, 50, 100]);
  });

  it("rises, keeps the distance and ends with the highest value, whatever is reported when", () => {
    const value = fc.oneof(fc.integer({ min: -10, max: 1000 }), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0.1));
    const step = fc.record({
      value,
      total: fc.option(value, { nil: undefined }),
      wait: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, heartbeats) => {
        const { clock, meter, values, sent } = metered({ heartbeatMs: heartbeats ? 300 : 0 });
        for (const { value: progress, total, wait } of steps) {
          void meter.mark(progress, total, undefined);
          clock.advance(wait);
        }
        void meter.end();
        const all = values();
        expect(all.every((each, index) => Number.isFinite(each) && (index === 0 || each > (all[index - 1] ?? 0)))).toBe(
          true,
        );
        for (const { progress, total } of sent) if (total !== undefined) expect(total).toBeGreaterThanOrEqual(progress);
        const gaps = sent.slice(1, -1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
        if (gaps.length > 0) expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
        const highest = Math.max(0, ...steps.map((each) => each.value).filter(Number.isFinite));
        if (steps.some((each) => Number.isFinite(each.value))) expect(all.at(-1)).toBeCloseTo(highest, 1);
      }),
    );
  });

  it("passes a new message on though the value stands still, as a value that barely rises", () => {
    const { clock, meter, sent } = metered({ estimate: false });
    void meter.mark(5, 10, "opening");
    clock.advance(200);
    void meter.mark(5, 10, "reading");
    clock.advance(200);
    void meter.mark(5, 10, "reading");
    clock.advance(200);
    expect(sent.map(({ message }) => message)).toEqual(["opening", "reading"]);
    expect(sent[1]?.progress).toBeCloseTo(5, 4);
    expect(sent[1]?.progress).toBeGreaterThan(5);
  });

  it("says nothing after the end", () => {
    const { clock, meter, sent } = metered();
    void meter.mark(1, 2, undefined);
    void meter.end();
    void meter.mark(2, 2, undefined);
    clock.advance(60_000);
    expect(sent).toHaveLength(1);
  });
});

describe("heartbeats", () => {
  it("come after heartbeatMs of silence, barely rise, and leave the tool's own scale alone", () => {
    const { clock, meter, values, counts } = metered();
    clock.advance(35_000);
    expect(counts.heartbeats).toBe(3);
    expect(values().every((value) => value > 0 && value < 1e-5)).toBe(true);
    void meter.mark(1, 1000, undefined);
    clock.advance(25_000);
    void meter.mark(2, 1000, undefined);
    expect(values().slice(3).map(Math.round)).toEqual([1, 1, 1, 2]);
  });

  it("are counted from the last notification, and can be switched off", () => {
    const { clock, meter, counts } = metered();
    for (let progress = 1; progress <= 10; progress++) {
      void meter.mark(progress, undefined, undefined);
      clock.advance(9000);
    }
    expect(counts.heartbeats).toBe(0);
    const silent = metered({ heartbeatMs: 0 });
    silent.clock.advance(3_600_000);
    expect(silent.sent).toEqual([]);
  });

  it("go on where there is nothing to do, or no room above", () => {
    const { clock, meter, values } = metered();
    void meter.mark(0, 0, undefined);
    clock.advance(35_000);
    expect(new Set(values()).size).toBe(4);
    const full = metered();
    void full.meter.mark(Number.MAX_VALUE, undefined, undefined);
    full.clock.advance(35_000);
    expect(full.values().every(Number.isFinite)).toBe(true);
  });

  it("rise even where the value is huge", () => {
    const { clock, meter, values } = metered();
    void meter.mark(2 ** 53, undefined, undefined);
    clock.advance(30_000);
    expect(new Set(values()).size).toBe(4);
  });
});

describe("messages", () => {
  it("say how far the work is, and how long it will take once that is meaningful", () => {
    const { clock, meter, sent } = metered();
    for (let done = 1; done <= 412; done++) {
      void meter.mark(done, 5000, "Indexing");
      clock.advance(26);
    }
    expect(sent[0]?.message).toBe("Indexing · 1 of 5,000 · 0 %");
    expect(sent.at(-1)?.message).toMatch(/^Indexing · 4\d\d of 5,000 · 8 % · about 2 min left$/);
  });

  it("count time instead where there is no total", () => {
    const { clock, meter, sent } = metered();
    void meter.mark(10, undefined, undefined);
    clock.advance(4000);
    void meter.mark(20, undefined, undefined);
    expect(sent.map(({ message }) => message)).toEqual(["10", "20 · 4 s so far"]);
  });

  it("give a percentage alone where the scale is one, and no estimate at the end", () => {
    const { clock, meter, sent } = metered();
    for (let share = 1; share <= 10; share++) {
      void meter.mark(share / 10, 1, undefined);
      clock.advance(1000);
    }
    expect(sent[1]?.message).toBe("20 %");
    expect(sent.at(-2)?.message).toBe("90 % · about 1 s left");
    expect(sent.at(-1)?.message).toBe("100 %");
  });

  it("stay within maxMessageChars, and keep what the client needs most", () => {
    const { meter, sent } = metered({ maxMessageChars: 60 });
    void meter.mark(5, 10, "x".repeat(1_000_000));
    expect(sent[0]?.message).toHaveLength(60);
    expect(sent[0]?.message).toMatch(/^x+… · 5 of 10 · 50 %$/);
  });

  it("are the tool's own with estimate: false", () => {
    const { meter, sent } = metered({ estimate: false });
    void meter.mark(5, 10, "Reading");
    expect(sent[0]?.message).toBe("Reading");
  });
});

describe("dispatched calls", () => {
  it("add the share that is done of each to one step, until the call steps itself", () => {
    const { clock, meter, values } = metered();
    for (let step = 1; step <= 3; step++) {
      const part = meter.child();
      for (const progress of [1, 2, 4]) {
        void part.report({ progress, total: 4 });
        clock.advance(150);
      }
      part.end();
      void meter.mark(step, 3, undefined);
      clock.advance(150);
    }
    expect(values()).toEqual([0.25, 0.5, 1, 1.25, 1.5, 2, 2.25, 2.5, 3]);
  });

  it("make the progress of a call that reports nothing itself", () => {
    const { clock, meter, values } = metered();
    const parts = [meter.child(), meter.child()];
    for (const part of parts) {
      void part.report({ progress: 1, total: 2 });
      clock.advance(150);
    }
    for (const part of parts) part.end();
    void meter.end();
    expect(values()).toEqual([0.5, 1, 2]);
  });

  it("never push the value beyond the total, and say nothing once they have ended", () => {
    const { clock, meter, values } = metered();
    void meter.mark(3, 3, undefined);
    const part = meter.child();
    void part.report({ progress: 1, total: 2 });
    clock.advance(150);
    part.end();
    void part.report({ progress: 2, total: 2 });
    clock.advance(150);
    expect(values()).toEqual([3]);
    const other = metered();
    const ended = other.meter.child();
    ended.end();
    void ended.report({ progress: 1, total: 2 });
    other.clock.advance(150);
    expect(other.values()).toEqual([1]);
  });

  it("never push a share beyond what it is a share of", () => {
    const { clock, meter, values } = metered();
    void meter.mark(0.5, 1, undefined);
    const part = meter.child();
    void part.report({ progress: 1, total: 1 });
    clock.advance(150);
    part.end();
    clock.advance(150);
    expect(values()).toEqual([0.5]);
  });
});

describe("the estimate", () => {
  it("follows the rate, and counts down while nothing new is reported", () => {
    const estimate = new Estimate(0);
    for (let second = 0; second <= 10; second++) estimate.add(second, second * 1000);
    expect(estimate.left(20, 10_000)).toBeCloseTo(10_000, -2);
    expect(estimate.left(20, 14_000)).toBeCloseTo(6000, -2);
    expect(estimate.left(20, 60_000)).toBe(0);
    for (let second = 11; second <= 40; second++) estimate.add(10 + (second - 10) * 2, second * 1000);
    expect(estimate.left(90, 40_000)).toBeCloseTo(10_000, -2);
  });

  it("is none before it means something", () => {
    const estimate = new Estimate(0);
    expect(estimate.left(10, 5000)).toBeUndefined();
    estimate.add(1, 100);
    estimate.add(2, 200);
    estimate.add(3, 300);
    estimate.add(4, 400);
    expect(estimate.left(10, 1900)).toBeUndefined();
    expect(estimate.left(10, 2000)).toBeDefined();
  });
});

describe("the wheel", () => {
  it("is one timer for a thousand calls, and none when nobody runs", () => {
    const clock = new TestClock();
    const wheel = new Wheel(clock, 50);
    let ticks = 0;
    const members = Array.from({ length: 1000 }, () => ({ tick: () => void ticks++ }));
    for (const member of members) wheel.add(member);
    expect(clock.timers).toBe(1);
    clock.advance(50);
    expect(ticks).toBe(1000);
    for (const member of members) wheel.delete(member);
    expect([clock.timers, wheel.size]).toEqual([0, 0]);
    wheel.add({ tick: () => {} });
    wheel.clear();
    expect([clock.timers, wheel.size]).toEqual([0, 0]);
  });
});
