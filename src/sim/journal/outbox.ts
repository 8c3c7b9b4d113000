/**
 * Websocket messages on their way out. A message that is handed over for many clients (the same object) is serialised
 * once, and what one client gets in one turn of the event loop is written at once.
 */
import type { WebSocket } from 'ws';
import type { DurableGate } from './durable-gate.ts';
import { VenueSocket, textFrame } from '../server/venue-socket.ts';

export interface Outbox {
  /** @param message a string is sent as it is, anything else as JSON */
  send(socket: WebSocket, message: unknown): void;
}

export function createOutbox(gate: DurableGate): Outbox {
  let turn = -1;
  let frames = new Map<unknown, Buffer>();
  let letters = new Map<VenueSocket, Buffer[]>();

  function openTurn(): void {
    turn = gate.turn();
    frames = new Map();
    const opened = new Map<VenueSocket, Buffer[]>();
    letters = opened;
    gate.whenDurable(() => {
      for (const [socket, batch] of opened) socket.deliver(batch);
    });
  }

  function frameOf(message: unknown): Buffer {
    let frame = frames.get(message);
    if (frame === undefined) {
      frame = textFrame(typeof message === 'string' ? message : JSON.stringify(message));
      frames.set(message, frame);
    }
    return frame;
  }

  return {
    send(socket, message) {
      if (!(socket instanceof VenueSocket)) throw new TypeError('not a socket of a venue');
      if (turn !== gate.turn()) openTurn();
      const frame = frameOf(message);
      const batch = letters.get(socket);
      if (batch === undefined) letters.set(socket, [frame]);
      else batch.push(frame);
    },
  };
}
