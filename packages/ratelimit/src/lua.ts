import { script } from "@plugboard/core/redis";

/** Numbers of each claim in the arguments of `TAKE`, and in its reply. */
export const NUMBERS_IN = 9;
export const NUMBERS_OUT = 7;

/**
 * Takes all claims or none; with "look" it only looks. Counts as `Rate` and `Budget` do, by the clock of Redis.
 * KEYS: of each claim its state and its slots; then the slots that are given up before.
 * ARGV: "take" or "look", the lease, its microseconds, the lease that is given up; of each claim its cost, its concurrency (0
 * for none) and the numbers of its quota.
 * Reply: whether it fits; of each claim the microseconds to wait, whether its slots are full, what is left, the microseconds
 * until it is reset, and the charge: debt after it, when it was taken, what was given back before.
 */
export const TAKE = script(`
local function whole(number) return string.format("%.0f", number) end
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local lease, leaseUs = ARGV[2], tonumber(ARGV[3])
local count = (#ARGV - 4) / ${NUMBERS_IN}
for i = 2 * count + 1, #KEYS do redis.call("ZREM", KEYS[i], ARGV[4]) end

local function rate(claim)
  local known = redis.call("HMGET", claim.state, "debt", "at", "returned")
  local at = math.floor(now / claim.tickUs)
  local passed = math.max(0, at - (tonumber(known[2]) or at))
  local debt = math.max(0, (tonumber(known[1]) or 0) - passed * claim.perTick)
  local function ticks(units) return (at + math.ceil(units / claim.perTick)) * claim.tickUs - now end
  local missing = debt + claim.cost * claim.perToken - claim.capacity
  claim.wait = missing > 0 and ticks(missing) or 0
  claim.at, claim.debt, claim.returned = at, debt, tonumber(known[3]) or 0
  function claim.take()
    claim.debt = debt + claim.cost * claim.perToken
    redis.call("HSET", claim.state, "debt", whole(claim.debt), "at", whole(at))
    if not known[1] then redis.call("HSET", claim.state, "born", whole(at)) end
    redis.call("PEXPIRE", claim.state, whole(math.ceil(ticks(claim.debt) / 1000) + 1000))
  end
  function claim.finish()
    claim.left = math.floor((claim.capacity - claim.debt) / claim.perToken)
    claim.reset = claim.debt > 0 and ticks(claim.debt) or 0
  end
end

local function budget(claim)
  local fields = redis.call("HGETALL", claim.state)
  local slices, used = {}, 0
  local function ends(index) return (index + 1) * claim.sliceUs + claim.windowUs end
  for i = 1, #fields, 2 do
    local index, spent = tonumber(fields[i]), tonumber(fields[i + 1])
    if ends(index) > now then
      used = used + spent
      slices[#slices + 1] = { index = index, spent = spent }
    elseif ARGV[1] == "take" then
      redis.call("HDEL", claim.state, fields[i])
    end
  end
  table.sort(slices, function(a, b) return a.index < b.index end)
  local missing = used + claim.cost - claim.budget
  claim.wait = 0
  for _, slice in ipairs(slices) do
    if missing <= 0 then break end
    missing = missing - slice.spent
    claim.wait = ends(slice.index) - now
  end
  claim.at = math.floor(now / claim.sliceUs)
  local last = slices[#slices] and slices[#slices].index
  function claim.take()
    used, last = used + claim.cost, claim.at
    redis.call("HINCRBY", claim.state, whole(claim.at), whole(claim.cost))
    redis.call("PEXPIRE", claim.state, whole(math.ceil((ends(claim.at) - now) / 1000) + 1000))
  end
  function claim.finish()
    claim.left = claim.budget - used
    claim.reset = last and ends(last) - now or 0
  end
end

local fits, claims = true, {}
for i = 1, count do
  local function number(n) return tonumber(ARGV[4 + (i - 1) * ${NUMBERS_IN} + n]) end
  local claim = {
    state = KEYS[2 * i - 1], slots = KEYS[2 * i],
    cost = number(1), concurrency = number(2),
    tickUs = number(3), perToken = number(4), perTick = number(5), capacity = number(6),
    budget = number(7), sliceUs = number(8), windowUs = number(9),
    wait = 0, full = 0, left = -1, reset = -1, debt = 0, at = 0, returned = 0,
  }
  claims[i] = claim
  if claim.tickUs > 0 then rate(claim) elseif claim.budget > 0 then budget(claim) end
  if claim.concurrency > 0 then
    redis.call("ZREMRANGEBYSCORE", claim.slots, "-inf", whole(now))
    claim.active = redis.call("ZCARD", claim.slots)
    if claim.active >= claim.concurrency then claim.full = 1 end
  end
  if claim.wait > 0 or claim.full == 1 then fits = false end
end

local reply = { fits and 1 or 0 }
for _, claim in ipairs(claims) do
  if fits and ARGV[1] == "take" then
    if claim.take then claim.take() end
    if claim.active then
      claim.active = claim.active + 1
      redis.call("ZADD", claim.slots, whole(now + leaseUs), lease)
      redis.call("PEXPIRE", claim.slots, whole(leaseUs / 1000 + 1000))
    end
  end
  if claim.finish then claim.finish() elseif claim.active then claim.left = math.max(0, claim.concurrency - claim.active) end
  for _, field in ipairs({ "wait", "full", "left", "reset", "debt", "at", "returned" }) do reply[#reply + 1] = claim[field] end
end
return reply
`);

