--[[
forget: remove orders that ended long ago, with all that is kept of them.
KEYS[1] order_index    ZSET  id -> acceptedAtMs
KEYS[2] order_queue    LIST  ids, oldest at the tail
KEYS[3] order_pending  ZSET  id -> dueAtMs
KEYS[4] order_owners   HASH  id -> <fencing token>:<attempt>:<holder>
KEYS[5] order_finished or order_canceled  ZSET  id -> when it ended, Unix milliseconds
KEYS[6] and on         HASH  the orders, 500 at most, in the order of the arguments
ARGV[1] status         produced | canceled: what the place in KEYS[5] is for
ARGV[2] beforeMs       integer, Unix milliseconds: orders that ended at this time or later stay
ARGV[3] and on         ids
Returns  {n}: how many of the orders are gone now, or were gone before
Twice    the second call finds them gone and answers the same
Bills    1 call + 8, and 1 for each canceled order; 1 call + 5 where all stay
]]
local status, beforeMs = ARGV[1], tonumber(ARGV[2])
local ids = { unpack(ARGV, 3) }
local ended = redis.call('ZMSCORE', KEYS[5], unpack(ids))
local due = redis.call('ZMSCORE', KEYS[3], unpack(ids))
local owners = redis.call('HMGET', KEYS[4], unpack(ids))

-- An id may still wait in the queue, which cannot be asked for it. But nothing there was queued
-- before the oldest of it was accepted, so an order that ended before that has left.
local oldest = redis.call('LINDEX', KEYS[2], -1)
local queuedSinceMs = oldest and tonumber(redis.call('ZSCORE', KEYS[1], oldest) or 0)

local gone, goneKeys, absent = {}, {}, 0
for i, id in ipairs(ids) do
  local endedAtMs = tonumber(ended[i])
  local hasLeft = endedAtMs and endedAtMs < beforeMs and not due[i] and not owners[i]
    and (not oldest or endedAtMs < queuedSinceMs)
  -- A canceled order whose hash was lost can have been submitted anew, a produced one cannot.
  local stored = hasLeft and status == 'canceled' and redis.pcall('HGET', KEYS[5 + i], 'status')
  if not endedAtMs then
    absent = absent + 1
  elseif hasLeft and (not stored or stored == status) then
    gone[#gone + 1] = id
    goneKeys[#goneKeys + 1] = KEYS[5 + i]
  end
end
if #gone > 0 then
  redis.call('ZREM', KEYS[1], unpack(gone))
  redis.call('ZREM', KEYS[5], unpack(gone))
  redis.call('UNLINK', unpack(goneKeys))
end
return { #gone + absent }
