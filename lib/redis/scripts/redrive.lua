--[[
redrive: put dead orders back, due now or one after the other at a pace.
KEYS[1] order_dead     ZSET    id -> deadAtMs
KEYS[2] order_pending  ZSET    id -> dueAtMs
KEYS[3] order_redrive  STRING  dueAtMs of the last order that was put back at a pace
KEYS[4] and on         HASH    the orders, 500 at most, in the order of their ids
ARGV[1] nowMs          integer, Unix milliseconds
ARGV[2] pauseMs        milliseconds from one due time to the next; 0 for all of them now
ARGV[3] mark           text that no other redrive has
ARGV[4] and on         ids
Returns  for each order 1 where it was put back, 0 where it is not dead
Twice    the second call finds its mark on the orders, answers the same, and writes nothing of them
Bills    1 call + 2 for each order + 2, and 2 where there is a pause; 1 call + 1 for each where none
         is dead, and 1 each for those two
]]
local nowMs, pauseMs, mark = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local answers, ids, hashes, gone = {}, {}, {}, {}
for i = 4, #ARGV do
  local found = redis.pcall('HMGET', KEYS[i], 'status', 'redrivenBy')
  local status, isRepeat = found[1], found[2] == mark
  answers[i - 3] = (isRepeat or status == 'dead') and 1 or 0
  if status == 'dead' and not isRepeat then
    ids[#ids + 1], hashes[#hashes + 1] = ARGV[i], KEYS[i]
  end
  -- One that is among the dead letters and is not dead, or is gone, would stand before the others
  -- for ever.
  if not found.err and not (isRepeat and status == 'dead') then
    gone[#gone + 1] = ARGV[i]
  end
end

local due, dueAtMs = {}, tonumber(nowMs)
if pauseMs > 0 then
  dueAtMs = math.max(dueAtMs, tonumber(redis.call('GET', KEYS[3]) or '0'))
end
for i, id in ipairs(ids) do
  dueAtMs = dueAtMs + pauseMs
  due[2 * i - 1], due[2 * i] = string.format('%.0f', dueAtMs), id
end
-- An id that is in order_pending and dead all the same is dropped when it comes due.
if #ids > 0 then
  redis.call('ZADD', KEYS[2], unpack(due))
end
if #gone > 0 then
  redis.call('ZREM', KEYS[1], unpack(gone))
end
for _, hash in ipairs(hashes) do
  redis.call('HSET', hash, 'status', 'queued', 'attempts', 0, 'updatedAtMs', nowMs,
    'redrivenBy', mark)
end
if pauseMs > 0 and #ids > 0 then
  redis.call('SET', KEYS[3], string.format('%.0f', dueAtMs))
end
return answers
