/** Order books: `books` tells 400 levels and then what changed, `books5` and `bbo-tbt` the best levels whole. */
import type { BookDifference, BookVersion, LevelText } from '../../feed/book-feed.ts';
import { difference } from '../../feed/book-feed.ts';
import { bookChecksum } from './book-checksum.ts';
import { feedOf } from './call.ts';
import type { Subscription } from './connection.ts';
import type { BookRow } from './contracts.ts';
import { bookRow } from './contracts.ts';
import type { MarketSource } from './market-channels.ts';

const levels = 400;
/** Silence after which an unchanged book is told to be so. */
const heartbeatMs = 60_000;

export function booksSubscription({ context, market, argument, send }: MarketSource): Subscription {
  const { instrument } = market;
  const feed = feedOf(context, market);
  const rows = (side: readonly LevelText[]): BookRow[] => side.map((level) => bookRow(instrument, level));
  let sent: BookVersion | null = null;
  let sentAtMs = 0;
  return {
    argument,
    push(nowMs, wallMs) {
      const post = (action: 'snapshot' | 'update', { bids, asks }: BookDifference, cut: BookVersion): void => {
        const prevSeqId = sent?.updateId ?? -1;
        sent = cut;
        sentAtMs = wallMs;
        const body = {
          asks: rows(asks),
          bids: rows(bids),
          instId: instrument.id,
          ts: String(nowMs),
          checksum: bookChecksum(rows(cut.bids.slice(0, 25)), rows(cut.asks.slice(0, 25))),
          prevSeqId,
          seqId: cut.updateId,
        };
        send({ arg: argument, action, data: [body] }, `book/${instrument.id}`);
      };
      const whole = feed.current();
      if (sent?.updateId !== whole.updateId) {
        const cut = { ...whole, bids: whole.bids.slice(0, levels), asks: whole.asks.slice(0, levels) };
        const changes = sent === null ? cut : difference(sent, cut);
        if (sent === null) post('snapshot', cut, cut);
        else if (changes.bids.length + changes.asks.length > 0) post('update', changes, cut);
      } else if (wallMs - sentAtMs >= heartbeatMs) {
        post('update', { bids: [], asks: [] }, sent);
      }
    },
  };
}

/** The best levels whole, whenever one of them has changed. */
export function topLevelsSubscription({ context, market, argument, send }: MarketSource, depth: number): Subscription {
  const { instrument } = market;
  const feed = feedOf(context, market);
  let seenId: number | null = null;
  let sent = '';
  return {
    argument,
    push(nowMs) {
      const { updateId, bids, asks } = feed.current();
      if (updateId === seenId) return;
      seenId = updateId;
      const top = {
        asks: asks.slice(0, depth).map((level) => bookRow(instrument, level)),
        bids: bids.slice(0, depth).map((level) => bookRow(instrument, level)),
      };
      const text = JSON.stringify(top);
      if (text === sent) return;
      sent = text;
      const id = depth === 1 ? {} : { instId: instrument.id };
      send({ arg: argument, data: [{ ...top, ...id, ts: String(nowMs), seqId: updateId }] }, `book/${instrument.id}`);
    },
  };
}
