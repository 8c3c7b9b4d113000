/** The last resort, on a real ledger and a venue made by hand: whatever state a dead service left its orders in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptByHand } from '../../activities/reconciliation/break-glass-accept.ts';
import { flattenByHand } from '../../activities/reconciliation/break-glass.ts';
import { reconcileByHand } from '../../activities/reconciliation/reconciling-by-hand.ts';
import type { LegName } from '../../src/domain/order.ts';
import type { Alert } from '../../src/ports/alerts.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { VenueError, type VenueOrderRequest } from '../../src/ports/venue.ts';
import { fill, intent, nowMs, opening, perpIntent, plan, reading } from '../ledger/support/requests.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';
import { anchor } from './support/account-story.ts';
import { instantVenue } from './support/instant-venue.ts';

test('an order that a dead worker left on its way is followed to its end first, and stops nobody', () =>
  withLedger(async ({ ledger }) => {
    const of = plan('A');
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const prepared = await ledger.prepareOpening(opening(of));
    assert.ok(prepared.kind === 'prepared');
    const [spot, perp] = prepared.orders;
    assert.ok(spot && perp);
    for (const { clientOrderId } of [spot, perp]) {
      await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    }
    const bought = fill('spot-1', 't1', { fee: '0', feeCurrency: 'USDT' });
    await ledger.recordSettlement(
      spot.clientOrderId,
      { venueOrderId: 'spot-1', filledBase: '1000', averagePrice: '0.9997' },
      [bought],
    );
    // The perpetual's order is `sending`, and no workflow is there to ask what became of it.
    const sent: VenueOrderRequest[] = [];
    const venues = new Map(['bybit', 'binance'].map((account) => [account, instantVenue(account, sent)]));
    const result = await flattenByHand(
      {
        ledger,
        venues,
        closingPrices: () => Promise.resolve({ spot: '0.9997', perp: '1.0001' }),
        alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
        clock: { nowMs: () => Date.now() },
        progress: () => undefined,
      },
      of.key,
      anchor,
    );
    assert.equal(result.kind, 'flat', JSON.stringify(result));
    assert.deepEqual(
      sent.map(({ symbol, side, quantityBase }) => [symbol, side, quantityBase]),
      [['USDC/USDT', 'sell', '1000']],
    );
    assert.equal((await ledger.order(perp.clientOrderId))?.state, 'absent');
    assert.equal((await ledger.position(of.key))?.status, 'aborted');
  }));

test('what was declared to stay sold is not bought back by hand either', () =>
  withLedger(async ({ ledger }) => {
    const of = plan('A', { direction: 'short_spot_long_perp' });
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
    const prepared = await ledger.prepareOpening(
      opening(of, { intents: [intent({ side: 'sell' }), { ...perpIntent, side: 'buy' }] }),
    );
    assert.ok(prepared.kind === 'prepared');
    for (const { clientOrderId, leg, symbol, side } of prepared.orders) {
      await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
      await ledger.recordSettlement(clientOrderId, { venueOrderId: leg, filledBase: '1000', averagePrice: '0.9997' }, [
        fill(leg, 't1', { symbol, side, fee: '0', feeCurrency: 'USDT' }),
      ]);
    }
    await ledger.updatePosition({ key: of.key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
    await ledger.declareBaselineChange({
      positionKey: of.key,
      account: 'bybit',
      currency: 'USDC',
      quantityBase: '-1000',
      price: '0.87',
      reason: 'depeg',
      declaredAtWallMs: nowMs,
      declaredAtMarketMs: nowMs,
    });
    const sent: VenueOrderRequest[] = [];
    const venues = new Map(['bybit', 'binance'].map((account) => [account, instantVenue(account, sent)]));
    const result = await flattenByHand(
      {
        ledger,
        venues,
        // The broken coin's spot market has stopped.
        closingPrices: (_plan, legs) =>
          legs.includes('spot') ? Promise.reject(new Error('no order book')) : Promise.resolve({ perp: '0.8690' }),
        alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
        clock: { nowMs: () => Date.now() },
        progress: () => undefined,
      },
      of.key,
      anchor,
    );
    assert.deepEqual(
      sent.map(({ symbol, side, quantityBase, reduceOnly }) => [symbol, side, quantityBase, reduceOnly]),
      [['USDC/USDT:USDT', 'sell', '1000', true]],
    );
    // Everything filled at 0.9997, so that the perpetual gave nothing; the coin fell to 0.87: 1,000 · (0.9997 − 0.87).
    assert.equal(result.kind === 'flat' && result.attribution.realisedUsd, '129.7');
  }));

/** 1,000 USDC were bought at bybit, and so much was sold of the perpetual at binance. */
async function opened(ledger: Ledger, name: string, perpBase: string): Promise<string> {
  const of = plan(name);
  for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '100000'));
  const prepared = await ledger.prepareOpening(opening(of));
  assert.ok(prepared.kind === 'prepared');
  for (const { clientOrderId, leg, symbol, side } of prepared.orders) {
    await ledger.claimOrder(clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 });
    const filledBase = leg === 'spot' ? '1000' : perpBase;
    await ledger.recordSettlement(clientOrderId, { venueOrderId: leg, filledBase, averagePrice: '0.9997' }, [
      fill(leg, 't1', { symbol, side, quantityBase: filledBase, fee: '0', feeCurrency: 'USDT' }),
    ]);
  }
  await ledger.updatePosition({ key: of.key, status: 'hedged', nowWallMs: nowMs, openedAtMarketMs: nowMs });
  return of.key;
}

