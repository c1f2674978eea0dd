--[[
submit: accept orders of one client, each once, and reserve what they want of tracked SKUs.
KEYS[1] order_clients           ZSET    client -> when a drain should look at it next
KEYS[2] order_queue:<client>    LIST    ids, the oldest at the tail
KEYS[3] order_pending:<client>  ZSET    id -> dueAtMs
KEYS[4] order_bytes             HASH    client -> about how many bytes its orders take; '*' -> all orders
KEYS[5] and on: order:<id>      STRING  the orders, 500 at most; no two the same where no stock is kept
        order_stock:<sku>       STRING  for each SKU: how much there is, as stock-record.ts has it
        order_allowance:<digest>  STRING  <units>:<epoch>:<atMs>, for each customer and SKU: what they have
ARGV[1] client
ARGV[2] readyScore     integer: the score of a client whose queue is not empty
ARGV[3] nowMs          integer, Unix milliseconds
ARGV[4] pendingMax     integer: a scheduled order is refused where more would be pending
ARGV[5] queueMax       integer: one that is due within a minute is refused where more would be due by then
ARGV[6] mustLook       1 to have a drain look at the client in any case: an earlier submit may have
        been cut off after it had enqueued orders
ARGV[7] countsDue      1 to tell how many orders of the client are due
ARGV[8] owedBytes      integer: bytes of earlier orders to count with these; empty to count nothing now
ARGV[9] clientBytesMax, ARGV[10] allBytesMax  integers: orders are refused where more is counted; empty
        where that is not looked at
ARGV[11] orderBytes    integer: what an order takes beside its record
ARGV[12] skus          integer, how many there are; 0 where no stock is kept
ARGV[13] orders        integer, how many there are
ARGV[14] and on        each SKU as JSON; the record of each order; where there are SKUs, what each order wants:
        <number of the SKU>:<number of the allowance>:<units>, ...; and for each order that is scheduled its
        number, from 1 on, and dueAtMs
Returns  {depth of the queue, {number, answer, ...}, due, bytes of the client, bytes of all}, with -1 for
         what is not known; there is an answer for each order that is not accepted: the beginning of the
         stored record for one that is known, and else why there is no room: 'schedule', 'queue', 'share' or
         'database'; 'out <n>=<left> ...' or 'over <n>=<left> ...' where it wants more of these SKUs than
         there is, or than the customer may have
Twice    the second call finds the first's records and writes nothing
Bills    1 call + 2 where all are new and ready; 1 more where the client's queue was empty, and 3 more
         where orders are scheduled (4 past queueMax); 1 to count what is due, 2 to count bytes, 1 to
         look at them. 1 call + 2 where all are known, 1 call + 4 where some are. With stock 1 more where
         no SKU is tracked, 2 more where some are, and 1 call + 1 where nothing is accepted
Typical  3
]]
local client, readyScore, nowMs = ARGV[1], ARGV[2], ARGV[3]
local pendingMax, queueMax, orderBytes = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[11])
local skus, count = tonumber(ARGV[12]), tonumber(ARGV[13])
local reserve = require 'shared/reserve'
local stockText = require 'shared/stock-text'
-- Fingerprint, time, and up to five fingerprints of replaced contents.
local HEAD_BYTES = 400
local ID_BYTES = 36
local SOON_MS = 60000

-- Before the first of each.
local recordsAt = 13 + skus
local wantsAt = recordsAt + count
local laterAt = wantsAt + (skus > 0 and count or 0)
local dueAtMs, scheduled, soon, soonMs = {}, 0, 0, tonumber(nowMs) + SOON_MS
local isSoon = {}
for at = laterAt + 1, #ARGV, 2 do
  local i = tonumber(ARGV[at])
  dueAtMs[i], isSoon[i] = ARGV[at + 1], tonumber(ARGV[at + 1]) <= soonMs
  scheduled, soon = scheduled + 1, soon + (isSoon[i] and 1 or 0)
end

local due = ARGV[7] == '1' and redis.call('ZCOUNT', KEYS[3], '-inf', nowMs) or -1
local pending = scheduled > 0 and redis.call('ZCARD', KEYS[3]) + scheduled or 0
local isScheduleFull = pending > pendingMax
local isQueueFull = soon > 0 and pending > queueMax
  and redis.call('ZCOUNT', KEYS[3], '-inf', string.format('%.0f', soonMs)) + soon > queueMax
local clientBytes, allBytes, noRoom = -1, -1, nil
if ARGV[9] ~= '' then
  local counted = redis.call('HMGET', KEYS[4], client, '*')
  clientBytes, allBytes = tonumber(counted[1] or 0), tonumber(counted[2] or 0)
  noRoom = allBytes > tonumber(ARGV[10]) and 'database' or clientBytes > tonumber(ARGV[9]) and 'share'
end
local function refusalOf(i)
  return noRoom or dueAtMs[i] and isScheduleFull and 'schedule' or isSoon[i] and isQueueFull and 'queue' or ''
end

