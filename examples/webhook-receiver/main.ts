/** `WEBHOOK_SECRET=whsec_… node examples/webhook-receiver/main.ts`: shows the orders that it gets. */
import { createReceiver } from './receiver.ts';

const { WEBHOOK_SECRET: secret = '', PORT: port = '8080' } = process.env;

let last = 0;
const server = createReceiver({
  secret,
  produce(order) {
    last += 1;
    process.stdout.write(`${order.id} is order ${last}: ${order.totalAmount} ${order.currency}\n`);
    return { orderNumber: last };
  },
  erase: (id) => void process.stdout.write(`${id} is erased\n`),
  onRefused: () => process.stdout.write('A request was refused: its signature is wrong.\n'),
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`Orders are taken at http://localhost:${port}/\n`);
});