interface Hands {
  /** These legs' order books do not answer. */
  readonly hidden?: readonly LegName[];
  readonly isLegByLeg?: boolean;
  /** Nothing at all of binance answers. */
  readonly isBinanceDown?: boolean;
}

/** One run of the command: how it ended, and what it sent. */
async function run(ledger: Ledger, key: string, { hidden = [], isLegByLeg, isBinanceDown = false }: Hands) {
  const sent: VenueOrderRequest[] = [];
  const accounts = isBinanceDown ? ['bybit'] : ['bybit', 'binance'];
  const result = await flattenByHand(
    {
      ledger,
      venues: new Map(accounts.map((account) => [account, instantVenue(account, sent)])),
      ...(isBinanceDown ? { unreachable: new Map([['binance', 'no answer']]) } : {}),
      closingPrices: (_plan, legs) => {
        const silent = legs.find((leg) => hidden.includes(leg));
        return silent === undefined
          ? Promise.resolve({ spot: '0.9997', perp: '1.0001' })
          : Promise.reject(new VenueError('unavailable', `no order book of ${silent}`));
      },
      alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
      clock: { nowMs: () => Date.now() },
      progress: () => undefined,
    },
    key,
    anchor,
    isLegByLeg,
  );
  const orders = sent.map(({ side, quantityBase, symbol }) => `${side} ${quantityBase} ${symbol}`).sort();
  return { kind: result.kind, reason: result.kind === 'refused' ? result.reason : '', orders };
}

test('a leg without a hedge is sold while the other’s order book is silent, and a second run brings the rest to zero', () =>
  withLedger(async ({ ledger }) => {
    const key = await opened(ledger, 'A', '400');
    const first = await run(ledger, key, { hidden: ['perp'] });
    assert.deepEqual([first.kind, first.orders], ['refused', ['sell 600 USDC/USDT']]);
    assert.equal(
      first.reason,
      'not flat: sell 400 USDC/USDT at bybit was not sent, since it hedges the other leg (--leg-by-leg sends it); buy 400 USDC/USDT:USDT at binance was not sent: no order book of perp; run it again',
    );
    const second = await run(ledger, key, {});
    assert.deepEqual([second.kind, second.orders], ['flat', ['buy 400 USDC/USDT:USDT', 'sell 400 USDC/USDT']]);
  }));

