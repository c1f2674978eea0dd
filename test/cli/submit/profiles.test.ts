import { expect, test } from 'vitest';
import { amazon, csv, ebay, magento, second, shopify, woo } from './exports.ts';
import { type Flags, lookInto, short, shortKept } from './reading.ts';

const AUD: Flags = { currency: 'AUD' };

test.each<[string, string, Flags, readonly string[]]>([
  [
    'shopify: rows without the order’s columns, an item without SKU, tax that is added',
    csv([{ ...shopify, Taxes: '2.50', Total: '27.50' }, second]),
    {},
    ['#1 a@x.com EUR: TEA 2 x 1000, Mug 1 x 500, TAX 1 x 250'],
  ],
  [
    'shopify: tax that is in the prices',
    csv([{ ...shopify, Taxes: '3.19' }]),
    {},
    ['#1 a@x.com EUR: TEA 2 x 1000'],
  ],
  [
    'shopify: a guest without an e-mail address, and one without anything',
    csv([
      { ...shopify, Email: '' },
      { ...shopify, Name: '#2', Email: '', 'Billing Name': '' },
    ]),
    {},
    ['#1 Ada EUR: TEA 2 x 1000', '#2 guest EUR: TEA 2 x 1000'],
  ],
  [
    'shopify: a discount that the quantity does not divide',
    csv([{ ...shopify, 'Discount Amount': '0.05', Total: '19.95' }]),
    {},
    ['#1 a@x.com EUR: TEA 1 x 997, TEA 1 x 998'],
  ],
  [
    'shopify: discounts of lines too',
    csv([{ ...shopify, 'Discount Amount': '1.00', 'Lineitem discount': '3.00', Total: '16.00' }]),
    {},
    ['#1 a@x.com EUR: TEA 2 x 800'],
  ],
  [
    'woocommerce: one row per item, with shipping, tax and discount',
    csv([woo]),
    {},
    ['1077 b@x.com USD: TEA 2 x 600, TEA 1 x 601, SHIPPING 1 x 400, TAX 1 x 300'],
  ],
  [
    'woocommerce: order columns on the first row only',
    csv([
      {
        'Order Number': '5',
        'Order Status': 'completed',
        'Email (Billing)': 'd@x.com',
        'Order Total Amount': '12.00',
        SKU: 'A',
        'Item Name': 'a',
        'Quantity (- Refund)': '2',
        'Item Cost': '5',
      },
      { SKU: 'B', 'Item Name': 'b', 'Quantity (- Refund)': '1', 'Item Cost': '2' },
    ]),
    { currency: 'GBP' },
    ['5 d@x.com GBP: A 2 x 500, B 1 x 200'],
  ],
  [
    'amazon: unquoted tabs, prices of the whole line, charges of each row',
    csv(
      [
        amazon,
        {
          ...amazon,
          sku: 'T',
          'quantity-purchased': '1',
          'item-price': '7.00',
          'shipping-price': '2.00',
        },
      ],
      '\t',
    ),
    {},
    ['111-1 c@m.amazon.com USD: S 2 x 1500, T 1 x 700, SHIPPING 1 x 700'],
  ],
  [
    'amazon: a row that goes on with promotions of the order above',
    csv(
      [{ ...amazon, 'item-promotion-discount': '1.00' }, { 'item-promotion-discount': '2.00' }],
      '\t',
    ),
    {},
    ['111-1 c@m.amazon.com USD: S 2 x 1350, SHIPPING 1 x 500'],
  ],
  [
    'amazon: taxes, when said',
    csv([{ ...amazon, 'item-tax': '2.00' }], '\t'),
    { tax: 'added' },
    ['111-1 c@m.amazon.com USD: S 2 x 1500, SHIPPING 1 x 500, TAX 1 x 200'],
  ],
  [
    'magento: four decimals, a guest, parts of a bundle',
    csv([magento, { ...magento, sku: 'TEA-RED', price: '0.0000', parent_item_id: '31' }]),
    {},
    ['000000012 Ada USD: TEA 2 x 1999, SHIPPING 1 x 600'],
  ],
  [
    'magento: the names of Simple Order Export',
    csv([
      {
        'Order Number': '100',
        'Order Status': 'Processing',
        'Order Currency': 'EUR',
        'Order Shipping': '5',
        'Order Tax': '4',
        'Order Discount': '-3',
        'Order Grand Total': '26',
        'Customer Email': 'e@x.com',
        'Item Name': 'Tea',
        'Item SKU': 'TEA',
        'Item Price': '10',
        'Item Qty Ordered': '2',
      },
    ]),
    {},
    ['100 e@x.com EUR: TEA 2 x 850, SHIPPING 1 x 500, TAX 1 x 400'],
  ],
  [
    'ebay: rows above the header, signs, a row for the whole of an order, the count below',
    `,,,\n\n${csv([ebay, { ...ebay, 'Order Number': '16-2', 'Item Number': '', 'Item Title': '', Quantity: '2', 'Sold For': 'AU $7.00', 'Postage And Handling': 'AU $1.00', 'Total Price': 'AU $8.00' }, { ...ebay, 'Order Number': '16-2', 'Item Number': '1', Quantity: '1', 'Sold For': 'AU $3.00', 'Postage And Handling': '', 'Total Price': '' }, { ...ebay, 'Order Number': '16-2', 'Item Number': '2', Quantity: '1', 'Sold For': 'AU $4.00', 'Postage And Handling': '', 'Total Price': '', 'Custom Label': 'C' }])}\n\n2,record(s) downloaded,\nSeller ID : x,,\n`,
    AUD,
    [
      '16-1 bob AUD: 9 3 x 126000, SHIPPING 1 x 900',
      '16-2 bob AUD: 1 1 x 300, C 1 x 400, SHIPPING 1 x 100',
    ],
  ],
])('%s', async (_name, text, flags, orders) => {
  const looked = await lookInto(text, flags);
  expect(shortKept(looked)).toEqual([]);
  expect(short(looked)).toEqual(orders);
});

