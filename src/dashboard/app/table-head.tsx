/** The first row of a table: words, then numbers at the right. */

interface TableHeadProps {
  readonly heads: readonly string[];
  /** How many of the last columns are numbers. */
  readonly numbers?: number;
}

/** Roles are said: browsers forget them where a table is stacked on a phone. */
export const TableHead = ({ heads, numbers = 1 }: TableHeadProps) => (
  <thead role="rowgroup">
    <tr role="row">
      {heads.map((head, at) => (
        <th
          key={head}
          scope="col"
          role="columnheader"
          class={at >= heads.length - numbers ? 'number' : undefined}
        >
          {head}
        </th>
      ))}
    </tr>
  </thead>
);
