/** Bybit v5's websocket topics. */
import type { ProtocolContext, Protocol } from '../protocol.ts';

export function createBybitStreams(_context: ProtocolContext): Pick<Protocol, 'connect' | 'tick'> {
  return { connect: (socket) => socket.close(), tick: () => undefined };
}
