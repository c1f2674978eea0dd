--[[
settle: say what became of claimed orders, move each to its place, and end its lease.
KEYS[1] order_owners    HASH    id -> <token>:<claims>:<holder>
KEYS[2] order_clients   ZSET    client -> when a drain should look at it next
KEYS[3] order_segments  ZSET    names of the ended segments
KEYS[4] order_totals    HASH    produced; leaving: canceled orders that no drain has moved yet
KEYS[5] order_number    STRING  the last order number
KEYS[6] order_events    LIST    <id>:<kind>:<atMs>, the oldest at the tail
KEYS[7] and on, for each place, three:
        order_pending:<client>          ZSET  id -> dueAtMs, or its rank where it was given back
        order_dead:<client>             ZSET  id -> deadAtMs
        order_ended:<client>:<segment>  ZSET  id -> endedAtMs
and, for each order, order_state:<id>   STRING
and, for each stock that orders took from, order_stock:<sku>  STRING
ARGV[1] nowMs      integer, Unix milliseconds
ARGV[2] deadMax    integer: a dead order waits in pending where more are dead
ARGV[3] eventsMax  integer: the oldest events go where more wait; 0 where nothing is announced
ARGV[4] readyScore integer: the score of a client of whom an order was given back
ARGV[5] places     integer, how many there are
ARGV[6] outcomes   integer, how many different ones there are
ARGV[7] stocks     integer, how many orders that are produced take from; then the epoch of each
and, for each place, 2: client, name of the segment
and, for each outcome, 7:
        from       the place in whose pending its orders are leased
        to         the place that they go to
        owner      as the claim has written it
        kind       produced | canceled | dead | pending | nowhere
        atMs       integer: when a pending order is due, or its rank where it is given back; when
                   another ended or died. Unix milliseconds
        isNumbered 1 where the next order number goes to the end of the state, else 0
        state      JSON without its last brace; empty where the record stays as it is
and, for each order, 3: id, number of its outcome, and what it takes: <number of the stock>:<units>, ...
Returns  for each order 1 where the settlement stands, 0 where its lease is another's by now
Twice    the second call finds its own states, answers the same for all that have one, and writes
         nothing
Bills    1 call + 1, and 1 for each of: numbers, states, ended segments, each place with ended or dead
         (2) or returned orders, events (2 where too many wait), each place that orders leave, owners,
         clients that have something to wait for, each kind of ending; 2 more for the states where
         there are numbers and one of the orders has a state already; 1 more where produced orders take
         from stocks, however many. 1 call + 8 where the
         orders of one client were all produced under numbers of Sluice's own
Typical  9
]]
local nowMs, deadMax, eventsMax = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local DEAD_WAIT_MS = 900000
local changedStock = require 'shared/stock'
local stocks = tonumber(ARGV[7])

local places, outcomes = {}, {}
for i = 1, tonumber(ARGV[5]) do
  local key = 4 + 3 * i
  places[i] = { client = ARGV[6 + stocks + 2 * i], segment = ARGV[7 + stocks + 2 * i],
    pending = KEYS[key], dead = KEYS[key + 1], ended = KEYS[key + 2],
    due = {}, died = {}, gone = {}, endings = { produced = {}, canceled = {} } }
end
local firstOutcome = 8 + stocks + 2 * #places
for i = 1, tonumber(ARGV[6]) do
  local at = firstOutcome + 7 * (i - 1)
  outcomes[i] = { from = places[tonumber(ARGV[at])], to = places[tonumber(ARGV[at + 1])],
    owner = ARGV[at + 2], kind = ARGV[at + 3], atMs = ARGV[at + 4],
    isNumbered = ARGV[at + 5] == '1', state = ARGV[at + 6] }
