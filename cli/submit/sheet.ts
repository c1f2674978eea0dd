import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Why a row is doubtful. */
export interface Doubt {
  readonly kind:
    | 'unnumbered'
    /** It was inside a quoted cell that spans several rows. */
    | 'swallowed'
    /** It is the last row and may be incomplete. */
    | 'cut';
  readonly text: string;
}

/** A row of the file. */
export interface SheetRow {
  /** The line of the file, from 1, on which it begins. */
  readonly row: number;
  /** Its position among the non-empty rows: consecutive rows have consecutive places. */
  readonly place: number;
  readonly cells: readonly string[];
  readonly doubt?: Doubt;
}

/** The rows that share an order number. */
export interface SheetOrder {
  /** Numbered from 1, in the order of first appearance. */
  readonly id: number;
  /** Empty for rows that have no order number and no order above. */
  readonly number: string;
  readonly rowCount: number;
  /** At most `rowsMax` of them. */
  readonly rows: readonly SheetRow[];
}

/** Why an order of the file is not accepted. */
export type Fate =
  | 'doubtful'
  | 'rejected'
  /** It was accepted before with other content, which stands. */
  | 'different';

const CONDITIONS = { all: '', clear: 'and fate is null', different: "and fate = 'different'" };

/** Which orders of a sheet: all, those without a fate, or those accepted before with other content. */
export type Which = keyof typeof CONDITIONS;

export interface Kept {
  readonly id: number;
  /** The row of its first fault. */
  readonly row: number;
  readonly key: string;
  readonly fate: Fate;
  readonly reason: string;
}

/** As stored in the sheet. */
export interface KeptOrder extends Kept {
  readonly number: string | null;
}

/** How much is read from the database at once. */
const PAGE_ORDERS = 200;
const PAGE_ROWS = 2_000;

/**
 * Stores the rows of a file and groups them by order, wherever they are in the file. SQLite keeps
 * them in a temporary file that it deletes itself, so memory use does not depend on the file size.
 */
export class Sheet {
  readonly #db = new DatabaseSync('');
  readonly #find: StatementSync;
  readonly #addOrder: StatementSync;
  readonly #addRow: StatementSync;
  readonly #rowsOf: StatementSync;
  readonly #keep: StatementSync;
  #last: { number: string; id: number } | undefined;
  #lastRowOf = 0;
  #places = 0;
  /** The entry for all rows that have no order number and no order above. */
  #unnumberedId: number | undefined;

