// Made by `node test/versions/take-previous.ts d3ebfc1`. Do not edit.

// lib/redis/client.ts
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "@upstash/redis";

// lib/clock.ts
var systemClock = {
  now: Date.now,
  after(delayMs, call) {
    const timer = setTimeout(call, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  }
};

// lib/queue/errors.ts
var StoreUnavailable = class extends Error {
  name = "StoreUnavailable";
};
var StoreFault = class extends Error {
  name = "StoreFault";
};

// lib/redis/client.ts
var JITTER_MS_MAX = 100;
function connect(settings) {
  const redis = new Redis({
    url: settings.url,
    token: settings.token,
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    retry: { retries: 0 },
    responseEncoding: false,
    signal: () => AbortSignal.timeout(settings.timeoutMs)
  });
  async function once(send) {
    try {
      return await within(settings.timeoutMs, send(redis));
    } catch (error2) {
      throw withoutCommand(error2);
    }
  }
  async function repeatedly(send) {
    for (let sends = 1; ; sends += 1) {
      try {
        return await once(send);
      } catch (error2) {
        if (sends >= settings.sendsMax || !(error2 instanceof StoreUnavailable)) throw error2;
        await pause(settings.random() * JITTER_MS_MAX);
      }
    }
  }
  return { redis, once, repeatedly };
}
function within(ms, work) {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.after(ms, () => {
      reject(new StoreUnavailable("Redis did not answer in time"));
    });
    work.then(resolve, reject).finally(cancel);
  });
}
var FAULTS = /^(?:Command \d+ \[ \w+ \] failed: )?WRONGTYPE|^ERR .*user_script/;
function withoutCommand(error2) {
  if (error2 instanceof StoreUnavailable) return error2;
  const { name, message } = error2 instanceof Error ? error2 : new Error("unknown");
  if (name === "TimeoutError") return new StoreUnavailable("Redis did not answer in time");
  if (name === "UpstashJSONParseError") {
    return new StoreUnavailable("Redis answered something that is no JSON");
  }
  if (name !== "UpstashError") {
    return new StoreUnavailable(`Redis could not be reached (${causeOf(error2) ?? name})`);
  }
  const reply = (message.split(", command was:")[0] ?? "").slice(0, 200);
  if (FAULTS.test(reply)) return new StoreFault(`Redis answered: ${reply}`);
  return new StoreUnavailable(`Redis answered: ${reply}`);
}
function causeOf(error2) {
  const cause = error2 instanceof Error ? error2.cause : void 0;
  return cause instanceof Error && "code" in cause ? String(cause.code) : void 0;
}

// lib/redis/keys.ts
function keysWith(prefix) {
  return {
    /** HASH: the order. */
    order: (id) => `${prefix}order:${id}`,
    /** For the script that learns ids only while it runs. */
    orderPrefix: `${prefix}order:`,
    /** ZSET id -> acceptedAtMs: every order kept. */
    index: `${prefix}order_index`,
    /** LIST of ids ready to be produced, the oldest at the tail. */
    queue: `${prefix}order_queue`,
    /** ZSET id -> dueAtMs: leased, waiting for a retry, or scheduled. */
    pending: `${prefix}order_pending`,
    /** HASH id -> `<fencing token>:<attempt>:<holder>`: who holds each leased order. */
    owners: `${prefix}order_owners`,
    /** STRING: the last fencing token given out. */
    fence: `${prefix}order_fence`,
    /** ZSET id -> deadAtMs. */
    dead: `${prefix}order_dead`,
    /** ZSET id -> finishedAtMs: produced. */
    finished: `${prefix}order_finished`,
    /** ZSET id -> canceledAtMs. */
    canceled: `${prefix}order_canceled`,
    /** STRING: the last order number. */
    number: `${prefix}order_number`,
    /** STRING: the drain lock of a slot. */
    lock: (slot) => `${prefix}order_lock:${slot}`
  };
}

// lib/orders/order.ts
var STORED_STATUSES = ["queued", "scheduled", "produced", "dead", "canceled"];
function statusAtIntake({ produceAtMs }, acceptedAtMs) {
  return produceAtMs !== void 0 && produceAtMs > acceptedAtMs ? "scheduled" : "queued";
}