/** Holds leases for as long again. KEYS: slots. ARGV: microseconds; the lease at each key. */
export const HOLD = script(`
local time = redis.call("TIME")
local ends = string.format("%.0f", time[1] * 1000000 + time[2] + ARGV[1])
for i, key in ipairs(KEYS) do
  redis.call("ZADD", key, ends, ARGV[i + 1])
  redis.call("PEXPIRE", key, string.format("%.0f", ARGV[1] / 1000 + 1000))
end
return #KEYS
`);

/** Gives leases up. KEYS: slots. ARGV: the lease. */
export const RELEASE = script(`
for _, key in ipairs(KEYS) do redis.call("ZREM", key, ARGV[1]) end
return #KEYS
`);

/**
 * Undoes charges, as `Rate` and `Budget` do. KEYS: states. ARGV of each: the tick, perToken and perTick of its rate, or 0 and
 * twice anything; cost, when it was taken, debt after it, what was given back before.
 */
export const GIVE_BACK = script(`
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format("%.0f", number) end
for i, state in ipairs(KEYS) do
  local function number(n) return tonumber(ARGV[(i - 1) * 7 + n]) end
  local tickUs, perToken, perTick, cost = number(1), number(2), number(3), number(4)
  local taken, debtAfter, before = number(5), number(6), number(7)
  if tickUs > 0 then
    local known = redis.call("HMGET", state, "debt", "at", "returned", "born")
    local at = math.floor(now / tickUs)
    local returned = tonumber(known[3]) or 0
    local madeUp = math.max(0, at - taken) * perTick + returned - before
    local units = math.min(cost * perToken, math.max(0, debtAfter - madeUp))
    -- What was charged before the state was forgotten is not in it.
    if known[1] and taken >= tonumber(known[4]) then
      local debt = math.max(0, tonumber(known[1]) - math.max(0, at - tonumber(known[2])) * perTick)
      redis.call("HSET", state, "debt", whole(math.max(0, debt - units)), "at", whole(at), "returned", whole(returned + units))
    end
  elseif redis.call("HEXISTS", state, whole(taken)) == 1 then
    if redis.call("HINCRBY", state, whole(taken), whole(-cost)) <= 0 then redis.call("HDEL", state, whole(taken)) end
  end
end
return #KEYS
`);
