/** The way back to the client of one request, whatever the server is made of. */
import type { RestReply } from '../protocols/protocol.ts';

/** The way back to the client of one request. */
export interface Wire {
  send(reply: RestReply): void;
  /** Headers that promise all of the reply, and its first half. @returns what sends the other half */
  sendHalf(reply: RestReply, written: () => void): () => void;
  /** Breaks the connection. */
  cut(): void;
  /** Resolves when the client has gone away, or has all of its reply. */
  ended(): Promise<void>;
}
