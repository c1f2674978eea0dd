--[[
redrive: put dead orders back, due now or one after the other at a pace.
KEYS[1] order_redrive   STRING  dueAtMs of the last order that was put back at a pace
KEYS[2] order_clients   ZSET    client -> when a drain should look at it next
KEYS[3] and on, for each client: order_dead:<client> ZSET, order_pending:<client> ZSET
and, for each order, order_state:<id>  STRING
ARGV[1] nowMs    integer, Unix milliseconds
ARGV[2] pauseMs  milliseconds from one due time to the next; 0 for all of them now
ARGV[3] clients  integer, how many there are; then their names
and, for each order, 4: id, number of its client, expected state, state to write
Returns  for each order 1 where it was put back, 0 where its state is another than expected
Twice    the second call finds its own states, answers the same, and writes nothing
Bills    1 call + 3, and 2 for each client; 2 more where there is a pause
Typical  6
]]
local nowMs, pauseMs, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local clients, orders, keys = {}, {}, {}
for i = 1, count do
  clients[i] = { name = ARGV[3 + i], dead = KEYS[1 + 2 * i], pending = KEYS[2 + 2 * i],
    due = {}, gone = {} }
end
for at = 4 + count, #ARGV, 4 do
  local n = #orders + 1
  keys[n] = KEYS[2 + 2 * count + n]
  orders[n] = { id = ARGV[at], client = clients[tonumber(ARGV[at + 1])],
    expected = ARGV[at + 2], state = ARGV[at + 3] }
end
local stored = redis.call('MGET', unpack(keys))

local dueAtMs = tonumber(nowMs)
if pauseMs > 0 then
  dueAtMs = math.max(dueAtMs, tonumber(redis.call('GET', KEYS[1]) or '0'))
end
local answers, states, looks = {}, {}, {}
for i, order in ipairs(orders) do
  answers[i] = (stored[i] == order.expected or stored[i] == order.state) and 1 or 0
  if stored[i] == order.expected then
    dueAtMs = dueAtMs + pauseMs
    local client, text = order.client, string.format('%.0f', dueAtMs)
    client.due[#client.due + 1], client.due[#client.due + 2] = text, order.id
    client.gone[#client.gone + 1] = order.id
    looks[#looks + 1], looks[#looks + 2] = text, client.name
    states[#states + 1], states[#states + 2] = keys[i], order.state
  end
end
if #states == 0 then
  return answers
end
for _, client in ipairs(clients) do
  if #client.due > 0 then
    redis.call('ZADD', client.pending, unpack(client.due))
  end
end
redis.call('ZADD', KEYS[2], 'LT', unpack(looks))
for _, client in ipairs(clients) do
  if #client.gone > 0 then
    redis.call('ZREM', client.dead, unpack(client.gone))
  end
end
-- The states come last: what fails before them is moved back among the dead by the next drain.
redis.call('MSET', unpack(states))
if pauseMs > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', dueAtMs))
end
return answers
