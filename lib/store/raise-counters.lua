--[[
raise-counters: raise a counter that is behind what orders bear, as it would give the same out twice.
KEYS[1] order_number  STRING  the last order number
KEYS[2] order_fence   STRING  the last fencing token
ARGV[1] number     integer: the largest that any order bears
ARGV[2] token      integer: the largest that any order bears
ARGV[3] isRepair   1 to raise, 0 to compare only
Returns  {number, token}: the counters as they were, as strings
Twice    the second call finds them raised
Bills    1 call + 2, and 1 for each counter that is raised
Typical  3
]]
local answer = {}
for i, key in ipairs(KEYS) do
  answer[i] = redis.call('GET', key) or '0'
end
for i, key in ipairs(KEYS) do
  if ARGV[3] == '1' and (tonumber(answer[i]) or 0) < tonumber(ARGV[i]) then
    redis.call('SET', key, ARGV[i])
  end
end
return answer
