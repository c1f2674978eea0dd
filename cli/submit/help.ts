import { SETTINGS_HELP } from '../help.ts';
import { PROFILES } from './profiles.ts';

/** The first column of the list of profiles. */
const NAME_WIDTH = 12;

const PROFILES_HELP = PROFILES.map(
  ({ name, about }) =>
    `  ${name.padEnd(NAME_WIDTH)}${about.replace(/\n\s*/g, `\n  ${' '.repeat(NAME_WIDTH)}`)}`,
).join('\n');

export const SUBMIT_HELP = `
FILE is NDJSON, on each line an order of the API with its idempotencyKey, or CSV with one order
line a row; the name tells which (.csv, .tsv, .txt; .ndjson, .jsonl), or --format. A FILE of - is
standard input. It may be of any size: its rows are put by in a temporary file.

The whole file is read and shown before anything is sent: how it is written, how its columns are
used, orders, lines and totals, the first orders, and what is kept back.
  rejected  it cannot be converted, or the API refuses it
  doubtful  it can be read in more than one way; the reason names the option that decides
The others are sent, in batches of up to 100 orders and 1 MiB. Where something is doubtful, submit
asks first; with nobody to ask it sends nothing, unless --yes. Doubtful orders are never sent.
Run again after an interruption it continues: an order that was accepted before is not made again.
--rejects has the rows of what is kept back as the file has them, with the reasons, to be mended and
submitted with the same options.

CSV
  Written how   Delimiter (, ; tab |, or a sep= line), quotes, line ends and UTF-8 or UTF-16 are
                recognized, and can be said. Spreadsheets (.xlsx) are not read: save them as CSV.
  Orders        Rows that share the order number are one order, wherever they stand. Rows without
                one are doubtful, unless --carry-down. The number is the order's reference, and its
                idempotency key with all that is not ASCII, and %, percent-encoded as UTF-8.
  Numbers       Point or comma, thousands, currency signs. What 1.200 means the other cells of the
                column tell, or else of the file; where none does, it is doubtful, unless --decimal.
  Charges       Shipping and tax become lines SHIPPING and TAX (fees FEE, gift wrap GIFT-WRAP). A
                discount is taken off the lines in proportion to their amounts, and kept as the
                metadata "discount"; a line whose share its quantity does not divide is split in two.
  Order total   Where there is one, the order must come to it. It also tells whether prices hold
                tax and discount already; without it, an order with tax needs --tax.

Profiles name the columns of an export. Without --profile and --…-column, the export is recognized
by its header. An order with no customer at all is of "${'guest'}"; a name that stands for a missing
SKU is cut to 64 characters.
${PROFILES_HELP}

Exit codes: 0 all orders of the file were accepted; 3 some were; 1 none, or a failure; 2 wrong
usage; 130 interrupted. With --dry-run the same of what would be sent.
The key in SLUICE_KEY needs the scope orders:write.
${SETTINGS_HELP}
Examples:
  npm run sluice -- submit orders.ndjson
  npm run sluice -- submit orders_export.csv --profile shopify --dry-run
  npm run sluice -- submit invoices.csv --key-column InvoiceNo \\
    --customer-column CustomerID --sku-column StockCode \\
    --description-column Description --quantity-column Quantity \\
    --unit-price-column UnitPrice --currency GBP --rejects rejects.csv
`;
