/** OKX's public websockets as a raw client sees them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { bookChecksum } from '../../../../src/sim/protocols/okx/book-checksum.ts';
import type { Row } from '../../support/json.ts';
import { row, rows } from '../../support/json.ts';
import { heard, heardRow, listen, pair, pick, startOkx, subscribe, swap } from './support.ts';

const hourMs = 3_600_000;
const sell = { ...swap, side: 'sell', ordType: 'ioc', sz: '100', px: '0.99' } as const;

function levels(value: unknown): string[][] {
  assert.ok(Array.isArray(value));
  return value.map((level: unknown) => {
    assert.ok(Array.isArray(level));
    return level.map(String);
  });
}

/** A client's own copy of a book, by price. */
class Copy {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();

  apply(update: Row): void {
    for (const [side, name] of [
      [this.bids, 'bids'],
      [this.asks, 'asks'],
    ] as const) {
      for (const [price = '', size = ''] of levels(update[name])) {
        if (size === '0') side.delete(price);
        else side.set(price, size);
      }
    }
  }

  checksum(): number {
    const best = (side: Map<string, string>, sign: number): string[] =>
      [...side].sort(([a], [b]) => sign * (Number(a) - Number(b))).map(([price, size]) => `${price}:${size}`);
    const [bids, asks] = [best(this.bids, -1), best(this.asks, 1)];
    const text = Array.from({ length: 25 }, (_, index) => [bids[index], asks[index]]).flat();
    return crc32(text.filter((part) => part !== undefined).join(':')) | 0;
  }
}

describe('the channel books', () => {
  it('is a snapshot and then what changed, each with the number of the one before and a checksum', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'public');
    await subscribe(listener, { channel: 'books', instId: swap.instId });
    const copy = new Copy();
    const message = await heard(listener, 'books');
    const [snapshot] = rows(message['data']);
    assert.ok(snapshot !== undefined);
    assert.deepEqual([message['action'], snapshot['prevSeqId']], ['snapshot', -1]);
    assert.deepEqual(levels(snapshot['bids'])[0], ['0.99975', '5000', '0', '1']);
    copy.apply(snapshot);
    assert.equal(snapshot['checksum'], copy.checksum());
    // 100 contracts of the best level are taken, and a level of one's own is new.
    await okx.order(sell);
    await okx.order({ ...swap, side: 'buy', ordType: 'limit', sz: '7', px: '0.95', clOrdId: 'mine' });
    let seqId = snapshot['seqId'];
    while (copy.bids.get('0.95') !== '7') {
      const update = await heardRow(listener, 'books');
      assert.equal(update['prevSeqId'], seqId);
      copy.apply(update);
      assert.equal(update['checksum'], copy.checksum());
      seqId = update['seqId'];
    }
    assert.equal(copy.bids.get('0.99975'), '4900');
    await okx.post('trade/cancel-order', { instId: swap.instId, clOrdId: 'mine' });
    const gone = await heardRow(listener, 'books');
    assert.deepEqual([levels(gone['bids']), gone['prevSeqId']], [[['0.95', '0', '0', '0']], seqId]);
  });

  it('begins again with a snapshot when it is subscribed again, and ends when it is not', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'public');
    const books = { channel: 'books', instId: pair.instId };
    for (let time = 0; time < 2; time += 1) {
      await subscribe(listener, books);
      assert.equal((await heard(listener, 'books'))['action'], 'snapshot');
    }
    listener.send({ op: 'unsubscribe', args: [books] });
    assert.deepEqual((await listener.next(({ event }) => event === 'unsubscribe'))['arg'], books);
    await subscribe(listener, { channel: 'trades', instId: pair.instId });
    await okx.order({ ...sell, ...pair });
    const told = await listener.next((message) => 'data' in message);
    assert.equal(row(told['arg'])['channel'], 'trades');
  });

  it('says after a minute of silence that nothing has changed', async (t) => {
    let wallMs = 1_700_000_000_000;
    const okx = await startOkx(t, { wallMs: () => wallMs });
    const listener = await listen(t, okx, 'public');
    await subscribe(listener, { channel: 'books', instId: pair.instId });
    const { seqId } = await heardRow(listener, 'books');
    // Pings keep the connection, as clients do.
    for (let step = 0; step < 6; step += 1) {
      wallMs += 10_000;
      listener.send('ping');
      await listener.next(({ text }) => text === 'pong');
    }
    const same = await heardRow(listener, 'books');
    assert.deepEqual(pick(same, 'bids', 'asks', 'prevSeqId', 'seqId'), [[], [], seqId, seqId]);
  });

  it('has a checksum of the sides in turn, and of the longer one alone where the other ends', () => {
    const asks = [
      ['3366.8', '9', '0', '1'],
      ['3368', '8', '0', '1'],
      ['3372', '8', '0', '1'],
    ] as const;
    // CRC-32 of 3366.1:8:3366.8:9:3368:8:3372:8 as a signed number, by another implementation
    assert.equal(bookChecksum([['3366.1', '8', '0', '1']], asks), -761514991);
  });
});

