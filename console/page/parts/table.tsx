import type { ComponentChildren, HTMLAttributes } from 'preact';

/** A column: its name is its head, and on narrow screens stands before each of its cells. */
export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  /** `number` is set to the right; `theirs` is what a client or a producer wrote. */
  readonly class?: string;
}

type Data = Readonly<Record<`data-${string}`, string>>;

/** Rows and columns; on narrow screens, each row becomes a list. */
export function Table<T>(props: {
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  /** What the rows are, for who does not see what is around them. */
  readonly caption?: string;
  /** What a row carries; the index as its key does where rows only ever change as a whole. */
  readonly row?: (row: T) => HTMLAttributes<HTMLTableRowElement> & Data;
}) {
  const { rows, columns, caption } = props;
  return (
    <div class="table">
      <table>
        {caption && <caption class="unseen">{caption}</caption>}
        <thead>
          <tr>
            {columns.map(({ name, class: kind }) => (
              <th key={name} scope="col" class={kind}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at} {...props.row?.(row)}>
              {columns.map(({ name, class: kind, cell }) => (
                <td key={name} data-name={name} class={kind}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
