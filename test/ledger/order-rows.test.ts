import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubmitOutcome } from '../../src/domain/order.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { fill, intent, nowMs, opening, perpIntent, plan, reading } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

const claim = { claimedAtMs: nowMs, sendByMs: nowMs + 2_000 };
const done = { venueOrderId: 'V1', filledBase: '1000', averagePrice: '0.9997' };

test('each order has an id in the form that its venue takes', () =>
  withLedger(async ({ databaseUrl }) => {
    const ledger = createPostgresLedger({
      databaseUrl,
      log: { warn: () => undefined },
      idFormOf: (venue) => (venue === 'kraken' ? 'hex' : 'alphanumeric'),
    });
    try {
      const intents = [intent({ venue: 'kraken', step: 3 }), perpIntent];
      await openedPosition(ledger);
      const [hex, letters] = await ledger.prepareOrders(plan('A').key, `position/${plan('A').key}`, intents);
      assert.match(hex?.clientOrderId ?? '', /^[0-9a-f]{32}$/);
      assert.match(letters?.clientOrderId ?? '', /^bk[a-z2-7]{26}$/);
    } finally {
      await ledger.close();
    }
  }));

async function openedPosition(ledger: Ledger, name = 'A'): Promise<{ key: string; spot: string; perp: string }> {
  await ledger.writeReading(reading('bybit', '100000'));
  await ledger.writeReading(reading('binance', '100000'));
  const prepared = await ledger.prepareOpening(opening(plan(name)));
  assert.equal(prepared.kind, 'prepared');
  assert.ok(prepared.kind === 'prepared');
  const [spot, perp] = prepared.orders.map((order) => order.clientOrderId);
  assert.ok(spot !== undefined && perp !== undefined);
  return { key: plan(name).key, spot, perp };
}

test('preparing again, at once or later, gives the same rows whatever their state', () =>
  withLedger(async ({ ledger }) => {
    const { key, spot } = await openedPosition(ledger);
    await ledger.claimOrder(spot, claim);
    await ledger.recordSettlement(spot, done, [fill('V1', 'T1')]);
    const again = await ledger.prepareOpening(opening(plan('A')));
    assert.equal(again.kind === 'prepared' && again.orders[0]?.clientOrderId, spot);
    const same = await Promise.all(
      Array.from({ length: 8 }, () => ledger.prepareOrders(key, `position/${key}`, [intent({ step: 2 }), perpIntent])),
    );
    assert.equal(new Set(same.map((orders) => JSON.stringify(orders))).size, 1);
    assert.equal((await ledger.ordersOf(key)).length, 3);
    assert.equal((await ledger.order(spot))?.state, 'done');
  }));

test('several attempts at once to prepare the same orders, time and again, all get the rows', () =>
  withLedger(async ({ ledger }) => {
    const { key } = await openedPosition(ledger);
    for (let step = 2; step < 102; step += 1) {
      const intents = [intent({ step }), { ...perpIntent, step }];
      const same = await Promise.all(
        Array.from({ length: 8 }, () => ledger.prepareOrders(key, `position/${key}`, intents)),
      );
      assert.equal(new Set(same.map((orders) => JSON.stringify(orders))).size, 1);
    }
    assert.equal((await ledger.ordersOf(key)).length, 2 + 200);
  }));

test('fifty workers claim one order and one of them may send it', () =>
  withLedger(async ({ ledger }) => {
    const { spot } = await openedPosition(ledger);
    const claims = await Promise.all(Array.from({ length: 50 }, () => ledger.claimOrder(spot, claim)));
    assert.equal(claims.filter(Boolean).length, 1);
    const row = await ledger.order(spot);
    assert.deepEqual([row?.state, row?.claimedAtMs, row?.sendByMs], ['sending', nowMs, nowMs + 2_000]);
  }));

test('an order of a fenced position is never claimed', () =>
  withLedger(async ({ ledger, query }) => {
    const { key, spot } = await openedPosition(ledger);
    await query('update positions set fenced_at = now() where key = $1', [key]);
    assert.equal(await ledger.claimOrder(spot, claim), false);
    assert.equal((await ledger.order(spot))?.state, 'prepared');
  }));

