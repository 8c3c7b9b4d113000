import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { VenueFill } from '../../src/domain/fill.ts';
import type { ReservationResult } from '../../src/domain/portfolio/reservation.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { fill, intent, limits, nowMs, opening, plan, reading, request } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

async function fund(ledger: Ledger, usdt: string): Promise<void> {
  await ledger.writeReading(reading('bybit', usdt));
  await ledger.writeReading(reading('binance', usdt));
}

/** It came to nothing: its capital is free again. */
function giveBack(ledger: Ledger, key: string): Promise<void> {
  return ledger.updatePosition({ key, status: 'aborted', nowWallMs: nowMs });
}

function reasonsOf(result: { kind: string; reasons?: readonly string[] }): readonly string[] {
  assert.equal(result.kind, 'refused');
  return result.reasons ?? [];
}

test('an engine and a person race for the last dollar, over two connections, and one of them gets it', () =>
  withLedger(async ({ ledger, databaseUrl }) => {
    const other = createPostgresLedger({ databaseUrl, log: { warn: () => undefined } });
    try {
      await fund(ledger, '10500');
      // Ten fit. Two books: the accounts are the same, and so is the money.
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? ledger : other).reserve(request(plan(`P${index}`, { book: index % 3 === 0 ? 'a' : 'b' }))),
        ),
      );
      assert.equal(results.filter(({ kind }) => kind === 'reserved').length, 10);
      const [reason] = reasonsOf(results.find(({ kind }) => kind === 'refused')!);
      assert.equal(reason, 'free at bybit: 1000 USDT needed, 10500 free − 10000 reserved = 500');
    } finally {
      await other.close();
    }
  }));

test('every limit that stands against a reservation is named, with its figures', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '100000');
    const held = plan('HELD', { notionalUsd: '3000' });
    assert.equal((await ledger.reserve(request(held))).kind, 'reserved');
    const short = plan('NEW', { direction: 'short_spot_long_perp', notionalUsd: '6000.5' });
    const result = await ledger.reserve(
      request(short, {
        limits: { ...limits, maxPairUsd: '8000', onePositionPerPair: true },
        needs: [
          { account: 'bybit', currency: 'USDC', amount: '10' },
          { account: 'kraken', currency: 'USD', amount: '1' },
        ],
      }),
    );
    assert.deepEqual(reasonsOf(result), [
      'maxPositionUsd: 6000.5 USD is over 5000',
      `maxPairUsd: 3000 + 6000.5 = 9000.5 USD between binance and bybit is over 8000`,
      `onePositionPerPair: ${held.key} is open on ${held.pairId}`,
      `one direction a perpetual: ${held.key} holds long_spot_short_perp in USDC/USDT:USDT at binance`,
      'free at bybit: 10 USDC needed, 0 free − 0 reserved = 0',
      'maxReadingAgeMs: there is no reading of kraken yet, so nothing is known free',
    ]);
    assert.equal(await ledger.position(short.key), null, 'a refused plan leaves no row');
  }));

test('nothing is reserved in a book that is halted, whoever asks, unless a person insists', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '5000');
    await ledger.recordHalt('default', 'an exchange is in trouble', nowMs);
    await ledger.recordHalt('default', 'two exchanges are', nowMs + 1);
    assert.equal(await ledger.haltOf('default'), 'two exchanges are');
    const reason = 'halted: nothing is opened in the book default: two exchanges are';
    for (const source of ['engine', 'client'] as const)
      assert.deepEqual(reasonsOf(await ledger.reserve(request(plan('A'), { source }))), [reason]);
    const insisting = { ...limits, duringHalt: true, maxPositionUsd: '999' };
    assert.deepEqual(
      reasonsOf(await ledger.reserve(request(plan('A'), { limits: insisting }))),
      ['maxPositionUsd: 1000 USD is over 999'],
      'every other limit holds',
    );
    assert.equal((await ledger.reserve(request(plan('B', { book: 'other' })))).kind, 'reserved');
    assert.equal(
      (await ledger.reserve(request(plan('A'), { limits: { ...limits, duringHalt: true } }))).kind,
      'reserved',
    );
    await ledger.recordHalt('default', null, nowMs + 2);
    assert.equal(await ledger.haltOf('default'), null);
    assert.equal((await ledger.reserve(request(plan('C')))).kind, 'reserved');
  }));

