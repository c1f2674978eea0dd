import path from 'node:path';
import { databaseSettings } from '../../../lib/postgres/database-settings.ts';
import { withClient } from '../../support/database.ts';
import type { Behind, BehindOptions } from './behind.ts';
import type { Entry } from './ledger.ts';
import { startLastingPostgres } from './postgres-server.ts';
import { startRelay } from './relay.ts';

/**
 * What an operator may have added: a constraint, a trigger that is in the way at times, and one that
 * keeps every number that an order ever had.
 */
const SCHEMA = `
  alter table orders add constraint no_such_sku check (metadata->>'nature' is distinct from 'reject');
  create function be_busy() returns trigger language plpgsql as $$
    begin
      if new.metadata->>'nature' = 'retry' then
        if random() < 0.3 then raise exception 'busy' using errcode = 'serialization_failure'; end if;
        if random() < 0.1 then perform pg_sleep(3); end if;
      end if;
      return new;
    end $$;
  create trigger be_busy before insert on orders for each row execute function be_busy();
  create table numbers_seen (order_id text, order_number bigint, primary key (order_id, order_number));
  create function see_number() returns trigger language plpgsql as $$
    begin
      insert into numbers_seen values (new.id, new.order_number) on conflict do nothing;
      return new;
    end $$;
  create trigger see_number after insert or update on orders for each row execute function see_number();`;

const ENTRIES = `
  select id, order_number, fence, total_amount, count(line) as lines, max(line) as last,
    sum(quantity * unit_amount) as amount,
    (select count(*) from numbers_seen where numbers_seen.order_id = id) as numbers
  from orders left join order_lines on order_id = id
  group by id`;

const END_SESSIONS = `
  select pg_terminate_backend(pid) from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()`;

/** One statement in so many has a fault. */
const STATEMENTS_PER_FAULT = 12;
const FAULTS = ['cut before', 'cut after', 'end all sessions'] as const;

/** A PostgreSQL server with the producer's tables, which can be killed, behind a bad network. */
export async function startPostgresBehind(options: BehindOptions): Promise<Behind> {
  const { dir, chance, onEffect } = options;
  await using cleanup = new AsyncDisposableStack();
  const server = await startLastingPostgres(path.join(dir, 'postgres'));
  cleanup.defer(server.stop);
  const query = <T>(text: string) =>
    withClient(databaseSettings({ DATABASE_URL: server.url() }), (ask) => ask(text) as Promise<T>);
  await query(SCHEMA);
  const port = () => Number(new URL(server.url()).port);
  let isHealed = false;
  let faults = 0;

  function faultNow(): (typeof FAULTS)[number] | undefined {
    if (isHealed || chance() * STATEMENTS_PER_FAULT >= 1) return undefined;
    faults += 1;
    return FAULTS[Math.floor(chance() * FAULTS.length)];
  }

  /** Through which a drain process connects. */
  function relayOf(drain: number) {
    let losesAnswer = false;
    return startRelay(port, {
      onStatement() {
        onEffect(drain, 'before');
        const fault = faultNow();
        losesAnswer = fault === 'cut after';
        // Where there is no server to ask, its sessions have ended already.
        if (fault === 'end all sessions') query(END_SESSIONS).catch(() => undefined);
        return fault === 'cut before';
      },
      onCommitted: () => onEffect(drain, 'after') || losesAnswer,
    });
  }

  const relays = await Promise.all(Array.from({ length: options.drains }, (_, at) => relayOf(at)));
  for (const relay of relays) cleanup.defer(relay.stop);
  const stack = cleanup.move();
  return {
    environmentOf(drain) {
      const url = new URL(server.url());
      url.port = String(relays[drain]?.port);
      return { DATABASE_URL: url.href };
    },
    server,
    faults: () => faults,
    async heal() {
      isHealed = true;
      await server.isBack();
      await query('drop trigger be_busy on orders');
    },
    entries: async () => new Map((await query<EntryRow[]>(ENTRIES)).map(entryOf)),
    stop: () => stack.disposeAsync(),
  };
}

interface EntryRow {
  readonly id: string;
  readonly order_number: string;
  readonly fence: string;
  readonly total_amount: string;
  readonly lines: string;
  readonly last: number | null;
  readonly amount: string;
  readonly numbers: string;
}

/** A row is there once, by its primary key: a second effect would be another number or more lines. */
function entryOf(row: EntryRow): [string, Entry] {
  const isWhole = row.amount === row.total_amount && row.last === Number(row.lines);
  const entry: Entry = {
    orderNumber: Number(row.order_number),
    effects: Math.max(Number(row.numbers), Number(row.lines)),
    amount: isWhole ? Number(row.amount) : Number.NaN,
    tokens: [Number(row.fence)],
  };
  return [row.id, entry];
}
