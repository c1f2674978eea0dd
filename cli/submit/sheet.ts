import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Why a row may not be what it seems to be. */
export interface Doubt {
  readonly kind:
    | 'unnumbered'
    /** It is a line of a row that takes in several. */
    | 'swallowed'
    /** It is the last one, and may not be whole. */
    | 'cut';
  readonly text: string;
}

/** A row of an order, as the file has it. */
export interface SheetRow {
  /** The line of the file, from 1, on which it begins. */
  readonly row: number;
  /** Which row of the file it is, empty ones left out: rows that follow each other stand together. */
  readonly place: number;
  readonly cells: readonly string[];
  readonly doubt?: Doubt;
}

/** The rows that share an order number. */
export interface SheetOrder {
  /** Counts from 1 in the order of the first rows. */
  readonly id: number;
  /** Empty for rows without a number and without an order above. */
  readonly number: string;
  readonly rowCount: number;
  /** Up to as many as were asked for. */
  readonly rows: readonly SheetRow[];
}

/** What keeps an order from being sent. */
export type Fate = 'doubtful' | 'rejected';

export interface Kept {
  readonly id: number;
  /** Of its first fault. */
  readonly row: number;
  readonly key: string;
  readonly fate: Fate;
  readonly reason: string;
}

/** The same, as the sheet has it. */
export interface KeptOrder extends Kept {
  readonly number: string | null;
}

/** How many orders are looked up at once. */
const PAGE_ORDERS = 200;
const PAGE_ROWS = 2_000;

/**
 * The rows of a file, put by so that those of one order come together wherever they stand. SQLite
 * keeps them in a temporary file that it deletes itself, so memory stays the same for any file.
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
  /** Without a number, and with no order above: all of them are one entry. */
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

  /** Adds a row to the order of its number, or without a number to the order of the row above. */
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

  /** Casts a doubt on the row that was added last, unless there is one. */
  doubtLast(doubt: Doubt): void {
    this.#db
      .prepare('update rows set doubt = coalesce(doubt, ?) where order_id = ? and place = ?')
      .run(JSON.stringify(doubt), this.#lastRowOf, this.#places);
  }

  /**
   * Parts what comes before and after it: rows of an order on both sides stand apart, and rows
   * without a number have no order above.
   */
  part(): void {
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

  /** How many orders there are, those included of which only rows without a number are known. */
  get orders(): number {
    return (this.#db.prepare('select count(*) as orders from orders').get() as { orders: number })
      .orders;
  }

  /** The orders in the order of their first rows; with `isClear` only those that nothing keeps. */
  *each({ rowsMax, isClear }: { rowsMax: number; isClear: boolean }): Generator<SheetOrder, void> {
    const page = this.#db.prepare(
      `select id, number, (select count(*) from rows where order_id = id) as count from orders
       where id > ? ${isClear ? 'and fate is null' : ''} order by id limit ${PAGE_ORDERS}`,
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

  /** Keeps an order from being sent. */
  keep({ id, row, key, fate, reason }: Kept): void {
    this.#keep.run(row, key, fate, reason, id);
  }

  /** The orders that are kept from being sent, in the order of the file. */
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

  /** All rows of an order, as the file has them. */
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