test('a hedge of what cannot be closed stays, unless a person says that it goes', () =>
  withLedger(async ({ ledger }) => {
    const key = await opened(ledger, 'A', '1000');
    const first = await run(ledger, key, { hidden: ['perp'] });
    assert.deepEqual([first.kind, first.orders], ['refused', []]);
    assert.match(first.reason, /--leg-by-leg sends it/);
    const told = await run(ledger, key, { hidden: ['perp'], isLegByLeg: true });
    assert.deepEqual([told.kind, told.orders], ['refused', ['sell 1000 USDC/USDT']]);
    assert.equal(
      told.reason,
      'not flat: buy 1000 USDC/USDT:USDT at binance was not sent: no order book of perp; run it again',
    );
    const last = await run(ledger, key, {});
    assert.deepEqual([last.kind, last.orders], ['flat', ['buy 1000 USDC/USDT:USDT']]);
  }));

test('an exchange that cannot be reached at all holds up what has no hedge there as little', () =>
  withLedger(async ({ ledger }) => {
    const key = await opened(ledger, 'A', '400');
    const first = await run(ledger, key, { isBinanceDown: true });
    assert.deepEqual([first.kind, first.orders], ['refused', ['sell 600 USDC/USDT']]);
    assert.match(first.reason, /buy 400 USDC\/USDT:USDT at binance was not sent: binance cannot be reached: no answer/);
    assert.equal((await run(ledger, key, {})).kind, 'flat');
  }));

test('where the venue refuses what finds nothing to take, each order reaches further, also in another run', () =>
  withLedger(async ({ ledger }) => {
    const key = await opened(ledger, 'A', '0');
    const sent: VenueOrderRequest[] = [];
    const bybit = instantVenue('bybit', sent);
    const code = 'iocWouldNotExecute';
    const refusal = { reason: `${code} (HTTP 200)`, category: 'order_rejected', code } as const;
    const ports = {
      ledger,
      venues: new Map([
        [
          'bybit',
          {
            ...bybit,
            submit: (request: VenueOrderRequest) => {
              // Nothing is bid for within the first two orders' limits; before the third one the order book goes silent.
              if (sent.length === 3) return bybit.submit(request);
              sent.push(request);
              return Promise.resolve({ kind: 'rejected', ...refusal, retryAfterMs: 250, isUnmatched: true } as const);
            },
          },
        ],
        ['binance', instantVenue('binance', [])],
      ]),
      closingPrices: () =>
        sent.length === 2 && !isAgain
          ? Promise.reject(new VenueError('unavailable', 'no order book'))
          : Promise.resolve({ spot: '1' }),
      alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
      clock: { nowMs: () => Date.now() },
      progress: () => undefined,
    };
    let isAgain = false;
    assert.equal((await flattenByHand(ports, key, anchor)).kind, 'refused');
    isAgain = true;
    assert.equal((await flattenByHand(ports, key, anchor)).kind, 'flat');
    // A quarter of 20 bps below a dollar, half of it, all of it, and again: what was reached for stays.
    assert.deepEqual(
      sent.map(({ limitPrice }) => limitPrice),
      ['0.9995', '0.999', '0.998', '0.998'],
    );
  }));

/** One run of the command with `--accept`, of binance gone for good: how it ended, and what it told. */
async function accept(ledger: Ledger, key: string, agrees = () => Promise.resolve(true)) {
  const sent: VenueOrderRequest[] = [];
  const told: string[] = [];
  const result = await acceptByHand(
    {
      ledger,
      venues: new Map([['bybit', instantVenue('bybit', sent)]]),
      unreachable: new Map([['binance', 'no answer']]),
      alerts: { raise: () => Promise.resolve(), resolve: () => Promise.resolve() },
      clock: { nowMs: () => Date.now() },
      progress: (line) => void told.push(line),
    },
    key,
    anchor,
    agrees,
  );
  assert.deepEqual(sent, []);
  return { result, told };
}

