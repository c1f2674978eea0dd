import { connectDatabase } from '../../lib/postgres/connection.ts';
import { postgresProducer } from '../../lib/producers/postgres.ts';
import { freshDatabase } from '../support/database.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { conformanceOf, type SystemBehind } from './conformance.ts';

/** PostgreSQL, with a proxy in front that can fall silent or lose an answer. */
async function startPostgres(): Promise<SystemBehind> {
  const { settings, query } = await freshDatabase();
  const proxy = await tcpProxy({ host: settings.host, port: settings.port });
  const open: { close(): Promise<void> }[] = [];
  const rowOf = async (id: string) => {
    const rows = await query(
      'select fence, count(line) as lines from orders left join order_lines on order_id = id where id = $1 group by id',
      [id],
    );
    return rows[0];
  };
  return {
    createProducer(clock) {
      const database = connectDatabase({ ...settings, port: proxy.port }, clock);
      open.push(database);
      return postgresProducer({ database, log: () => undefined });
    },
    // Each of its lines is an effect: a row cannot be there twice.
    effectsOf: async (id) => Number((await rowOf(id))?.lines ?? 0),
    tokenOf: async (id) => Number((await rowOf(id))?.fence),
    refuse: async (id) => {
      await query(`alter table orders add constraint not_this_one check (id <> '${id}')`);
    },
    async hang() {
      proxy.become('freeze');
      while (proxy.sent() === '') await new Promise(setImmediate);
    },
    loseNextAnswer: () => proxy.loseAnswerTo('commit'),
    async [Symbol.asyncDispose]() {
      proxy.cut();
      await Promise.all(open.map((database) => database.close()));
    },
  };
}

conformanceOf('postgres', startPostgres);
