/** `npm run chaos`: kills drain processes and redis-server under load, and accounts for every order. */
import { parseArgs } from 'node:util';
import { type ChaosReport, PRODUCER_NAMES, runChaos } from './chaos.ts';

const USAGE = `Usage: npm run chaos [-- --orders N --kills M --seed S --producer P]

Submits N orders (20000) through the functions and drains them with real processes, while M of these
and of the redis-server behind them (20) are killed with SIGKILL at moments that the seed chooses,
requests are lost and doubled, and some orders kill whoever produces them. Then everything heals, and
every order is accounted for, in Redis and downstream. Ends with 1 where any is lost, took effect twice
or is stuck, and says what is known of it.

P is the producer: order-numbers (the default), webhook with a receiver that fails in every way, or
postgres with a server that is killed too.
`;

function summary(report: ChaosReport): string {
  const { kills, otherDeaths, faults } = report;
  const of = (kind: string) => faults.filter((fault) => fault.kind === kind).length;
  return `
  acknowledged  ${report.acknowledged} orders, ${report.refused} refused for stock; ${report.repeats} requests repeated, ${report.abandoned} orders abandoned unanswered
  killed        ${kills.drain} drains, ${kills.redis} redis-servers, ${kills.behind} servers downstream; ${otherDeaths.drain}, ${otherDeaths.redis} and ${otherDeaths.behind} died besides
  faults        ${report.networkFaults} requests to Redis lost or doubled, ${report.faultsBehind} downstream
  produced      ${report.produced} orders, ${report.dead} dead as they must be, ${report.unacknowledged} of all unacknowledged
  attempts      ${report.attemptsMost} at most, poison aside
  seconds       ${report.seconds.toFixed(1)}
  lost ${of('lost')}, twice ${of('twice')}, stuck ${of('stuck')}, otherwise wrong ${of('wrong') + report.wrong.length}
`;
}

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '20000' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    producer: { type: 'string', default: 'order-numbers' },
    help: { type: 'boolean', default: false },
  },
});
const [orders, kills, seed] = [values.orders, values.kills, values.seed].map(Number);
const producer = PRODUCER_NAMES.find((name) => name === values.producer);
if (values.help || !(orders && orders >= 100) || kills === undefined || !producer) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const options = { orders, kills, seed: seed ?? 0, producer };
process.stdout.write(`${JSON.stringify(options)}\n`);
const report = await runChaos(options);
process.stdout.write(summary(report));
for (const wrong of report.wrong.slice(0, 5)) process.stdout.write(`answered wrongly: ${wrong}\n`);
for (const { kind, id, what } of report.faults.slice(0, 50)) {
  process.stdout.write(`${kind}: ${id} ${what}\n`);
}
for (const history of report.histories) process.stdout.write(`${history}\n`);
process.exit(report.faults.length + report.wrong.length === 0 ? 0 : 1);
