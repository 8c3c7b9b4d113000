/** The public topic of liquidations: the fills of every account's liquidation orders. */
import { toText } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import type { Transaction } from '../../exchange/events.ts';
import { orderOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Connection } from './connection.ts';
import { wireSymbol } from './instruments.ts';

export function liquidationPushes(
  context: ProtocolContext,
  connection: Connection,
  transaction: Omit<Transaction, 'sequence'>,
): void {
  for (const [name, { kind, feed }] of connection.publicTopics) {
    if (kind !== 'allLiquidation') continue;
    const { instrument } = feed.market;
    const data = transaction.events.flatMap((event) => {
      if (event.kind !== 'order_filled') return [];
      const order = orderOf(context.exchange.state, event.orderId);
      if (order.instrument !== instrument || order.origin !== 'liquidation') return [];
      // The side is that of the position: a liquidated long is sold.
      const side = order.side === 'sell' ? 'Buy' : 'Sell';
      const volume = toText(decimal(event.quantity));
      return [{ T: transaction.atMs, s: wireSymbol(instrument), S: side, v: volume, p: event.price }];
    });
    if (data.length === 0) continue;
    const message = { topic: name, type: 'snapshot', ts: transaction.atMs, data };
    context.sendWhenDurable(connection.socket, message, `trades/${instrument.id}`);
  }
}
