import { alertKeys } from '../../domain/alert-keys.ts';
import type { Ledger } from '../../ports/ledger.ts';

/**
 * Others than the one who halts should know of it, for as long as it lasts; it is halted whether they hear of it or not.
 * @param reason null: it is over
 */
export async function alertHalt(ledger: Ledger, book: string, reason: string | null): Promise<void> {
  const key = alertKeys.halted(book);
  const message = `the engine of the book ${book} is halted by a person: ${reason}`;
  try {
    if (reason === null) await ledger.resolveAlert(key, Date.now());
    else await ledger.raiseAlert({ key, severity: 'critical', message, positionKey: null }, Date.now());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`nobody is told of it: ${why}\n`);
  }
}
