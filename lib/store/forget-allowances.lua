--[[
forget-allowances: remove what customers have of SKUs where it counts for no limit any more.
KEYS[1] and on: order_allowance:<digest>  STRING  500 at most
ARGV[1] and on  what was read of each: one that has changed since stays
Returns  {n}: how many were removed
Twice    the second call finds them gone
Bills    1 call + 2
Typical  3
]]
local gone = {}
for i, text in ipairs(redis.call('MGET', unpack(KEYS))) do
  if text == ARGV[i] then
    gone[#gone + 1] = KEYS[i]
  end
end
return { #gone > 0 and redis.call('UNLINK', unpack(gone)) or 0 }
