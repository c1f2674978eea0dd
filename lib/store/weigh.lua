--[[
weigh: how many bytes the records of orders have, without sending them.
KEYS[1] and on: order:<id>  STRING, 100 at most
ARGV[1] none  integer: what to answer for an order without a record
Returns  {bytes, ...}
Twice    reads only
Bills    1 call + 1
Typical  2
]]
local bytes = {}
local records = redis.call('MGET', unpack(KEYS))
for i = 1, #KEYS do
  bytes[i] = records[i] and #records[i] or tonumber(ARGV[1])
end
return bytes
