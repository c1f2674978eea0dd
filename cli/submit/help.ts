import { SETTINGS_HELP } from '../help.ts';
import { PROFILES } from './profiles.ts';

/** The first column of the list of profiles. */
const NAME_WIDTH = 12;

const PROFILES_HELP = PROFILES.map(
  ({ name, about }) =>
    `  ${name.padEnd(NAME_WIDTH)}${about.replace(/\n\s*/g, `\n  ${' '.repeat(NAME_WIDTH)}`)}`,
).join('\n');

export const SUBMIT_HELP = `
FILE is NDJSON, with an order of the API and its idempotencyKey on each line, or CSV with one order
line per row. The name tells which (.csv, .tsv, .txt; .ndjson, .jsonl), or --format does. A FILE of -
is standard input. FILE may be of any size; its rows are kept in a temporary file meanwhile.

The whole file is read and shown before anything is sent: its dialect, how its columns are used,
orders, lines and totals, the first orders, and what will not be sent:
  rejected  it cannot be converted, or the API would refuse it
  doubtful  it can be read in more than one way; the reason names the option that decides
The other orders are sent, in batches of up to 100 orders and 1 MiB. If anything is doubtful, submit
asks first. Without a terminal it then sends nothing, unless --yes is given. Doubtful orders are never
sent. After an interruption, run the same command again: no order is made twice.
--rejects writes all rows of orders that were not accepted, with the reasons, to be fixed and
submitted with the same options.

An order whose key is used already, for other content, is "different": what was accepted first stands.
--replace puts such an order right under its own number. After the new orders are sent, it shows what
would be replaced, with old and new totals and lines, and asks; without a terminal it replaces nothing
unless --yes is given. The order keeps its id, and its old content is kept too; a canceled order waits
again. Once production has begun, an order is never replaced: it is rejected, with what to do.

CSV
  Dialect       Delimiter (, ; tab |, or a sep= line), quotes, line ends, UTF-8 and UTF-16 are
                detected; options override them. Spreadsheets (.xlsx) must be saved as CSV first.
  Orders        Rows with the same order number form one order, wherever they are. Rows without one
                are doubtful, unless --carry-down is given. The order number becomes the reference
                and the idempotency key, in which non-ASCII characters and % are percent-encoded.
  Numbers       Decimal point or comma, thousands separators and currency signs are understood. What
                1.200 means is decided by the other cells of its column, or else by those of other
                number columns, or else by --decimal; otherwise it is doubtful.
  Charges       Shipping, tax, fees and gift wrap become lines SHIPPING, TAX, FEE and GIFT-WRAP. A
                discount is taken off the lines in proportion to their amounts and recorded as
                metadata "discount"; a line is split in two if its quantity does not divide its share.
  Order total   If the file has one, the order must add up to it. It also tells whether prices already
                include tax and discount. Without it, orders with tax need --tax.

Profiles name the columns of an export. Without --profile and column options, an export is recognized
by its header. An order without any customer gets the customer "guest". An item without a SKU gets its
name as SKU, cut to 64 characters.
${PROFILES_HELP}

Exit codes: 0 all orders of the file were accepted; 3 some were; 1 none were, or a failure; 2 wrong
usage; 130 interrupted. With --dry-run, the same for what would be sent.
The key in SLUICE_KEY needs the scope orders:write, and for --replace orders:read too.
${SETTINGS_HELP}
Examples:
  npm run sluice -- submit orders.ndjson
  npm run sluice -- submit orders_export.csv --profile shopify --dry-run
  npm run sluice -- submit invoices.csv --key-column InvoiceNo \\
    --customer-column CustomerID --sku-column StockCode \\
    --description-column Description --quantity-column Quantity \\
    --unit-price-column UnitPrice --currency GBP --rejects rejects.csv
  npm run sluice -- submit orders.ndjson --replace
`;
