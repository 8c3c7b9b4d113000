/** An exchange that may execute one order twice is traded only where the configuration names that risk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bybit } from '../../src/venues/capabilities/bybit.ts';
import { exactlyOnceVerdict } from '../../workers/exactly-once.ts';

const neither = { ...bybit.capabilities, requestExpiry: null, clientOrderIdScope: 'open_orders' } as const;

test('one that neither refuses late requests nor keeps ids unique is refused, with the words that accept it', () => {
  const verdict = exactlyOnceVerdict('main', { venue: 'bybit', accepted: ['withdraw-permission'] }, neither);
  assert.ok(verdict.kind === 'refused');
  assert.match(verdict.reason, /bybit can neither expire.*accounts\.main\.accepted names not-exactly-once/);
});

test('named in the configuration it is accepted, and said', () => {
  const verdict = exactlyOnceVerdict('main', { venue: 'bybit', accepted: ['not-exactly-once'] }, neither);
  assert.ok(verdict.kind === 'accepted');
  assert.match(verdict.risk, /could be executed twice; accepted by the configuration/);
});

test('one of the two is enough, and nothing has to be accepted', () => {
  const terms = { venue: 'bybit', accepted: [] };
  assert.equal(exactlyOnceVerdict('main', terms, bybit.capabilities).kind, 'exactly_once');
  assert.equal(exactlyOnceVerdict('main', terms, { ...neither, clientOrderIdScope: 'forever' }).kind, 'exactly_once');
});
