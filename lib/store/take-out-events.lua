--[[
take-out-events: take events that were sent out of their line: for good, to be sent again, or set aside.
KEYS[1] order_events or order_events_again  LIST  <event>, or <event>#<tries>; the oldest at the tail
KEYS[2] order_events_again  LIST  <event>#<tries>, those tried the longest ago at the tail
KEYS[3] order_events_aside  LIST  JSON, the latest at the head
ARGV[1] againMax    integer: how many are kept to be sent again
ARGV[2] asideMax    integer: how many that were set aside are kept
ARGV[3] and on      for each event, 500 at most: its entry; out | again | aside; and what is kept of it
Returns  {n}: how many were taken out
Twice    the second call finds others at the tail and takes nothing out
Bills    1 call + 2, and 2 if any is to be sent again, and 2 if any is set aside; 1 call + 1 if nothing is
         taken out
Typical  5
]]
local againMax, asideMax = tonumber(ARGV[1]), tonumber(ARGV[2])
local to, kept, count = {}, {}, 0
for i = 3, #ARGV, 3 do
  to[ARGV[i]], kept[ARGV[i]] = ARGV[i + 1], ARGV[i + 2]
  count = count + 1
end
-- Another announcer may have taken out some: what goes is what is still there, from the tail on.
local oldest = redis.call('LRANGE', KEYS[1], -count, -1)
local taken, again, aside = 0, {}, {}
while taken < #oldest and to[oldest[#oldest - taken]] do
  local entry = oldest[#oldest - taken]
  if to[entry] == 'again' then
    again[#again + 1] = kept[entry]
  elseif to[entry] == 'aside' then
    aside[#aside + 1] = kept[entry]
  end
  taken = taken + 1
end
if taken == 0 then
  return { 0 }
end
-- What a command fails after is in both lists, and is sent twice under one id.
if #aside > 0 then
  redis.call('LPUSH', KEYS[3], unpack(aside))
  redis.call('LTRIM', KEYS[3], 0, asideMax - 1)
end
if #again > 0 then
  redis.call('LPUSH', KEYS[2], unpack(again))
end
redis.call('RPOP', KEYS[1], taken)
if #again > 0 then
  redis.call('LTRIM', KEYS[2], 0, againMax - 1)
end
return { taken }
