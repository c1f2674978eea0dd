--[[
settle: say what became of claimed orders, and end their lease.
KEYS[1] order_owners    HASH  id -> <fencing token>:<attempt>:<holder>
KEYS[2] order_pending   ZSET  id -> dueAtMs
KEYS[3] order_finished  ZSET  id -> finishedAtMs
KEYS[4] order_dead      ZSET  id -> deadAtMs
KEYS[5] order_events    LIST  <id>:<kind>:<atMs>, the oldest at the tail
KEYS[6] and on          HASH  the orders, in the order of the settlements
ARGV[1] token           integer, the fencing token of the claim
ARGV[2] holder          text, who made the claim
ARGV[3] nowMs           integer, Unix milliseconds
ARGV[4] isAnnounced     1 where what has become of an order is to be announced, else 0
ARGV[5] and on          for each order: id, kind, dueAtMs, n, then n times field, value
        kind            produced | retry | dead | untried
        dueAtMs         integer, Unix milliseconds: when a retry or an untried order is due
        n               integer, fields to write besides those that settle writes itself
Returns  for each order 1 where the settlement stands, 0 where the token no longer holds it, or
         its hash is gone or is none: then nothing of it was written
Twice    the second call finds the token that settled on the orders, answers the same, and
         writes nothing
Bills    1 call + 1 for each order + 1 + the number of: 1 where orders were produced, 1 where
         dead, 2 for the end of leases, 1 where orders come back; and where orders that ended are
         announced 2
]]
local token, holder, nowMs, isAnnounced = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local mark = token .. ':' .. holder

local settlements, ids, at = {}, {}, 5
while at <= #ARGV do
  local fieldsEnd = at + 3 + 2 * tonumber(ARGV[at + 3])
  settlements[#settlements + 1] =
    { id = ARGV[at], kind = ARGV[at + 1], dueAtMs = ARGV[at + 2], from = at + 4, to = fieldsEnd }
  ids[#ids + 1] = ARGV[at]
  at = fieldsEnd + 1
end
local owners = redis.call('HMGET', KEYS[1], unpack(ids))

local answers, held = {}, {}
local ends = { produced = {}, dead = {} }
for i, settlement in ipairs(settlements) do
  local by, attempt, who = string.match(owners[i] or '', '^(%d+):(%d+):(.+)$')
  if by == token and who == holder then
    settlement.at = i
    -- An attempt that was given back untried is not charged.
    settlement.attempts = tonumber(attempt) - (settlement.kind == 'untried' and 1 or 0)
    held[#held + 1] = settlement
    local finished = ends[settlement.kind]
    if finished then
      finished[#finished + 1] = nowMs
      finished[#finished + 1] = settlement.id
    end
  else
    local last = redis.pcall('HGET', KEYS[5 + i], 'settledBy')
    answers[i] = last == mark and 1 or 0
  end
end
if #held == 0 then
  return answers
end

if isAnnounced and #ends.dead + #ends.produced > 0 then
  -- Fails where it is no list, before anything is written.
  redis.call('LLEN', KEYS[5])
end
-- The claim did not look at these two keys, so they come first, and together or not at all.
if #ends.dead > 0 then
  redis.call('ZADD', KEYS[4], unpack(ends.dead))
end
if #ends.produced > 0 then
  local finished = redis.pcall('ZADD', KEYS[3], unpack(ends.produced))
  if type(finished) == 'table' and finished.err then
    for i = 2, #ends.dead, 2 do
      redis.call('ZREM', KEYS[4], ends.dead[i])
    end
    return finished
  end
end

local settled, back, gone, events = {}, {}, {}, {}
for _, settlement in ipairs(held) do
  local key, from, to = KEYS[5 + settlement.at], settlement.from, settlement.to
  local added = redis.pcall('HSET', key, 'attempts', settlement.attempts, 'settledBy', mark,
    'updatedAtMs', nowMs, unpack(ARGV, from, to))
  -- A hash that has none of these fields was not there: it is not begun with an outcome.
  local wasGone = added == 3 + (to - from + 1) / 2
  if wasGone then
    redis.call('DEL', key)
  end
  if wasGone or type(added) == 'table' then
    answers[settlement.at] = 0
    redis.call('ZREM', KEYS[3], settlement.id)
    redis.call('ZREM', KEYS[4], settlement.id)
  else
    answers[settlement.at] = 1
    settled[#settled + 1] = settlement.id
    if ends[settlement.kind] then
      gone[#gone + 1] = settlement.id
      events[#events + 1] = settlement.id .. ':' .. settlement.kind .. ':' .. nowMs
    else
      back[#back + 1] = settlement.dueAtMs
      back[#back + 1] = settlement.id
    end
  end
end
if #back > 0 then
  redis.call('ZADD', KEYS[2], unpack(back))
end
if #gone > 0 then
  redis.call('ZREM', KEYS[2], unpack(gone))
end
if isAnnounced and #events > 0 then
  redis.call('LPUSH', KEYS[5], unpack(events))
end
if #settled > 0 then
  redis.call('HDEL', KEYS[1], unpack(settled))
end
return answers