// lib/redis/order-hash.ts
var HASH_VERSION = "1";
function newOrderFields(order, acceptedAtMs) {
  const { client, fingerprint, submission } = order;
  const { customer, currency, lines, totalAmount, reference, produceAtMs, metadata } = submission;
  return flat({
    v: HASH_VERSION,
    client,
    fingerprint,
    customer,
    currency,
    totalAmount: String(totalAmount),
    reference,
    lines: JSON.stringify(lines),
    metadata: metadata && JSON.stringify(metadata),
    produceAtMs: produceAtMs?.toString(),
    acceptedAtMs: String(acceptedAtMs),
    updatedAtMs: String(acceptedAtMs),
    status: statusAtIntake(submission, acceptedAtMs),
    attempts: "0"
  });
}
function settlementFields(settlement, nowMs) {
  switch (settlement.kind) {
    case "produced":
      return flat({
        status: "produced",
        producedAtMs: String(nowMs),
        orderNumber: settlement.orderNumber?.toString(),
        result: settlement.result === void 0 ? void 0 : JSON.stringify(settlement.result)
      });
    case "retry":
      return flat({ status: "queued", ...error(settlement.reason, nowMs) });
    case "dead":
      return flat({ status: "dead", ...error(settlement.reason, nowMs) });
    case "untried":
      return [];
  }
}
function error(reason, nowMs) {
  return { lastErrorReason: reason, lastErrorAtMs: String(nowMs) };
}
function flat(fields) {
  return Object.entries(fields).flatMap(
    ([field, value]) => value === void 0 ? [] : [field, value]
  );
}
var ORDER_FIELDS = [
  "status",
  "attempts",
  "client",
  "customer",
  "currency",
  "totalAmount",
  "reference",
  "lines",
  "metadata",
  "produceAtMs",
  "acceptedAtMs",
  "updatedAtMs",
  "producedAtMs",
  "orderNumber",
  "result",
  "lastErrorReason",
  "lastErrorAtMs"
];
function orderFromValues(id, values, nowMs) {
  if (values.every((value) => value === null)) return void 0;
  const fields = Object.fromEntries(ORDER_FIELDS.map((name, at) => [name, values[at]]));
  const status = STORED_STATUSES.find((known) => known === fields.status);
  if (status === void 0 || fields.lines == null) {
    throw new StoreFault(`The hash of ${id} is not that of an order`);
  }
  return {
    ...submissionFrom(fields),
    id,
    client: fields.client ?? "",
    status: cameDue(status, fields, nowMs) ? "queued" : status,
    attempts: Number(fields.attempts ?? 0),
    acceptedAtMs: Number(fields.acceptedAtMs ?? 0),
    updatedAtMs: Number(fields.updatedAtMs ?? 0),
    ...fields.producedAtMs != null && { producedAtMs: Number(fields.producedAtMs) },
    ...fields.orderNumber != null && { orderNumber: Number(fields.orderNumber) },
    ...fields.result != null && { result: parsed(fields.result) },
    ...fields.lastErrorReason != null && {
      lastError: { reason: fields.lastErrorReason, atMs: Number(fields.lastErrorAtMs ?? 0) }
    }
  };
}
function submissionFrom(fields) {
  return {
    customer: fields.customer ?? "",
    currency: fields.currency ?? "",
    lines: parsed(fields.lines ?? "[]"),
    totalAmount: Number(fields.totalAmount ?? 0),
    ...fields.reference != null && { reference: fields.reference },
    ...fields.produceAtMs != null && { produceAtMs: Number(fields.produceAtMs) },
    ...fields.metadata != null && {
      metadata: parsed(fields.metadata)
    }
  };
}
function cameDue(status, { produceAtMs }, nowMs) {
  return status === "scheduled" && Number(produceAtMs ?? 0) <= nowMs;
}
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    throw new StoreFault("A field of an order is no JSON");
  }
}

// lib/redis/run-script.ts
async function runScript(redis, script, keys, args) {
  try {
    return await redis.evalsha(script.sha1, keys, args);
  } catch (error2) {
    if (!(error2 instanceof Error && /^(?:ERR )?NOSCRIPT/.test(error2.message))) throw error2;
    return await redis.eval(script.text, keys, args);
  }
}
function runRepeatedly(client, script, keys, args) {
  return client.repeatedly((redis) => listFrom(redis, script, keys, args));
}
async function listFrom(...call) {
  const answer = await runScript(...call);
  if (!Array.isArray(answer)) throw new StoreUnavailable("Redis answered what is no list");
  return answer;
}

