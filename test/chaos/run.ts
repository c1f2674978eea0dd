/** `npm run chaos`: kills drain processes and redis-server under load, and accounts for every order. */
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { type ChaosOptions, type ChaosReport, PRODUCER_NAMES, runChaos } from './chaos.ts';

const USAGE = `Usage: npm run chaos [-- --orders N --kills M --seed S --producer P]

Submits N orders (20000) through the functions and drains them with real processes, while M of
these and of the redis-server behind (20) are killed with SIGKILL at moments that the seed chooses,
requests are lost and doubled, and some orders kill whoever produces them. Then everything heals,
and every order is accounted for, in Redis and in the downstream system. Ends with 1 where any is lost,
took effect twice or is stuck, and says what is known of it. The processes may be killed from outside
too: what dies is started again.

P says which producer the drains have, and what stands behind it:
  order-numbers  (if none is said) the numbers of Redis, which are given as orders are settled
  webhook        an HTTP receiver that now and then fails, hangs, hangs up, loses an answer, or asks to
                 be left alone; orders come to it alone and in batches
  postgres       a PostgreSQL server behind a bad network, which is killed too
`;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function chaos(options: ChaosOptions): Promise<boolean> {
  const { orders, kills, seed, producer } = options;
  say(`${count(orders)} orders, ${kills} kills, seed ${seed}, producer ${producer}`);
  const bar = new SingleBar({
    format: '  [{bar}] {percentage}% | {value} of {total} acknowledged | {eta_formatted} left',
    hideCursor: true,
  });
  if (process.stdout.isTTY) bar.start(orders, 0);
  const report = await runChaos({
    ...options,
    onProgress: (acknowledged) => bar.isActive && bar.update(acknowledged),
  }).finally(() => bar.stop());
  say(summary(report));
  for (const wrong of report.wrong.slice(0, 5)) say(`answered otherwise: ${wrong}`);
  for (const { kind, id, what } of report.faults.slice(0, 50)) say(`${kind}: ${id} ${what}`);
  for (const history of report.histories) say(history);
  const isRight = report.faults.length === 0 && report.wrong.length === 0;
  const again = `--producer ${producer} --seed ${seed}`;
  say(isRight ? 'Every order is accounted for.' : `Not right. Again: ${again}`);
  return isRight;
}

function summary(report: ChaosReport): string {
  const { kills, otherDeaths, faults } = report;
  const of = (kind: string) => faults.filter((fault) => fault.kind === kind).length;
  return `
  acknowledged    ${count(report.acknowledged)} orders; ${count(report.repeats)} requests were repeated, ${report.abandoned} orders abandoned unanswered
  killed          ${kills.drain} drains, ${kills.redis} redis-servers, ${kills.behind} servers behind; ${otherDeaths.drain}, ${otherDeaths.redis} and ${otherDeaths.behind} died besides, of poison or from outside
  network         ${count(report.networkFaults)} requests lost or doubled
  behind          failed ${count(report.faultsBehind)} times, kills aside
  produced        ${count(report.produced)} orders, ${report.dead} dead as they must be, ${report.unacknowledged} of all unacknowledged
  attempts        ${report.attemptsMost} at most, poison aside
  seconds         ${report.seconds.toFixed(1)}
  lost ${of('lost')}, twice ${of('twice')}, stuck ${of('stuck')}, otherwise wrong ${of('wrong')}
`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** @returns the number, or `undefined` where the option is wrong */
function numberOf(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '20000' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    producer: { type: 'string', default: 'order-numbers' },
    help: { type: 'boolean' },
  },
});
const orders = numberOf(values.orders, 100, 10_000_000);
const kills = numberOf(values.kills, 0, 10_000);
const seed = numberOf(values.seed, 0, 999_999_999);
const producer = PRODUCER_NAMES.find((name) => name === values.producer);
if (values.help) {
  say(USAGE.trimEnd());
} else if (orders === undefined || kills === undefined || seed === undefined || !producer) {
  process.stderr.write(
    '--orders must be 100 to 10000000, --kills 0 to 10000, --seed a number, ' +
      `--producer one of ${PRODUCER_NAMES.join(', ')}.\n`,
  );
  process.exitCode = 2;
} else {
  chaos({ orders, kills, seed, producer }).then(
    (isRight) => process.exit(isRight ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
}
