/** What goes over the wire to each service, and what each of its answers is taken for. Real HTTP to servers on this machine. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { z } from 'zod';
import { postJson } from '../../src/alerts/post-json.ts';
import { parseRetryAfterMs } from '../../src/alerts/retry-after.ts';
import type { AlertMessage, AlertTarget } from '../../src/alerts/target.ts';
import { createTarget, type TargetSettings } from '../../src/alerts/targets/create-target.ts';
import { delivery, origin, raisedAtMs } from './support/deliveries.ts';
import { startReceiver, taken, type Receiver, type Reply } from './support/receiver.ts';

const token = '123456:AAaaBBbbCCccDDddEEeeFFffGGgg';
const secret = 'a secret that both sides know';
const basics = { name: 'phone', minSeverity: 'info', maxPerMinute: 20 } as const;
const message: AlertMessage = { origin, sentAtMs: raisedAtMs + 1_999, alerts: [delivery()] };

let receiver: Receiver;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.close());
afterEach(() => receiver.answer(taken));

function made(settings: TargetSettings): AlertTarget {
  const path = settings.kind === 'slack' ? '/services/T0/B0/abcdefgh' : '/hook?team=1';
  return createTarget(settings, { token, secret, url: `${receiver.url}${path}` }) ?? assert.fail('no target');
}

const telegram = () => made({ ...basics, kind: 'telegram', chat: '-100123', server: receiver.url });
const slack = () => made({ ...basics, kind: 'slack' });
const webhook = () => made({ ...basics, kind: 'webhook' });

async function sent(target: AlertTarget, one: AlertMessage = message) {
  const answer = await target.send(one);
  const request = receiver.received.at(-1) ?? assert.fail('nothing came');
  assert.equal(request.headers['content-type'], 'application/json');
  return { answer, request, document: z.record(z.string(), z.unknown()).parse(JSON.parse(request.body)) };
}

const text = [
  'CRITICAL stuck',
  'stuck in closing: no liquidity within 20 bps',
  '2026-11-26 12:13:05 UTC · basiskeeper live/default',
].join('\n');

describe('a message', () => {
  test('to Telegram is a plain text for the chat, at the address of the bot', async () => {
    const { answer, request, document } = await sent(telegram());
    assert.equal(answer.kind, 'taken');
    assert.equal(request.path, `/bot${token}/sendMessage`);
    assert.deepEqual(document, { chat_id: '-100123', text, link_preview_options: { is_disabled: true } });
  });

  test('to Slack can neither call a channel nor hide a link', async () => {
    const alerts = [delivery({ message: 'bybit said <!channel> <http://x|y> & more' })];
    const { answer, request, document } = await sent(slack(), { ...message, alerts });
    assert.equal(answer.kind, 'taken');
    assert.equal(request.path, '/services/T0/B0/abcdefgh');
    assert.match(String(document['text']), /bybit said &lt;!channel&gt; &lt;http:\/\/x\|y&gt; &amp; more/);
    assert.deepEqual(
      [document['mrkdwn'], document['unfurl_links'], document['unfurl_media']],
      [false, false, false],
      'nothing is formatted or fetched',
    );
  });

  test('to a service of one’s own is a document, signed over its time and every byte', async () => {
    const alerts = [delivery({ phase: 'resolved', resolvedAtMs: raisedAtMs + 1_000, attempts: 1, count: 3 })];
    const { answer, request, document } = await sent(webhook(), { ...message, alerts });
    assert.deepEqual(answer, { kind: 'taken', detail: '200' });
    assert.equal(request.path, '/hook?team=1');
    const { text: words, ...rest } = document;
    assert.match(String(words), /^OVER stuck\n/);
    assert.deepEqual(rest, {
      version: 1,
      mode: 'live',
      book: 'default',
      sentAt: '2026-11-26T12:13:06.999Z',
      alerts: [
        {
          id: '7/resolved',
          phase: 'resolved',
          event: 'stuck',
          key: delivery().key,
          severity: 'critical',
          message: delivery().message,
          positionKey: delivery().positionKey,
          raisedAt: '2026-11-26T12:13:05.000Z',
          resolvedAt: '2026-11-26T12:13:06.000Z',
          count: 3,
          attempt: 2,
        },
      ],
    });
    // As a receiver checks it.
    const [, seconds, signed] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['x-basiskeeper-signature'])) ?? [];
    assert.equal(seconds, String(raisedAtMs / 1_000 + 1));
    assert.equal(signed, createHmac('sha256', secret).update(`${seconds}.${request.body}`).digest('hex'));
  });
});

describe('an answer', () => {
  const answers: readonly [string, () => AlertTarget, Reply, RegExp, number | null][] = [
    [
      'Telegram asks for patience in its document',
      telegram,
      {
        status: 429,
        body: '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}',
      },
      /^429 Too Many Requests/,
      7_000,
    ],
    [
      'Telegram knows no such chat',
      telegram,
      { status: 400, body: '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}' },
      /^400 Bad Request: chat not found$/,
      null,
    ],
    [
      'Telegram says where a group has gone',
      telegram,
      {
        status: 400,
        body: '{"ok":false,"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":-100777}}',
      },
      /the chat is -100777 now/,
      null,
    ],
    [
      'a page with status 200 is not Telegram',
      telegram,
      { status: 200, body: '<html>log in</html>' },
      /^200 no answer of Telegram$/,
      null,
    ],
    [
      'Slack asks for patience in a header',
      slack,
      { status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } },
      /^429 rate_limited$/,
      30_000,
    ],
    ['Slack has no such hook', slack, { status: 404, body: 'no_service' }, /^404 no_service$/, null],
    [
      'a page with status 200 is not Slack',
      slack,
      { status: 200, body: '<html>log in</html>' },
      /^200 no answer of Slack$/,
      null,
    ],
    ['a service that is being restarted', webhook, { status: 503, headers: { 'retry-after': '2' } }, /^503$/, 2_000],
    [
      'a redirection is not followed: it would take the signature along',
      webhook,
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      /^302 \(redirections are not followed\)$/,
      null,
    ],
  ];
  for (const [name, target, reply, reason, retryAfterMs] of answers) {
    test(name, async () => {
      receiver.answer(() => reply);
      const { answer } = await sent(target());
      assert.ok(answer.kind === 'failed', JSON.stringify(answer));
      assert.match(answer.reason, reason);
      assert.equal(answer.retryAfterMs, retryAfterMs);
    });
  }

  test('none at all is told by the system’s own name for it, never with the address', async () => {
    const gone = await startReceiver();
    await gone.close();
    const target = createTarget({ ...basics, kind: 'telegram', chat: '1', server: gone.url }, { token });
    assert.deepEqual(await target?.send(message), {
      kind: 'failed',
      reason: 'cannot be reached: ECONNREFUSED',
      retryAfterMs: null,
    });
    const broken = createTarget({ ...basics, kind: 'slack' }, { url: 'https://[broken/services/abc' });
    assert.deepEqual(await broken?.send(message), {
      kind: 'failed',
      reason: 'cannot be reached: ERR_INVALID_URL',
      retryAfterMs: null,
    });
  });

  test('that never comes is not waited for', async () => {
    receiver.answer(() => 'hang');
    assert.deepEqual(await postJson({ url: receiver.url, body: '{}', timeoutMs: 100 }), {
      kind: 'unanswered',
      reason: 'no answer within 0.1 s',
    });
  });

  test('without an end is not read to its end', async () => {
    receiver.answer(() => ({ status: 500, body: 'x'.repeat(1_000_000) }));
    const reply = await postJson({ url: receiver.url, body: '{}' });
    assert.equal(reply.kind === 'answered' && reply.text.length, 16_384);
  });
});

test('Retry-After is seconds or a date, and an hour at most', () => {
  const nowMs = Date.UTC(2026, 10, 26, 12, 0, 0);
  const cases: readonly [string | null, number | null][] = [
    [null, null],
    ['soon', null],
    ['', null],
    ['0', 0],
    [' 120 ', 120_000],
    ['Thu, 26 Nov 2026 12:00:30 GMT', 30_000],
    ['Thu, 26 Nov 2026 11:00:00 GMT', 0],
    ['31536000', 3_600_000],
  ];
  for (const [header, expected] of cases) assert.equal(parseRetryAfterMs(header, nowMs), expected, String(header));
});
