/** One call through ccxt: with its own deadline, its record of the wire, and its failures as `VenueError`s. */
import { newCallContext, runInCall, type CallContext } from './call-context.ts';
import { toVenueError } from '../ccxt-errors.ts';
import { withDeadline } from './deadline.ts';
import type { Clock } from '../../ports/clock.ts';
import type { VenueDialect } from '../capabilities/venue-dialect.ts';
import type { VenueCredentials } from '../exchange.ts';

/** Of one HTTP exchange, wall time, its body included. */
export const defaultDeadlineMs = 4_000;

export interface VenueCaller {
  readonly dialect: VenueDialect;
  readonly credentials: VenueCredentials | null;
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** Among the calls that wait for the account's pace: higher goes first. 0 unless given. */
  readonly urgency?: number;
}

export interface ReadResult<T> {
  readonly value: T;
  readonly context: CallContext;
}

/** @throws VenueError whatever went wrong; `what` names the read in its message. */
export async function read<T>(
  caller: VenueCaller,
  what: string,
  call: () => Promise<T>,
  deadlineMs: number = caller.deadlineMs,
): Promise<ReadResult<T>> {
  const controller = new AbortController();
  const context = newCallContext(controller.signal, { urgency: caller.urgency ?? 0 });
  try {
    return { value: await withDeadline(runInCall(context, call), deadlineMs, controller), context };
  } catch (error) {
    throw toVenueError(error, {
      dialect: caller.dialect,
      credentials: caller.credentials,
      what,
      reply: context.lastReply,
      nowMs: caller.clock.nowMs(),
    });
  }
}