test('a claim that races a fence either loses or is seen by the fence', () =>
  withLedger(async ({ ledger, query, blocked }) => {
    const { key, spot } = await openedPosition(ledger);
    // The fence is set and not yet committed: a claim that did not wait for it would send after the fence looked.
    await query('begin');
    await query('update positions set fenced_at = now() where key = $1', [key]);
    const claiming = ledger.claimOrder(spot, claim);
    await Promise.race([blocked(), claiming]);
    const sending = await query(`select 1 from orders where state = 'sending'`);
    await query('commit');
    const claimed = await claiming;
    assert.equal(claimed, sending.length === 1, 'the fence saw no order in sending, and yet it was claimed');
    assert.equal(claimed, false);
  }));

test('a withdrawn order cannot be claimed, and a claimed one not withdrawn', () =>
  withLedger(async ({ ledger }) => {
    const { spot, perp } = await openedPosition(ledger);
    assert.equal(await ledger.withdrawOrder(spot, 'no worker'), true);
    assert.equal(await ledger.claimOrder(spot, claim), false);
    assert.equal(await ledger.withdrawOrder(spot, 'no worker'), true, 'a repeated withdrawal says the same');
    assert.equal((await ledger.order(spot))?.reason, 'no worker');
    await ledger.claimOrder(perp, claim);
    assert.equal(await ledger.withdrawOrder(perp, 'no worker'), false);
    assert.equal(await ledger.markAbsent(perp, 'proven'), true);
    assert.equal(await ledger.markAbsent(perp, 'proven'), true, 'a repeated proof says the same');
  }));

test('an order that is open, done or rejected cannot be proven absent', () =>
  withLedger(async ({ ledger }) => {
    const { spot, perp } = await openedPosition(ledger);
    await ledger.claimOrder(spot, claim);
    await ledger.recordOutcome(spot, { kind: 'accepted', venueOrderId: 'V1' });
    assert.equal(await ledger.markAbsent(spot, 'not seen'), false);
    await ledger.recordSettlement(spot, done, [fill('V1', 'T1')]);
    assert.equal(await ledger.markAbsent(spot, 'not seen'), false);
    await ledger.claimOrder(perp, claim);
    await ledger.recordOutcome(perp, rejected);
    assert.equal(await ledger.markAbsent(perp, 'not seen'), false);
    assert.equal((await ledger.order(perp))?.state, 'rejected');
  }));

const rejected: SubmitOutcome = {
  kind: 'rejected',
  reason: 'insufficient balance',
  category: 'insufficient_balance',
  code: '170131',
  retryAfterMs: null,
};

type Step = 'accepted' | 'unknown' | 'rejected' | 'not_sent' | 'settled';
const steps: Readonly<Record<Step, (ledger: Ledger, id: string) => Promise<void>>> = {
  accepted: (ledger, id) => ledger.recordOutcome(id, { kind: 'accepted', venueOrderId: 'V1' }),
  unknown: (ledger, id) => ledger.recordOutcome(id, { kind: 'unknown', reason: 'timeout' }),
  rejected: (ledger, id) => ledger.recordOutcome(id, rejected),
  not_sent: (ledger, id) => ledger.recordOutcome(id, { kind: 'not_sent', reason: 'past send-by' }),
  settled: (ledger, id) => ledger.recordSettlement(id, done, [fill('V1', 'T1')]),
};

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

