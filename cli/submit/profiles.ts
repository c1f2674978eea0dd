import type { ChargeKind } from './columns.ts';
import type { Profile } from './profile.ts';

const charge = (
  kind: ChargeKind,
  columns: readonly string[],
  per: 'order' | 'line' | undefined = undefined,
) => ({ kind, columns, per });

const REFUNDED = 'refunded at least in part, and the file does not show what remains';

export const PROFILES: readonly Profile[] = [
  {
    name: 'shopify',
    about:
      'Orders > Export. Customer: e-mail, else name, else phone. Canceled, refunded, voided and\n' +
      'expired orders are rejected.',
    signatures: [['Name', 'Lineitem name', 'Lineitem quantity', 'Lineitem price']],
    columns: {
      orderNumber: ['Name'],
      customer: ['Email', 'Billing Name', 'Shipping Name', 'Phone', 'Billing Phone'],
      sku: ['Lineitem sku', 'Lineitem name'],
      description: ['Lineitem name'],
      quantity: ['Lineitem quantity'],
      unitPrice: ['Lineitem price'],
      currency: ['Currency'],
      orderTotal: ['Total'],
      charges: [
        charge('shipping', ['Shipping'], 'order'),
        charge('tax', ['Taxes'], 'order'),
        charge('fee', ['Duties'], 'order'),
        charge('discount', ['Discount Amount'], 'order'),
        charge('line-discount', ['Lineitem discount'], 'line'),
      ],
    },
    unwanted: [
      { columns: ['Cancelled at', 'Canceled at'], when: 'filled', because: 'canceled in the shop' },
      {
        columns: ['Financial Status'],
        when: /^(?:voided|expired)$/i,
        because: 'payment is no longer due',
      },
      {
        columns: ['Financial Status'],
        when: /^(?:partially[ _])?refunded$/i,
        because: REFUNDED,
      },
      { columns: ['Refunded Amount'], when: 'not-zero', because: REFUNDED },
    ],
    isCarriedDown: false,
    decimal: '.',
  },
  {
    name: 'woocommerce',
    about:
      'Customer/Order/Coupon Export (one row per item), Order Export & Import (one row per line\n' +
      'item) and Advanced Order Export. Customer: e-mail, else name. Prices are those before\n' +
      'discounts. Cancelled, failed and refunded orders are rejected.',
    signatures: [
      ['item_name', 'item_quantity', 'order_id'],
      ['item_name', 'item_quantity', 'order_number'],
      ['Order Number', 'Item Name', 'Item Cost'],
    ],
    columns: {
      orderNumber: ['order_number_formatted', 'order_number', 'Order Number', 'order_id'],
      customer: [
        ...['billing_email', 'customer_email', 'Email (Billing)', 'billing_full_name'],
        ...['billing_last_name', 'Last Name (Billing)', 'billing_phone', 'Phone (Billing)'],
      ],
      sku: ['item_sku', 'SKU', 'item_name', 'Item Name'],
      description: ['item_name', 'Item Name'],
      quantity: ['item_quantity', 'Quantity', 'Quantity (- Refund)'],
      lineTotal: ['item_subtotal', 'item_total'],
      unitPrice: ['Item Cost', 'item_price'],
      currency: ['order_currency', 'Currency', 'Order Currency'],
      orderTotal: ['order_total', 'Order Total Amount'],
      charges: [
        charge('shipping', ['shipping_total', 'Order Shipping Amount'], 'order'),
        charge('fee', ['fee_total'], 'order'),
        charge('tax', ['tax_total', 'Order Total Tax Amount'], 'order'),
        charge('discount', ['discount_total', 'cart_discount', 'Cart Discount Amount'], 'order'),
      ],
    },
    unwanted: [
      {
        columns: ['status', 'order_status', 'Order Status'],
        when: /^(?:wc-)?(?:cancelled|canceled|failed|refunded|trash|checkout-draft)$/i,
        because: 'canceled, failed or refunded in the shop',
      },
      {
        columns: ['refunded_total', 'Order Refund Amount'],
        when: 'not-zero',
        because: REFUNDED,
      },
      { columns: ['item_refunded', 'item_refunded_qty'], when: 'not-zero', because: REFUNDED },
    ],
    isCarriedDown: true,
    decimal: '.',
  },
  {
    name: 'amazon',
    about:
      'order reports and all-orders reports, tab-separated and unquoted. item-price is the price\n' +
      'of the whole line. Customer: e-mail, else name. Orders with tax need --tax, as prices\n' +
      'include it in some countries. Canceled orders are rejected.',
    signatures: [
      ['order-id', 'quantity-purchased', 'item-price'],
      ['amazon-order-id', 'quantity', 'item-price'],
      ['amazon-order-id', 'quantity-purchased', 'item-price'],
    ],
    columns: {
      orderNumber: ['order-id', 'amazon-order-id'],
      customer: ['buyer-email', 'buyer-name', 'recipient-name'],
      sku: ['sku', 'asin', 'product-name', 'item-name'],
      description: ['product-name', 'item-name'],
      quantity: ['quantity-purchased', 'quantity'],
      lineTotal: ['item-price'],
      currency: ['currency'],
      charges: [
        charge('shipping', ['shipping-price'], 'line'),
        charge('gift-wrap', ['gift-wrap-price'], 'line'),
        charge('tax', ['item-tax'], 'line'),
        charge('tax', ['shipping-tax'], 'line'),
        charge('tax', ['gift-wrap-tax'], 'line'),
        charge('discount', ['item-promotion-discount'], 'line'),
        charge('discount', ['ship-promotion-discount'], 'line'),
      ],
    },
    unwanted: [
      {
        columns: ['order-status', 'item-status'],
        when: /^cancell?ed$/i,
        because: 'canceled at Amazon',
      },
    ],
    isCarriedDown: true,
    decimal: '.',
  },
  {
    name: 'magento',
    about:
      'exports with one row per item, with the column names of the database (increment_id,\n' +
      'qty_ordered) or of Simple Order Export; the order grid exports no items. Rows with a\n' +
      'parent_item_id are left out. Canceled, closed and refunded orders are rejected.',
    signatures: [
      ['increment_id', 'sku', 'qty_ordered'],
      ['Order Number', 'Item SKU', 'Item Qty Ordered'],
    ],
    columns: {
      orderNumber: ['increment_id', 'Order Number'],
      customer: ['customer_email', 'Customer Email', 'Email', 'customer_name', 'Customer Name'],
      sku: ['sku', 'Item SKU', 'name', 'Item Name'],
      description: ['name', 'Item Name'],
      quantity: ['qty_ordered', 'Item Qty Ordered'],
      unitPrice: ['price', 'Item Price', 'Item Selling Price'],
      currency: ['order_currency_code', 'Order Currency', 'Currency'],
      orderTotal: ['grand_total', 'Order Grand Total'],
      charges: [
        charge('shipping', ['shipping_amount', 'Order Shipping']),
        charge('tax', ['tax_amount', 'Order Tax']),
        charge('discount', ['discount_amount', 'Order Discount']),
      ],
    },
    unwanted: [
      {
        columns: ['status', 'state', 'Order Status'],
        when: /^(?:cancell?ed|closed|fraud)$/i,
        because: 'canceled or closed in the shop',
      },
      {
        columns: ['total_refunded', 'Order Refunded', 'qty_refunded', 'Item Qty Refunded'],
        when: 'not-zero',
        because: REFUNDED,
      },
      {
        columns: ['total_canceled', 'qty_canceled', 'Item Qty Canceled'],
        when: 'not-zero',
        because: 'canceled in part or in whole',
      },
    ],
    partRows: ['parent_item_id'],
    isCarriedDown: true,
    decimal: '.',
  },
  {
    name: 'ebay',
    about:
      'the orders report of Seller Hub. It has no currency: use --currency. Customer: the user\n' +
      'name. Tax collected by eBay counts if the order total includes it. The report does not\n' +
      'show which orders were canceled.',
    signatures: [
      ['Sales Record Number', 'Buyer Username', 'Item Title', 'Sold For'],
      ['Order Number', 'Buyer Username', 'Item Title', 'Sold For'],
    ],
    columns: {
      orderNumber: ['Order Number', 'Sales Record Number'],
      customer: ['Buyer Username', 'Buyer Email', 'Buyer Name'],
      sku: ['Custom Label', 'Custom Label (SKU)', 'Item Number', 'Item Title'],
      description: ['Item Title'],
      quantity: ['Quantity'],
      unitPrice: ['Sold For'],
      orderTotal: ['Total Price'],
      charges: [
        charge('shipping', ['Shipping And Handling', 'Postage And Handling'], 'order'),
        charge('tax', ['Seller Collected Tax'], 'order'),
        charge('tax', ['eBay Collected Tax'], 'order'),
        charge('tax', ['eBay Collected Charges'], 'order'),
      ],
    },
    unwanted: [],
    lineRows: ['Item Number', 'Item Title', 'Custom Label', 'Custom Label (SKU)'],
    footer: /^\W*\d+\W+record\(s\) downloaded|^\W*Seller ID ?:/i,
    isCarriedDown: false,
  },
];
