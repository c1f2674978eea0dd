--[[
extend: move the end of the lease of orders that are still held.
KEYS[1] order_owners   HASH  id -> <fencing token>:<attempt>:<holder>
KEYS[2] order_pending  ZSET  id -> dueAtMs
ARGV[1] token          integer, the fencing token of the claim
ARGV[2] holder         text, who made the claim
ARGV[3] leaseEndMs     integer, Unix milliseconds
ARGV[4] and on         ids
Returns  for each id 1 where its lease was extended, 0 where the token no longer holds it
Twice    the second call does the same again
Bills    1 call + 2; 1 call + 1 where none is held
]]
local token, holder, leaseEndMs = ARGV[1], ARGV[2], ARGV[3]
local ids = { unpack(ARGV, 4) }
local owners = redis.call('HMGET', KEYS[1], unpack(ids))
local answers, leases = {}, {}
for i, id in ipairs(ids) do
  local by, who = string.match(owners[i] or '', '^(%d+):%d+:(.+)$')
  local isHeld = by == token and who == holder
  answers[i] = isHeld and 1 or 0
  if isHeld then
    leases[#leases + 1] = leaseEndMs
    leases[#leases + 1] = id
  end
end
if #leases > 0 then
  redis.call('ZADD', KEYS[2], 'XX', unpack(leases))
end
return answers