for (const news of [
  ['accepted', 'unknown', 'settled'],
  ['accepted', 'rejected', 'settled'],
  ['accepted', 'not_sent', 'settled'],
  ['unknown', 'rejected', 'settled'],
] as const) {
  test(`${news.join(', ')}: in every order, and twice over, the same row`, () =>
    withLedger(async ({ ledger }) => {
      const ends = new Set<string>();
      for (const [index, order] of permutations<Step>(news).entries()) {
        const { spot, key } = await openedPosition(ledger, `P${index}`);
        await ledger.claimOrder(spot, claim);
        // Each position has its own venue order, so that the stories do not meet.
        const venueOrderId = `V${index}`;
        const own: Ledger = {
          ...ledger,
          recordOutcome: (id, outcome) =>
            ledger.recordOutcome(id, outcome.kind === 'accepted' ? { ...outcome, venueOrderId } : outcome),
          recordSettlement: (id, settlement) =>
            ledger.recordSettlement(id, { ...settlement, venueOrderId }, [fill(venueOrderId, 'T1')]),
        };
        for (const step of [...order, ...order]) await steps[step](own, spot);
        const row = await ledger.order(spot);
        const alerted = (await ledger.openAlerts()).some(
          ({ positionKey, severity }) => positionKey === key && severity === 'critical',
        );
        ends.add(JSON.stringify([row?.state, row?.filledBase, row?.averagePrice, row?.reason, alerted]));
        assert.equal(row?.venueOrderId, venueOrderId);
      }
      const contradicted = (news as readonly Step[]).some((step) => step === 'rejected' || step === 'not_sent');
      assert.deepEqual([...ends], [JSON.stringify(['done', '1000', '0.9997', null, contradicted])]);
    }));
}

test('an order that was proven absent and was accepted after all is open again, and somebody is told', () =>
  withLedger(async ({ ledger }) => {
    const { key, spot } = await openedPosition(ledger);
    await ledger.claimOrder(spot, claim);
    await ledger.markAbsent(spot, 'proven absent');
    await ledger.recordOutcome(spot, { kind: 'accepted', venueOrderId: 'V1' });
    assert.equal((await ledger.order(spot))?.state, 'open');
    const [alert] = await ledger.openAlerts();
    assert.deepEqual([alert?.severity, alert?.positionKey], ['critical', key]);
  }));

test('a settlement that shrinks, does not add up, or tells another story of a fill is refused whole', () =>
  withLedger(async ({ ledger }) => {
    const { spot } = await openedPosition(ledger);
    await ledger.claimOrder(spot, claim);
    const two = [fill('V1', 'T1', { quantityBase: '400' }), fill('V1', 'T2', { quantityBase: '600' })];
    await assert.rejects(ledger.recordSettlement(spot, done, two.slice(0, 1)), /400/);
    assert.equal((await ledger.order(spot))?.state, 'sending');
    assert.deepEqual(await ledger.fillsOfAccount('bybit'), []);

    await ledger.recordSettlement(spot, done, two);
    await ledger.recordSettlement(spot, done, two);
    const less = { ...done, filledBase: '400' };
    await assert.rejects(ledger.recordSettlement(spot, less, two.slice(0, 1)), /shrank|shrink/);
    await assert.rejects(
      ledger.recordSettlement(spot, done, [two[0]!, { ...two[1]!, price: '0.9996' }]),
      /T2/,
      'another price',
    );
    await assert.rejects(ledger.recordSettlement(spot, done, [two[0]!, { ...two[1]!, role: 'maker' }]), /T2/);
    await assert.rejects(
      ledger.recordSettlement(spot, { ...done, venueOrderId: 'V2' }, [
        fill('V2', 'T1', { quantityBase: '400' }),
        fill('V2', 'T2', { quantityBase: '600' }),
      ]),
      /V1|V2/,
      'one order of ours is one order of the venue',
    );
    assert.equal((await ledger.fillsOfAccount('bybit')).length, 2);
    assert.equal((await ledger.order(spot))?.venueOrderId, 'V1');
  }));

test('a cumulative fill may grow', () =>
  withLedger(async ({ ledger }) => {
    const { spot } = await openedPosition(ledger);
    await ledger.claimOrder(spot, claim);
    const early = fill('V1', 'T1', { quantityBase: '400' });
    await ledger.recordSettlement(spot, { ...done, filledBase: '400' }, [early]);
    await ledger.recordSettlement(spot, done, [early, fill('V1', 'T2', { quantityBase: '600' })]);
    assert.equal((await ledger.order(spot))?.filledBase, '1000');
  }));

