--[[
restore: make an order due that nothing would ever claim, unless it has changed since it was read.
KEYS[1] order_state:<id>        STRING
KEYS[2] order_pending:<client>  ZSET  id -> dueAtMs
KEYS[3] order_dead:<client>     ZSET  id -> deadAtMs: it is taken out of here
KEYS[4] order_clients           ZSET  client -> when a drain should look at it next
ARGV[1] id
ARGV[2] client
ARGV[3] expected  the state that was read; empty where there was none
ARGV[4] dueAtMs   integer, Unix milliseconds
Returns  {1} where it is due now, {0} where its state has changed
Twice    the second call does the same again
Bills    1 call + 4; 1 call + 1 where its state has changed
]]
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[3] then
  return { 0 }
end
-- What fails after this leaves the order in no place, where the next pass finds it again.
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[2], 'NX', ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[4], 'LT', ARGV[4], ARGV[2])
return { 1 }
