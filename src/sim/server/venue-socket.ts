/** A websocket of a client: guarded against mistakes in its listeners, silenced by a fault, written in batches. */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

export interface SocketGuard {
  /** Whether a fault keeps everything from being sent. */
  isSilent(): boolean;
  onError(error: unknown): void;
}

/** What a client may leave unread before it is cut off. */
const maximumUnreadBytes = 64_000_000;

export class VenueSocket extends WebSocket {
  #stream: Duplex | null = null;
  #guard: SocketGuard | null = null;

  /** @param stream the connection below, which takes finished frames */
  attach(stream: Duplex, guard: SocketGuard): void {
    this.#stream = stream;
    this.#guard = guard;
  }

  /** A listener's mistake ends this connection, and not the process. */
  override emit(name: string | symbol, ...values: unknown[]): boolean {
    try {
      return super.emit(name, ...values);
    } catch (error) {
      this.#guard?.onError(error);
      this.terminate();
      return true;
    }
  }

  override ping(data?: unknown, mask?: boolean, callback?: (error: Error) => void): void {
    if (this.#guard?.isSilent() !== true) super.ping(data, mask, callback);
  }

  /** Also what answers a client's pings. */
  override pong(data?: unknown, mask?: boolean, callback?: (error: Error) => void): void {
    if (this.#guard?.isSilent() !== true) super.pong(data, mask, callback);
  }

  /** Writes finished frames with one system call. */
  deliver(frames: readonly Buffer[]): void {
    const stream = this.#stream;
    if (stream === null || this.readyState !== WebSocket.OPEN || this.#guard?.isSilent() === true) return;
    if (stream.writableLength > maximumUnreadBytes) {
      this.terminate();
      return;
    }
    if (frames.length > 1) stream.cork();
    for (const frame of frames) stream.write(frame);
    if (frames.length > 1) stream.uncork();
  }
}

/** An unmasked text frame, as servers send it: the same bytes for every client. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = 0x81;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headerLength, 'utf8');
  return frame;
}
