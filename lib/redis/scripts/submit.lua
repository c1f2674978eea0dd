--[[
submit: accept orders, each once.
KEYS[1] order_index    ZSET   id -> acceptedAtMs
KEYS[2] order_queue    LIST   ids, oldest at the tail
KEYS[3] order_pending  ZSET   id -> dueAtMs
KEYS[4] and on         HASH   the orders, 500 at most, in the order of the arguments, no two the same
ARGV[1] acceptedAtMs   integer, Unix milliseconds
ARGV[2] and on         for each order: id, dueAtMs, n, then n times field, value
        dueAtMs        integer, Unix milliseconds, where the order is for later; else empty
        n              integer, fields of its hash
Returns  for each order {1} where it is new, {0, fingerprint, acceptedAtMs} where its id is known,
         {2} where its key holds no hash: then nothing of it was written
Twice    the second call finds the first's orders and writes nothing
Bills    1 call + 2 + 1 for each order where all are new; 1 call + 1 + 1 for each known order;
         2 for each new order among known ones, 1 where orders are for later
]]
local acceptedAtMs = ARGV[1]

local orders, scored, at = {}, {}, 2
while at <= #ARGV do
  local fieldsEnd = at + 2 + 2 * tonumber(ARGV[at + 2])
  local order = { id = ARGV[at], key = KEYS[4 + #orders], dueAtMs = ARGV[at + 1] }
  order.from, order.to = at + 3, fieldsEnd
  orders[#orders + 1] = order
  scored[#scored + 1] = acceptedAtMs
  scored[#scored + 1] = order.id
  at = fieldsEnd + 1
end

-- The guard, and the only write that comes before the checks: it is undone below.
local areAllNew = redis.call('ZADD', KEYS[1], 'NX', unpack(scored)) == #orders

local function takeBack(order)
  -- Among known orders, the score tells those that this call has put into the index.
  if areAllNew or redis.call('ZSCORE', KEYS[1], order.id) == acceptedAtMs then
    redis.call('ZREM', KEYS[1], order.id)
  end
end

local answers, written, ready, later = {}, {}, {}, {}
for i, order in ipairs(orders) do
  local known = areAllNew and {}
    or redis.pcall('HMGET', order.key, 'fingerprint', 'acceptedAtMs')
  if known[1] then
    answers[i] = { 0, known[1], known[2] }
  else
    -- New, or known to the index with its hash lost: the client's repeat brings it back.
    local set = known.err and known
      or redis.pcall('HSET', order.key, unpack(ARGV, order.from, order.to))
    if type(set) == 'table' and set.err then
      takeBack(order)
      answers[i] = { 2 }
    else
      answers[i] = { 1 }
      written[#written + 1] = order
      if order.dueAtMs == '' then
        ready[#ready + 1] = order.id
      else
        later[#later + 1] = order.dueAtMs
        later[#later + 1] = order.id
      end
    end
  end
end

local function place(command, key, entries)
  local placed = #entries > 0 and redis.pcall(command, key, unpack(entries))
  return not (type(placed) == 'table' and placed.err)
end

local arePlaced = place('LPUSH', KEYS[2], ready)
if arePlaced and not place('ZADD', KEYS[3], later) then
  arePlaced = false
  if #ready > 0 then
    redis.call('LPOP', KEYS[2], #ready)
  end
end
if not arePlaced then
  for _, order in ipairs(written) do
    redis.call('DEL', order.key)
    takeBack(order)
  end
  return redis.error_reply('WRONGTYPE order_queue holds no list, or order_pending no sorted set')
end
return answers