test.each<[string, string, Flags, RegExp]>([
  [
    'canceled in Shopify',
    csv([{ ...shopify, 'Cancelled at': '2026-01-01 10:00:00 +0100' }]),
    {},
    /rejected: Cancelled at .*canceled in the shop/,
  ],
  [
    'refunded in part in Shopify',
    csv([{ ...shopify, 'Financial Status': 'partially_refunded', 'Refunded Amount': '5.00' }]),
    {},
    /rejected: Financial Status is partially_refunded.*what remains/,
  ],
  [
    'voided in Shopify',
    csv([{ ...shopify, 'Financial Status': 'voided' }]),
    {},
    /rejected: Financial Status is voided/,
  ],
  [
    'of another total than its rows',
    csv([{ ...shopify, Total: '21.00' }]),
    {},
    /doubtful: Total is EUR 21\.00, but the rows of the order add up to EUR 20\.00/,
  ],
  [
    'cancelled in WooCommerce',
    csv([{ ...woo, status: 'wc-cancelled' }]),
    {},
    /rejected: status is wc-cancelled/,
  ],
  [
    'refunded in WooCommerce',
    csv([{ ...woo, refunded_total: '-3.00' }]),
    {},
    /rejected: refunded_total/,
  ],
  [
    'taxed at Amazon, in or on its prices',
    csv([{ ...amazon, 'item-tax': '2.00' }], '\t'),
    {},
    /doubtful: .*--tax added or --tax included/,
  ],
  [
    'at a price that cannot be divided',
    csv([{ ...amazon, 'item-price': '30.01' }], '\t'),
    {},
    /rejected: item-price 30\.01 cannot be divided/,
  ],
  [
    'canceled at Amazon',
    csv([{ ...amazon, 'order-status': 'Cancelled' }], '\t'),
    {},
    /rejected: order-status is Cancelled/,
  ],
  ['closed in Magento', csv([{ ...magento, status: 'closed' }]), {}, /rejected: status is closed/],
  [
    'canceled in part in Magento',
    csv([{ ...magento, qty_canceled: '1.0000' }]),
    {},
    /rejected: qty_canceled/,
  ],
  [
    'in another currency than was said',
    csv([ebay]),
    { currency: 'USD' },
    /doubtful: .*AU\$, but the order is in USD/,
  ],
])('an order that is %s is kept back', async (_name, text, flags, reason) => {
  const looked = await lookInto(text, flags);
  expect(short(looked)).toEqual([]);
  expect(shortKept(looked)).toEqual([expect.stringMatching(reason)]);
});

test('a profile that is named needs its columns, and an export that is none is told what is needed', async () => {
  await expect(lookInto(csv([woo]), { profile: 'shopify' })).rejects.toThrow(
    /no column for the order number: Name/,
  );
  await expect(lookInto('ID,Purchase Point,Grand Total (Base)\n', {})).rejects.toThrow(
    /or --profile/,
  );
});

test('a column that an option names comes before that of the profile', async () => {
  const text = csv([{ ...shopify, 'Shop id': 'X-9' }]);
  const looked = await lookInto(text, { profile: 'shopify', keyColumn: 'Shop id' });
  expect(short(looked)).toEqual(['X-9 a@x.com EUR: TEA 2 x 1000']);
});
