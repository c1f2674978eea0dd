--[[
claim: lease orders of several clients to one drainer, in turn.
KEYS[1] order_clients  ZSET    client -> when a drain should look at it next
KEYS[2] order_owners   HASH    id -> <token>:<claims>:<holder>
KEYS[3] order_fence    STRING  the last fencing token
KEYS[4] and on, for each client:
        order_queue:<client>    LIST  ids, the oldest at the tail
        order_pending:<client>  ZSET  id -> dueAtMs, or its rank where it was given back
ARGV[1] ordersMax   integer, 1 to 500
ARGV[2] nowMs       integer, Unix milliseconds
ARGV[3] leaseEndMs  integer, Unix milliseconds
ARGV[4] holder      text that no other drain has
ARGV[5] pendingMax  integer: nothing is taken from the queue of a client of whom more are pending
ARGV[6] clientsMax  integer: how many clients that are ready to return
ARGV[7] readyScore  integer: the score of a client of whom more is ready; ranks are below it
ARGV[8] queueScore  integer: who has a greater one has no queue
ARGV[9] and on      the clients, those served longest ago first
Returns  {token, {id, number of its client, claims since its last settlement, ...},
         {client that is ready, ...}, {id, leaseEndMs, owner, ...}, taken from queues}; a client may be told
         twice; token is 0 where nothing was leased; the last list tells who had the orders whose last
         claim was never settled
Twice    leases other orders under another token; the first ones come back when their lease ends
Bills    for one client 1 call + 4 where nothing is ready, + 8 where queued orders are leased; 1 more
         where due ones are, where more are pending than it looks at, and where clientsMax are ready.
         Each further client 3 or 4
]]
local ordersMax, nowMs, leaseEndMs, holder = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local pendingMax, clientsMax, readyScore = tonumber(ARGV[5]), ARGV[6], ARGV[7]
local count = #ARGV - 8
local BEHIND_MAX = 10

local clients, dueIds, dueAtMs = {}, {}, {}
local window = math.min(ordersMax, math.ceil(2 * ordersMax / count))
for i = 1, count do
  local client = { queue = KEYS[2 + 2 * i], pending = KEYS[3 + 2 * i], due = {}, back = 0 }
  local entries = redis.call('ZRANGE', client.pending, 0, window, 'WITHSCORES')
  client.pendingCount = #entries / 2
  for at = 1, #entries, 2 do
    if tonumber(entries[at + 1]) > tonumber(nowMs) then
      client.nextAtMs = entries[at + 1]
      break
    end
    client.due[#client.due + 1] = entries[at]
    if tonumber(entries[at + 1]) < tonumber(readyScore) then
      client.back = #client.due
    end
    dueIds[#dueIds + 1] = entries[at]
    dueAtMs[entries[at]] = entries[at + 1]
  end
  clients[i] = client
end

-- A due order that still has an owner was leased, and its lease ended without a settlement.
local claims, lastOwner = {}, {}
if #dueIds > 0 then
  for i, owner in ipairs(redis.call('HMGET', KEYS[2], unpack(dueIds))) do
    claims[dueIds[i]] = owner and tonumber(string.match(owner, '^%d+:(%d+):')) or 0
    lastOwner[dueIds[i]] = owner
  end
end

local orders, unanswered, leased = {}, {}, 0
for i, client in ipairs(clients) do
  -- What one client does not need of its share is left for those after it.
  local share = math.ceil((ordersMax - leased) / (count - i + 1))
  if client.pendingCount > window then
    client.pendingCount = redis.call('ZCARD', client.pending)
  end
  local queued = {}
  if client.pendingCount < pendingMax then
    queued = redis.call('LRANGE', client.queue, -share - 1, -1)
  end
  -- What was given back comes first; other due orders get at most half of the share while others wait.
  local due = math.max(client.back, share - #queued, math.ceil(share / 2))
  due = math.min(#client.due, share, due)
  client.popped = math.min(#queued, share - due)
  -- Where all that was looked at is due, there may be more.
  local isAllDue = #client.due > 0 and not client.nextAtMs and client.pendingCount > #client.due
  client.isReady = #queued > client.popped or #client.due > due or isAllDue
  client.isServed = client.popped + due > 0
  client.leases = {}
  local seen = {}
  local function take(id, claim)
    if not seen[id] then
      seen[id] = true
      local at, size = 3 * leased, #client.leases
      orders[at + 1], orders[at + 2], orders[at + 3] = id, i, claim
      client.leases[size + 1], client.leases[size + 2] = leaseEndMs, id
      leased = leased + 1
      if claim > 1 then
        size = #unanswered
        unanswered[size + 1], unanswered[size + 2] = id, dueAtMs[id]
        unanswered[size + 3] = lastOwner[id]
      end
    end
  end
  for n = 1, due do
    take(client.due[n], claims[client.due[n]] + 1)
  end
  for n = #queued, #queued - client.popped + 1, -1 do
    take(queued[n], 1)
  end
end

local token = 0
if leased > 0 then
  token = redis.call('INCRBY', KEYS[3], leased)
  local owners = {}
  for i = 1, leased do
    owners[2 * i - 1] = orders[3 * i - 2]
    owners[2 * i] = string.format('%.0f:%d:%s', token, orders[3 * i], holder)
  end
  redis.call('HSET', KEYS[2], unpack(owners))
end
-- Leased first and taken out then: what fails between the two is claimed again, not lost.
local looks, popped = {}, 0
for i, client in ipairs(clients) do
  if #client.leases > 0 then
    redis.call('ZADD', client.pending, unpack(client.leases))
  end
  if client.popped > 0 then
    redis.call('RPOP', client.queue, client.popped)
    popped = popped + client.popped
  end
  local nextAtMs = client.nextAtMs
  if #client.leases > 0 and (not nextAtMs or tonumber(leaseEndMs) < tonumber(nextAtMs)) then
    nextAtMs = leaseEndMs
  end
  -- A client that is ready and got nothing keeps its turn.
  if client.isServed or not client.isReady then
    looks[#looks + 1] = client.isReady and readyScore or nextAtMs or '+inf'
    looks[#looks + 1] = ARGV[8 + i]
  end
end
redis.call('ZADD', KEYS[1], unpack(looks))
local ready = redis.call('ZRANGE', KEYS[1], '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, clientsMax)
if #ready < tonumber(clientsMax) then
  return { token, orders, ready, unanswered, popped }
end
-- Clients without a queue come behind all others. Where those are many, some come first all the same.
local behind = redis.call('ZRANGE', KEYS[1], '(' .. ARGV[8], nowMs, 'BYSCORE', 'LIMIT', 0, BEHIND_MAX)
for _, name in ipairs(ready) do
  behind[#behind + 1] = name
end
return { token, orders, behind, unanswered, popped }
