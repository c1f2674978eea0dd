--[[
submit: accept one order, once.
KEYS[1] order:<id>     HASH   the order
KEYS[2] order_index    ZSET   id -> acceptedAtMs
KEYS[3] order_queue    LIST   ids, oldest at the tail
KEYS[4] order_pending  ZSET   id -> dueAtMs
ARGV[1] id
ARGV[2] acceptedAtMs   integer, Unix milliseconds
ARGV[3] dueAtMs        integer, Unix milliseconds, where the order is for later; else empty
ARGV[4] and on         field, value, ... of the hash
Returns  {1} where the order is new, {0, fingerprint, acceptedAtMs} where its id is known
Twice    the second call finds the first's order and writes nothing
Bills    1 call + 3 for a new order, 1 call + 2 for a known one
]]
local id, acceptedAtMs, dueAtMs = ARGV[1], ARGV[2], ARGV[3]

-- The guard, and the only write that may come before the checks: it is undone below.
local isNew = redis.call('ZADD', KEYS[2], 'NX', acceptedAtMs, id) == 1
if not isNew then
  local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'acceptedAtMs')
  if known[1] then
    return { 0, known[1], known[2] }
  end
  -- The index knows an order whose hash is lost: the client's repeat brings it back.
end

local written = redis.pcall('HSET', KEYS[1], unpack(ARGV, 4))
if type(written) == 'table' and written.err then
  if isNew then
    redis.call('ZREM', KEYS[2], id)
  end
  return redis.error_reply('WRONGTYPE the key of this order holds no hash')
end

local placed
if dueAtMs == '' then
  placed = redis.pcall('LPUSH', KEYS[3], id)
else
  placed = redis.pcall('ZADD', KEYS[4], dueAtMs, id)
end
if type(placed) == 'table' and placed.err then
  redis.call('DEL', KEYS[1])
  if isNew then
    redis.call('ZREM', KEYS[2], id)
  end
  return redis.error_reply('WRONGTYPE order_queue holds no list, or order_pending no sorted set')
end
return { 1 }