describe('other public channels', () => {
  it('tell the best levels whole when they change: five, or one', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'public');
    await subscribe(listener, { channel: 'books5', instId: swap.instId });
    const five = await heardRow(listener, 'books5');
    assert.deepEqual([levels(five['asks']).length, five['instId']], [5, swap.instId]);
    await subscribe(listener, { channel: 'bbo-tbt', instId: swap.instId });
    assert.deepEqual(levels((await heardRow(listener, 'bbo-tbt'))['bids']), [['0.99975', '5000', '0', '1']]);
    await okx.order(sell);
    const best = await heardRow(listener, 'bbo-tbt');
    assert.deepEqual(levels(best['bids']), [['0.99975', '4900', '0', '1']]);
  });

  it('tell tickers and trades in contracts', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'public');
    await subscribe(listener, { channel: 'tickers', instId: swap.instId });
    const ticker = await heardRow(listener, 'tickers');
    assert.deepEqual(pick(ticker, 'instType', 'last', 'bidPx', 'bidSz', 'askPx', 'vol24h', 'volCcy24h'), [
      'SWAP',
      '0.9998',
      '0.99975',
      '5000',
      '0.99985',
      '200',
      '2000',
    ]);
    await subscribe(listener, { channel: 'trades', instId: swap.instId });
    await okx.order(sell);
    const trade = await heardRow(listener, 'trades');
    assert.deepEqual(pick(trade, 'px', 'sz', 'side', 'count'), ['0.99975', '100', 'sell', '1']);
    const after = await listen(t, okx, 'public');
    await subscribe(after, { channel: 'tickers', instId: swap.instId });
    assert.deepEqual(pick(await heardRow(after, 'tickers'), 'last', 'lastSz', 'bidSz'), ['0.99975', '100', '4900']);
  });

  it('tell funding, mark and index prices and open interest as they change', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'public');
    const { instId } = swap;
    await subscribe(listener, { channel: 'funding-rate', instId });
    const rate = await heardRow(listener, 'funding-rate');
    assert.deepEqual(pick(rate, 'fundingRate', 'fundingTime', 'instId'), [
      '0.0001',
      String(Date.UTC(2025, 9, 9, 8)),
      instId,
    ]);
    await subscribe(listener, { channel: 'mark-price', instId });
    assert.equal((await heardRow(listener, 'mark-price'))['markPx'], '0.9998');
    await subscribe(listener, { channel: 'index-tickers', instId: 'USDC-USDT' });
    // Of the spot pair.
    assert.equal((await heardRow(listener, 'index-tickers'))['idxPx'], '0.9996');
    await subscribe(listener, { channel: 'open-interest', instId });
    assert.equal((await heardRow(listener, 'open-interest'))['oi'], '0');
    await okx.order(sell);
    const interest = await heardRow(listener, 'open-interest', ({ oi }) => oi !== '0');
    assert.deepEqual(pick(interest, 'oi', 'oiCcy'), ['100', '1000']);
    okx.simulator.passMarket(hourMs);
    assert.equal((await heardRow(listener, 'mark-price', ({ markPx }) => markPx !== '0.9998'))['markPx'], '0.9992');
  });

  it('tell candles and all trades at the address for business', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'business');
    await subscribe(listener, { channel: 'candle1H', instId: pair.instId });
    const candles = async (): Promise<string[] | undefined> => {
      const { data } = await heard(listener, 'candle1H');
      return levels(data)[0];
    };
    assert.deepEqual((await candles())?.slice(1, 5), ['0.9995', '0.9997', '0.9994', '0.9996']);
    okx.simulator.passMarket(hourMs);
    assert.deepEqual((await candles())?.slice(1, 6), ['0.9996', '0.9996', '0.999', '0.999', '1000']);
    await subscribe(listener, { channel: 'trades-all', instId: pair.instId });
    await okx.order({ ...sell, ...pair });
    assert.deepEqual(pick(await heardRow(listener, 'trades-all'), 'side', 'sz', 'count'), ['sell', '100', undefined]);
  });
});

