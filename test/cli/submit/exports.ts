/** Rows as objects, in the columns that any of them has, as an export writes them. */
export function csv(rows: readonly Record<string, string>[], delimiter = ','): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))];
  return cells
    .map((row) =>
      row.map((cell) => (cell.includes(delimiter) ? `"${cell}"` : cell)).join(delimiter),
    )
    .join('\n');
}

export const shopify = {
  Name: '#1',
  Email: 'a@x.com',
  'Financial Status': 'paid',
  Currency: 'EUR',
  Subtotal: '20.00',
  Shipping: '0.00',
  Taxes: '0.00',
  Total: '20.00',
  'Discount Amount': '0.00',
  'Lineitem quantity': '2',
  'Lineitem name': 'Tea',
  'Lineitem price': '10.00',
  'Lineitem sku': 'TEA',
  'Billing Name': 'Ada',
  'Cancelled at': '',
  'Refunded Amount': '0.00',
};
export const second = {
  Name: '#1',
  Email: 'a@x.com',
  'Lineitem quantity': '1',
  'Lineitem name': 'Mug',
  'Lineitem price': '5.00',
};
export const woo = {
  order_id: '77',
  order_number: '1077',
  status: 'processing',
  shipping_total: '4.00',
  tax_total: '3.00',
  discount_total: '2.00',
  order_total: '25.01',
  order_currency: 'USD',
  billing_email: 'b@x.com',
  item_name: 'Tea',
  item_sku: 'TEA',
  item_quantity: '3',
  item_subtotal: '20.01',
  item_total: '18.01',
};
export const amazon = {
  'order-id': '111-1',
  'order-item-id': '1',
  'buyer-email': 'c@m.amazon.com',
  sku: 'S',
  'product-name': '24" "Pro" screen',
  'quantity-purchased': '2',
  currency: 'USD',
  'item-price': '30.00',
  'item-tax': '0.00',
  'shipping-price': '5.00',
};
export const magento = {
  increment_id: '000000012',
  status: 'complete',
  customer_email: '',
  customer_name: 'Ada',
  order_currency_code: 'USD',
  grand_total: '45.9800',
  shipping_amount: '6.0000',
  tax_amount: '0.0000',
  discount_amount: '0.0000',
  sku: 'TEA',
  name: 'Tea',
  qty_ordered: '2.0000',
  price: '19.9900',
  parent_item_id: '',
};
export const ebay = {
  'Sales Record Number': '12',
  'Order Number': '16-1',
  'Buyer Username': 'bob',
  'Item Number': '9',
  'Item Title': 'Card',
  'Custom Label': '',
  Quantity: '3',
  'Sold For': 'AU $1,260.00',
  'Postage And Handling': 'AU $9.00',
  'Total Price': 'AU $3,789.00',
};
