--[[
resume: end a pause: give the locks of all drains back that a pause has taken.
KEYS[1] and on: order_lock:<slot>  STRING  the token of its holder, or a pause
ARGV[1] prefix  what the text of a pause begins with
Returns  {n}: how many locks were given back
Twice    the second call finds none
Bills    1 call + 2; 1 call + 1 where there is no pause
Typical  3
]]
local paused = {}
for i, holder in ipairs(redis.call('MGET', unpack(KEYS))) do
  if holder and string.sub(holder, 1, #ARGV[1]) == ARGV[1] then
    paused[#paused + 1] = KEYS[i]
  end
end
if #paused > 0 then
  redis.call('DEL', unpack(paused))
end
return { #paused }
