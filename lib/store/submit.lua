--[[
submit: accept orders of one client, each once, and reserve what they want of tracked SKUs.
KEYS[1] order_clients           ZSET    client -> when a drain should look at it next
KEYS[2] order_queue:<client>    LIST    ids, the oldest at the tail
KEYS[3] order_pending:<client>  ZSET    id -> dueAtMs
KEYS[4] and on: order:<id>      STRING  the orders, 500 at most; no two the same where no stock is kept
        order_stock:<sku>       STRING  for each SKU: how much there is, as stock-record.ts has it
        order_share:<digest>    STRING  <units>:<epoch>:<atMs>, for each customer and SKU: what they have
ARGV[1] client
ARGV[2] readyScore    integer: the score of a client whose queue is not empty
ARGV[3] pendingMax    integer: a scheduled order is refused where more would be pending
ARGV[4] mustLook      1 to have a drain look at the client in any case: an earlier submit may have
        been cut off after it had enqueued orders
ARGV[5] nowMs         integer, Unix milliseconds
ARGV[6] skus          integer, how many there are; 0 where no stock is kept
ARGV[7] and on        each SKU as JSON; then for each order: id, dueAtMs (empty where it is ready now),
        record, and what it wants: <number of the SKU>:<number of the share>:<units>, ...
Returns  {depth of the queue, or -1 where nothing was enqueued, {answer, ...}}; an answer is '' for
         an order that is accepted, 'full' for a scheduled one that has no room, 'out <n>=<left> ...' and
         'over <n>=<left> ...' for one that wants more of these SKUs than there is or than the customer
         may have, and the beginning of the stored record for one that is known
Twice    the second call finds the first's records and writes nothing
Bills    1 call + 2 where all are new and ready; 1 more where the client's queue was empty, and 3 more
         where orders are scheduled. 1 call + 2 where all are known, 1 call + 4 where some are.
         With stock 1 call + 3 where no SKU is tracked, + 4 where some are, + 1 where nothing is accepted
]]
local client, readyScore, pendingMax, nowMs = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[5]
local mustLook, skus = ARGV[4] == '1', tonumber(ARGV[6])
local reserve = require 'shared/reserve'
-- Fingerprint, time, and up to five fingerprints of replaced contents.
local HEAD_BYTES = 400

local base = 6 + skus
local names = { unpack(ARGV, 7, base) }
local count = (#ARGV - base) / 4
local scheduled = 0
local orders, all, records = {}, {}, {}
for i = 1, count do
  local at = base + 4 * i
  orders[i] = { key = KEYS[3 + i], id = ARGV[at - 3], dueAtMs = ARGV[at - 2], record = ARGV[at - 1],
    wants = ARGV[at] }
  all[i] = KEYS[3 + i]
  records[2 * i - 1], records[2 * i] = KEYS[3 + i], ARGV[at - 1]
  if orders[i].dueAtMs ~= '' then
    scheduled = scheduled + 1
  end
end
local isFull = scheduled > 0 and redis.call('ZCARD', KEYS[3]) + scheduled > pendingMax

local answers, fresh, freshKeys, before = {}, {}, {}, {}
if skus == 0 and not isFull and redis.call('MSETNX', unpack(records)) == 1 then
  for i = 1, count do
    answers[i], fresh[i], freshKeys[i] = '', orders[i], KEYS[3 + i]
  end
else
  local stored = redis.call('MGET', unpack(skus == 0 and all or KEYS, skus == 0 and 1 or 4))
  local stocks, shares = {}, {}
  for i = count + 1, #stored do
    local isStock = i <= count + skus
    local list, n = isStock and stocks or shares, isStock and i - count or i - count - skus
    list[n] = stored[i]
  end
  local missing, known = {}, {}
  for i, order in ipairs(orders) do
    local record = stored[i] or known[order.key]
    if record then
      answers[i] = string.sub(record, 1, HEAD_BYTES)
    elseif isFull and order.dueAtMs ~= '' then
      answers[i] = 'full'
    else
      local refusal, reserved = reserve(order.wants, stocks, shares, names, nowMs)
      answers[i] = refusal or ''
      if not refusal then
        record = order.record
        if reserved ~= '' then
          record = string.sub(record, 1, -2) .. reserved .. '}'
        end
        known[order.key] = record
        fresh[#fresh + 1], freshKeys[#freshKeys + 1] = order, order.key
        missing[#missing + 1], missing[#missing + 2] = order.key, record
      end
    end
  end
  -- MGET does not see a key of another type; EXISTS and MSETNX do. Orders and what they reserve are
  -- written by one command: there is never one without the other.
  local isFree = true
  for i = count + 1, #stored do
    local isStock = i <= count + skus
    local text = isStock and stocks[i - count] or not isStock and shares[i - count - skus]
    if text ~= stored[i] then
      before[KEYS[3 + i]] = stored[i] or ''
      missing[#missing + 1], missing[#missing + 2] = KEYS[3 + i], text
    end
  end
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
for _, order in ipairs(fresh) do
  local id, dueAtMs = order.id, order.dueAtMs
  if dueAtMs == '' then
    ready[#ready + 1] = id
  else
    later[#later + 1], later[#later + 2] = dueAtMs, id
    laterIds[#laterIds + 1] = id
    if not nextAtMs or tonumber(dueAtMs) < tonumber(nextAtMs) then
      nextAtMs = dueAtMs
    end
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
if mustLook or depth == #ready then
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
return { depth, answers }