  constructor() {
    this.#db.exec(`
      pragma journal_mode = off;
      pragma synchronous = off;
      create table orders (
        id integer primary key, number text unique, row integer not null,
        key text, fate text, reason text
      );
      create table rows (
        order_id integer not null, place integer not null, row integer not null,
        cells text not null, doubt text, primary key (order_id, place)
      ) without rowid;
      begin`);
    this.#find = this.#db.prepare('select id from orders where number = ?');
    this.#addOrder = this.#db.prepare('insert into orders (number, row) values (?, ?)');
    this.#addRow = this.#db.prepare('insert into rows values (?, ?, ?, ?, ?)');
    this.#rowsOf = this.#db.prepare(
      `select row, place, cells, doubt from rows where order_id = ? and place > ?
       order by place limit ?`,
    );
    this.#keep = this.#db.prepare(
      'update orders set row = ?, key = ?, fate = ?, reason = ? where id = ?',
    );
  }

  /** Adds a row to its order, or to the order of the row above if it has no order number. */
  add(number: string, row: number, cells: readonly string[], doubt?: Doubt): void {
    const id =
      number === '' ? (this.#last?.id ?? this.#unnumbered(row)) : this.#orderOf(number, row);
    this.#places += 1;
    this.#lastRowOf = id;
    this.#addRow.run(
      id,
      this.#places,
      row,
      JSON.stringify(cells),
      doubt ? JSON.stringify(doubt) : null,
    );
  }

  /** Marks the last added row as doubtful, unless it is already. */
  doubtLast(doubt: Doubt): void {
    this.#db
      .prepare('update rows set doubt = coalesce(doubt, ?) where order_id = ? and place = ?')
      .run(JSON.stringify(doubt), this.#lastRowOf, this.#places);
  }

  /**
   * Marks a break: rows of one order before and after it are not adjacent, and rows without an
   * order number after it have no order above.
   */
  addBreak(): void {
    this.#places += 1;
    this.#last = undefined;
  }

  #orderOf(number: string, row: number): number {
    if (this.#last?.number === number) return this.#last.id;
    const found = this.#find.get(number) as { id: number } | undefined;
    const id = found?.id ?? Number(this.#addOrder.run(number, row).lastInsertRowid);
    this.#last = { number, id };
    return id;
  }

  #unnumbered(row: number): number {
    this.#unnumberedId ??= Number(this.#addOrder.run(null, row).lastInsertRowid);
    return this.#unnumberedId;
  }

  /** The number of orders, including the entry of rows without an order. */
  get orders(): number {
    return (this.#db.prepare('select count(*) as orders from orders').get() as { orders: number })
      .orders;
  }

  /** Orders by first appearance. */
  *each({ rowsMax, which }: { rowsMax: number; which: Which }): Generator<SheetOrder, void> {
    const page = this.#db.prepare(
      `select id, number, (select count(*) from rows where order_id = id) as count from orders
       where id > ? ${CONDITIONS[which]} order by id limit ${PAGE_ORDERS}`,
    );
    let last = 0;
    for (;;) {
      const orders = page.all(last) as { id: number; number: string | null; count: number }[];
      for (const { id, number, count } of orders) {
        yield { id, number: number ?? '', rowCount: count, rows: this.#rows(id, 0, rowsMax) };
        last = id;
      }
      if (orders.length < PAGE_ORDERS) return;
    }
  }

  #rows(id: number, afterPlace: number, rowsMax: number): SheetRow[] {
    const rows = this.#rowsOf.all(id, afterPlace, rowsMax) as {
      row: number;
      place: number;
      cells: string;
      doubt: string | null;
    }[];
    return rows.map(({ row, place, cells, doubt }) => ({
      row,
      place,
      cells: JSON.parse(cells),
      ...(doubt !== null && { doubt: JSON.parse(doubt) }),
    }));
  }

  /** Marks an order as not accepted. */
  keep({ id, row, key, fate, reason }: Kept): void {
    this.#keep.run(row, key, fate, reason, id);
  }

  /** Takes that back. */
  release(id: number): void {
    this.#db.prepare('update orders set fate = null, reason = null where id = ?').run(id);
  }

  /** The orders that are not accepted, by first appearance. */
  *kept(): Generator<KeptOrder, void> {
    let last = 0;
    for (;;) {
      const page = this.#keptAfter(last, PAGE_ORDERS);
      yield* page;
      if (page.length < PAGE_ORDERS) return;
      last = page.at(-1)?.id ?? last;
    }
  }

  /** The first of them. */
  firstKept(max: number): KeptOrder[] {
    return this.#keptAfter(0, max);
  }

  #keptAfter(id: number, max: number): KeptOrder[] {
    const text = `select id, number, row, key, fate, reason from orders
      where fate is not null and id > ? order by id limit ?`;
    return this.#db.prepare(text).all(id, max) as unknown as KeptOrder[];
  }

  /** All rows of an order. */
  *rowsOf(id: number): Generator<SheetRow, void> {
    let last = 0;
    for (;;) {
      const rows = this.#rows(id, last, PAGE_ROWS);
      yield* rows;
      if (rows.length < PAGE_ROWS) return;
      last = rows.at(-1)?.place ?? last;
    }
  }

  close(): void {
    this.#db.close();
  }
}