test('what can never be closed is given up by a person, which ends the position and gives its capital back', () =>
  withLedger(async ({ ledger }) => {
    const key = await opened(ledger, 'A', '1000');
    const early = await accept(ledger, key);
    assert.ok(early.result.kind === 'refused' && /is not fenced/.test(early.result.reason));
    await run(ledger, key, { isBinanceDown: true, isLegByLeg: true });

    const opposite = opening(plan('B', { direction: 'short_spot_long_perp' }), {
      intents: [intent({ side: 'sell' }), { ...perpIntent, side: 'buy' }],
    });
    assert.equal((await ledger.prepareOpening(opposite)).kind, 'refused');
    const unsure = await accept(ledger, key, () => Promise.resolve(false));
    assert.deepEqual(unsure.result, { kind: 'refused', reason: 'not confirmed: nothing was accepted' });
    assert.equal((await ledger.position(key))?.status, 'hedged');

    const { result, told } = await accept(ledger, key);
    assert.deepEqual(told, [
      'binance cannot be reached: no answer: what it did by itself since may be missing below',
      'left at binance: -1000 of USDC/USDT:USDT',
    ]);
    assert.ok(result.kind === 'accepted', JSON.stringify(result));
    const ended = await ledger.position(key);
    assert.deepEqual(
      [ended?.status, ended?.exitReason, ended?.acceptedSpotBase, ended?.acceptedPerpBase],
      ['closed', 'break_glass', '0', '-1000'],
    );
    assert.equal((await ledger.prepareOpening(opposite)).kind, 'prepared');

    const { result: repeated } = await accept(ledger, key, () => Promise.reject(new Error('asked again')));
    assert.deepEqual(repeated, {
      kind: 'ended',
      status: 'closed',
      left: { spotBase: '0', perpBase: '-1000' },
      attribution: ended?.attribution,
    });
    assert.deepEqual(await ledger.position(key), ended);
  }));

test('a perpetual that is gone at its exchange differs from the ledger until a person gives it up, and no longer', () =>
  withLedger(async ({ ledger }) => {
    const at = { declaredAtWallMs: nowMs - 1, declaredAtMarketMs: nowMs - 1 };
    await ledger.declareBaseline({ account: 'binance', balances: [], positions: [], ...at });
    const key = await opened(ledger, 'A', '1000');
    const standing = async (held: string): Promise<[string, string][]> => {
      const alerts = {
        raise: (alert: Alert) => ledger.raiseAlert(alert, nowMs),
        resolve: (name: string) => ledger.resolveAlert(name, nowMs),
      };
      const position = {
        symbol: 'USDC/USDT:USDT',
        quantityBase: held,
        entryPrice: '1',
        markPrice: '1',
        liquidationPrice: null,
        leverage: '1',
      };
      const positions = held === '0' ? [] : [position];
      const binance = {
        ...instantVenue('binance', []),
        reading: async () => ({ ...reading('binance', '0'), positions }),
      };
      const venues = new Map([['binance', binance]]);
      const clock = { nowMs: () => Date.now() };
      const ports = { ledger, alerts, clock, venues, unreachable: new Map(), pause: () => Promise.resolve() };
      const symbols = ['USDC/USDT:USDT'];
      await reconcileByHand(ports, [{ account: 'binance', symbols, perpetuals: [] }], anchor);
      const alerted = (await ledger.openAlerts()).filter((alert) => /reconcile.(quantity|balance)/.test(alert.key));
      return alerted.map((alert) => [alert.key, alert.message]);
    };
    const quantity = 'reconcile/quantity/binance/USDC/USDT:USDT';
    const detail = 'binance: USDC/USDT:USDT: the venue holds 0, the ledger explains -1000';
    const balance = 'reconcile/balance/binance/USDT';
    assert.deepEqual(await standing('0'), [
      [quantity, detail],
      [balance, 'binance: USDT moved by 0, of which -999.7 is not explained'],
    ]);
    await run(ledger, key, { isBinanceDown: true, isLegByLeg: true });
    assert.equal((await accept(ledger, key)).result.kind, 'accepted');
    assert.deepEqual(await standing('0'), []);
    assert.deepEqual(await standing('-400'), [
      [quantity, detail.replace('holds 0', 'holds -400')],
      // 1,000 were sold at 0.9997, and 400 are held at 1.
      [balance, 'binance: USDT moved by 0, of which -599.7 is not explained'],
    ]);
  }));