describe('what is no channel, no JSON or no operation', () => {
  it('is answered with its code and harms nothing', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'public');
    const refused = async (message: unknown): Promise<unknown> => {
      listener.send(message);
      return (await listener.next(({ event }) => event === 'error'))['code'];
    };
    const subscribing = (argument: unknown): Row => ({ op: 'subscribe', args: [argument] });
    for (const text of ['{', '[]', 'pong', '{"op":{}}', { op: 'nothing' }, { op: 'order', id: '1', args: [] }]) {
      assert.equal(await refused(text), '60012', JSON.stringify(text));
    }
    for (const args of [undefined, 'x', [], ['tickers']])
      assert.equal(await refused({ op: 'subscribe', args }), '60013');
    const { instId } = swap;
    for (const argument of [
      {},
      { channel: 'tickers' },
      { channel: 'tickers', instId: 'NO-SUCH' },
      { channel: '__proto__', instId },
      { channel: 'candle1H', instId },
      { channel: 'orders', instType: 'ANY' },
      { channel: 'funding-rate', instId: pair.instId },
    ]) {
      assert.equal(await refused(subscribing(argument)), '60018', JSON.stringify(argument));
    }
    assert.equal(await refused(subscribing({ channel: 'books-l2-tbt', instId })), '64003');
    listener.send('ping');
    await listener.next(({ text }) => text === 'pong');
    assert.equal(await (await listen(t, okx, 'nowhere')).closed, 1008);
  });

  it('is refused alone: the other arguments of the request are subscribed, each under the id of the request', async (t) => {
    const okx = await startOkx(t);
    const listener = await listen(t, okx, 'public');
    const args = [
      { channel: 'nothing', instId: pair.instId },
      { channel: 'tickers', instId: pair.instId },
    ];
    listener.send({ op: 'subscribe', id: 'a1', args });
    const refused = await listener.next(({ event }) => event === 'error');
    assert.deepEqual(pick(refused, 'code', 'id'), ['60018', 'a1']);
    const taken = await listener.next(({ event }) => event === 'subscribe');
    assert.deepEqual(pick(taken, 'arg', 'id'), [args[1], 'a1']);
  });

  it('is asked for too often: 480 times an hour', async (t) => {
    const okx = await startOkx(t, { venue: { rateLimits: true }, wallMs: () => 1_700_000_000_000 });
    const listener = await listen(t, okx, 'public');
    const ask = { op: 'unsubscribe', args: [{ channel: 'tickers', instId: pair.instId }] };
    for (let index = 0; index < 480; index += 1) {
      listener.send(ask);
      await listener.next(({ event }) => event === 'unsubscribe');
    }
    listener.send(ask);
    assert.equal((await listener.next(({ event }) => event === 'error'))['code'], '60014');
  });
});

describe('a silent connection', () => {
  it('is closed after 30 seconds without a message either way', async (t) => {
    let wallMs = 1_700_000_000_000;
    const okx = await startOkx(t, { wallMs: () => wallMs });
    const silent = await listen(t, okx, 'public');
    const pinging = await listen(t, okx, 'public');
    let code: number | null = null;
    while (code === null) {
      wallMs += 5000;
      pinging.send('ping');
      await pinging.next(({ text }) => text === 'pong');
      code = await Promise.race([silent.closed, Promise.resolve(null)]);
    }
    assert.equal(code, 4004);
    pinging.send('ping');
    await pinging.next(({ text }) => text === 'pong');
  });
});
