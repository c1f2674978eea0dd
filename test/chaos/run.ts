/** `npm run chaos`: kills drain processes and redis-server under load, and accounts for every order. */
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { type ChaosReport, runChaos } from './chaos.ts';

const USAGE = `Usage: npm run chaos [-- --orders N --kills M --seed S]

Submits N orders (20000) through the functions and drains them with real processes, while M of
these and of the redis-server behind (20) are killed with SIGKILL at moments that the seed chooses,
requests are lost and doubled, and some orders kill whoever produces them. Then everything heals,
and every order is accounted for, in Redis and in a ledger outside of it. Ends with 1 where any is
lost, took effect twice or is stuck, and says what is known of it. The processes may be killed from
outside too: what dies is started again.
`;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function chaos(orders: number, kills: number, seed: number): Promise<boolean> {
  say(`${count(orders)} orders, ${kills} kills, seed ${seed}`);
  const bar = new SingleBar({
    format: '  [{bar}] {percentage}% | {value} of {total} acknowledged | {eta_formatted} left',
    hideCursor: true,
  });
  if (process.stdout.isTTY) bar.start(orders, 0);
  const report = await runChaos({
    orders,
    kills,
    seed,
    onProgress: (acknowledged) => bar.isActive && bar.update(acknowledged),
  }).finally(() => bar.stop());
  say(summary(report));
  for (const wrong of report.wrong.slice(0, 5)) say(`answered otherwise: ${wrong}`);
  for (const { kind, id, what } of report.faults.slice(0, 50)) say(`${kind}: ${id} ${what}`);
  for (const history of report.histories) say(history);
  const isRight = report.faults.length === 0 && report.wrong.length === 0;
  say(isRight ? 'Every order is accounted for.' : `Not right. Again: --seed ${seed}`);
  return isRight;
}

function summary(report: ChaosReport): string {
  const { kills, otherDeaths, faults } = report;
  const of = (kind: string) => faults.filter((fault) => fault.kind === kind).length;
  return `
  acknowledged    ${count(report.acknowledged)} orders; ${count(report.repeats)} requests were repeated, ${report.abandoned} orders abandoned unanswered
  killed          ${kills.drain} drains, ${kills.redis} redis-servers; ${otherDeaths.drain} drains and ${otherDeaths.redis} redis-servers died besides, of poison or from outside
  network         ${count(report.networkFaults)} requests lost or doubled
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
    help: { type: 'boolean' },
  },
});
const orders = numberOf(values.orders, 100, 10_000_000);
const kills = numberOf(values.kills, 0, 10_000);
const seed = numberOf(values.seed, 0, 999_999_999);
if (values.help) {
  say(USAGE.trimEnd());
} else if (orders === undefined || kills === undefined || seed === undefined) {
  process.stderr.write('--orders must be 100 to 10000000, --kills 0 to 10000, --seed a number.\n');
  process.exitCode = 2;
} else {
  chaos(orders, kills, seed).then(
    (isRight) => process.exit(isRight ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
}