end
local firstOrder, firstKey = firstOutcome + 7 * #outcomes, 6 + 3 * #places
local count = (#ARGV - firstOrder + 1) / 3
local ids, outcomeOf, takes = {}, {}, {}
for i = 1, count do
  ids[i] = ARGV[firstOrder + 3 * i - 3]
  outcomeOf[i] = outcomes[tonumber(ARGV[firstOrder + 3 * i - 2])]
  takes[i] = ARGV[firstOrder + 3 * i - 1]
end
local owners = redis.call('HMGET', KEYS[1], unpack(ids))

local answers, held, heldIds, others, otherKeys, numbers = {}, {}, {}, {}, {}, 0
local isTaking = false
for i = 1, count do
  local outcome = outcomeOf[i]
  if owners[i] == outcome.owner then
    answers[i] = 1
    held[#held + 1], heldIds[#heldIds + 1] = i, ids[i]
    numbers = numbers + (outcome.isNumbered and 1 or 0)
    isTaking = isTaking or takes[i] ~= ''
  else
    others[#others + 1], otherKeys[#otherKeys + 1] = i, KEYS[firstKey + i]
  end
end
if #others > 0 then
  -- A repeat finds what it has written before.
  for n, stored in ipairs(redis.call('MGET', unpack(otherKeys))) do
    local state = outcomeOf[others[n]].state
    local isSame = stored and state ~= '' and string.sub(stored, 1, #state) == state
    answers[others[n]] = isSame and 1 or 0
  end
end
if #held == 0 then
  return answers
end

-- What a torn settlement has settled is neither written nor taken from its stock once more.
local isDone, texts = {}, {}
if isTaking then
  local keys, units = { unpack(KEYS, firstKey + count + 1) }, {}
  for _, i in ipairs(held) do
    keys[#keys + 1] = KEYS[firstKey + i]
  end
  local values = redis.call('MGET', unpack(keys))
  for n, i in ipairs(held) do
    local stored, state = values[stocks + n], outcomeOf[i].state
    isDone[i] = stored and state ~= '' and string.sub(stored, 1, #state) == state
    if not isDone[i] then
      for stock, taken in string.gmatch(takes[i], '(%d+):(%d+)') do
        stock = tonumber(stock)
        units[stock] = (units[stock] or 0) + taken
      end
    end
  end
  -- One SKU may have several, of different epochs.
  for stock, taken in pairs(units) do
    local key = keys[stock]
    texts[key] = changedStock(texts[key] or values[stock], ARGV[7 + stock], -taken, taken, 0) or texts[key]
  end
end

local number = numbers > 0 and redis.call('INCRBY', KEYS[5], numbers) - numbers
local states, numbered, segments, events, looks = {}, {}, {}, {}, {}
local function append(list, first, second)
  local size = #list
  list[size + 1], list[size + 2] = first, second
end
for _, outcome in ipairs(outcomes) do
  local kind, to = outcome.kind, outcome.to
  outcome.entries = to.endings[kind] or kind == 'dead' and to.died or kind == 'pending' and to.due
  outcome.event = eventsMax > 0 and (to.endings[kind] or kind == 'dead') and ':' .. kind .. ':' .. outcome.atMs
end
for _, i in ipairs(held) do
  local outcome, id = outcomeOf[i], ids[i]
  outcome.isUsed = true
  if outcome.state ~= '' and not isDone[i] then
    local tail = '}'
    if outcome.isNumbered then
      number = number + 1
      numbered[KEYS[firstKey + i]] = outcome.state
      tail = string.format(',"orderNumber":%.0f}', number)
    end
    append(states, KEYS[firstKey + i], outcome.state .. tail)
  end
  if outcome.entries then
    append(outcome.entries, outcome.atMs, id)
  end
  if outcome.event then
    events[#events + 1] = id .. outcome.event
  end
  local gone = outcome.from.gone
  gone[#gone + 1] = id
end
for _, outcome in ipairs(outcomes) do
  if outcome.isUsed then
    if outcome.to.endings[outcome.kind] then
      append(segments, 0, outcome.to.segment)
    elseif outcome.kind == 'pending' then
      local isBack = tonumber(outcome.atMs) < tonumber(ARGV[4])
      append(looks, isBack and ARGV[4] or outcome.atMs, outcome.to.client)
    end
  end
end

-- An order is added to its new place before it leaves the old one, and that comes last. What fails in
-- between leaves it pending, and the next drain to claim it completes the move that its state tells.
-- What is to be pending loses its owner first: an attempt is not charged a second time.
local write = numbers > 0 and not isTaking and 'MSETNX' or 'MSET'
for key, text in pairs(texts) do
  append(states, key, text)
end
if #states > 0 and redis.call(write, unpack(states)) == 0 then
  -- Some have a state already: that of an earlier attempt, or the one that this very settlement has
  -- written before it was torn. Such an order keeps its number, which may have been read since.
  local keys, missing = {}, {}
  for n = 1, #states / 2 do
    keys[n] = states[2 * n - 1]
  end
  for n, stored in ipairs(redis.call('MGET', unpack(keys))) do
    local state = numbered[keys[n]]
    if not (stored and state and string.sub(stored, 1, #state) == state) then
      append(missing, states[2 * n - 1], states[2 * n])
    end
  end
  if #missing > 0 then
    redis.call('MSET', unpack(missing))
  end
end
if #segments > 0 then
  redis.call('ZADD', KEYS[3], unpack(segments))
end
local totals = { produced = 0, canceled = 0 }
for _, place in ipairs(places) do
  for kind, entries in pairs(place.endings) do
    if #entries > 0 then
      totals[kind] = totals[kind] + redis.call('ZADD', place.ended, unpack(entries))
    end
  end
end
-- Counted at once: a repeat adds nothing to the segments, so it would count nothing.
if totals.produced > 0 then
  redis.call('HINCRBY', KEYS[4], 'produced', totals.produced)
end
if totals.canceled > 0 then
  redis.call('HINCRBY', KEYS[4], 'leaving', -totals.canceled)
end
for _, place in ipairs(places) do
  if #place.died > 0 then
    if redis.call('ZCARD', place.dead) < deadMax then
      redis.call('ZADD', place.dead, unpack(place.died))
    else
      for i = 2, #place.died, 2 do
        local dueAtMs = string.format('%.0f', nowMs + DEAD_WAIT_MS)
        append(place.due, dueAtMs, place.died[i])
        append(looks, dueAtMs, place.client)
      end
    end
  end
end
-- A look that finds nothing costs little; an order at a client that nobody looks at would be stuck.
if #looks > 0 then
  redis.call('ZADD', KEYS[2], 'LT', unpack(looks))
end
if eventsMax > 0 and #events > 0 then
  if redis.call('LPUSH', KEYS[6], unpack(events)) > eventsMax then
    redis.call('LTRIM', KEYS[6], 0, eventsMax - 1)
  end
end
redis.call('HDEL', KEYS[1], unpack(heldIds))
for _, place in ipairs(places) do
  if #place.due > 0 then
    redis.call('ZADD', place.pending, unpack(place.due))
    local stays = {}
    for i = 2, #place.due, 2 do
      stays[place.due[i]] = true
    end
    local leaving = {}
    for _, id in ipairs(place.gone) do
      if not stays[id] then
        append(leaving, id)
      end
    end
    place.gone = leaving
  end
end
for _, place in ipairs(places) do
  if #place.gone > 0 then
    redis.call('ZREM', place.pending, unpack(place.gone))
  end
end
return answers
