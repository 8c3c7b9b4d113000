/** The engine of a book, for commands that go on without it. */
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { Config } from '../config/schema.ts';
import { engineWorkflowId, stoppingReason } from '../domain/names.ts';
import { serviceAddresses } from './connection.ts';
import type { CommonOptions } from './options.ts';
import { connectTemporal } from './temporal-target.ts';

export type Reached<T> =
  { readonly kind: 'reached'; readonly value: T } | { readonly kind: 'silent'; readonly why: string };

/** A signal is taken by the server at once; a query is answered by a worker. */
const deadlineMs = 10_000;

/** Never throws: why it cannot be reached is the answer. */
export async function reachEngine<T>(
  options: CommonOptions,
  { book }: Config,
  use: (engine: WorkflowHandle) => Promise<T>,
): Promise<Reached<T>> {
  try {
    const { client, close } = await connectTemporal(serviceAddresses(options.home, process.env).temporal);
    try {
      const engine = client.workflow.getHandle(engineWorkflowId(book));
      return { kind: 'reached', value: await client.withDeadline(Date.now() + deadlineMs, () => use(engine)) };
    } finally {
      await close();
    }
  } catch (error) {
    return { kind: 'silent', why: inWords(error, book) };
  }
}

/** Why nothing is opened, by the engine's own word or the ledger's; null: neither. */
export interface Stops {
  readonly pauseReason: string | null;
  readonly haltReason: string | null;
}

/** For a person; no line where nothing stands against opening. */
export function stopLines({ pauseReason, haltReason }: Stops): string[] {
  if (pauseReason === null && haltReason === null) return [];
  const halted = haltReason === null ? [] : [`halted, nothing is opened: ${haltReason}`];
  // A stop's own pause is taken back by a start, and by that of a halted book at its resume.
  if (pauseReason === stoppingReason)
    return haltReason === null ? [`paused: ${pauseReason}`] : [...halted, howToResume];
  return [...halted, ...(pauseReason === null ? [] : [`paused by a person: ${pauseReason}`]), howToResume];
}

const howToResume = 'npm run basis -- resume opens new positions again';

function inWords(error: unknown, book: string): string {
  if (error instanceof WorkflowNotFoundError) return `the engine of the book ${book} is not running`;
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const isSaid = !(cause instanceof Error) || error.message.includes(cause.message);
  return isSaid ? error.message : `${error.message}: ${cause.message}`;
}
