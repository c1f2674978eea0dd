--[[
claim: lease orders to one drainer, the due ones and the queued ones in turn. An order whose last
lease ended without an answer is leased alone: if it kills its drainer, it takes no other with it.
KEYS[1] order_queue    LIST    ids, oldest at the tail
KEYS[2] order_pending  ZSET    id -> dueAtMs
KEYS[3] order_owners   HASH    id -> <fencing token>:<attempt>:<holder>
KEYS[4] order_fence    STRING  the last fencing token
KEYS[5] order_dead     ZSET    id -> deadAtMs
KEYS[6] order_events   LIST    <id>:<kind>:<atMs>, the oldest at the tail
ARGV[1] ordersMax      integer, 1 to 500
ARGV[2] bytesMax       integer, bytes of returned values after which no further order is taken
ARGV[3] nowMs          integer, Unix milliseconds
ARGV[4] leaseEndMs     integer, Unix milliseconds
ARGV[5] attemptsMax    integer, claims after which an unanswered order is dead
ARGV[6] orderPrefix    what precedes an id in the key of its hash: ids are learnt only here
ARGV[7] deadReason     text, kept on an order that dies here
ARGV[8] holder         text, who makes the claim
ARGV[9] isAnnounced    1 where what has become of an order is to be announced, else 0
ARGV[10] and on        fields of the hash to return, the first two of them status and attempts
Returns  {token, {{id, attempt, {value, ...}}, ...}, {dead id, ...}, {broken id, ...}, more}
         token is 0 where nothing was leased; more is 1 where ready orders were left
Twice    leases other orders under another token; the first ones come back when their lease ends
Bills    1 call + 1 for each order + 7; 1 call + 2 where nothing is ready; and 2 where orders were
         dropped, 1 where any is dead (3 where that is announced) and 2 at most for each of those,
         1 for an id that is queued although it is leased
]]
local ordersMax, bytesMax = tonumber(ARGV[1]), tonumber(ARGV[2])
local nowMs, leaseEndMs, attemptsMax = ARGV[3], ARGV[4], tonumber(ARGV[5])
local orderPrefix, deadReason, holder = ARGV[6], ARGV[7], ARGV[8]
local isAnnounced = ARGV[9] == '1'

local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', nowMs, 'LIMIT', 0, ordersMax + 1)
local queued = redis.call('LRANGE', KEYS[1], -ordersMax - 1, -1)
if #due == 0 and #queued == 0 then
  return { 0, {}, {}, {}, 0 }
end

-- One due, one queued, and so on: neither can starve the other.
local candidates = {}
local dueAt, queuedAt = 1, #queued
while #candidates < ordersMax and (dueAt <= #due or queuedAt >= 1) do
  if dueAt <= #due then
    candidates[#candidates + 1] = { id = due[dueAt], fromQueue = false }
    dueAt = dueAt + 1
  end
  if queuedAt >= 1 and #candidates < ordersMax then
    candidates[#candidates + 1] = { id = queued[queuedAt], fromQueue = true }
    queuedAt = queuedAt - 1
  end
end
local ids = {}
for i, candidate in ipairs(candidates) do
  ids[i] = candidate.id
end
local owners = redis.call('HMGET', KEYS[3], unpack(ids))

local orders, dead, broken, dropped = {}, {}, {}, {}
local seen, bytes, popped, taken = {}, 0, 0, 0
local isAlone = false
for i, candidate in ipairs(candidates) do
  local id, owner = candidate.id, owners[i]
  -- A second entry of a leased order: its lease is in order_pending and brings it back.
  local isLeased = candidate.fromQueue and owner and redis.call('ZSCORE', KEYS[2], id)
  local isNext = not seen[id] and not isLeased
  if isAlone or bytes >= bytesMax or (isNext and owner and #orders > 0) then
    break
  end
  taken = taken + 1
  if candidate.fromQueue then
    popped = popped + 1
  end
  if isNext then
    seen[id] = true
    local values = redis.pcall('HMGET', orderPrefix .. id, unpack(ARGV, 10))
    if values.err and not string.find(values.err, 'WRONGTYPE') then
      return values
    end
    local status = not values.err and values[1]
    local attempts = owner and tonumber(string.match(owner, '^%d+:(%d+)'))
      or tonumber(status and values[2]) or 0
    if not status then
      broken[#broken + 1] = id
      dropped[#dropped + 1] = id
    elseif status ~= 'queued' and status ~= 'scheduled' then
      dropped[#dropped + 1] = id
    elseif attempts >= attemptsMax then
      dead[#dead + 1] = { id = id, attempts = attempts, isUnanswered = owner }
      dropped[#dropped + 1] = id
    else
      for _, value in ipairs(values) do
        bytes = bytes + (value and #value or 0)
      end
      orders[#orders + 1] = { id, attempts + 1, values }
      isAlone = owner and true or false
    end
  end
end

if isAnnounced and #dead > 0 then
  -- Fails where it is no list, before anything is written.
  redis.call('LLEN', KEYS[6])
end
-- All that is read is read. INCR and the dead letters come first: their keys were not checked.
local token = 0
if #orders > 0 then
  token = redis.call('INCR', KEYS[4])
end
local deadIds = {}
if #dead > 0 then
  local scored = {}
  for i, order in ipairs(dead) do
    scored[2 * i - 1], scored[2 * i] = nowMs, order.id
    deadIds[i] = order.id
  end
  redis.call('ZADD', KEYS[5], unpack(scored))
  for _, order in ipairs(dead) do
    local key = orderPrefix .. order.id
    redis.call('HSET', key, 'status', 'dead', 'attempts', order.attempts, 'updatedAtMs', nowMs)
    if order.isUnanswered then
      redis.call('HSET', key, 'lastErrorReason', deadReason, 'lastErrorAtMs', nowMs)
    end
  end
  if isAnnounced then
    local events = {}
    for i, id in ipairs(deadIds) do
      events[i] = id .. ':dead:' .. nowMs
    end
    redis.call('LPUSH', KEYS[6], unpack(events))
  end
end
if #dropped > 0 then
  redis.call('ZREM', KEYS[2], unpack(dropped))
  redis.call('HDEL', KEYS[3], unpack(dropped))
end
if #orders > 0 then
  local leases, holders = {}, {}
  for i, order in ipairs(orders) do
    leases[2 * i - 1], leases[2 * i] = leaseEndMs, order[1]
    holders[2 * i - 1] = order[1]
    holders[2 * i] = string.format('%.0f:%d:%s', token, order[2], holder)
  end
  redis.call('ZADD', KEYS[2], unpack(leases))
  redis.call('HSET', KEYS[3], unpack(holders))
end
if popped > 0 then
  redis.call('RPOP', KEYS[1], popped)
end
local more = (#due + #queued > taken) and 1 or 0
return { token, orders, deadIds, broken, more }
