import { script } from "@plugboard/core/redis";

// Every tag has a random token. An entry holds the tokens of its tags as they were before it was loaded, and counts for as
// long as they stay: invalidating a tag deletes its token. What Redis evicts or expires can make a miss of a hit, and never
// a hit of a miss.
const TOKENS = `
local function tokens(first)
  local found = redis.call('MGET', unpack(KEYS, first))
  for i = 1, #found do if not found[i] then return nil end end
  return table.concat(found, ',')
end
local function entry(now)
  local found = redis.call('HMGET', KEYS[1], 'value', 'tokens', 'keep')
  if not now or not found[1] or found[2] ~= now then return {now or false} end
  local left = redis.call('PTTL', KEYS[1])
  return {now, found[1], tonumber(found[3]) - left, left}
end
local function lasting(first, ms)
  for i = first, #KEYS do
    if redis.call('PTTL', KEYS[i]) < ms then redis.call('PEXPIRE', KEYS[i], ms) end
  end
end`;

/** KEYS entry, tags… */
export const READ = script(`${TOKENS}
return entry(tokens(2))`);

/** KEYS entry, claim, tags…; ARGV claim's token, hold, new tag token, life of tags. */
export const CLAIM = script(`${TOKENS}
for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[3], 'NX', 'PX', ARGV[4]) end
lasting(3, tonumber(ARGV[4]))
local claimed = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return {claimed and 1 or 0, entry(tokens(3))}`);

/** KEYS entry, tags…; ARGV tokens, value, keep. */
export const WRITE = script(`${TOKENS}
if tokens(2) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[2], 'tokens', ARGV[1], 'keep', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
lasting(2, tonumber(ARGV[3]))
return 1`);

/** KEYS claim, channel; ARGV claim's token, message. */
export const RELEASE = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return 1`);

/** KEYS claim; ARGV claim's token, hold. */
export const RENEW = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** KEYS channel, tags…; ARGV message. */
export const INVALIDATE = script(`
redis.call('DEL', unpack(KEYS, 2))
redis.call('PUBLISH', KEYS[1], ARGV[1])
return 1`);
