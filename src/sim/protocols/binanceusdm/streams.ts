/** Binance USDⓈ-M's websocket streams and listen keys. */
import type { Protocol, ProtocolContext } from '../protocol.ts';
import type { BinanceHandler } from './parameters.ts';

export function createBinanceStreams(
  _context: ProtocolContext,
): Pick<Protocol, 'connect' | 'tick'> & { readonly handlers: Readonly<Record<string, BinanceHandler>> } {
  return { connect: (socket) => socket.close(), tick: () => undefined, handlers: {} };
}
