/** Plain text tables that fit the terminal, of 80 columns where nobody says otherwise. Nothing is cut off: cells wrap. */

export interface Column<Row> {
  readonly heading: string;
  readonly text: (row: Row) => string;
  /** Figures, which are never broken. */
  readonly align?: 'left' | 'right';
}

export interface TableText {
  readonly heading: string;
  /** One a row, of several lines where a cell wraps. */
  readonly rows: readonly string[];
}

const usualWidth = 80;
/** Under it words become columns of letters. */
const narrowestText = 6;

export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width = terminalWidth()): string {
  const { heading, rows: lines } = tableText(columns, rows, width);
  return [heading, ...lines].join('\n');
}

/** For who puts lines of its own between the rows. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = terminalWidth(),
): TableText {
  const headings = columns.map(({ heading }) => heading);
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const { widths, gap } = layOut(columns, [headings, ...cells], cells, width);
  const lineOf = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const columnWidth = widths[index] ?? 0;
        return columns[index]?.align === 'right' ? text.padStart(columnWidth) : text.padEnd(columnWidth);
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const rowOf = (texts: readonly string[]): string => {
    const parts = texts.map((text, index) => broken(text, widths[index] ?? 0));
    const height = Math.max(1, ...parts.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => lineOf(parts.map((lines) => lines[line] ?? ''))).join('\n');
  };
  return { heading: rowOf(headings), rows: cells.map(rowOf) };
}

function terminalWidth(): number {
  const { columns } = process.stdout;
  return columns === undefined || columns < narrowestText ? usualWidth : columns;
}

/** Where it is too wide, columns stand closer, and then the widest gives way until it fits. */
function layOut<Row>(
  columns: readonly Column<Row>[],
  lines: readonly (readonly string[])[],
  cells: readonly (readonly string[])[],
  width: number,
): { readonly widths: readonly number[]; readonly gap: number } {
  const longest = (of: readonly (readonly string[])[], index: number): number =>
    Math.max(0, ...of.map((line) => (line[index] ?? '').length));
  const widths = columns.map((_, index) => longest(lines, index));
  const least = columns.map(({ align }, index) =>
    align === 'right' ? longest(cells, index) : Math.min(narrowestText, longest(lines, index)),
  );
  const total = (): number => widths.reduce((sum, one) => sum + one, 0);
  const gaps = columns.length - 1;
  const gap = total() + 2 * gaps > width ? 1 : 2;
  while (total() + gap * gaps > width) {
    const spare = widths.map((one, index) => (one > (least[index] ?? 0) ? one : 0));
    const widest = Math.max(...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
  }
  return { widths, gap };
}

/** Lines of at most so many characters, broken after what joins words in names and symbols, or where it has to be. */
function broken(text: string, width: number): string[] {
  if (width === 0) return [text];
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const room = rest.slice(0, width);
    const joint =
      rest[width] === ' '
        ? width
        : 1 + Math.max(...[' ', '/', '_', ':', '-', '~', '@'].map((one) => room.lastIndexOf(one)));
    const end = joint > 0 ? joint : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
