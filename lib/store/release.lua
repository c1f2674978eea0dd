--[[
release: end leases whose orders were settled, where a settlement was cut off before its last command.
KEYS[1] order_owners  HASH  id -> <token>:<claims>:<holder>
ARGV[1] isRepair      1 to repair, 0 to look only
ARGV[2] and on        for each order: id, owner as it was read; 500 at most
Returns  for each order 1 where the lease is still there, 0 where it is gone or another's
Twice    the second call finds them gone
Bills    1 call + 1, and 1 to repair
Typical  2
]]
local ids, owners = {}, {}
for at = 2, #ARGV, 2 do
  ids[#ids + 1], owners[#owners + 1] = ARGV[at], ARGV[at + 1]
end
local answers, gone = {}, {}
for i, owner in ipairs(redis.call('HMGET', KEYS[1], unpack(ids))) do
  answers[i] = owner == owners[i] and 1 or 0
  if answers[i] == 1 then
    gone[#gone + 1] = ids[i]
  end
end
if #gone > 0 and ARGV[1] == '1' then
  redis.call('HDEL', KEYS[1], unpack(gone))
end
return answers
