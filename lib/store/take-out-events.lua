--[[
take-out-events: take out events that were announced, and set aside those that the receiver refused.
KEYS[1] order_events          LIST  <id>:<kind>:<atMs>, the oldest at the tail
KEYS[2] order_events_refused  LIST  the same, the latest at the head
ARGV[1] refusedMax      integer: how many refused events are kept
ARGV[2] and on          for each event, 500 at most: its entry, and 1 if it was refused, else 0
Returns  {n}: how many were taken out
Twice    the second call finds others at the tail and takes nothing out
Bills    1 call + 2, and 2 if any was refused; 1 call + 1 if nothing is taken out
]]
local refusedMax = tonumber(ARGV[1])
local isRefused, count = {}, 0
for i = 2, #ARGV, 2 do
  isRefused[ARGV[i]] = ARGV[i + 1]
  count = count + 1
end
-- Another announcer may have taken out some: what goes is what is still there, from the tail on.
local oldest = redis.call('LRANGE', KEYS[1], -count, -1)
local taken, refused = 0, {}
while taken < #oldest and isRefused[oldest[#oldest - taken]] do
  local entry = oldest[#oldest - taken]
  if isRefused[entry] == '1' then
    refused[#refused + 1] = entry
  end
  taken = taken + 1
end
if taken == 0 then
  return { 0 }
end
-- Its key was not checked, so it comes first.
if #refused > 0 then
  redis.call('LPUSH', KEYS[2], unpack(refused))
  redis.call('LTRIM', KEYS[2], 0, refusedMax - 1)
end
redis.call('RPOP', KEYS[1], taken)
return { taken }
