/** What `previous-version.js` has: as today's, as far as the tests of two versions call it. */
export { cancelStore } from '../../lib/redis/cancel-store.ts';
export { connect } from '../../lib/redis/client.ts';
export { intakeStore } from '../../lib/redis/intake-store.ts';
export { keysWith } from '../../lib/redis/keys.ts';
export { orderNumbers } from '../../lib/redis/order-numbers.ts';
export { productionStore } from '../../lib/redis/production-store.ts';
export { readStore } from '../../lib/redis/read-store.ts';
