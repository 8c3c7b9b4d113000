/** OKX's private websocket as a raw client sees it: logins, the account's own channels, and orders. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import {
  heard,
  heardRow,
  listen,
  listenPrivately,
  loginArgument,
  pair,
  pick,
  startOkx,
  subscribe,
  swap,
} from './support.ts';

const hourMs = 3_600_000;
const standing = 1_700_000_000_000;
const rest = { ...swap, side: 'buy', ordType: 'limit', sz: '10', px: '0.9' } as const;
const anyOrders = { channel: 'orders', instType: 'ANY' } as const;

describe('a login', () => {
  it('has a known key, its passphrase, a fresh time and the right signature; it is for once', async (t) => {
    const okx = await startOkx(t, { wallMs: () => standing });
    const listener = await listen(t, okx, 'private');
    const good = loginArgument(okx, standing);
    const attempt = async (args: unknown): Promise<unknown> => {
      listener.send({ op: 'login', args });
      return (await listener.next(({ event }) => event === 'login' || event === 'error'))['code'];
    };
    for (const args of [undefined, [], 'x', ['key', 'secret']]) assert.equal(await attempt(args), '60013');
    assert.equal(await attempt([{ ...good, apiKey: 'nobody' }]), '60005');
    assert.equal(await attempt([{ ...good, passphrase: 'wrong' }]), '60024');
    assert.equal(await attempt([{ ...good, timestamp: 'soon' }]), '60004');
    assert.equal(await attempt([loginArgument(okx, standing - 31_000)]), '60006');
    assert.equal(await attempt([{ ...good, sign: 'AA==' }]), '60007');
    listener.send({ op: 'subscribe', args: [anyOrders] });
    assert.equal((await listener.next(({ event }) => event === 'error'))['code'], '60011');
    listener.send({ id: '1', op: 'order', args: [rest] });
    assert.deepEqual(pick(await listener.next(({ op }) => op === 'order'), 'id', 'code', 'data'), ['1', '60011', []]);
    assert.equal(await attempt([good]), '0');
    assert.equal(await attempt([good]), '60010');
    await subscribe(listener, anyOrders);
  });
});

describe('the channel orders', () => {
  it('tells each thing that happens to an order, in order', async (t) => {
    const okx = await startOkx(t);
    const listener = await listenPrivately(t, okx);
    await subscribe(listener, anyOrders);
    // 5,000 contracts at the best bid of 0.99975, and 1,000 of the next, 0.99965.
    await okx.order({ ...rest, side: 'sell', ordType: 'ioc', px: '0.99', sz: '6000', clOrdId: 'short1' });
    const names = ['state', 'fillSz', 'fillPx', 'accFillSz', 'avgPx', 'fillFee', 'fee', 'execType'] as const;
    const live = await heardRow(listener, 'orders');
    assert.deepEqual(pick(live, ...names), ['live', '0', '', '0', '', '0', '0', '']);
    const first = await heardRow(listener, 'orders');
    // 50,000 · 0.99975 · 0.0005
    assert.deepEqual(pick(first, ...names), [
      'partially_filled',
      '5000',
      '0.99975',
      '5000',
      '0.99975',
      '-24.99375',
      '-24.99375',
      'T',
    ]);
    const last = await heardRow(listener, 'orders');
    // 10,000 · 0.99965 · 0.0005; the average is (5 · 0.99975 + 0.99965) / 6
    assert.deepEqual(pick(last, ...names), [
      'filled',
      '1000',
      '0.99965',
      '6000',
      '0.99973333',
      '-4.99825',
      '-29.992',
      'T',
    ]);
    assert.notEqual(first['tradeId'], last['tradeId']);
    assert.deepEqual(pick(last, 'clOrdId', 'instType', 'code', 'fillFeeCcy'), ['short1', 'SWAP', '0', 'USDT']);
  });

  it('tells of the instruments that were asked for, and of an end without a trade', async (t) => {
    const okx = await startOkx(t);
    const listener = await listenPrivately(t, okx);
    await subscribe(listener, { channel: 'orders', instType: 'SPOT', instId: pair.instId });
    await okx.order({ ...rest, clOrdId: 'swap1' });
    await okx.order({ ...rest, ...pair, clOrdId: 'spot1' });
    await okx.post('trade/cancel-order', { instId: pair.instId, clOrdId: 'spot1' });
    const { arg, data } = await heard(listener, 'orders');
    assert.equal(row(arg)['uid'], (await okx.list('account/config'))[0]?.['uid']);
    assert.deepEqual(pick(rows(data)[0], 'clOrdId', 'state'), ['spot1', 'live']);
    const end = await heardRow(listener, 'orders');
    assert.deepEqual(pick(end, 'clOrdId', 'state', 'tradeId', 'cancelSource'), ['spot1', 'canceled', '', '1']);
  });
});

describe('the channels of balances and positions', () => {
  it('tell the whole at first, then what a fill and funding changed', async (t) => {
    const okx = await startOkx(t);
    const listener = await listenPrivately(t, okx);
    const onEvents = { extraParams: '{"updateInterval": "0"}' };
    await subscribe(listener, { channel: 'account', ccy: 'USDT', ...onEvents });
    const whole = await heard(listener, 'account');
    assert.equal(whole['eventType'], 'snapshot');
    assert.equal(cash(rows(whole['data'])[0]), '100000');
    await subscribe(listener, { channel: 'positions', instType: 'SWAP', ...onEvents });
    assert.deepEqual(pick(await heard(listener, 'positions'), 'eventType', 'data'), ['snapshot', []]);
    await subscribe(listener, { channel: 'balance_and_position' });
    assert.equal((await heardRow(listener, 'balance_and_position'))['eventType'], 'snapshot');

    await okx.order({ ...rest, side: 'sell', ordType: 'market', sz: '100' });
    // 100,000 − 999.75 · 0.0005
    assert.equal(cash(await heardRow(listener, 'account')), '99999.500125');
    assert.deepEqual(pick(await heardRow(listener, 'positions'), 'pos', 'avgPx', 'instId'), [
      '-100',
      '0.99975',
      swap.instId,
    ]);
    const brief = await heardRow(listener, 'balance_and_position');
    assert.equal(brief['eventType'], 'filled');
    assert.deepEqual(pick(rows(brief['balData'])[0], 'ccy', 'cashBal'), ['USDT', '99999.500125']);
    assert.deepEqual(pick(rows(brief['posData'])[0], 'pos', 'avgPx'), ['-100', '0.99975']);
    assert.equal(rows(brief['trades'])[0]?.['instId'], swap.instId);

    okx.simulator.passMarket(8 * hourMs);
    // 1,000 · 0.9992 · 0.0001
    assert.equal(cash(await heardRow(listener, 'account')), '99999.600045');
    assert.equal((await heardRow(listener, 'positions'))['fundingFee'], '0.09992');
    assert.equal((await heardRow(listener, 'balance_and_position'))['eventType'], 'funding_fee');

    await okx.order({ ...rest, ordType: 'market', sz: '100', reduceOnly: true });
    assert.deepEqual(pick(await heardRow(listener, 'positions'), 'pos', 'upl'), ['0', '']);
    assert.equal(rows((await heardRow(listener, 'balance_and_position'))['posData'])[0]?.['pos'], '0');
  });

  it('tell the whole again every five seconds, unless they are to tell of events alone', async (t) => {
    let wallMs = standing;
    const okx = await startOkx(t, { wallMs: () => wallMs });
    const listener = await listenPrivately(t, okx, () => wallMs);
    await subscribe(listener, { channel: 'positions', instType: 'ANY', extraParams: '{"updateInterval": "0"}' });
    await heard(listener, 'positions');
    await subscribe(listener, { channel: 'account' });
    await heard(listener, 'account');
    const told: unknown[] = [];
    for (let time = 0; time < 3; time += 1) {
      wallMs += 5000;
      const { arg, eventType } = await listener.next((message) => 'data' in message);
      told.push([row(arg)['channel'], eventType]);
    }
    assert.deepEqual(
      told,
      Array.from({ length: 3 }, () => ['account', 'snapshot']),
    );
  });
});

describe('orders on the websocket', () => {
  const answerTo = async (listener: Listener, request: Row): Promise<Row> => {
    listener.send(request);
    return await listener.next(({ id }) => id === request['id']);
  };
  const codes = ({ code, data }: Row): unknown[] => [code, rows(data).map(({ sCode }) => sCode)];

  it('are placed and cancelled with the outcomes of REST, by the name or the number of an instrument', async (t) => {
    const okx = await startOkx(t, { wallMs: () => standing });
    const listener = await listenPrivately(t, okx, () => standing);
    const placed = await answerTo(listener, { id: 'p1', op: 'order', args: [{ ...rest, clOrdId: 'one' }] });
    assert.deepEqual(codes(placed), ['0', ['0']]);
    const [instrument] = await okx.list('public/instruments', { instType: 'SWAP', instId: swap.instId });
    const { instId: _, ...unnamed } = { ...rest, instIdCode: instrument?.['instIdCode'] };
    assert.deepEqual(codes(await answerTo(listener, { id: 'p2', op: 'order', args: [unnamed] })), ['0', ['0']]);
    const mixed = [{ ...rest, clOrdId: 'one' }, { ...rest, instId: 'NO-SUCH' }, rest];
    const batch = await answerTo(listener, { id: 'p3', op: 'batch-orders', args: mixed });
    assert.deepEqual(codes(batch), ['2', ['51016', '51001', '0']]);
    const late = await answerTo(listener, { id: 'p4', op: 'order', args: [rest], expTime: String(standing - 1) });
    assert.deepEqual(codes(late), ['1', ['50036']]);
    const cancel = { instId: swap.instId, clOrdId: 'one' };
    const cancelled = await answerTo(listener, { id: 'c1', op: 'cancel-order', args: [cancel] });
    assert.deepEqual(codes(cancelled), ['0', ['0']]);
    const again = await answerTo(listener, { id: 'c2', op: 'batch-cancel-orders', args: [cancel, cancel] });
    assert.deepEqual(codes(again), ['1', ['51401', '51401']]);
    assert.equal((await okx.list('trade/orders-pending')).length, 2);
  });

  it('are refused whole when there is none, there are too many, or the key may not trade', async (t) => {
    const okx = await startOkx(t);
    const listener = await listenPrivately(t, okx);
    for (const args of [undefined, [], ['x'], [rest, rest]]) {
      assert.equal((await answerTo(listener, { id: 'r1', op: 'order', args }))['code'], '60013');
    }
    const many = Array.from({ length: 21 }, () => rest);
    assert.equal((await answerTo(listener, { id: 'r2', op: 'batch-orders', args: many }))['code'], '51111');
    const reading = await startOkx(t, { venue: { accounts: [{ name: 'main', permissions: ['read'] }] } });
    const reader = await listenPrivately(t, reading);
    assert.equal((await answerTo(reader, { id: 'r3', op: 'order', args: [rest] }))['code'], '50120');
  });

  it('share the limits of REST', async (t) => {
    const okx = await startOkx(t, { venue: { rateLimits: true }, wallMs: () => standing });
    const listener = await listenPrivately(t, okx, () => standing);
    for (let index = 0; index < 30; index += 1) {
      await okx.order(rest);
      assert.equal((await answerTo(listener, { id: `l${index}`, op: 'order', args: [rest] }))['code'], '0');
    }
    assert.equal((await answerTo(listener, { id: 'l', op: 'order', args: [rest] }))['code'], '50011');
    assert.equal((await okx.post('trade/order', rest)).status, 429);
  });
});

function cash(balance: Row | undefined): unknown {
  return rows(balance?.['details']).find(({ ccy }) => ccy === 'USDT')?.['cashBal'];
}
