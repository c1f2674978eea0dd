--[[
serve: have a drain look at a client when the first of its orders is ready, and forget a client of
whom nothing is kept.
KEYS[1] order_clients           ZSET  client -> its ready score, or when its next order is due
KEYS[2] order_queue:<client>    LIST  ids, the oldest at the tail
KEYS[3] order_pending:<client>  ZSET  id -> dueAtMs
KEYS[4] order_dead:<client>     ZSET  id -> deadAtMs
KEYS[5] order_segments          ZSET  names of the ended segments
KEYS[6] order_pending:!<client>  ZSET  id -> dueAtMs, of its unanswered orders
ARGV[1] client
ARGV[2] nowMs       integer, Unix milliseconds
ARGV[3] pendingMax  integer: nothing is taken from the queue of a client of whom more are pending
ARGV[4] first       name of the first ended segment that it could have
ARGV[5] last        name of the last one
ARGV[6] isRepair    1 to repair, 0 to look only
ARGV[7] readyScore  integer: the score of a client whose queue is not empty
Returns  {'unserved'} where nothing would have looked at it in time, {'gone'} where nothing is kept of
         it, {'served'} otherwise
Twice    the second call finds it served, or gone
Bills    1 call + 4 to 7
]]
local client, nowMs = ARGV[1], ARGV[2]
local score = redis.call('ZSCORE', KEYS[1], client)
local depth = redis.call('LLEN', KEYS[2])
local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local nextAtMs = first[2] or '+inf'
if depth > 0 and redis.call('ZCARD', KEYS[3]) < tonumber(ARGV[3]) then
  nextAtMs = ARGV[7]
end
if nextAtMs == '+inf' and depth == 0 and redis.call('EXISTS', KEYS[4], KEYS[6]) == 0
  and redis.call('ZLEXCOUNT', KEYS[5], '[' .. ARGV[4], '[' .. ARGV[5]) == 0 then
  if score and ARGV[6] == '1' then
    redis.call('ZREM', KEYS[1], client)
  end
  return { 'gone' }
end
local function number(text)
  return string.find(text, 'inf') and math.huge or tonumber(text)
end
if score and number(score) <= math.max(number(nextAtMs), tonumber(nowMs)) then
  return { 'served' }
end
if ARGV[6] == '1' then
  redis.call('ZADD', KEYS[1], nextAtMs, client)
end
return { 'unserved' }
