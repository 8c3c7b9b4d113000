/** A request that a fault has hit: what is executed, and what the client gets to see. */
import { decimal } from '../../domain/decimal.ts';
import type { ForcedOutcome } from '../exchange/exchange.ts';
import type { FaultRule } from './fault-rule.ts';
import { matchesPath } from './faults.ts';
import type { Strike } from '../exchange/liquidation.ts';
import type { RestReply } from '../protocols/protocol.ts';
import { encode, firstHalf } from '../server/replies.ts';
import type { Wire } from '../server/wire.ts';

export interface FaultyRequest {
  readonly wire: Wire;
  /** Resolves once what it did is durable. */
  execute(outcome?: ForcedOutcome): Promise<RestReply>;
  /** The venue's answer to too many requests. */
  rateLimited(retryAfterMs: number): RestReply;
  /** Waits, at most until the fault is removed or the client goes away. False when the server is closing. */
  wait(delayMs: number | null, until?: readonly Promise<void>[]): Promise<boolean>;
  /** Resolves when the rule has been removed. */
  removed(): Promise<void>;
}

const page = '<html><body>upstream error</body></html>';

export async function serveFaulty(fault: FaultRule, request: FaultyRequest): Promise<void> {
  const { wire } = request;
  const send = (reply: RestReply): void => wire.send(reply);
  switch (fault.kind) {
    case 'delay':
      if (await request.wait(fault.delayMs)) send(await request.execute());
      return;
    case 'drop_before':
      wire.cut();
      return;
    case 'drop_after':
      await request.execute();
      wire.cut();
      return;
    case 'late':
      wire.cut();
      if (await request.wait(fault.delayMs)) await request.execute();
      return;
    case 'reset':
      wire.sendHalf(await request.execute(), () => wire.cut());
      return;
    case 'stall':
      await stall(fault, request);
      return;
    case 'http_4xx':
    case 'http_5xx':
      if (fault.execute) await request.execute();
      send({
        status: fault.status,
        body: fault.body === 'empty' ? '' : page,
        headers: { 'content-type': 'text/html' },
      });
      return;
    case 'truncated_200': {
      const reply = await request.execute();
      send({ ...reply, status: 200, body: firstHalf(encode(reply)).toString('utf8') });
      return;
    }
    case 'empty_200':
      if (fault.execute) await request.execute();
      send({ status: 200, body: fault.body });
      return;
    case 'html_200':
      if (fault.execute) await request.execute();
      send({ status: 200, body: '<html><body>please wait</body></html>', headers: { 'content-type': 'text/html' } });
      return;
    case 'rate_limited':
      send(request.rateLimited(fault.retryAfterMs));
      return;
    case 'reject':
      send(await request.execute({ refuse: fault.reason }));
      return;
    case 'partial_fill':
      send(await request.execute({ fillFraction: decimal(fault.fraction) }));
      return;
    case 'visibility_lag':
      send(await request.execute({ hideForMs: fault.delayMs ?? 0 }));
      return;
    case 'deleverage':
    case 'liquidate':
      send(await request.execute({ strike: strikeOf(fault, fault.kind) }));
      return;
    case 'venue_down':
    case 'clock_skew':
    case 'ws_silent':
    case 'ws_gap':
    case 'ws_close':
      throw new Error(`${fault.kind} does not hit requests`);
  }
}

function strikeOf({ account, symbol, fraction }: FaultRule, kind: Strike['kind']): Strike {
  return {
    kind,
    fraction: decimal(fraction),
    hits: (name, instrument) => matchesPath(account, name) && matchesPath(symbol, instrument.symbol),
  };
}

/** Half of the reply, then silence on an open connection; the rest comes when it is over. */
async function stall(fault: FaultRule, { wire, ...request }: FaultyRequest): Promise<void> {
  const sendRest = wire.sendHalf(await request.execute(), () => undefined);
  await request.wait(fault.delayMs, [wire.ended(), request.removed()]);
  sendRest();
}
