/** One drain in a process of its own, for tests that kill it: `node drain-process.ts SLOT`. */
import type { Context } from 'aws-lambda';

const { handler } = await import('../../functions/drain-queue.ts');
const context = { awsRequestId: 'drain', getRemainingTimeInMillis: () => 60_000 } as Context;
await handler({ slot: Number(process.argv[2]) }, context);
