import { batchIdIn } from '../orders/holder.ts';
import { readable, stateFrom } from '../store/order-record.ts';
import { type Owned, release } from '../store/release.ts';
import { statesOf } from '../store/upkeep.ts';
import { ownersPage } from '../store/upkeep-pages.ts';
import { eachPage, type Pass } from './pass.ts';

/** Ends leases whose orders were settled: a settlement that was cut off has left them. */
export function checkLeases(pass: Pass): Promise<boolean> {
  const { store, notes, isRepair } = pass;
  return eachPage(
    pass,
    (cursor) => ownersPage(store, cursor),
    async (owned) => {
      const states = await statesOf(
        store,
        owned.map(({ id }) => id),
      );
      const settled = owned.filter((lease, at) => hasSettled(lease, states[at] ?? null));
      for (const { id } of await release(store, settled, isRepair)) {
        notes.tellRepair('leased', id, isRepair);
      }
      for (const { owner } of owned) pass.token = Math.max(pass.token, Number.parseInt(owner, 10));
    },
  );
}

function hasSettled({ id, owner }: Owned, text: string | null): boolean {
  const state = readable(() => stateFrom(id, text));
  return state?.settledBy !== undefined && state.settledBy === batchIdIn(owner);
}
