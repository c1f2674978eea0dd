--[[
counters: compare the counters with what orders bear, and raise one that is behind: it would give
out a second time what it has given out before.
KEYS[1] order_number  STRING  the last order number
KEYS[2] order_fence   STRING  the last fencing token
KEYS[3] and on        HASH    orders, 500 at most
ARGV[1] isRepair      1 to raise a counter that is behind, 0 to tell only
Returns  {number, largest orderNumber borne, token, largest token borne}, as strings; the counters
         as they were before, '0' where there is none
Twice    the second call finds the counters raised
Bills    1 call + 2 + 1 for each order; 1 for each counter that is raised
]]
local largest = { 0, 0 }
for i = 3, #KEYS do
  local values = redis.pcall('HMGET', KEYS[i], 'orderNumber', 'settledBy')
  if values.err and not string.find(values.err, 'WRONGTYPE') then
    return values
  end
  local number = not values.err and tonumber(values[1])
  local token = not values.err and tonumber(string.match(values[2] or '', '^(%d+):'))
  largest[1] = math.max(largest[1], number or 0)
  largest[2] = math.max(largest[2], token or 0)
end

local answer = {}
for i, key in ipairs({ KEYS[1], KEYS[2] }) do
  answer[2 * i - 1] = redis.call('GET', key) or '0'
  answer[2 * i] = string.format('%.0f', largest[i])
end
for i, key in ipairs({ KEYS[1], KEYS[2] }) do
  if ARGV[1] == '1' and (tonumber(answer[2 * i - 1]) or 0) < largest[i] then
    redis.call('SET', key, answer[2 * i])
  end
end
return answer
