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

test('a market that was not seen since the watching began, in the middle of an outage, is silent since then', () => {
  const watch = watchOf({ venueDown: { afterMs: 10_000, closeReachable: true } });
  const since = (watchedMs: number, change: object = {}) =>
    venueDown(seenOf(watch, { ...silent(0, 0), watchedSinceWallMs: nowMs - watchedMs, ...change }));
  assert.equal(since(60_000, { perpQuote: null }), null, 'a minute to connect in');
  assert.match(
    leaves(since(60_001, { perpQuote: null })),
    /^binanceusdm USDC\/USDT:USDT .* 60 s, over 60 s; the leg that/,
  );
  const neither = since(60_001, { spotQuote: null, perpQuote: null });
  assert.equal(concernOf(neither), 'venue_down', 'neither can be reached');
  const known = { spotQuote: null, perpQuote: perpBook({ aliveAtMs: nowMs - 11_000 }) };
  assert.equal(concernOf(since(11_000, known)), 'venue_down', 'the other one has not been seen: nothing to close on');
  assert.equal(since(60_001), null, 'both are alive');
  assert.equal(
    since(60_001, { perpQuote: null, watchedSinceWallMs: null }),
    null,
    'who looks once knows of no silence',
  );
});
