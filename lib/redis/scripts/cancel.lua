--[[
cancel: mark an order that has not begun to be produced. Its id is dropped when it surfaces.
KEYS[1] order:<id>      HASH  the order
KEYS[2] order_owners    HASH  id -> <fencing token>:<attempt>:<holder>
KEYS[3] order_canceled  ZSET  id -> canceledAtMs
KEYS[4] order_events    LIST  <id>:<kind>:<atMs>, the oldest at the tail
ARGV[1] id
ARGV[2] client          whose order it must be; empty for anybody's
ARGV[3] nowMs           integer, Unix milliseconds
ARGV[4] isAnnounced     1 where what has become of an order is to be announced, else 0
Returns  {'canceled'}, {'not-found'}, or {'refused', status} where it is too late
Twice    the second call answers the same and writes nothing
Bills    1 call + 4, and 2 where it is announced; 1 call + 1 where it is canceled already or not
         found
]]
local id, client, nowMs, isAnnounced = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local found = redis.call('HMGET', KEYS[1], 'client', 'status')
local owner, status = found[1], found[2]
if not owner or (client ~= '' and client ~= owner) then
  return { 'not-found' }
end
if status == 'canceled' then
  return { 'canceled' }
end
if status ~= 'queued' and status ~= 'scheduled' then
  return { 'refused', status }
end
if redis.call('HGET', KEYS[2], id) then
  return { 'refused', 'producing' }
end
if isAnnounced then
  -- Fails where it is no list, before anything is written.
  redis.call('LLEN', KEYS[4])
end
-- Its key was not checked, so it comes first.
redis.call('ZADD', KEYS[3], nowMs, id)
redis.call('HSET', KEYS[1], 'status', 'canceled', 'updatedAtMs', nowMs)
if isAnnounced then
  redis.call('LPUSH', KEYS[4], id .. ':canceled:' .. nowMs)
end
return { 'canceled' }
