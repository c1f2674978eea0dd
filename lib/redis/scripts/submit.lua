--[[
submit: accept orders, each once.
KEYS[1] order_index    ZSET   id -> acceptedAtMs
KEYS[2] order_queue    LIST   ids, oldest at the tail
KEYS[3] order_pending  ZSET   id -> dueAtMs
KEYS[4] order_finished ZSET   id -> finishedAtMs
KEYS[5] order_dead     ZSET   id -> deadAtMs
KEYS[6] order_canceled ZSET   id -> canceledAtMs
KEYS[7] and on         HASH   the orders, 500 at most, in the order of the arguments, no two the same
ARGV[1] acceptedAtMs   integer, Unix milliseconds
ARGV[2] and on         for each order: id, dueAtMs, n, then n times field, value
        dueAtMs        integer, Unix milliseconds, where the order is for later; else empty
        n              integer, fields of its hash
Returns  {length of the queue or -1 where nothing was enqueued, {answer, ...}}, an answer for each
         order: {1} where it is new, {0, fingerprint, acceptedAtMs} where its id is known,
         {2, error} where its hash cannot be written, or was lost after the order had ended: then
         nothing of it was written
Twice    the second call finds the first's orders and writes nothing
Bills    1 call + 2 + 1 for each order where all are new; 1 call + 1 + 1 for each known order;
         3 for each new order among known ones, 1 where orders are for later
]]
local acceptedAtMs = ARGV[1]

local orders, scored, at = {}, {}, 2
while at <= #ARGV do
  local fieldsEnd = at + 2 + 2 * tonumber(ARGV[at + 2])
  local order = { id = ARGV[at], key = KEYS[7 + #orders], dueAtMs = ARGV[at + 1] }
  order.from, order.to = at + 3, fieldsEnd
  orders[#orders + 1] = order
  scored[#scored + 1] = acceptedAtMs
  scored[#scored + 1] = order.id
  at = fieldsEnd + 1
end

-- The guard, and the only write that comes before the checks: it is undone below.
local areAllNew = redis.call('ZADD', KEYS[1], 'NX', unpack(scored)) == #orders

-- Among known orders, the score tells those that this call has put into the index.
local function isNew(order)
  return areAllNew or redis.call('ZSCORE', KEYS[1], order.id) == acceptedAtMs
end

local function takeBack(order)
  if isNew(order) then
    redis.call('ZREM', KEYS[1], order.id)
  end
end

-- The hash of a known order is lost: the client's repeat brings it back, unless it had ended.
local function hasEnded(order)
  return redis.call('ZSCORE', KEYS[4], order.id) or redis.call('ZSCORE', KEYS[5], order.id)
    or redis.call('ZSCORE', KEYS[6], order.id)
end

local answers, written, ready, later = {}, {}, {}, {}
for i, order in ipairs(orders) do
  local known = areAllNew and {}
    or redis.pcall('HMGET', order.key, 'fingerprint', 'acceptedAtMs')
  local failure = known.err
  if known[1] then
    answers[i] = { 0, known[1], known[2] }
  elseif not failure and not isNew(order) and hasEnded(order) then
    answers[i] = { 2, 'the hash is lost of an order that has ended' }
  else
    if not failure then
      local set = redis.pcall('HSET', order.key, unpack(ARGV, order.from, order.to))
      failure = type(set) == 'table' and set.err
    end
    if failure then
      takeBack(order)
      answers[i] = { 2, failure }
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
  return #entries > 0 and redis.pcall(command, key, unpack(entries)) or -1
end

local queued = place('LPUSH', KEYS[2], ready)
local failure = type(queued) == 'table' and queued
if not failure then
  local scheduled = place('ZADD', KEYS[3], later)
  failure = type(scheduled) == 'table' and scheduled
  if failure and #ready > 0 then
    redis.call('LPOP', KEYS[2], #ready)
  end
end
if failure then
  for _, order in ipairs(written) do
    redis.call('DEL', order.key)
    takeBack(order)
  end
  return failure
end
return { queued, answers }