// lib/redis/scripts.ts
var CANCEL = {
  sha1: "8ab24f850580e47368ccd90f6dd3b7645df460a6",
  text: "--[[\ncancel: mark an order that has not begun to be produced. Its id is dropped when it surfaces.\nKEYS[1] order:<id>      HASH  the order\nKEYS[2] order_owners    HASH  id -> <fencing token>:<attempt>:<holder>\nKEYS[3] order_canceled  ZSET  id -> canceledAtMs\nARGV[1] id\nARGV[2] client          whose order it must be; empty for anybody's\nARGV[3] nowMs           integer, Unix milliseconds\nReturns  {'canceled'}, {'not-found'}, or {'refused', status} where it is too late\nTwice    the second call answers the same and writes nothing\nBills    1 call + 4; 1 call + 1 where it is canceled already or not found\n]]\nlocal id, client, nowMs = ARGV[1], ARGV[2], ARGV[3]\nlocal found = redis.call('HMGET', KEYS[1], 'client', 'status')\nlocal owner, status = found[1], found[2]\nif not owner or (client ~= '' and client ~= owner) then\n  return { 'not-found' }\nend\nif status == 'canceled' then\n  return { 'canceled' }\nend\nif status ~= 'queued' and status ~= 'scheduled' then\n  return { 'refused', status }\nend\nif redis.call('HGET', KEYS[2], id) then\n  return { 'refused', 'producing' }\nend\n-- Its key was not checked, so it comes first.\nredis.call('ZADD', KEYS[3], nowMs, id)\nredis.call('HSET', KEYS[1], 'status', 'canceled', 'updatedAtMs', nowMs)\nreturn { 'canceled' }\n"
};
var CLAIM = {
  sha1: "5f44a9fc452bc3050b79bc164a1de6f105e9d65d",
  text: "--[[\nclaim: lease orders to one drainer, the due ones and the queued ones in turn. An order whose last\nlease ended without an answer is leased alone: if it kills its drainer, it takes no other with it.\nKEYS[1] order_queue    LIST    ids, oldest at the tail\nKEYS[2] order_pending  ZSET    id -> dueAtMs\nKEYS[3] order_owners   HASH    id -> <fencing token>:<attempt>:<holder>\nKEYS[4] order_fence    STRING  the last fencing token\nKEYS[5] order_dead     ZSET    id -> deadAtMs\nARGV[1] ordersMax      integer, 1 to 500\nARGV[2] bytesMax       integer, bytes of returned values after which no further order is taken\nARGV[3] nowMs          integer, Unix milliseconds\nARGV[4] leaseEndMs     integer, Unix milliseconds\nARGV[5] attemptsMax    integer, claims after which an unanswered order is dead\nARGV[6] orderPrefix    what precedes an id in the key of its hash: ids are learnt only here\nARGV[7] deadReason     text, kept on an order that dies here\nARGV[8] holder         text, who makes the claim\nARGV[9] and on         fields of the hash to return, the first two of them status and attempts\nReturns  {token, {{id, attempt, {value, ...}}, ...}, {dead id, ...}, {broken id, ...}, more}\n         token is 0 where nothing was leased; more is 1 where ready orders were left\nTwice    leases other orders under another token; the first ones come back when their lease ends\nBills    1 call + 1 for each order + 7; 1 call + 2 where nothing is ready; and 2 where orders were\n         dropped, 1 where any is dead and 2 at most for each of those, 1 for an id that is queued\n         although it is leased\n]]\nlocal ordersMax, bytesMax = tonumber(ARGV[1]), tonumber(ARGV[2])\nlocal nowMs, leaseEndMs, attemptsMax = ARGV[3], ARGV[4], tonumber(ARGV[5])\nlocal orderPrefix, deadReason, holder = ARGV[6], ARGV[7], ARGV[8]\n\nlocal due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', nowMs, 'LIMIT', 0, ordersMax + 1)\nlocal queued = redis.call('LRANGE', KEYS[1], -ordersMax - 1, -1)\nif #due == 0 and #queued == 0 then\n  return { 0, {}, {}, {}, 0 }\nend\n\n-- One due, one queued, and so on: neither can starve the other.\nlocal candidates = {}\nlocal dueAt, queuedAt = 1, #queued\nwhile #candidates < ordersMax and (dueAt <= #due or queuedAt >= 1) do\n  if dueAt <= #due then\n    candidates[#candidates + 1] = { id = due[dueAt], fromQueue = false }\n    dueAt = dueAt + 1\n  end\n  if queuedAt >= 1 and #candidates < ordersMax then\n    candidates[#candidates + 1] = { id = queued[queuedAt], fromQueue = true }\n    queuedAt = queuedAt - 1\n  end\nend\nlocal ids = {}\nfor i, candidate in ipairs(candidates) do\n  ids[i] = candidate.id\nend\nlocal owners = redis.call('HMGET', KEYS[3], unpack(ids))\n\nlocal orders, dead, broken, dropped = {}, {}, {}, {}\nlocal seen, bytes, popped, taken = {}, 0, 0, 0\nlocal isAlone = false\nfor i, candidate in ipairs(candidates) do\n  local id, owner = candidate.id, owners[i]\n  -- A second entry of a leased order: its lease is in order_pending and brings it back.\n  local isLeased = candidate.fromQueue and owner and redis.call('ZSCORE', KEYS[2], id)\n  local isNext = not seen[id] and not isLeased\n  if isAlone or bytes >= bytesMax or (isNext and owner and #orders > 0) then\n    break\n  end\n  taken = taken + 1\n  if candidate.fromQueue then\n    popped = popped + 1\n  end\n  if isNext then\n    seen[id] = true\n    local values = redis.pcall('HMGET', orderPrefix .. id, unpack(ARGV, 9))\n    if values.err and not string.find(values.err, 'WRONGTYPE') then\n      return values\n    end\n    local status = not values.err and values[1]\n    local attempts = owner and tonumber(string.match(owner, '^%d+:(%d+)'))\n      or tonumber(status and values[2]) or 0\n    if not status then\n      broken[#broken + 1] = id\n      dropped[#dropped + 1] = id\n    elseif status ~= 'queued' and status ~= 'scheduled' then\n      dropped[#dropped + 1] = id\n    elseif attempts >= attemptsMax then\n      dead[#dead + 1] = { id = id, attempts = attempts, isUnanswered = owner }\n      dropped[#dropped + 1] = id\n    else\n      for _, value in ipairs(values) do\n        bytes = bytes + (value and #value or 0)\n      end\n      orders[#orders + 1] = { id, attempts + 1, values }\n      isAlone = owner and true or false\n    end\n  end\nend\n\n-- All that is read is read. INCR and the dead letters come first: their keys were not checked.\nlocal token = 0\nif #orders > 0 then\n  token = redis.call('INCR', KEYS[4])\nend\nlocal deadIds = {}\nif #dead > 0 then\n  local scored = {}\n  for i, order in ipairs(dead) do\n    scored[2 * i - 1], scored[2 * i] = nowMs, order.id\n    deadIds[i] = order.id\n  end\n  redis.call('ZADD', KEYS[5], unpack(scored))\n  for _, order in ipairs(dead) do\n    local key = orderPrefix .. order.id\n    redis.call('HSET', key, 'status', 'dead', 'attempts', order.attempts, 'updatedAtMs', nowMs)\n    if order.isUnanswered then\n      redis.call('HSET', key, 'lastErrorReason', deadReason, 'lastErrorAtMs', nowMs)\n    end\n  end\nend\nif #dropped > 0 then\n  redis.call('ZREM', KEYS[2], unpack(dropped))\n  redis.call('HDEL', KEYS[3], unpack(dropped))\nend\nif #orders > 0 then\n  local leases, holders = {}, {}\n  for i, order in ipairs(orders) do\n    leases[2 * i - 1], leases[2 * i] = leaseEndMs, order[1]\n    holders[2 * i - 1] = order[1]\n    holders[2 * i] = string.format('%.0f:%d:%s', token, order[2], holder)\n  end\n  redis.call('ZADD', KEYS[2], unpack(leases))\n  redis.call('HSET', KEYS[3], unpack(holders))\nend\nif popped > 0 then\n  redis.call('RPOP', KEYS[1], popped)\nend\nlocal more = (#due + #queued > taken) and 1 or 0\nreturn { token, orders, deadIds, broken, more }\n"
};
var COUNTS = {
  sha1: "6519b43bacba6c193365cf08b59b433e15630ef8",
  text: "--[[\ncounts: how many orders are where, at one moment.\nKEYS[1] order_queue     LIST  ids, oldest at the tail\nKEYS[2] order_pending   ZSET  id -> dueAtMs\nKEYS[3] order_owners    HASH  id -> <fencing token>:<attempt>:<holder>\nKEYS[4] order_dead      ZSET  id -> deadAtMs\nKEYS[5] order_finished  ZSET  id -> finishedAtMs\nKEYS[6] order_canceled  ZSET  id -> canceledAtMs\nKEYS[7] order_index     ZSET  id -> acceptedAtMs\nReturns  {queued, pending, leased, dead, finished, canceled, acceptedAtMs of the oldest queued or ''}\nTwice    reads only\nBills    1 call + 7; 8 where an order is queued\n]]\nlocal oldest = redis.call('LINDEX', KEYS[1], -1)\nreturn {\n  redis.call('LLEN', KEYS[1]),\n  redis.call('ZCARD', KEYS[2]),\n  redis.call('HLEN', KEYS[3]),\n  redis.call('ZCARD', KEYS[4]),\n  redis.call('ZCARD', KEYS[5]),\n  redis.call('ZCARD', KEYS[6]),\n  oldest and redis.call('ZSCORE', KEYS[7], oldest) or '',\n}\n"
};
var EXTEND = {
  sha1: "c02245eb955a3f30a2afc8a2ce84b11dbfd936a8",
  text: "--[[\nextend: move the end of the lease of orders that are still held.\nKEYS[1] order_owners   HASH  id -> <fencing token>:<attempt>:<holder>\nKEYS[2] order_pending  ZSET  id -> dueAtMs\nARGV[1] token          integer, the fencing token of the claim\nARGV[2] holder         text, who made the claim\nARGV[3] leaseEndMs     integer, Unix milliseconds\nARGV[4] and on         ids\nReturns  for each id 1 where its lease was extended, 0 where the token no longer holds it\nTwice    the second call does the same again\nBills    1 call + 2; 1 call + 1 where none is held\n]]\nlocal token, holder, leaseEndMs = ARGV[1], ARGV[2], ARGV[3]\nlocal ids = { unpack(ARGV, 4) }\nlocal owners = redis.call('HMGET', KEYS[1], unpack(ids))\nlocal answers, leases = {}, {}\nfor i, id in ipairs(ids) do\n  local by, who = string.match(owners[i] or '', '^(%d+):%d+:(.+)$')\n  local isHeld = by == token and who == holder\n  answers[i] = isHeld and 1 or 0\n  if isHeld then\n    leases[#leases + 1] = leaseEndMs\n    leases[#leases + 1] = id\n  end\nend\nif #leases > 0 then\n  redis.call('ZADD', KEYS[2], 'XX', unpack(leases))\nend\nreturn answers\n"
};
var SETTLE = {
  sha1: "813637eff7ddc7f7a14f2470b17935491e0a3cce",
  text: "--[[\nsettle: say what became of claimed orders, and end their lease.\nKEYS[1] order_owners    HASH  id -> <fencing token>:<attempt>:<holder>\nKEYS[2] order_pending   ZSET  id -> dueAtMs\nKEYS[3] order_finished  ZSET  id -> finishedAtMs\nKEYS[4] order_dead      ZSET  id -> deadAtMs\nKEYS[5] and on          HASH  the orders, in the order of the settlements\nARGV[1] token           integer, the fencing token of the claim\nARGV[2] holder          text, who made the claim\nARGV[3] nowMs           integer, Unix milliseconds\nARGV[4] and on          for each order: id, kind, dueAtMs, n, then n times field, value\n        kind            produced | retry | dead | untried\n        dueAtMs         integer, Unix milliseconds: when a retry or an untried order is due\n        n               integer, fields to write besides those that settle writes itself\nReturns  for each order 1 where the settlement stands, 0 where the token no longer holds it, or\n         its hash is gone or is none: then nothing of it was written\nTwice    the second call finds the token that settled on the orders, answers the same, and\n         writes nothing\nBills    1 call + 1 for each order + 1 + the number of: 1 where orders were produced, 1 where\n         dead, 2 for the end of leases, 1 where orders come back\n]]\nlocal token, holder, nowMs = ARGV[1], ARGV[2], ARGV[3]\nlocal mark = token .. ':' .. holder\n\nlocal settlements, ids, at = {}, {}, 4\nwhile at <= #ARGV do\n  local fieldsEnd = at + 3 + 2 * tonumber(ARGV[at + 3])\n  settlements[#settlements + 1] =\n    { id = ARGV[at], kind = ARGV[at + 1], dueAtMs = ARGV[at + 2], from = at + 4, to = fieldsEnd }\n  ids[#ids + 1] = ARGV[at]\n  at = fieldsEnd + 1\nend\nlocal owners = redis.call('HMGET', KEYS[1], unpack(ids))\n\nlocal answers, held = {}, {}\nlocal ends = { produced = {}, dead = {} }\nfor i, settlement in ipairs(settlements) do\n  local by, attempt, who = string.match(owners[i] or '', '^(%d+):(%d+):(.+)$')\n  if by == token and who == holder then\n    settlement.at = i\n    -- An attempt that was given back untried is not charged.\n    settlement.attempts = tonumber(attempt) - (settlement.kind == 'untried' and 1 or 0)\n    held[#held + 1] = settlement\n    local finished = ends[settlement.kind]\n    if finished then\n      finished[#finished + 1] = nowMs\n      finished[#finished + 1] = settlement.id\n    end\n  else\n    local last = redis.pcall('HGET', KEYS[4 + i], 'settledBy')\n    answers[i] = last == mark and 1 or 0\n  end\nend\nif #held == 0 then\n  return answers\nend\n\n-- The claim did not look at these two keys, so they come first, and together or not at all.\nif #ends.dead > 0 then\n  redis.call('ZADD', KEYS[4], unpack(ends.dead))\nend\nif #ends.produced > 0 then\n  local finished = redis.pcall('ZADD', KEYS[3], unpack(ends.produced))\n  if type(finished) == 'table' and finished.err then\n    for i = 2, #ends.dead, 2 do\n      redis.call('ZREM', KEYS[4], ends.dead[i])\n    end\n    return finished\n  end\nend\n\nlocal settled, back, gone = {}, {}, {}\nfor _, settlement in ipairs(held) do\n  local key, from, to = KEYS[4 + settlement.at], settlement.from, settlement.to\n  local added = redis.pcall('HSET', key, 'attempts', settlement.attempts, 'settledBy', mark,\n    'updatedAtMs', nowMs, unpack(ARGV, from, to))\n  -- A hash that has none of these fields was not there: it is not begun with an outcome.\n  local wasGone = added == 3 + (to - from + 1) / 2\n  if wasGone then\n    redis.call('DEL', key)\n  end\n  if wasGone or type(added) == 'table' then\n    answers[settlement.at] = 0\n    redis.call('ZREM', KEYS[3], settlement.id)\n    redis.call('ZREM', KEYS[4], settlement.id)\n  else\n    answers[settlement.at] = 1\n    settled[#settled + 1] = settlement.id\n    if ends[settlement.kind] then\n      gone[#gone + 1] = settlement.id\n    else\n      back[#back + 1] = settlement.dueAtMs\n      back[#back + 1] = settlement.id\n    end\n  end\nend\nif #back > 0 then\n  redis.call('ZADD', KEYS[2], unpack(back))\nend\nif #gone > 0 then\n  redis.call('ZREM', KEYS[2], unpack(gone))\nend\nif #settled > 0 then\n  redis.call('HDEL', KEYS[1], unpack(settled))\nend\nreturn answers\n"
};
var SUBMIT = {
  sha1: "1595d41321c28a1f182bdeaf24b99d1c0eb50861",
  text: "--[[\nsubmit: accept orders, each once.\nKEYS[1] order_index    ZSET   id -> acceptedAtMs\nKEYS[2] order_queue    LIST   ids, oldest at the tail\nKEYS[3] order_pending  ZSET   id -> dueAtMs\nKEYS[4] order_finished ZSET   id -> finishedAtMs\nKEYS[5] order_dead     ZSET   id -> deadAtMs\nKEYS[6] and on         HASH   the orders, 500 at most, in the order of the arguments, no two the same\nARGV[1] acceptedAtMs   integer, Unix milliseconds\nARGV[2] and on         for each order: id, dueAtMs, n, then n times field, value\n        dueAtMs        integer, Unix milliseconds, where the order is for later; else empty\n        n              integer, fields of its hash\nReturns  for each order {1} where it is new, {0, fingerprint, acceptedAtMs} where its id is known,\n         {2, error} where its hash cannot be written, or was lost after the order had ended: then\n         nothing of it was written\nTwice    the second call finds the first's orders and writes nothing\nBills    1 call + 2 + 1 for each order where all are new; 1 call + 1 + 1 for each known order;\n         3 for each new order among known ones, 1 where orders are for later\n]]\nlocal acceptedAtMs = ARGV[1]\n\nlocal orders, scored, at = {}, {}, 2\nwhile at <= #ARGV do\n  local fieldsEnd = at + 2 + 2 * tonumber(ARGV[at + 2])\n  local order = { id = ARGV[at], key = KEYS[6 + #orders], dueAtMs = ARGV[at + 1] }\n  order.from, order.to = at + 3, fieldsEnd\n  orders[#orders + 1] = order\n  scored[#scored + 1] = acceptedAtMs\n  scored[#scored + 1] = order.id\n  at = fieldsEnd + 1\nend\n\n-- The guard, and the only write that comes before the checks: it is undone below.\nlocal areAllNew = redis.call('ZADD', KEYS[1], 'NX', unpack(scored)) == #orders\n\n-- Among known orders, the score tells those that this call has put into the index.\nlocal function isNew(order)\n  return areAllNew or redis.call('ZSCORE', KEYS[1], order.id) == acceptedAtMs\nend\n\nlocal function takeBack(order)\n  if isNew(order) then\n    redis.call('ZREM', KEYS[1], order.id)\n  end\nend\n\n-- The hash of a known order is lost: the client's repeat brings it back, unless it had ended.\nlocal function hasEnded(order)\n  return redis.call('ZSCORE', KEYS[4], order.id) or redis.call('ZSCORE', KEYS[5], order.id)\nend\n\nlocal answers, written, ready, later = {}, {}, {}, {}\nfor i, order in ipairs(orders) do\n  local known = areAllNew and {}\n    or redis.pcall('HMGET', order.key, 'fingerprint', 'acceptedAtMs')\n  local failure = known.err\n  if known[1] then\n    answers[i] = { 0, known[1], known[2] }\n  elseif not failure and not isNew(order) and hasEnded(order) then\n    answers[i] = { 2, 'the hash is lost of an order that has ended' }\n  else\n    if not failure then\n      local set = redis.pcall('HSET', order.key, unpack(ARGV, order.from, order.to))\n      failure = type(set) == 'table' and set.err\n    end\n    if failure then\n      takeBack(order)\n      answers[i] = { 2, failure }\n    else\n      answers[i] = { 1 }\n      written[#written + 1] = order\n      if order.dueAtMs == '' then\n        ready[#ready + 1] = order.id\n      else\n        later[#later + 1] = order.dueAtMs\n        later[#later + 1] = order.id\n      end\n    end\n  end\nend\n\nlocal function place(command, key, entries)\n  local placed = #entries > 0 and redis.pcall(command, key, unpack(entries))\n  return type(placed) == 'table' and placed\nend\n\nlocal failure = place('LPUSH', KEYS[2], ready)\nif not failure then\n  failure = place('ZADD', KEYS[3], later)\n  if failure and #ready > 0 then\n    redis.call('LPOP', KEYS[2], #ready)\n  end\nend\nif failure then\n  for _, order in ipairs(written) do\n    redis.call('DEL', order.key)\n    takeBack(order)\n  end\n  return failure\nend\nreturn answers\n"
};

