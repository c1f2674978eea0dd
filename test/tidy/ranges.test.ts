import { expect, test } from 'vitest';
import { SETTINGS } from '../../deploy/settings-table.ts';
import { BATCH_ORDERS_MAX, ORDER_BYTES_MAX } from '../../lib/orders/batch.ts';
import { RETRY_DELAY_MS_MAX } from '../../lib/orders/retry.ts';
import {
  constant,
  GATEWAY_MS_MAX,
  greatest,
  operationMs,
  RECORD_BYTES_MAX,
  SCHEDULE_MS,
} from '../support/constants.ts';
import { functionOf } from '../support/deployed.ts';

/**
 * What no other test would notice for being slower, larger or later than it should be: each constant
 * with the least and the most that its reason leaves it, in milliseconds, bytes, or whatever it counts.
 * With a digit too many or too few it lies outside.
 */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const requestMs = operationMs('storeForRequests');
const batchMs = operationMs('storeForBatches');
const clientMs = constant('lib/client/client.ts', 'TIMEOUT_MS');
const tryMs = constant('lib/client/send.ts', 'TRY_MS_MAX');
const secretSendMs = constant('lib/secrets/secret-store.ts', 'SEND_MS_MAX');
const idleNotedMs = constant('lib/drain/drain-slot.ts', 'IDLE_NOTE_MINUTES') * MINUTE;
const produceAheadMs = constant('lib/orders/submission.ts', 'PRODUCE_AHEAD_MS_MAX');
const stockChangesMax = constant('lib/contract/stock-schemas.ts', 'STOCK_CHANGES_MAX');
const leaseMs = Number(SETTINGS.SLUICE_LEASE_MS.byDefault);
const batchSize = Number(SETTINGS.SLUICE_BATCH_SIZE.byDefault);
const webhookMs = Number(SETTINGS.SLUICE_WEBHOOK_TIMEOUT_MS.byDefault);

