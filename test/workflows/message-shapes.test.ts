/** Signals that somebody typed by hand, and got wrong: left alone, since one that throws blocks its workflow for good. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  forceCloseDetail,
  forceCloseReason,
  isExitDecision,
  isMark,
  isVenueFill,
  isWatchedSymbols,
} from '../../workflows/message-shapes.ts';
import type { ForceClose } from '../../workflows/messages.ts';

const parsed = (text: string): ForceClose => JSON.parse(text);

test('a request to close is one, whatever is said of its reason', () => {
  for (const text of ['null', '{}', '{"reason":null}', '{"reason":7}', '7', '[]', '""', '{"reason":""}']) {
    assert.equal(forceCloseDetail(parsed(text)), 'closed by a person', text);
    assert.equal(forceCloseReason(parsed(text)), 'force_close', text);
  }
  assert.equal(forceCloseDetail(parsed('"the news"')), 'closed by a person: the news');
});

test('an exit without prices that can be traded at is none', () => {
  const exit = { decisionId: 'd', reason: 'stop_loss', detail: 'seen', observedAtMs: 1, prices: null };
  assert.ok(isExitDecision(exit));
  assert.ok(isExitDecision({ ...exit, prices: { spot: '0.9996', perp: '1.0001' } }));
  for (const prices of [{}, { spot: '1' }, { spot: '1', perp: 1 }, { spot: '1', perp: 'about one' }, undefined]) {
    assert.ok(!isExitDecision({ ...exit, prices }), JSON.stringify(prices));
  }
});

test('a fill of the venue without its figures is none', () => {
  const order = { leg: 'perp', side: 'buy', clientOrderId: 'venue/1', step: 2, account: 'binance', quantityBase: '4' };
  const resolution = {
    kind: 'done',
    filledBase: '4',
    receivedBase: '4',
    averagePrice: '1',
    feesQuote: '0',
    firstFillAtMs: 1,
  };
  assert.ok(isVenueFill({ order, resolution }));
  assert.ok(!isVenueFill({ order, resolution: { kind: 'done' } }));
  assert.ok(!isVenueFill({ order, resolution: { ...resolution, receivedBase: 4 } }));
  assert.ok(!isVenueFill({ order: { ...order, leg: 'both' }, resolution }));
  assert.ok(!isVenueFill({ order: { ...order, step: undefined }, resolution }));
});

test('a mark without its figures is none', () => {
  const mark = { closeBasisBps: '1.5', ratioPct: '0.02', unrealisedPnlUsd: '-3' };
  assert.ok(isMark(mark));
  assert.ok(isMark({ ...mark, netUsd: '-5' }));
  assert.ok(!isMark({ ...mark, netUsd: 'little' }));
  assert.ok(!isMark({ ...mark, unrealisedPnlUsd: undefined }));
  assert.ok(!isMark({ ...mark, ratioPct: 'much' }));
});

test('symbols that are not lists of texts are none', () => {
  assert.ok(isWatchedSymbols({ symbols: ['USDC/USDT'], perpetuals: [] }));
  for (const value of [undefined, null, {}, { symbols: ['USDC/USDT'] }, { symbols: 'USDC/USDT', perpetuals: [7] }]) {
    assert.ok(!isWatchedSymbols(value), JSON.stringify(value));
  }
});