test('a halt after the reservation stops what has sent nothing yet, and leaves alone what has', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '5000');
    const [sent, admitted] = [plan('SENT'), plan('ADMITTED')];
    assert.equal((await ledger.prepareOpening(opening(sent))).kind, 'prepared');
    assert.equal((await ledger.reserve(request(admitted))).kind, 'reserved');
    await ledger.recordHalt('default', 'news', nowMs);
    assert.equal((await ledger.prepareOpening(opening(sent))).kind, 'prepared', 'repeated, nothing changes');
    assert.equal((await ledger.reserve(request(admitted))).kind, 'reserved', 'so here');
    assert.deepEqual(reasonsOf(await ledger.prepareOpening(opening(admitted))), [
      'halted: nothing is opened in the book default: news',
    ]);
    assert.deepEqual(await ledger.ordersOf(admitted.key), []);
  }));

test('a halt waits for a reservation of its book that is under way', () =>
  withLedger(async ({ ledger, query, blocked }) => {
    await fund(ledger, '1500');
    await query('begin');
    await query(`select pg_advisory_xact_lock(hashtextextended('book/default', 0))`);
    const halting = ledger.recordHalt('default', 'news', nowMs);
    assert.equal(await Promise.race([blocked().then(() => 'waits'), halting.then(() => 'went ahead')]), 'waits');
    await query('commit');
    await halting;
    assert.equal(await ledger.haltOf('default'), 'news');
  }));

test('a perpetual that the account holds the other way would net with the position, and is not opened', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '100000');
    const symbol = 'USDC/USDT:USDT';
    const position = { symbol, entryPrice: '1', markPrice: null, liquidationPrice: null, leverage: null };
    const held = (quantityBase: string) => [{ ...position, quantityBase }];
    const declared = { account: 'binance', balances: [], declaredAtWallMs: nowMs, declaredAtMarketMs: nowMs };
    await ledger.declareBaseline({ ...declared, positions: held('500') });
    await ledger.writeReading(reading('binance', '100000', { positions: held('500') }));
    assert.deepEqual(reasonsOf(await ledger.reserve(request(plan('A')))), [
      'one direction a perpetual: binance held 500 of USDC/USDT:USDT before, the other way',
    ]);
    // The same way it may be there; and once it is gone, nothing is in the way.
    const long = plan('B', { direction: 'short_spot_long_perp' });
    assert.equal((await ledger.reserve(request(long))).kind, 'reserved');
    await giveBack(ledger, long.key);
    await ledger.writeReading(reading('binance', '100000', { readAtMs: nowMs - 500 }));
    assert.equal((await ledger.reserve(request(plan('C')))).kind, 'reserved');
  }));

test('so would what a person has accepted that a position leaves there', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '100000');
    const left = plan('A');
    assert.equal((await ledger.reserve(request(left))).kind, 'reserved');
    // 500 of its short perpetual could not be bought back.
    await ledger.acceptResidual(left.key, { spotBase: '0', perpBase: '-500' });
    await giveBack(ledger, left.key);
    const position = {
      symbol: 'USDC/USDT:USDT',
      entryPrice: '1',
      markPrice: null,
      liquidationPrice: null,
      leverage: null,
    };
    const holding = (quantityBase: string, readAtMs: number): Promise<void> =>
      ledger.writeReading(reading('binance', '100000', { positions: [{ ...position, quantityBase }], readAtMs }));
    await holding('-500', nowMs - 600);
    const long = plan('B', { direction: 'short_spot_long_perp' });
    assert.deepEqual(reasonsOf(await ledger.reserve(request(long))), [
      'one direction a perpetual: binance held -500 of USDC/USDT:USDT before, the other way',
    ]);
    assert.equal((await ledger.reserve(request(plan('C')))).kind, 'reserved', 'the same way it may be there');
    await giveBack(ledger, plan('C').key);
    await holding('0', nowMs - 500);
    assert.equal((await ledger.reserve(request(long))).kind, 'reserved', 'a person has bought it back');
  }));