// lib/redis/intake-store.ts
function intakeStore(client, keys) {
  return {
    async submit(orders, acceptedAtMs) {
      const answers = await runRepeatedly(
        client,
        SUBMIT,
        [
          ...[keys.index, keys.queue, keys.pending, keys.finished, keys.dead],
          ...orders.map(({ id }) => keys.order(id))
        ],
        [String(acceptedAtMs), ...orders.flatMap((order) => submitArgs(order, acceptedAtMs))]
      );
      return answers.map((answer, at) => {
        if (answer[0] === 1) return { kind: "accepted" };
        if (answer[0] === 2) throw failureOf(orders[at]?.id, answer[1]);
        return { kind: "known", fingerprint: answer[1], acceptedAtMs: Number(answer[2]) };
      });
    }
  };
}
function failureOf(id, error2) {
  const isFault = /^WRONGTYPE|is lost/.test(error2);
  const message = `${id} could not be written: ${error2.slice(0, 200)}`;
  return isFault ? new StoreFault(message) : new StoreUnavailable(message);
}
function submitArgs(order, acceptedAtMs) {
  const { id, submission } = order;
  const isLater = statusAtIntake(submission, acceptedAtMs) === "scheduled";
  const fields = newOrderFields(order, acceptedAtMs);
  const dueAtMs = isLater ? String(submission.produceAtMs) : "";
  return [id, dueAtMs, String(fields.length / 2), ...fields];
}