/** A constant | the least | the most | why. */
const RANGES = `
functions/cancel-orders.ts AT_ONCE | ${(100 * 2 * 1_200) / (functionOf('cancel-orders').timeoutMs - 2_750)} | 50 | a hundred cancels end before API Gateway gives up, and leave Redis to others
cli/redis-store.ts TIMEOUT_MS | ${batchMs / 2} | ${MINUTE / constant('cli/redis-store.ts', 'SENDS_MAX')} | a command of an operator waits longer for Redis than a function, and says so within a minute
cli/redis-store.ts SENDS_MAX | 3 | ${MINUTE / constant('cli/redis-store.ts', 'TIMEOUT_MS')} | a long command survives some failures of Redis, and says so within a minute
cli/doctor/size-checks.ts WARNING | 0.5 | 0.9 | doctor warns of a size while there is time to do something
cli/doctor/redis-checks.ts CLOCK_DIFFERENCE_MS_MAX | ${requestMs} | ${leaseMs / 3} | doctor takes a slow line for no wrong clock, and a wrong clock for no slow line
cli/doctor/redis-side.ts TIMEOUT_MS | ${batchMs / 2} | ${MINUTE / 2} | doctor gives a megabyte more time than a function does
cli/doctor/api-checks.ts READ_MS_WARNING | 500 | ${requestMs} | doctor calls a read slow that is slower than a cold start and not yet refused
cli/doctor/api-checks.ts READY_MS_MAX | ${2 * SCHEDULE_MS} | ${5 * MINUTE} | doctor waits for two drains before it calls an order late
cli/doctor/examine.ts CALL_MS_MAX | ${functionOf('get-order').timeoutMs} | ${GATEWAY_MS_MAX} | doctor outlasts a function that it calls
cli/doctor/scratch.ts SCRATCH_TTL_MS | ${MINUTE} | ${5 * MINUTE} | what doctor writes outlives its run, and not the next one
lib/client/client.ts TIMEOUT_MS | ${3 * tryMs} | ${constant('lib/client/wait-until-produced.ts', 'TIMEOUT_MS') / 2} | a call of the client outlasts some tries, and not its wait for an order
lib/client/send.ts TRY_MS_MAX | ${GATEWAY_MS_MAX} | ${clientMs / 3} | a try of the client outlasts API Gateway
lib/client/operator-calls.ts DRAIN_MS_MAX | ${GATEWAY_MS_MAX} | ${clientMs} | a client that drains outlasts API Gateway, and its call outlasts that
lib/client/retry.ts DELAY_MS_MAX | ${tryMs / 3} | ${tryMs} | a client pauses for no longer than a try takes
lib/client/wait-until-produced.ts TIMEOUT_MS | ${5 * SCHEDULE_MS} | ${30 * MINUTE} | waiting for an order outlasts several drains, and ends
lib/client/wait-until-produced.ts LAST_LOOK_MS | ${requestMs} | ${SCHEDULE_MS / 2} | a last look has time for an answer
lib/client/wait-until-produced.ts PAUSE_MS_MAX | 2_000 | ${SCHEDULE_MS / 3} | whoever waits for an order looks several times while a drain runs
cli/sluice.ts CALL_MS_MAX | ${constant('lib/client/retry.ts', 'TRIES_MAX') * constant('lib/client/retry.ts', 'RETRY_AFTER_MS_MAX')} | ${30 * MINUTE} | a command outlasts all waits that a full queue asks for
cli/sluice.ts TRIES_UNANSWERED_MAX | 2 | 5 | a wrong address is told after a few tries
lib/secrets/secrets.ts KEPT_MS | ${constant('lib/secrets/secrets.ts', 'FRESH_MS') + 10_000} | ${5 * MINUTE} | a revoked key stops working within five minutes, as the help says
lib/secrets/secrets.ts READ_MS | ${2 * secretSendMs} | ${requestMs} | a first read of secrets has time for two sends, and a submit for Redis after it
lib/secrets/secrets.ts READ_DUE_MS | ${constant('lib/secrets/secrets.ts', 'READ_AHEAD_MS')} | ${secretSendMs} | a read of secrets that are due keeps nobody for longer than a send
lib/secrets/secrets.ts READ_AHEAD_MS | 100 | ${constant('lib/secrets/secrets.ts', 'READ_DUE_MS')} | a read of secrets ahead of time keeps a request for less than one that is due
lib/secrets/secret-store.ts SEND_MS_MAX | 500 | ${constant('lib/secrets/secrets.ts', 'READ_MS') / 2} | a send to Secrets Manager leaves time for a second one
lib/secrets/secret-store.ts PAUSE_MS | 50 | ${secretSendMs / 2} | a throttled read of secrets pauses, and has time left
lib/producers/webhook/breaker.ts OPEN_MS | ${webhookMs} | ${SCHEDULE_MS} | a receiver that is down is left alone for a timeout, and called again by the next drain
lib/producers/webhook/breaker.ts REFUSED_RUN_MAX | ${2 * constant('lib/producers/webhook/breaker.ts', 'CAREFUL_AFTER')} | ${batchSize / 10} | a run of refusals is longer than a coincidence, and much shorter than a batch
lib/events/announce.ts TRIES_MAX | 5 | 30 | an event is tried for as long as a receiver restarts
lib/store/events.ts EVENTS_PAGE_MAX | 20 | ${batchSize} | a page of events is worth its commands, and no longer than a claim
lib/store/events.ts ASIDE_MAX | 2_000 | ${10_485_760 / 200} | events that were set aside outlast many runs, and one reply holds them
lib/intake/sold-out.ts SKUS_MAX | 2_000 | 50_000 | an instance remembers what a sale has sold out, in a few megabytes
lib/intake/storage.ts COUNTED_BYTES | ${ORDER_BYTES_MAX} | ${4 * ORDER_BYTES_MAX} | a client may add one largest order uncounted, and not many
lib/intake/storage.ts KNOWN_MS | 1_000 | ${MINUTE / 2} | a client over its share is looked at again within the wait that it is told
lib/intake/storage.ts CLIENTS_MAX | 500 | 5_000 | an instance remembers the clients of a busy installation
lib/intake/back-pressure.ts KNOWN_MS | 500 | 5_000 | a full queue is looked at again soon, and not for every order
lib/intake/back-pressure.ts COUNTED_PART | 0.005 | 0.05 | a queue is counted often enough to stop near its limit
lib/runtime.ts ASIDE_MS_MAX | 100 | 500 | counting a request waits for a round trip, and for no more than a few
lib/runtime.ts INVOKE_MS_MAX | 500 | 2_000 | waking a drain has time to reach Lambda
lib/webhook/post.ts BODY_BYTES_MAX | ${400 * batchSize} | ${2 * 1024 * 1024} | an answer of a receiver holds a result for each order of a batch
lib/postgres/connection.ts CONNECT_MS_MAX | 2_000 | ${leaseMs / 4} | a connection to PostgreSQL has time to be made across a region
lib/postgres/connection.ts IDLE_MS_MAX | ${constant('lib/drain/drain-slot.ts', 'SETTLE_MS')} | ${SCHEDULE_MS / 2} | a connection lasts from one batch to the next, and not across two drains
lib/postgres/connection.ts HANG_UP_CHECK_MS | 500 | 5_000 | PostgreSQL notices a hang-up before another batch comes, without looking all the time
lib/producers/postgres.ts SENDS_MAX | 2 | 3 | a batch is sent to PostgreSQL once more, and its lease still runs
lib/producers/postgres.ts REFUSED_WAIT_MS | ${2 * SCHEDULE_MS} | ${RETRY_DELAY_MS_MAX} | orders that fail like all others wait for some drains, as others do at most
lib/maintenance/pass.ts CLOCKS_MS | ${5 * MINUTE} | ${HOUR / 2} | upkeep allows for clocks that differ by minutes
lib/maintenance/stock.ts SCHEDULE_MS | ${produceAheadMs} | ${produceAheadMs} | a limit of stock counts for as long as an order may be scheduled ahead
lib/maintenance/stock.ts LOOKS_MAX | 2 | 10 | stock that moves is looked at again, and a pass ends
lib/maintenance/counters.ts RECOUNTS_MAX | 2 | 20 | totals that move are compared again, and a pass ends
lib/maintenance/reconcile.ts LATE_MS | ${24 * HOUR} | ${7 * 24 * HOUR} | upkeep may miss a day
functions/maintain.ts END_MS | ${5 * batchMs} | ${functionOf('maintain').timeoutMs / 10} | upkeep works for most of its time
functions/drain-queue.ts HTTP_DRAIN_MS_MAX | 10_000 | ${GATEWAY_MS_MAX - batchMs} | a drain over HTTP does some batches
functions/stats.ts CLIENTS_MAX | 50 | 500 | counts name the clients of most installations
functions/activity.ts BEFORE_MS | ${2 * idleNotedMs} | ${HOUR} | an idle drain is noted before the first step of a chart
functions/redrive-dead-letters.ts LIMIT_DEFAULT | 50 | 500 | a redrive without a number takes a page of orders
functions/replace-order.ts BODY_BYTES_MAX | ${ORDER_BYTES_MAX} | ${ORDER_BYTES_MAX} | a replacement may be as large as an order
functions/set-stock.ts BODY_BYTES_MAX | ${400 * BATCH_ORDERS_MAX} | ${4 * ORDER_BYTES_MAX} | a call holds all changes of stock that it may bring
lib/drain/erase-downstream.ts ERASE_AGAIN_MS | ${SCHEDULE_MS / 2} | ${5 * MINUTE} | an erasure that failed is tried again by a later drain
lib/drain/drain.ts ALONE_SHARE | 0.1 | 0.5 | orders that are tried alone have time, and others have most of it
lib/drain/drain-slot.ts IDLE_NOTE_MINUTES | 2 | 15 | an idle drain says so several times an hour
lib/operate/explanation.ts DRAIN_MS_MAX | ${2 * SCHEDULE_MS} | ${idleNotedMs} | drains count as stopped after some were missed
lib/operate/wording.ts RATE_MS | ${3 * SCHEDULE_MS} | ${15 * MINUTE} | a rate is over several drains
lib/store/facts.ts SEARCHED_MAX | 20_000 | 100_000 | a queue is searched in about a millisecond
lib/store/facts.ts COMPARED_MAX | 20 | ${batchSize} | a dead order is compared with enough others
lib/store/facts.ts DRAINS_MS | ${2 * idleNotedMs} | ${HOUR} | drains are looked at beyond the notes of idle ones
lib/store/list.ts PAGE_BYTES_MAX | 1_000_000 | ${3_000_000 - ORDER_BYTES_MAX} | a page of orders fits into an answer of 6 MB, however it is escaped
lib/store/list.ts READ_ORDERS | 10 | 100 | a list reads little more than it shows
lib/store/list.ts GROUP_CLIENTS | 20 | 200 | a list over all clients goes through them in groups
lib/store/restore.ts LEASE_MS_MAX | ${greatest('SLUICE_LEASE_MS')} | ${greatest('SLUICE_LEASE_MS')} | an order is restored when no lease of it can run any more
lib/store/erase.ts ROUNDS_MAX | 2 | 5 | an erasure gives way a few times
lib/store/replace.ts ROUNDS_MAX | 2 | 5 | a replacement gives way a few times
lib/store/cancel.ts ROUNDS_MAX | 2 | 5 | a cancel gives way a few times
lib/store/stock.ts SKUS_MAX | 50_000 | ${RECORD_BYTES_MAX / 400} | the tracked SKUs fit into a record, at 400 bytes each
lib/store/submit-stock.ts KEYS_MAX | ${2 * BATCH_ORDERS_MAX} | ${8_000 / 2} | a script may pass pairs of all its keys to one command
lib/store/reservations.ts STOCKS_MAX | ${batchSize} | ${8_000 / 2} | a settle may change the stock of a whole batch
lib/store/claim.ts CLAIM_CLIENTS_MAX | 20 | 100 | a claim serves many clients, within the keys of one script
lib/store/pause.ts SLOTS_MAX | ${greatest('SLUICE_DRAIN_SLOTS')} | ${greatest('SLUICE_DRAIN_SLOTS')} | a pause holds every slot that there may be
cli/setup/steps.ts KEY_KNOWN_MS_MAX | ${constant('lib/secrets/secrets.ts', 'KEPT_MS')} | ${10 * MINUTE} | setup waits until functions that run know a new key
cli/setup/steps.ts PRODUCED_MS_MAX | ${2 * SCHEDULE_MS} | ${10 * MINUTE} | setup waits for several drains to produce its order
cli/setup/steps.ts CALL_MS_MAX | ${GATEWAY_MS_MAX} | ${3 * MINUTE} | setup outlasts API Gateway
cli/warm.ts STARTING_MS | 3_000 | 10_000 | instances start at a rate that Lambda bears, 1,000 in 10 s
cli/warm.ts LINGER_MS | ${constant('lib/warm.ts', 'SPARE_MS')} | 5_000 | an instance stays until the last has started
cli/stock-command.ts CHANGES_MAX | ${stockChangesMax} | ${stockChangesMax} | the command sends as many changes of stock as a call may bring
cli/deployment/kept-keys.ts KEYS_BYTES_MAX | 32_000 | ${64 * 1024 - 2_048} | keys fit into a secret of 64 KB beside an address and a token
cli/cost/workload.ts CLAIMED_MAX | ${batchSize} | ${batchSize} | cost counts with the batches that a stage has by default
deploy/secret-store.ts TRIES_MAX | 3 | 20 | a secret that others change is written after a few tries
console/server/upstream.ts CHANGE_MS_MAX | ${GATEWAY_MS_MAX} | ${clientMs} | the console outlasts a drain over HTTP
console/server/upstream.ts READ_MS_MAX | ${functionOf('stats').timeoutMs} | ${GATEWAY_MS_MAX} | the console outlasts what it reads, and does not hang
console/server/live.ts AGE_MS_MIN | 5_000 | ${SCHEDULE_MS / 2} | the console asks more often than drains come
console/server/live.ts AGE_MS_MAX | ${SCHEDULE_MS} | ${5 * MINUTE} | a console that nobody looks at asks once a drain
console/server/live.ts SLOW_MS | ${SCHEDULE_MS} | ${SCHEDULE_MS} | the console asks for what changes by the minute by the minute
console/server/live.ts ME_MS | ${5 * MINUTE} | ${HOUR} | a console notices within the hour that its key was revoked
console/server/live.ts RETRY_MS_MIN | 2_000 | ${MINUTE / 2} | a console that is refused does not storm
local/gateway.ts BODY_BYTES_MAX | ${10 * 1024 * 1024} | ${10 * 1024 * 1024} | the local API takes bodies as large as API Gateway does
lib/orders/batch.ts ORDER_BYTES_MAX | ${256 * 1024} | ${256 * 1024} | the contract's largest order
lib/orders/batch.ts BATCH_BYTES_MAX | ${4 * 1024 * 1024} | ${4 * 1024 * 1024} | the contract's largest batch
lib/orders/batch.ts BATCH_ORDERS_MAX | 500 | 500 | the contract's orders of a batch
lib/orders/rules.ts LINES_MAX | 1_000 | 1_000 | the contract's lines of an order
lib/orders/faults.ts FAULTS_MAX | 100 | 100 | the contract's faults of an answer
lib/orders/rules.ts METADATA_MEMBERS_MAX | 20 | 20 | the contract's metadata of an order
lib/contract/operator-queries.ts IDS_MAX | 100 | 100 | the contract's ids of a call
lib/contract/operator-queries.ts PAUSE_MS_MAX | ${HOUR} | ${HOUR} | the contract's longest pause
lib/store/list.ts PAGE_ORDERS_MAX | 100 | 100 | the contract's page of a list
lib/store/order-record.ts REPLACED_MAX | 5 | 5 | the contract's times that an order may be replaced
lib/orders/retry.ts RETRY_DELAY_MS_BASE | 1_000 | 10_000 | an order that fails comes back with the next drain, and later by a few drains
lib/orders/retry.ts RETRY_DELAY_MS_MAX | ${10 * MINUTE} | ${HOUR} | an order that keeps failing is tried a few times an hour
lib/postgres/evidence.ts PROBES_MAX | 3 | 10 | a few orders of different clients tell whether a batch or the database is at fault
`;

const rows = RANGES.trim()
  .split('\n')
  .map((line) => {
    const [at = '', least = '', most = '', why = ''] = line.split(' | ');
    const [file = '', name = ''] = at.split(' ');
    const number = (text: string) => Number(text.replaceAll('_', ''));
    return { at, why, value: constant(file, name), least: number(least), most: number(most) };
  });

test.for(rows)('$at: $why', ({ value, least, most }) => {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
});

test('a digit more or less lies outside of each range', () => {
  const loose = rows.filter(({ value, least, most }) => value / 10 >= least || 10 * value <= most);
  expect(loose.map(({ at }) => at)).toEqual([]);
});