test('books share accounts: a reservation in one waits for that in another', () =>
  withLedger(async ({ ledger, query, blocked }) => {
    await fund(ledger, '1500');
    // A reservation of book a, held open between its tests and its commit.
    await query('begin');
    await query(`select pg_advisory_xact_lock(hashtextextended('account/bybit', 0))`);
    const reserving = ledger.reserve(request(plan('B', { book: 'b' })));
    const first = await Promise.race([blocked().then(() => 'waits'), reserving.then(() => 'went ahead')]);
    assert.equal(first, 'waits');
    await query('commit');
    assert.equal((await reserving).kind, 'reserved');
  }));

test('a limit that is met exactly is met', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '1000');
    const exact = { ...limits, maxPositionUsd: '1000', maxPairUsd: '1000.00' };
    assert.equal((await ledger.reserve(request(plan('A'), { limits: exact }))).kind, 'reserved');
  }));

test('a reading that is old, or older than thought, admits nothing', () =>
  withLedger(async ({ ledger }) => {
    await ledger.writeReading(reading('bybit', '5000', { readAtMs: nowMs - 30_000 }));
    await ledger.writeReading(reading('binance', '5000', { readAtMs: nowMs - 30_001 }));
    assert.deepEqual(reasonsOf(await ledger.reserve(request(plan('A')))), [
      'maxReadingAgeMs: the reading of binance is 30.001 s old, over 30 s',
    ]);
    await ledger.writeReading(reading('binance', '6000', { readAtMs: nowMs }));
    await ledger.writeReading(reading('binance', '7000', { readAtMs: nowMs - 1 }));
    assert.equal((await ledger.latestReading('binance'))?.freeMargin, '6000', 'the newest holds');
    assert.equal((await ledger.reserve(request(plan('A')))).kind, 'reserved');
  }));

test('margin counts for what the perpetual settles in, and never for more than the balance', () =>
  withLedger(async ({ ledger }) => {
    await ledger.writeReading(reading('bybit', '5000'));
    const both = [
      { currency: 'USDT', total: '900', free: '900' },
      { currency: 'USDC', total: '50', free: '50' },
    ];
    await ledger.writeReading(reading('binance', '0', { balances: both, freeMargin: '339' }));
    const [reason] = reasonsOf(await ledger.reserve(request(plan('A'))));
    assert.equal(reason, 'free at binance: 340 USDT needed, 339 free − 0 reserved = 339');
    const inUsdc = [{ account: 'binance', currency: 'USDC', amount: '51' }];
    const [spot] = reasonsOf(await ledger.reserve(request(plan('A'), { needs: inUsdc })));
    assert.equal(spot, 'free at binance: 51 USDC needed, 50 free − 0 reserved = 50');
    await ledger.writeReading(reading('binance', '0', { balances: both, freeMargin: '5000' }));
    const twice = ['450', '451'].map((amount) => ({ account: 'binance', currency: 'USDT', amount }));
    const [sum] = reasonsOf(await ledger.reserve(request(plan('A'), { needs: twice })));
    assert.equal(sum, 'free at binance: 901 USDT needed, 900 free − 0 reserved = 900');
  }));

test('money is set aside until a reading shows that it is spent, and given back at the end', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '1500');
    const { key } = plan('A');
    await ledger.reserve(request(plan('A')));
    await ledger.settleReservation(key, nowMs);
    await ledger.settleReservation(key, nowMs + 9_000);
    assert.equal((await ledger.reserve(request(plan('B')))).kind, 'refused', 'the reading is older than the fills');
    await ledger.writeReading(reading('bybit', '1200', { readAtMs: nowMs }));
    await ledger.writeReading(reading('binance', '1200', { readAtMs: nowMs + 1 }));
    assert.equal((await ledger.reserve(request(plan('B')))).kind, 'refused', 'the same millisecond proves nothing');
    await ledger.writeReading(reading('bybit', '1200', { readAtMs: nowMs + 1 }));
    assert.equal((await ledger.reserve(request(plan('B')))).kind, 'reserved');
    assert.equal((await ledger.reserve(request(plan('C')))).kind, 'refused');
    await giveBack(ledger, plan('B').key);
    assert.equal((await ledger.reserve(request(plan('C')))).kind, 'reserved');
  }));