test('nothing is given up of which it is not known how much there is, or that changed while a person thought', () =>
  withLedger(async ({ ledger }) => {
    const key = await opened(ledger, 'A', '1000');
    await run(ledger, key, { hidden: ['spot', 'perp'] });
    const { result } = await accept(ledger, key, async () => {
      await run(ledger, key, { hidden: ['perp'], isLegByLeg: true });
      return true;
    });
    assert.ok(result.kind === 'refused' && /has changed meanwhile/.test(result.reason), JSON.stringify(result));
    const [order] = await ledger.prepareOrders(key, 'basis/A', [{ ...perpIntent, purpose: 'close', step: 9 }]);
    assert.ok(order);
    await ledger.claimOrder(order.clientOrderId, { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 }, 'break_glass');
    const unknown = await accept(ledger, key);
    assert.ok(unknown.result.kind === 'refused', JSON.stringify(unknown.result));
    assert.match(unknown.result.reason, /^not known yet: .* at binance; run it again when its exchange answers$/);
  }));

test('a reconciliation by hand compares the accounts that answer, and leaves standing what it did not look at', () =>
  withLedger(async ({ ledger }) => {
    const at = { declaredAtWallMs: nowMs, declaredAtMarketMs: nowMs };
    for (const account of ['bybit', 'binance', 'okx'])
      await ledger.declareBaseline({ account, balances: reading(account, '100').balances, positions: [], ...at });
    // Of the 100 USDT nothing is left at bybit; okx does not show what it holds.
    const okx = instantVenue('okx', []);
    const silent = { ...okx, reading: () => Promise.reject(new VenueError('unavailable', 'no balances')) };
    const names = [
      'balance/bybit/USDT',
      'balance/binance/USDT',
      'quantity/okx/USDC/USDT:USDT',
      'fill_missing/bybit',
      'orphan/A',
    ];
    const alert = { severity: 'critical', message: '', positionKey: null, raisedAtMs: nowMs } as const;
    const standing = names.map((name) => ({ ...alert, key: `reconcile/${name}`, resolvedAtMs: null, count: 1 }));
    const resolved: string[] = [];
    let pauses = 0;
    const report = await reconcileByHand(
      {
        ledger: { ...ledger, openAlerts: () => Promise.resolve(standing) },
        alerts: { raise: () => Promise.resolve(), resolve: (key) => Promise.resolve(void resolved.push(key)) },
        clock: { nowMs: () => nowMs },
        venues: new Map([
          ['bybit', instantVenue('bybit', [])],
          ['okx', silent],
        ]),
        unreachable: new Map([['binance', 'no answer']]),
        pause: () => Promise.resolve(void (pauses += 1)),
      },
      ['bybit', 'binance', 'okx'].map((account) => ({ account, symbols: ['USDC/USDT'], perpetuals: [] })),
      anchor,
    );
    assert.deepEqual(
      report.findings.map(({ kind, account, detail }) => [kind, account, kind === 'balance' ? '' : detail]),
      [
        ['not_compared', 'binance', 'the venue could not be read: no answer'],
        ['not_compared', 'okx', 'the venue could not be read: no balances'],
        ['balance', 'bybit', ''],
      ],
    );
    assert.equal(report.isClean, false);
    // Four passes, since okx might have answered.
    assert.equal(pauses, 3);
    assert.deepEqual(resolved, ['reconcile/fill_missing/bybit']);
  }));