// lib/redis/production-store.ts
var DEAD_REASON = "The last attempt ended without an answer: its drain died or was cut off.";
function productionStore(client, keys, holder) {
  return {
    async claim(request) {
      const { ordersMax, bytesMax, leaseMs, nowMs, attemptsMax } = request;
      const limits = [ordersMax, bytesMax, nowMs, nowMs + leaseMs, attemptsMax].map(String);
      const answer = await client.once(
        (redis) => listFrom(
          redis,
          CLAIM,
          [keys.queue, keys.pending, keys.owners, keys.fence, keys.dead],
          [...limits, keys.orderPrefix, DEAD_REASON, holder, ...ORDER_FIELDS]
        )
      );
      return claimFrom(answer, nowMs);
    },
    async settle(token, settlements, nowMs) {
      if (settlements.length === 0) return [];
      const orderKeys = settlements.map(({ id }) => keys.order(id));
      const answer = await runRepeatedly(
        client,
        SETTLE,
        [keys.owners, keys.pending, keys.finished, keys.dead, ...orderKeys],
        [
          ...[String(token), holder, String(nowMs)],
          ...settlements.flatMap((settlement) => settlementArgs(settlement, nowMs))
        ]
      );
      return answer.map((stands) => stands === 1);
    },
    async extend(token, ids, leaseEndMs) {
      const args = [String(token), holder, String(leaseEndMs), ...ids];
      const answer = await runRepeatedly(client, EXTEND, [keys.owners, keys.pending], args);
      return answer.map((held) => held === 1);
    },
    async ready(nowMs) {
      const [queued, due] = await client.repeatedly(
        (redis) => redis.pipeline().llen(keys.queue).zcount(keys.pending, "-inf", nowMs).exec()
      );
      return (queued ?? 0) + (due ?? 0);
    }
  };
}
function claimFrom([token, orders, dead, broken, more], nowMs) {
  const claimed = [];
  const unreadable = [];
  for (const [id, attempts, values] of orders) {
    const order = readable(id, values, nowMs);
    if (order === void 0) unreadable.push(id);
    else claimed.push({ ...order, status: "producing", attempts });
  }
  return {
    token,
    orders: claimed,
    dead,
    broken: [...broken, ...unreadable],
    more: more === 1
  };
}
function readable(id, values, nowMs) {
  try {
    return orderFromValues(id, values, nowMs);
  } catch (error2) {
    if (error2 instanceof StoreFault) return void 0;
    throw error2;
  }
}
function settlementArgs(settlement, nowMs) {
  const { id, kind } = settlement;
  const fields = settlementFields(settlement, nowMs);
  const dueAtMs = kind === "retry" ? settlement.dueAtMs : kind === "untried" ? nowMs : "";
  return [id, kind, String(dueAtMs), String(fields.length / 2), ...fields];
}