test('the same pair and side is not opened again within its cooldown, in market time', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '100000');
    const { key } = plan('A');
    await ledger.reserve(request(plan('A')));
    for (const status of ['opening', 'hedged', 'closing', 'closed'] as const) {
      const closed = status === 'closed' ? { closedAtMarketMs: nowMs - 60_000 } : {};
      await ledger.updatePosition({ key, status, nowWallMs: nowMs, ...closed });
    }
    const within = { ...limits, reentryCooldownMs: 60_001 };
    const [reason] = reasonsOf(await ledger.reserve(request(plan('B'), { limits: within })));
    assert.equal(
      reason,
      `reentryCooldownMs: ${key} closed 60 s ago in market time on ${plan('A').pairId}, within 60.001 s`,
    );
    const other = plan('B', { direction: 'short_spot_long_perp' });
    assert.equal(
      (await ledger.reserve(request(other, { limits: within }))).kind,
      'reserved',
      'the other side may open',
    );
    await giveBack(ledger, other.key);
    const past = { ...limits, reentryCooldownMs: 60_000 };
    assert.equal((await ledger.reserve(request(plan('C'), { limits: past }))).kind, 'reserved');
  }));

test('an opening that traded and was taken back is not tried again within the cooldown; one that found nothing is', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '100000');
    const cooled = { ...limits, reentryCooldownMs: 60_001 };
    const asked = (name: string) => ledger.reserve(request(plan(name), { limits: cooled }));
    const takenBack = async (name: string, fills: readonly VenueFill[]): Promise<string> => {
      const { key } = plan(name);
      const prepared = await ledger.prepareOpening(opening(plan(name)));
      assert.ok(prepared.kind === 'prepared');
      const [spot] = prepared.orders;
      assert.ok(spot);
      await ledger.claimOrder(spot.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
      const filledBase = fills.length === 0 ? '0' : '400';
      const settlement = { venueOrderId: name, filledBase, averagePrice: fills.length === 0 ? null : '0.9997' };
      await ledger.recordSettlement(spot.clientOrderId, settlement, fills);
      const ended = { key, status: 'aborted' as const, nowWallMs: nowMs, closedAtMarketMs: nowMs - 60_000 };
      await ledger.updatePosition({ ...ended, abortReason: 'the perpetual did not fill' });
      return key;
    };
    await takenBack('EMPTY', []);
    assert.equal((await asked('A')).kind, 'reserved', 'it cost nothing');
    await giveBack(ledger, plan('A').key);

    const key = await takenBack('TRADED', [fill('TRADED', '1', { quantityBase: '400' })]);
    assert.deepEqual(reasonsOf(await asked('B')), [
      `reentryCooldownMs: ${key} was taken back 60 s ago in market time on ${plan('B').pairId}, within 60.001 s`,
    ]);
    const other = plan('B', { direction: 'short_spot_long_perp' });
    assert.equal(
      (await ledger.reserve(request(other, { limits: cooled }))).kind,
      'reserved',
      'the other side may open',
    );
    await giveBack(ledger, other.key);
    const past = { ...limits, reentryCooldownMs: 60_000 };
    assert.equal((await ledger.reserve(request(plan('C'), { limits: past }))).kind, 'reserved');
  }));

test('reserving again changes nothing; with another plan or workflow it is a mistake; after the end it is refused', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '1000');
    const again = await Promise.all(Array.from({ length: 10 }, () => ledger.reserve(request(plan('A')))));
    assert.ok(again.every(({ kind }) => kind === 'reserved'));
    await assert.rejects(ledger.reserve(request(plan('A', { notionalUsd: '999' }))), /another plan/);
    await assert.rejects(ledger.reserve(request(plan('A'), { workflowId: 'position/other' })), /workflow/);
    await giveBack(ledger, plan('A').key);
    assert.match(reasonsOf(await ledger.reserve(request(plan('A'))))[0] ?? '', /used once/);
    assert.equal((await ledger.prepareOpening(opening(plan('A')))).kind, 'refused');
    assert.deepEqual(await ledger.ordersOf(plan('A').key), []);
  }));

