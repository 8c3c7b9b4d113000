/** Broken replies of the simulated exchanges, byte by byte, and what became of the request. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { row, rows } from './support/json.ts';
import type { RunningSimulator } from './support/simulator.ts';
import { closers, startTestSimulator } from './support/simulator.ts';

const infoPath = '/fapi/v1/exchangeInfo';

describe('broken replies', () => {
  const suite = closers();
  let simulator: RunningSimulator;
  let rest: string;
  before(async () => {
    simulator = await startTestSimulator(suite, { wallMs: () => 1_800_000_000_000 });
    ({ rest } = simulator.address('binanceusdm'));
  });
  after(() => suite.closeAll());
  beforeEach(() => simulator.control('DELETE', '/faults'));

  const add = (fault: Record<string, unknown>): Promise<unknown> =>
    simulator.control('POST', '/faults', { venue: 'binanceusdm', ...fault });
  const get = (path = infoPath): Promise<Response> => fetch(`${rest}${path}`);
  const listenKeys = async (): Promise<boolean> => {
    const headers = { 'X-MBX-APIKEY': simulator.address('binanceusdm').credentials.apiKey };
    return (await fetch(`${rest}/fapi/v1/listenKey`, { method: 'PUT', headers })).ok;
  };
  const makeListenKey = (): Promise<Response> =>
    fetch(`${rest}/fapi/v1/listenKey`, {
      method: 'POST',
      headers: { 'X-MBX-APIKEY': simulator.address('binanceusdm').credentials.apiKey },
    });

  it('http_4xx: any status, with a page or with nothing', async () => {
    await add({ kind: 'http_4xx', status: 451 });
    await add({ kind: 'http_4xx', status: 404, body: 'empty' });
    const [page, nothing] = [await get(), await get()];
    assert.deepEqual([page.status, page.headers.get('content-type')], [451, 'text/html']);
    assert.match(await page.text(), /^<html>/);
    assert.deepEqual([nothing.status, await nothing.text()], [404, '']);
  });

  it('empty_200 and html_200: executed only when asked to', async () => {
    await add({ kind: 'empty_200' });
    await add({ kind: 'html_200' });
    const [empty, page] = [await makeListenKey(), await makeListenKey()];
    assert.deepEqual([empty.status, await empty.text()], [200, '']);
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html']);
    assert.match(await page.text(), /^<html>/);
    assert.equal(await listenKeys(), false);
    await add({ kind: 'empty_200', body: '{}', execute: true });
    assert.equal(await (await makeListenKey()).text(), '{}');
    assert.equal(await listenKeys(), true);
  });

  it('truncated_200: a complete reply with the first half of the body', async () => {
    const whole = await (await get()).text();
    await add({ kind: 'truncated_200' });
    const cut = await get();
    const text = await cut.text();
    assert.equal(cut.status, 200);
    assert.equal(cut.headers.get('content-length'), String(text.length));
    assert.equal(text, whole.slice(0, Math.floor(whole.length / 2)));
  });

  for (const ending of ['the rule is deleted', 'its time is over'] as const) {
    it(`stall: half of the reply on an open connection, and the rest when ${ending}`, async () => {
      const whole = await (await get()).text();
      const fault = row(await add({ kind: 'stall', ...(ending === 'its time is over' ? { delayMs: 50 } : {}) }));
      const response = await new Promise<http.IncomingMessage>((resolve) => http.get(`${rest}${infoPath}`, resolve));
      response.setEncoding('utf8');
      let text = '';
      const complete = new Promise<void>((resolve) => response.on('end', resolve));
      await new Promise<void>((resolve) => {
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length >= Math.floor(whole.length / 2)) resolve();
        });
      });
      assert.equal(response.headers['content-length'], String(whole.length));
      if (ending === 'the rule is deleted') {
        assert.equal(text, whole.slice(0, Math.floor(whole.length / 2)));
        await simulator.control('DELETE', `/faults/${String(fault['id'])}`);
      }
      await complete;
      assert.equal(text, whole);
    });
  }

  it('stall: executed before the silence, and over when the client gives up', async () => {
    await add({ kind: 'stall', path: '/fapi/v1/listenKey', method: 'POST' });
    const giveUp = new AbortController();
    const headers = { 'X-MBX-APIKEY': simulator.address('binanceusdm').credentials.apiKey };
    const response = await fetch(`${rest}/fapi/v1/listenKey`, { method: 'POST', headers, signal: giveUp.signal });
    assert.equal(await listenKeys(), true);
    giveUp.abort();
    await assert.rejects(response.text());
  });

  it('clock_skew: the time endpoint, the date and receive windows go wrong until it is deleted', async () => {
    const time = async (): Promise<unknown> => row(await (await get('/fapi/v1/time')).json())['serverTime'];
    assert.equal(await time(), 1_800_000_000_000);
    await add({ kind: 'clock_skew', skewMs: -90_000 });
    assert.equal(await time(), 1_799_999_910_000);
    assert.equal((await get()).headers.get('date'), new Date(1_799_999_910_000).toUTCString());
    assert.equal(rows(await simulator.control('GET', '/faults')).length, 1);
    await simulator.control('DELETE', '/faults');
    assert.equal(await time(), 1_800_000_000_000);
  });

  it('a body beyond a megabyte is refused with 413', async () => {
    const refused = await fetch(`${rest}/fapi/v1/order`, { method: 'POST', body: 'x'.repeat(1_000_001) });
    assert.equal(refused.status, 413);
    assert.equal((await get('/fapi/v1/time')).status, 200);
  });
});