// lib/redis/read-store.ts
function readStore(client, keys) {
  return {
    async read(id, nowMs) {
      const [values, owner] = await client.repeatedly(async (redis) => {
        const reads = redis.multi().hmget(keys.order(id), ...ORDER_FIELDS).hget(keys.owners, id);
        const [values2, owner2] = await reads.exec();
        if (Array.isArray(values2)) return [values2, owner2];
        throw new StoreUnavailable("Redis answered what is no hash");
      });
      const order = orderFromValues(id, values, nowMs);
      if (order === void 0 || owner === null) return order;
      return { ...order, status: "producing", attempts: Number(owner.split(":")[1]) };
    },
    async counts(nowMs) {
      const { queue, pending, owners, dead, finished, canceled, index } = keys;
      const answer = await runRepeatedly(
        client,
        COUNTS,
        [queue, pending, owners, dead, finished, canceled, index],
        []
      );
      return countsFrom(answer, nowMs);
    }
  };
}
function countsFrom(answer, nowMs) {
  const [queued = 0, waiting = 0, producing = 0, dead = 0, produced = 0, canceled = 0] = answer.map(Number);
  const oldest = answer[6];
  const scheduled = Math.max(0, waiting - producing);
  return {
    queued,
    producing,
    scheduled,
    dead,
    produced,
    canceled,
    oldestQueuedAgeMs: oldest === "" ? null : Math.max(0, nowMs - Number(oldest)),
    // Of those that wait for a time, some wait for a retry or are due: they count as queued. And
    // canceled ones leave the queue only when they surface.
    approximate: scheduled > 0 || canceled > 0 ? ["queued", "scheduled"] : []
  };
}

// lib/redis/cancel-store.ts
function cancelStore(client, keys) {
  return {
    async cancel({ id, client: whose = "", nowMs }) {
      const [kind, status] = await runRepeatedly(
        client,
        CANCEL,
        [keys.order(id), keys.owners, keys.canceled],
        [id, whose, String(nowMs)]
      );
      return kind === "refused" ? { kind, status: status ?? "" } : { kind };
    }
  };
}

// lib/redis/order-numbers.ts
function orderNumbers(client, keys) {
  return {
    async take(count) {
      const last = await client.repeatedly(async (redis) => {
        const answer = await redis.incrby(keys.number, count);
        if (Number.isSafeInteger(answer) && answer >= count) return answer;
        throw new StoreUnavailable("Redis answered what is no order number");
      });
      return last - count + 1;
    }
  };
}
export {
  cancelStore,
  connect,
  intakeStore,
  keysWith,
  orderNumbers,
  productionStore,
  readStore
};