test('opening is one transaction of six statements, and keeps what the engine reserved', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '1000');
    await ledger.installationId();
    const spy = mock.method(Client.prototype, 'query');
    const fresh = await ledger.prepareOpening(opening(plan('A')));
    const statements = spy.mock.callCount();
    spy.mock.restore();
    assert.equal(fresh.kind, 'prepared');
    assert.ok(statements <= 6, `${statements} statements`);
    assert.equal((await ledger.position(plan('A').key))?.status, 'opening');

    await giveBack(ledger, plan('A').key);
    await ledger.reserve(request(plan('B')));
    assert.equal((await ledger.position(plan('B').key))?.status, 'reserving');
    // The engine's reservation holds, though the account has nothing left for another.
    assert.equal((await ledger.prepareOpening(opening(plan('B')))).kind, 'prepared');
    assert.equal((await ledger.position(plan('B').key))?.status, 'opening');
    assert.equal((await ledger.prepareOpening(opening(plan('C')))).kind, 'refused');
  }));

test('an opening whose intents cannot be written reserves nothing', () =>
  withLedger(async ({ ledger }) => {
    await fund(ledger, '1000');
    const impossible = opening(plan('A'), { intents: [intent({ quantityBase: '0' })] });
    await assert.rejects(ledger.prepareOpening(impossible), /quantity_base/);
    assert.equal(await ledger.position(plan('A').key), null);
    assert.equal((await ledger.prepareOpening(opening(plan('A')))).kind, 'prepared');
  }));

type Act =
  | { readonly kind: 'reserve'; readonly usd: number; readonly pair: number; readonly short: boolean }
  | { readonly kind: 'release' | 'settle'; readonly which: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      usd: fc.integer({ min: 1, max: 900 }),
      pair: fc.nat(2),
      short: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('release' as const, 'settle' as const), which: fc.nat(30) }),
  },
);

test('whatever is reserved, settled and released, at once, no limit is ever exceeded', () =>
  withLedger(async ({ ledger, query }) => {
    await fund(ledger, '3000');
    const caps = { ...limits, maxPositionUsd: '700', maxPairUsd: '1200' };
    let episodes = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(act, { minLength: 1, maxLength: 5 }), { maxLength: 8 }), async (rounds) => {
        episodes += 1;
        await query('truncate positions cascade');
        const keys: string[] = [];
        for (const round of rounds) {
          const results = await Promise.all(
            round.map(async (one, index): Promise<ReservationResult | null> => {
              if (one.kind !== 'reserve') {
                const key = keys[one.which];
                if (key === undefined) return null;
                await (one.kind === 'release' ? giveBack(ledger, key) : ledger.settleReservation(key, nowMs));
                return null;
              }
              const made = plan(`${episodes}-${keys.length}-${index}`, {
                pairId: `pair ${one.pair}`,
                notionalUsd: String(one.usd),
                direction: one.short ? 'short_spot_long_perp' : 'long_spot_short_perp',
              });
              const needs = [{ account: 'bybit', currency: 'USDT', amount: String(one.usd) }];
              const result = await ledger.reserve(request(made, { limits: caps, needs }));
              if (result.kind === 'reserved') keys.push(made.key);
              return result;
            }),
          );
          for (const result of results) {
            if (result?.kind === 'refused') assert.notEqual(result.reasons.length, 0);
          }
          const [over] = await query(`
            select max(usd)::float as pair, max(biggest)::float as position, sum(usd)::float as spent, max(sides)::int as sides
            from (
              select sum(notional_usd) as usd, max(notional_usd) as biggest,
                (select count(distinct p.direction) from reservations r join positions p using (key) where not r.released) as sides
              from reservations join positions using (key) where not released group by pair_id
            ) as pairs`);
          assert.ok(Number(over?.['pair'] ?? 0) <= 1200, 'pair cap');
          assert.ok(Number(over?.['position'] ?? 0) <= 700, 'position cap');
          assert.ok(Number(over?.['spent'] ?? 0) <= 3000, 'the money of the account');
          assert.ok(Number(over?.['sides'] ?? 0) <= 1, 'one direction a perpetual');
        }
      }),
      { numRuns: 60 },
    );
  }));
