--[[
events: the oldest events that wait to be announced, with their orders as they are now.
KEYS[1] order_events  LIST  <id>:<kind>:<atMs>, the oldest at the tail
KEYS[2] order_owners  HASH  id -> <fencing token>:<attempt>:<holder>
ARGV[1] skip          integer, how many of the oldest are left out
ARGV[2] eventsMax     integer, 1 to 100
ARGV[3] bytesMax      integer, bytes of returned values after which no further event is read
ARGV[4] orderPrefix   what precedes an id in the key of its hash: ids are learnt only here
ARGV[5] and on        fields of the hash to return
Returns  {{entry, owner or '', {value, ...}}, ...}, the oldest first; no values where there is no hash
Twice    reads only
Bills    1 call + 1 for each event + 2; 1 call + 1 where none waits
]]
local skip, eventsMax, bytesMax = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local orderPrefix = ARGV[4]

local entries = redis.call('LRANGE', KEYS[1], -skip - eventsMax, -skip - 1)
if #entries == 0 then
  return {}
end
local ids = {}
for i, entry in ipairs(entries) do
  ids[i] = string.match(entry, '^[^:]*')
end
local owners = redis.call('HMGET', KEYS[2], unpack(ids))

local events, bytes, at = {}, 0, #entries
while at >= 1 and bytes < bytesMax do
  local values = redis.pcall('HMGET', orderPrefix .. ids[at], unpack(ARGV, 5))
  if values.err and not string.find(values.err, 'WRONGTYPE') then
    return values
  end
  if values.err then
    values = {}
  end
  for _, value in ipairs(values) do
    bytes = bytes + (value and #value or 0)
  end
  events[#events + 1] = { entries[at], owners[at] or '', values }
  at = at - 1
end
return events
