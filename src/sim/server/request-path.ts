/** What happens to a request between its arrival and its answer: faults, execution, durability. It knows no socket. */
import type { DurableGate } from '../journal/durable-gate.ts';
import type { Exchange, ForcedOutcome } from '../exchange/exchange.ts';
import type { FaultRule } from '../faults/fault-rule.ts';
import type { Faults } from '../faults/faults.ts';
import { serveFaulty } from '../faults/faulty-replies.ts';
import type { Log } from '../log.ts';
import type { Protocol, RestReply, RestRequest } from '../protocols/protocol.ts';
import type { Wire } from './wire.ts';

export type ReceivedRequest = Omit<RestRequest, 'executedAtMs' | 'ignoreExpiry'>;

export interface RequestPathOptions {
  readonly venue: string;
  readonly protocol: Protocol;
  readonly exchange: Exchange;
  readonly faults: Faults;
  readonly gate: DurableGate;
  readonly log: Log;
  /** The venue's own clock, with its skew. */
  wallMs(): number;
  /**
   * Waits for so much wall time, or until one of the others; null: only for the others. False when everything stops.
   */
  wait(delayMs: number | null, until: readonly Promise<void>[]): Promise<boolean>;
}

export interface RequestPath {
  receive(request: ReceivedRequest, wire: Wire): void;
  /** Writes a mistake of ours to the log, with its place. */
  logMistake(path: string, error: unknown): void;
}

export function createRequestPath(options: RequestPathOptions): RequestPath {
  const { venue, protocol, exchange, faults, gate } = options;

  function logMistake(path: string, error: unknown): void {
    options.log('error', 'handler failed', {
      venue,
      path,
      error: error instanceof Error ? error.stack : String(error),
    });
  }

  /** A mistake of ours answers 500 instead of ending the process. */
  function execute(request: RestRequest, outcome: ForcedOutcome | null): RestReply {
    try {
      return outcome === null ? protocol.handle(request) : exchange.force(outcome, () => protocol.handle(request));
    } catch (error) {
      logMistake(request.path, error);
      return protocol.internalError(request);
    }
  }

  function receiveWithFault(fault: FaultRule, request: ReceivedRequest, wire: Wire): void {
    const timed = (): RestRequest => ({
      ...request,
      executedAtMs: options.wallMs(),
      ignoreExpiry: fault.kind === 'late' && fault.ignoreExpiry,
    });
    serveFaulty(fault, {
      wire,
      execute: (outcome) =>
        new Promise((resolve) => {
          const reply = execute(timed(), outcome ?? null);
          gate.whenDurable(() => resolve(reply));
        }),
      rateLimited: (retryAfterMs) => protocol.rateLimited(timed(), retryAfterMs),
      wait: (delayMs, until = []) => options.wait(delayMs, until),
      removed: () => faults.removed(fault.id),
    }).catch((error: unknown) => {
      logMistake(request.path, error);
      wire.cut();
    });
  }

  return {
    logMistake,
    receive(request, wire) {
      if (faults.isDown(venue)) {
        wire.cut();
        return;
      }
      const fault = faults.take(venue, request.method, request.path);
      if (fault !== null) {
        receiveWithFault(fault, request, wire);
        return;
      }
      const reply = execute({ ...request, executedAtMs: options.wallMs(), ignoreExpiry: false }, null);
      gate.whenDurable(() => wire.send(reply));
    },
  };
}