test('a resting order is booked as it fills, and stays open until its end', () =>
  withLedger(async ({ ledger }) => {
    const { key } = await openedPosition(ledger);
    const [order] = await ledger.prepareOrders(key, `position/${key}`, [
      intent({ step: 2, timeInForce: 'post_only', limitPrice: '0.9996' }),
    ]);
    const quote = order?.clientOrderId ?? '';
    assert.equal(order?.timeInForce, 'post_only');
    await ledger.claimOrder(quote, claim);
    await ledger.recordOutcome(quote, { kind: 'accepted', venueOrderId: 'V9' });
    const parts = [
      fill('V9', 'T1', { price: '0.9996', quantityBase: '400', fee: '0.02', role: 'maker' }),
      fill('V9', 'T2', { price: '0.9996', quantityBase: '350', fee: '0.0175', role: 'maker' }),
    ];
    const progress = (filledBase: string) => ({ venueOrderId: 'V9', filledBase, averagePrice: '0.9996' });
    await ledger.recordProgress(quote, progress('400'), parts.slice(0, 1));
    await ledger.recordProgress(quote, progress('400'), parts.slice(0, 1));
    assert.deepEqual(await stateOf(ledger, quote), ['open', '400', 1]);
    await ledger.recordProgress(quote, progress('750'), parts);
    assert.deepEqual(await stateOf(ledger, quote), ['open', '750', 2]);
    assert.deepEqual(await ledger.unresolvedOrderIds('bybit'), [quote]);
    // A look that another one has overtaken.
    await ledger.recordProgress(quote, progress('400'), parts.slice(0, 1));
    assert.deepEqual(await stateOf(ledger, quote), ['open', '750', 2]);
    await assert.rejects(
      ledger.recordSettlement(quote, progress('400'), parts.slice(0, 1)),
      /shrank from 750 to 400/,
      'an end is not overtaken',
    );
    await assert.rejects(ledger.recordProgress(quote, progress('900'), parts), /sum to 750, not 900/);

    await ledger.recordSettlement(quote, progress('750'), parts);
    // A look that was under way when the order ended.
    await ledger.recordProgress(quote, progress('400'), parts.slice(0, 1));
    assert.deepEqual(await stateOf(ledger, quote), ['done', '750', 2]);
    const more = [...parts, fill('V9', 'T3', { quantityBase: '50' })];
    await assert.rejects(ledger.recordProgress(quote, progress('800'), more), /was done with 750, and now has 800/);
    assert.deepEqual(await stateOf(ledger, quote), ['done', '750', 2]);

    async function stateOf(from: Ledger, id: string) {
      const row = await from.order(id);
      const fills = (await from.fillsOf(key)).filter(({ clientOrderId }) => clientOrderId === id);
      return [row?.state, row?.filledBase, fills.length];
    }
  }));

test('trade ids repeat across symbols, and venue order ids too', () =>
  withLedger(async ({ ledger }) => {
    await openedPosition(ledger);
    const { key } = plan('A');
    const [usdc, fdusd] = await ledger.prepareOrders(key, `position/${key}`, [
      intent({ step: 2 }),
      intent({ step: 3, symbol: 'FDUSD/USDT' }),
    ]);
    assert.ok(usdc !== undefined && fdusd !== undefined);
    for (const { clientOrderId, symbol } of [usdc, fdusd]) {
      await ledger.claimOrder(clientOrderId, claim);
      await ledger.recordSettlement(clientOrderId, done, [fill('V1', 'T1', { symbol })]);
    }
    const fills = await ledger.fillsOf(key);
    assert.deepEqual(fills.map(({ symbol, tradeId }) => `${symbol} ${tradeId}`).sort(), [
      'FDUSD/USDT T1',
      'USDC/USDT T1',
    ]);
  }));

test('an order that does not exist is a mistake, not a quiet success', () =>
  withLedger(async ({ ledger }) => {
    assert.equal(await ledger.order('bkunknown'), null);
    assert.equal(await ledger.claimOrder('bkunknown', claim), false);
    await assert.rejects(ledger.recordOutcome('bkunknown', { kind: 'accepted', venueOrderId: 'V1' }), /bkunknown/);
    await assert.rejects(ledger.recordSettlement('bkunknown', done, [fill('V1', 'T1')]), /bkunknown/);
  }));