local records, answers, fresh, freshKeys, before = {}, {}, {}, {}, {}
for i = 1, count do
  records[2 * i - 1], records[2 * i] = KEYS[4 + i], ARGV[recordsAt + i]
end
local mayAcceptAll = skus == 0 and not (noRoom or isScheduleFull or isQueueFull)
if mayAcceptAll and redis.call('MSETNX', unpack(records)) == 1 then
  for i = 1, count do
    fresh[i], freshKeys[i] = i, KEYS[4 + i]
  end
else
  local stored = redis.call('MGET', unpack(KEYS, 5))
  local stocks, allowances, names = {}, {}, { unpack(ARGV, 14, recordsAt) }
  for i = count + 1, #stored do
    local isStock = i <= count + skus
    local list, n = isStock and stocks or allowances, isStock and i - count or i - count - skus
    list[n] = stored[i]
  end
  local missing, known = {}, {}
  for i = 1, count do
    local key, wants = KEYS[4 + i], skus > 0 and ARGV[wantsAt + i] or ''
    local record, reserved = stored[i] or known[key], ''
    local answer = record and string.sub(record, 1, HEAD_BYTES) or refusalOf(i)
    if answer == '' then
      answer, reserved = reserve(wants, stocks, allowances, names, nowMs)
    end
    if answer == '' then
      record = ARGV[recordsAt + i]
      if reserved ~= '' then
        record = string.sub(record, 1, -2) .. reserved .. '}'
      end
      known[key] = record
      fresh[#fresh + 1], freshKeys[#freshKeys + 1] = i, key
      missing[#missing + 1], missing[#missing + 2] = key, record
    else
      answers[#answers + 1], answers[#answers + 2] = i, answer
    end
  end
  for i = count + 1, #stored do
    local isStock = i <= count + skus
    local text = isStock and stockText(stocks[i - count]) or not isStock and allowances[i - count - skus]
    if text ~= stored[i] then
      before[KEYS[4 + i]] = stored[i] or ''
      missing[#missing + 1], missing[#missing + 2] = KEYS[4 + i], text
    end
  end
  -- MGET does not see a key of another type; EXISTS and MSETNX do. Orders and what they reserve are
  -- written by one command: there is never one without the other.
  local isFree = true
  if next(before) then
    isFree = redis.call('EXISTS', unpack(freshKeys)) == 0
    if isFree then
      redis.call('MSET', unpack(missing))
    end
  elseif #missing > 0 then
    isFree = redis.call('MSETNX', unpack(missing)) == 1
  end
  if not isFree then
    return redis.error_reply('WRONGTYPE The key of an order holds something else')
  end
end

local ready, later, laterIds, nextAtMs = {}, {}, {}, nil
local bytes = tonumber(ARGV[8])
for at, i in ipairs(fresh) do
  local id, dueAt = string.sub(freshKeys[at], -ID_BYTES), dueAtMs[i]
  bytes = bytes and bytes + #ARGV[recordsAt + i] + orderBytes
  if dueAt then
    later[#later + 1], later[#later + 2] = dueAt, id
    laterIds[#laterIds + 1] = id
    if not nextAtMs or tonumber(dueAt) < tonumber(nextAtMs) then
      nextAtMs = dueAt
    end
  else
    ready[#ready + 1] = id
  end
end

local depth, failure = -1, nil
local function try(...)
  local answer = not failure and redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    failure = answer
  end
  return answer
end
if #ready > 0 then
  depth = try('LPUSH', KEYS[2], unpack(ready))
end
if #later > 0 then
  try('ZADD', KEYS[3], unpack(later))
end
if ARGV[6] == '1' or depth == #ready then
  nextAtMs = readyScore
end
if nextAtMs then
  try('ZADD', KEYS[1], 'LT', nextAtMs, client)
end
if failure then
  -- Records first: the drain drops an id without a record, and a record without a place would wait
  -- for upkeep. Where they stay, so do their ids, and the orders are accepted all the same. Units
  -- that are not given back after that are found by upkeep; given back first, they might be sold twice.
  local back = {}
  for key, text in pairs(before) do
    if text == '' then
      freshKeys[#freshKeys + 1] = key
    else
      back[#back + 1], back[#back + 2] = key, text
    end
  end
  if type(redis.pcall('UNLINK', unpack(freshKeys))) == 'number' then
    if type(depth) == 'number' and depth > 0 then
      redis.pcall('LPOP', KEYS[2], #ready)
    end
    if #laterIds > 0 then
      redis.pcall('ZREM', KEYS[3], unpack(laterIds))
    end
    if #back > 0 then
      redis.pcall('MSET', unpack(back))
    end
  end
  return failure
end
if bytes and #fresh > 0 then
  -- The orders are accepted by now, counted or not: what is lost here is found by the daily upkeep.
  local function countFor(name)
    local total = redis.pcall('HINCRBY', KEYS[4], name, string.format('%.0f', bytes))
    return type(total) == 'number' and total or -1
  end
  clientBytes, allBytes = countFor(client), countFor('*')
end
return { depth, answers, due, clientBytes, allBytes }
