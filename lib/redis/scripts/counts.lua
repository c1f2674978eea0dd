--[[
counts: how many orders are where, at one moment.
KEYS[1] order_queue     LIST  ids, oldest at the tail
KEYS[2] order_pending   ZSET  id -> dueAtMs
KEYS[3] order_owners    HASH  id -> <fencing token>:<attempt>:<holder>
KEYS[4] order_dead      ZSET  id -> deadAtMs
KEYS[5] order_finished  ZSET  id -> finishedAtMs
KEYS[6] order_canceled  ZSET  id -> canceledAtMs
KEYS[7] order_index     ZSET  id -> acceptedAtMs
Returns  {queued, pending, leased, dead, finished, canceled, acceptedAtMs of the oldest queued or ''}
Twice    reads only
Bills    1 call + 7; 8 where an order is queued
]]
local oldest = redis.call('LINDEX', KEYS[1], -1)
return {
  redis.call('LLEN', KEYS[1]),
  redis.call('ZCARD', KEYS[2]),
  redis.call('HLEN', KEYS[3]),
  redis.call('ZCARD', KEYS[4]),
  redis.call('ZCARD', KEYS[5]),
  redis.call('ZCARD', KEYS[6]),
  oldest and redis.call('ZSCORE', KEYS[7], oldest) or '',
}
