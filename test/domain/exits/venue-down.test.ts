/** A leg's market has gone silent: who is told, and what is closed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { venueDown } from '../../../src/domain/exits/venue-down.ts';
import { perpBook, spotBook } from '../../support/quotes.ts';
import { concernOf, leaves, nowMs, seenOf, watchOf } from './support.ts';

const silent = (spotMs: number, perpMs: number) => ({
  spotQuote: spotBook({ aliveAtMs: nowMs - spotMs }),
  perpQuote: perpBook({ aliveAtMs: nowMs - perpMs }),
  closing: null,
});

test('a silence up to its bound is nothing; beyond it a person is told, and both legs are kept', () => {
  const watch = watchOf({ venueDown: { afterMs: 60_000, closeReachable: false } });
  assert.equal(venueDown(seenOf(watch, silent(60_000, 0))), null);
  const answer = venueDown(seenOf(watch, silent(0, 60_001)));
  assert.equal(concernOf(answer), 'venue_down');
  assert.equal(leaves(answer), 'no: binanceusdm USDC/USDT:USDT has been silent for 60 s, over 60 s');
});

test('where the plan says so, the leg that can be reached is closed', () => {
  const watch = watchOf({ venueDown: { afterMs: 10_000, closeReachable: true } });
  assert.match(leaves(venueDown(seenOf(watch, silent(11_000, 0)))), /bybit USDC\/USDT .* 11 s.* the leg that can be/);
  assert.equal(concernOf(venueDown(seenOf(watch, silent(11_000, 11_000)))), 'venue_down', 'neither can be reached');
});

test('an older plan has a minute, and closes nothing', () => {
  assert.equal(venueDown(seenOf(watchOf(), silent(60_000, 60_000))), null);
  assert.equal(concernOf(venueDown(seenOf(watchOf(), silent(60_001, 0)))), 'venue_down');
});
