/**
 * Rows of one statement. PostgreSQL takes 65,535 parameters at most, and what an account's whole history is written with
 * grows with every hour that it trades.
 */
const rowsAtOnce = 1_000;

export function chunksOf<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / rowsAtOnce) }, (_, index) =>
    rows.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce),
  );
}
