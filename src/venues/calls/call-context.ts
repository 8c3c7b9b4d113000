/**
 * What one call of ours did on the wire. ccxt hides it, so it is carried beside ccxt in async-local storage:
 * the transport reads the rules of the call from here and records requests and replies.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** One HTTP reply, as the transport saw it. */
export interface VenueReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or undefined when the body was not JSON. */
  readonly body: unknown;
}

export interface CallContext {
  /** Aborts the request in flight when the call's deadline passes. */
  readonly signal: AbortSignal;
  /** Present while an order is sent: wall time after which it must not leave, checked after signing. */
  readonly sendByMs: number | null;
  /** Among the calls that wait for the account's pace: higher goes first. */
  readonly urgency: number;
  /** Added to a request other than GET, outside of what is signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Requests other than GET that reached, or may have reached, the socket. */
  writesHandedOver: number;
  /** The newest reply, complete with its body; null while none came. */
  lastReply: VenueReply | null;
}

const storage = new AsyncLocalStorage<CallContext>();

export function newCallContext(
  signal: AbortSignal,
  { sendByMs = null, urgency = 0, headers = {} }: Partial<Pick<CallContext, 'sendByMs' | 'urgency' | 'headers'>> = {},
): CallContext {
  return { signal, sendByMs, urgency, headers, writesHandedOver: 0, lastReply: null };
}

export function runInCall<T>(context: CallContext, call: () => Promise<T>): Promise<T> {
  return storage.run(context, call);
}

export function currentCall(): CallContext | undefined {
  return storage.getStore();
}

/** As a part of the current call that does not wait with what nobody waits for; orders and their look-ups go before it. */
export async function runUrgently<T>(call: () => Promise<T>): Promise<T> {
  const context = currentCall();
  if (context === undefined || context.urgency > 0) return call();
  const raised: CallContext = { ...context, urgency: 1 };
  try {
    return await runInCall(raised, call);
  } finally {
    context.lastReply = raised.lastReply;
    context.writesHandedOver = raised.writesHandedOver;
  }
}
