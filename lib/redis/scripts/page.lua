--[[
page: read some orders of a sorted set, the highest score first, without their lines.
KEYS[1] order_index or order_dead  ZSET  id -> Unix milliseconds
KEYS[2] order_owners               HASH  id -> <fencing token>:<attempt>:<holder>
ARGV[1] ordersMax    integer, 1 to 100: orders to return
ARGV[2] readsMax     integer, 1 to 100: orders to read
ARGV[3] walkMax      integer, 1 to 5000: ids to walk over
ARGV[4] afterScore   integer, Unix milliseconds: the page begins after this place; empty for the top
ARGV[5] afterId      the id at that place, which may have gone since
ARGV[6] client       whose orders; empty for anybody's
ARGV[7] idPrefix     what the ids of that client's orders begin with; empty for anybody's
ARGV[8] customer     of which customer; empty for any
ARGV[9] status       of which status, as clients see it; empty for any
ARGV[10] nowMs       integer, Unix milliseconds
ARGV[11] orderPrefix what precedes an id in the key of its hash: ids are learnt only here
ARGV[12] and on      fields of the hash to return
Returns  {{{id, owner or '', {value, ...}}, ...}, score, id} with the place at which the page ends;
         '' twice where nothing comes after it
Twice    reads only
Bills    1 call + 2 + 1 for each order that it reads; 1 more where it begins after an id, and a
         few, as many as halvings among the ids of one millisecond, where that id has gone
]]
local ordersMax, readsMax, walkMax = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local afterScore, afterId = ARGV[4], ARGV[5]
local client, idPrefix, customer, wanted = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local nowMs, orderPrefix = tonumber(ARGV[10]), ARGV[11]

local at = {}
for i = 12, #ARGV do
  at[ARGV[i]] = i - 11
end

-- Among members of one score, the greater id comes first: the rank of the first one that is smaller.
local function rankOfGone()
  local low = redis.call('ZCOUNT', KEYS[1], '(' .. afterScore, '+inf')
  local high = low + redis.call('ZCOUNT', KEYS[1], afterScore, afterScore)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZREVRANGE', KEYS[1], middle, middle)[1] >= afterId then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local first = 0
if afterScore ~= '' then
  local rank = redis.call('ZREVRANK', KEYS[1], afterId)
  first = rank and rank + 1 or rankOfGone()
end
-- One more than are walked over, to know whether any comes after them.
local places = redis.call('ZREVRANGE', KEYS[1], first, first + walkMax, 'WITHSCORES')
local walked, candidates, ids = 0, {}, {}
while walked < math.min(walkMax, #places / 2) and #ids < readsMax do
  walked = walked + 1
  local id = places[2 * walked - 1]
  if string.sub(id, 1, #idPrefix) == idPrefix then
    ids[#ids + 1], candidates[#candidates + 1] = id, walked
  end
end
local owners = #ids > 0 and redis.call('HMGET', KEYS[2], unpack(ids)) or {}

-- As readers see it: order-hash.ts has the same rule.
local function statusOf(values, owner)
  local status = values[at.status]
  if owner then
    return 'producing'
  end
  local isDue = status == 'scheduled' and tonumber(values[at.produceAtMs] or 0) <= nowMs
  return isDue and 'queued' or status
end

local orders, ending = {}, walked
for i, id in ipairs(ids) do
  local values = redis.pcall('HMGET', orderPrefix .. id, unpack(ARGV, 12))
  local isOrder = not values.err and values[at.status]
  if isOrder and (client == '' or client == values[at.client])
    and (customer == '' or customer == values[at.customer])
    and (wanted == '' or wanted == statusOf(values, owners[i])) then
    orders[#orders + 1] = { id, owners[i] or '', values }
  end
  if #orders == ordersMax then
    ending = candidates[i]
    break
  end
end
if 2 * ending >= #places then
  return { orders, '', '' }
end
return { orders, places[2 * ending], places[2 * ending - 1] }
