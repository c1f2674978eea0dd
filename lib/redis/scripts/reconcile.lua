--[[
reconcile: compare orders with the places that hold their ids, and repair what disagrees.
KEYS[1] order_index     ZSET  id -> acceptedAtMs
KEYS[2] order_pending   ZSET  id -> dueAtMs
KEYS[3] order_owners    HASH  id -> <fencing token>:<attempt>:<holder>
KEYS[4] order_dead      ZSET  id -> deadAtMs
KEYS[5] order_finished  ZSET  id -> finishedAtMs
KEYS[6] order_canceled  ZSET  id -> canceledAtMs
KEYS[7] and on          HASH  the orders, 500 at most, in the order of the arguments
ARGV[1] isRepair        1 to repair what can be, 0 to tell only
ARGV[2] nowMs           integer, Unix milliseconds
ARGV[3] leaseEndMs      integer, Unix milliseconds: where a lease has no end, this is it
ARGV[4] version         integer, the newest version of a hash that is known here
ARGV[5] isThorough      1 to read every order, 0 to see of those that have simply ended, in one
                        place alone, only that their hash is there
ARGV[6] and on          for each order: id, sought
        sought          empty; or 'queued' where its id has just been seen in the queue; or the
                        mark with which it waited, where the queue was then searched in vain
Returns  {at, kind, detail} for each thing to tell; at is the order's place in the arguments
         waits      neither queue nor lease was seen here: detail is the mark to seek it with
         unknown    a version or a status that is not known here: it is left alone
         lost       its hash is gone: detail is acceptedAtMs or empty
         broken     its hash is none, or lacks what every order has
         unindexed  not in the index; repaired
         unplaced   it has ended, and the place of its end does not have it; repaired
         surplus    in a place that its status rules out; repaired
         endless    leased without an end, and so for ever; repaired
         stranded   queued or scheduled, and nothing will ever claim it; repaired
Twice    the second call finds what the first left: what that repaired is told no more
Bills    1 call + 7, and 1 for each order that is read; 3 at most for a repair
]]
local isRepair, nowMs, leaseEndMs = ARGV[1] == '1', ARGV[2], ARGV[3]
local version, isThorough = tonumber(ARGV[4]), ARGV[5] == '1'

local orders, ids = {}, {}
for i = 1, (#ARGV - 5) / 2 do
  orders[i] = { id = ARGV[4 + 2 * i], sought = ARGV[5 + 2 * i], key = KEYS[6 + i] }
  ids[i] = orders[i].id
end
local accepted = redis.call('ZMSCORE', KEYS[1], unpack(ids))
local due = redis.call('ZMSCORE', KEYS[2], unpack(ids))
local owners = redis.call('HMGET', KEYS[3], unpack(ids))
local ends = { dead = KEYS[4], produced = KEYS[5], canceled = KEYS[6] }
local ended = {}
for status, key in pairs(ends) do
  ended[status] = redis.call('ZMSCORE', key, unpack(ids))
end

-- Produced or canceled, and nowhere else. No loss of an entry leaves a live order like that.
local function hasSimplyEnded(i)
  local isOne = (ended.produced[i] and 1 or 0) + (ended.canceled[i] and 1 or 0) == 1
  return isOne and accepted[i] and not due[i] and not owners[i] and not ended.dead[i]
end

local simple, toRead = {}, {}
for i, order in ipairs(orders) do
  if not isThorough and order.sought ~= 'queued' and hasSimplyEnded(i) then
    simple[#simple + 1] = i
  else
    toRead[#toRead + 1] = i
  end
end
local simpleKeys = {}
for n, i in ipairs(simple) do
  simpleKeys[n] = orders[i].key
end
if #simple > 0 and redis.call('EXISTS', unpack(simpleKeys)) < #simple then
  for _, i in ipairs(simple) do
    toRead[#toRead + 1] = i
  end
end

local told = {}
local function tell(i, kind, detail)
  told[#told + 1] = { i, kind, detail or '' }
end

local function repair(...)
  if isRepair then
    redis.call(...)
  end
end

local function isAnywhere(i)
  return accepted[i] or due[i] or owners[i] or ended.dead[i] or ended.produced[i]
    or ended.canceled[i] or orders[i].sought == 'queued'
end

local function takeOut(i, status)
  local isSurplus = false
  for other, key in pairs(ends) do
    if other ~= status and ended[other][i] then
      isSurplus = true
      repair('ZREM', key, orders[i].id)
    end
  end
  return isSurplus
end

local function judgeEnded(i, status, endedAtMs)
  local id = orders[i].id
  if not ended[status][i] then
    tell(i, 'unplaced')
    repair('ZADD', ends[status], 'NX', endedAtMs, id)
  end
  local isSurplus = takeOut(i, status)
  -- The id of one that was canceled stays in the pending until it surfaces there.
  if due[i] and status ~= 'canceled' then
    isSurplus = true
    repair('ZREM', KEYS[2], id)
  end
  if owners[i] then
    isSurplus = true
    repair('HDEL', KEYS[3], id)
  end
  if isSurplus then
    tell(i, 'surplus')
  end
end

local function judgeLive(i, status, mark, produceAtMs)
  local id, sought = orders[i].id, orders[i].sought
  if takeOut(i, status) then
    tell(i, 'surplus')
  end
  if due[i] or sought == 'queued' then
    return
  end
  if owners[i] then
    tell(i, 'endless')
    repair('ZADD', KEYS[2], 'NX', leaseEndMs, id)
  elseif sought == mark then
    tell(i, 'stranded')
    repair('ZADD', KEYS[2], 'NX', status == 'scheduled' and produceAtMs or nowMs, id)
  else
    tell(i, 'waits', mark)
  end
end

for _, i in ipairs(toRead) do
  local order = orders[i]
  local values = redis.pcall('HMGET', order.key, 'v', 'status', 'acceptedAtMs', 'updatedAtMs',
    'attempts', 'produceAtMs')
  if values.err and not string.find(values.err, 'WRONGTYPE') then
    return values
  end
  local v, status, acceptedAtMs, updatedAtMs = values[1], values[2], values[3], values[4]
  if values.err then
    tell(i, 'broken')
  elseif not v and not status and not acceptedAtMs then
    if isAnywhere(i) then
      tell(i, 'lost', accepted[i])
    end
  elseif not tonumber(v) or not status or not tonumber(acceptedAtMs)
    or not tonumber(updatedAtMs) then
    tell(i, 'broken')
  elseif tonumber(v) > version
    or not (ends[status] or status == 'queued' or status == 'scheduled') then
    tell(i, 'unknown')
  else
    if not accepted[i] then
      tell(i, 'unindexed')
      repair('ZADD', KEYS[1], 'NX', acceptedAtMs, order.id)
    end
    if ends[status] then
      judgeEnded(i, status, updatedAtMs)
    else
      local mark = table.concat({ status, values[5] or '', updatedAtMs }, ':')
      judgeLive(i, status, mark, values[6])
    end
  end
end
return told
