--[[
submit: accept orders of one client, each once.
KEYS[1] order_clients           ZSET    client -> when a drain should look at it next
KEYS[2] order_queue:<client>    LIST    ids, the oldest at the tail
KEYS[3] order_pending:<client>  ZSET    id -> dueAtMs
KEYS[4] and on: order:<id>      STRING  the orders, 500 at most, no two the same
ARGV[1] client
ARGV[2] readyScore    integer: the score of a client whose queue is not empty
ARGV[3] pendingMax    integer: a scheduled order is refused where more would be pending
ARGV[4] mustLook      1 to have a drain look at the client in any case: an earlier submit may have
        been cut off after it had enqueued orders
ARGV[5] and on        for each order: id, dueAtMs (empty where it is ready now), record
Returns  {depth of the queue, or -1 where nothing was enqueued, {answer, ...}}; an answer is '' for
         an order that is accepted, 'full' for a scheduled one that has no room, and the beginning
         of the stored record for one that is known
Twice    the second call finds the first's records and writes nothing
Bills    1 call + 2 where all are new and ready; 1 more where the client's queue was empty, and 3 more
         where orders are scheduled. 1 call + 2 where all are known, 1 call + 4 where some are
Typical  3
]]
local client, readyScore, pendingMax = ARGV[1], ARGV[2], tonumber(ARGV[3])
local mustLook = ARGV[4] == '1'
-- Fingerprint, time, and up to five fingerprints of replaced contents.
local HEAD_BYTES = 400

local count = #KEYS - 3
local scheduled = 0
local all, records = {}, {}
for i = 1, count do
  all[i] = KEYS[3 + i]
  records[2 * i - 1], records[2 * i] = KEYS[3 + i], ARGV[3 * i + 4]
  if ARGV[3 * i + 3] ~= '' then
    scheduled = scheduled + 1
  end
end
local isFull = scheduled > 0 and redis.call('ZCARD', KEYS[3]) + scheduled > pendingMax

local answers, fresh, freshKeys = {}, {}, {}
if not isFull and redis.call('MSETNX', unpack(records)) == 1 then
  for i = 1, count do
    answers[i], fresh[i], freshKeys[i] = '', i, KEYS[3 + i]
  end
else
  local known = redis.call('MGET', unpack(all))
  local missing = {}
  for i = 1, count do
    if known[i] then
      answers[i] = string.sub(known[i], 1, HEAD_BYTES)
    elseif isFull and ARGV[3 * i + 3] ~= '' then
      answers[i] = 'full'
    else
      answers[i] = ''
      fresh[#fresh + 1], freshKeys[#freshKeys + 1] = i, KEYS[3 + i]
      missing[#missing + 1] = KEYS[3 + i]
      missing[#missing + 1] = ARGV[3 * i + 4]
    end
  end
  -- MGET does not see a key of another type; MSETNX does.
  if #missing > 0 and redis.call('MSETNX', unpack(missing)) == 0 then
    return redis.error_reply('WRONGTYPE The key of an order holds something else')
  end
end

local ready, later, laterIds, nextAtMs = {}, {}, {}, nil
for _, i in ipairs(fresh) do
  local id, dueAtMs = ARGV[3 * i + 2], ARGV[3 * i + 3]
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
  -- for upkeep. Where they stay, so do their ids, and the orders are accepted all the same.
  if type(redis.pcall('UNLINK', unpack(freshKeys))) == 'number' then
    if type(depth) == 'number' and depth > 0 then
      redis.pcall('LPOP', KEYS[2], #ready)
    end
    if #laterIds > 0 then
      redis.pcall('ZREM', KEYS[3], unpack(laterIds))
    end
  end
  return failure
end
return { depth, answers }
