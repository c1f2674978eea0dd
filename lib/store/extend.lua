--[[
extend: move the end of the lease of orders that are still held, and never back.
KEYS[1] order_owners     HASH  id -> <token>:<claims>:<holder>
KEYS[2] and on: order_pending:<client>  ZSET  id -> dueAtMs, for each client
ARGV[1] leaseEndMs       integer, Unix milliseconds
ARGV[2] and on           for each order: id, owner as the claim has written it, number of its client
Returns  for each order 1 where its lease was extended, 0 where it is another's by now
Twice    the second call moves nothing; one that comes late, after another, moves nothing either
Bills    1 call + 1, and 1 for each client of whom any is held
Typical  3
]]
local leaseEndMs = ARGV[1]
local count = (#ARGV - 1) / 3
local ids = {}
for i = 1, count do
  ids[i] = ARGV[3 * i - 1]
end
local owners = redis.call('HMGET', KEYS[1], unpack(ids))
local answers, leases = {}, {}
for i = 1, count do
  local isHeld = owners[i] == ARGV[3 * i]
  answers[i] = isHeld and 1 or 0
  if isHeld then
    local client = tonumber(ARGV[3 * i + 1])
    leases[client] = leases[client] or {}
    leases[client][#leases[client] + 1] = leaseEndMs
    leases[client][#leases[client] + 1] = ids[i]
  end
end
for client = 1, #KEYS - 1 do
  if leases[client] then
    redis.call('ZADD', KEYS[1 + client], 'XX', 'GT', unpack(leases[client]))
  end
end
return answers
