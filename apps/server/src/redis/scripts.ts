import { script } from "@plugboard/core/redis";

// A session has two keys: a stream of its events, which knows their order and age, and a hash that knows of each response
// stream its last place (l), the last place that was given up (g), how many are kept (c), whose it is (o) and whether it is over (f).

/** Gives up the oldest event. Called with the entry; expects `events`, `facts`. */
const GIVE_UP = `
local function giveUp(entry)
  local stream, place, bytes = entry[2][2], entry[2][4], #entry[2][6]
  redis.call('XDEL', events, entry[1])
  redis.call('HINCRBY', facts, 'bytes', -bytes)
  if redis.call('HINCRBY', facts, 'c:' .. stream, -1) == 0 and redis.call('HEXISTS', facts, 'f:' .. stream) == 1 then
    redis.call('HDEL', facts, 'l:' .. stream, 'g:' .. stream, 'c:' .. stream, 'f:' .. stream)
  else
    redis.call('HSET', facts, 'g:' .. stream, place)
  end
end
local function oldest() return redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1] end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function expire(maxAge)
  local entry = oldest()
  while entry and now - tonumber(string.match(entry[1], '^%d+')) >= maxAge do
    giveUp(entry)
    entry = oldest()
  end
end
`;

const KEYS = "local events, facts = KEYS[1], KEYS[2]\n";

/** ARGV: stream, milliseconds that the session is kept, whose stream it is. Replies with the stream's last place. */
export const open = script(`${KEYS}
redis.call('HSETNX', facts, 'l:' .. ARGV[1], 0)
redis.call('HSET', facts, 'o:' .. ARGV[1], ARGV[3])
redis.call('PEXPIRE', facts, ARGV[2])
return tonumber(redis.call('HGET', facts, 'l:' .. ARGV[1]))
`);

/** ARGV: stream, milliseconds that the session is kept, data, most events, most bytes, their greatest age. Replies with the place. */
export const append = script(`${KEYS}${GIVE_UP}
local place = redis.call('HINCRBY', facts, 'l:' .. ARGV[1], 1)
redis.call('XADD', events, '*', 's', ARGV[1], 'p', place, 'd', ARGV[3])
redis.call('HINCRBY', facts, 'c:' .. ARGV[1], 1)
local bytes = redis.call('HINCRBY', facts, 'bytes', #ARGV[3])
while redis.call('XLEN', events) > tonumber(ARGV[4]) or bytes > tonumber(ARGV[5]) do
  giveUp(oldest())
  bytes = tonumber(redis.call('HGET', facts, 'bytes'))
end
expire(tonumber(ARGV[6]))
redis.call('PEXPIRE', events, ARGV[2])
redis.call('PEXPIRE', facts, ARGV[2])
return place
`);

/**
 * ARGV: stream, place, greatest age. Replies with whether the stream is over, whose it is, then the place and data of each
 * event after the place; false where some are gone.
 */
export const after = script(`${KEYS}${GIVE_UP}
expire(tonumber(ARGV[3]))
local last = redis.call('HGET', facts, 'l:' .. ARGV[1])
local gone = redis.call('HGET', facts, 'g:' .. ARGV[1]) or 0
local place = tonumber(ARGV[2])
if not last or place < tonumber(gone) or place > tonumber(last) then return false end
local reply = { redis.call('HEXISTS', facts, 'f:' .. ARGV[1]), redis.call('HGET', facts, 'o:' .. ARGV[1]) or '' }
for _, entry in ipairs(redis.call('XRANGE', events, '-', '+')) do
  if entry[2][2] == ARGV[1] and tonumber(entry[2][4]) > place then
    table.insert(reply, entry[2][4])
    table.insert(reply, entry[2][6])
  end
end
return reply
`);

/** ARGV: stream. */
export const finish = script(`${KEYS}
if redis.call('HEXISTS', facts, 'l:' .. ARGV[1]) == 0 then return 0 end
redis.call('HDEL', facts, 'o:' .. ARGV[1])
if tonumber(redis.call('HGET', facts, 'c:' .. ARGV[1]) or 0) == 0 then
  return redis.call('HDEL', facts, 'l:' .. ARGV[1], 'g:' .. ARGV[1], 'c:' .. ARGV[1])
end
return redis.call('HSET', facts, 'f:' .. ARGV[1], 1)
`);

// A session that instances share has two keys: its record, and a hash of what its client has said since then.

/** ARGV: the record, for how many milliseconds. */
export const remember = script(`
redis.call('DEL', KEYS[2])
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
`);

/** ARGV: a name, what was said or nothing, the most of it that is kept, for how many milliseconds. */
export const note = script(`
if ARGV[2] == '' then return redis.call('HDEL', KEYS[2], ARGV[1]) end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[3]) and redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return redis.call('PEXPIRE', KEYS[2], ARGV[4])
`);

/** ARGV: for how many milliseconds more. Replies with the record, then what was said; false where there is no session. */
export const recall = script(`
local record = redis.call('GET', KEYS[1])
if not record then return false end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
local reply = redis.call('HVALS', KEYS[2])
table.insert(reply, 1, record)
return reply
`);

/** Forgets what is under KEYS. */
export const forget = script(`return redis.call('DEL', unpack(KEYS))`);

/** An instance lives: KEYS its name; ARGV for how many milliseconds it is believed. */
export const beat = script(`return redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])`);

/** Whether there is something under KEYS. */
export const exists = script(`return redis.call('EXISTS', KEYS[1])`);

/** ARGV: a channel, a message. */
export const publish = script(`return redis.call('PUBLISH', ARGV[1], ARGV[2])`);
