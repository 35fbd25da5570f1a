import type { Refusal } from "./refusal.ts";
import type { Rule } from "./rule.ts";

const number = (value: number): string => value.toLocaleString("en-US");

/** A time in whole units, never shorter than it is: whoever comes back after it comes late enough. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120)
    return seconds % 60 === 0 || minutes > 10 ? `${minutes} min` : `${minutes - 1} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  const left = minutes % 60;
  return left === 0 ? `${hours} h` : `${hours} h ${left} min`;
}

const UNITS: readonly [ms: number, name: string][] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
];

/** "a minute", "every 5 minutes", "every 250 ms". */
function per(windowMs: number): string {
  const [ms, name] = UNITS.find(([unit]) => windowMs % unit === 0) ?? [1, "ms"];
  const count = windowMs / ms;
  if (ms === 1) return `every ${number(count)} ms`;
  if (count > 1) return `every ${number(count)} ${name}s`;
  return name === "hour" ? "an hour" : `a ${name}`;
}

/** Whose limit it is: "for each caller", "for all callers together". */
function whose({ scopes }: Rule): string {
  if (scopes.includes("session")) return "for each session";
  return scopes.includes("principal") ? "for each caller" : "for all callers together";
}

/** "10 calls", "1 call". */
function calls(count: number, unit = "call"): string {
  return `${number(count)} ${unit}${count === 1 ? "" : "s"}`;
}

/** What the model reads in place of a result: which limit, how much is left, when to come back. */
export function refusalText(tool: string, refusal: Refusal, left: number): string {
  const { reason, claim, waitUs = 0, isGuess } = refusal;
  if (!claim) return `\`${tool}\` was not run: its limits cannot be counted at the moment. Try again in a few seconds.`;
  const { rule, cost } = claim;
  if (reason === "cost") {
    return `\`${tool}\` was not run: this call costs ${number(cost)}, and never more than ${number(rule.most)} can be taken at once. Ask for less in one call.`;
  }
  const limit = refusal.isFull ? slotsText(tool, rule) : quotaText(tool, rule, cost, left);
  const line = reason === "line" ? " Too many calls wait already." : "";
  return `${limit}${line} Try again in ${isGuess ? "about " : ""}${duration(waitUs / 1000)}.`;
}

function slotsText(tool: string, rule: Rule): string {
  const [subject, single] = subjectOf(tool, rule);
  const verb = single ? "runs" : "run";
  return `${subject} ${verb} at most ${calls(rule.concurrency)} at a time ${whose(rule)}, and no place is free.`;
}

function quotaText(tool: string, rule: Rule, cost: number, left: number): string {
  const { quota } = rule;
  if (!quota) return "";
  const [subject, single] = subjectOf(tool, rule);
  const verb = rule.isBudget
    ? single
      ? "has a budget of"
      : "have a budget of"
    : single
      ? "is limited to"
      : "are limited to";
  const amount = `${calls(quota.limit, rule.hasCosts ? "unit" : "call")} ${per(quota.windowMs)} ${whose(rule)}`;
  const rest = `${number(left)} ${left === 1 ? "is" : "are"} left.`;
  return cost > 1
    ? `${subject} ${verb} ${amount}. This call costs ${number(cost)}, and ${rest}`
    : `${subject} ${verb} ${amount}, and ${rest}`;
}

/** What the rule limits, and whether that is one tool. */
function subjectOf(tool: string, { scopes, tools }: Rule): [subject: string, single: boolean] {
  if (scopes.includes("tool") || (tools.length === 1 && tools[0] === tool)) return [`\`${tool}\``, true];
  const which = tools.includes("*")
    ? "all tools"
    : `the tools ${tools
        .slice(0, 5)
        .map((name) => `\`${name}\``)
        .join(", ")}`;
  return [`\`${tool}\` was not run: ${which} together`, false];
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/** What a person reads while a call waits. */
export function waitingText(place: number, waitUs: number): string {
  const nth = ORDINALS[place - 1] ?? `number ${number(place)}`;
  return `Waiting for the rate limit: ${nth} in line, about ${duration(waitUs / 1000)}`;
}
