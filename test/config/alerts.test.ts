/** The section `alerts`, and the secrets of its targets: what is wrong is told with what is allowed, and never with a value. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readAlertSecrets, secretTexts } from '../../src/config/alert-secrets.ts';
import { ConfigError, parseConfig, type ConfigIssue } from '../../src/config/load.ts';
import { configText } from '../alerts/support/alerting.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const planted = 'PLANTED-4be1a2f00dd94c1e';

function issuesOf(...targets: string[]): readonly ConfigIssue[] {
  return issuesIn(configText(targets));
}

function issuesIn(text: string): readonly ConfigIssue[] {
  try {
    parseConfig(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(!error.message.includes(planted), error.message);
    return error.issues;
  }
  return assert.fail('it was accepted');
}

describe('targets', () => {
  test('are none unless named, and told of everything unless it says otherwise', () => {
    assert.deepEqual(parseConfig(configText([])).alerts, { targets: {} });
    const written = [
      'phone: { kind: telegram, chat: "-1001234567890" }',
      'team: { kind: slack }',
      'pager: { kind: webhook, minSeverity: critical, maxPerMinute: 6 }',
    ];
    assert.deepEqual(parseConfig(configText(written)).alerts.targets, {
      phone: {
        kind: 'telegram',
        chat: '-1001234567890',
        server: 'https://api.telegram.org',
        minSeverity: 'info',
        maxPerMinute: 20,
      },
      team: { kind: 'slack', minSeverity: 'info', maxPerMinute: 20 },
      pager: { kind: 'webhook', minSeverity: 'critical', maxPerMinute: 6 },
    });
  });

  test('that are wrong are told all at once', () => {
    const issues = issuesOf(
      'phone: { kind: telegram, chat: "my chat", server: "http://api.example.com" }',
      'Team: { kind: slack, minSeverity: loud, maxPerMinute: 0 }',
      'fax: { kind: fax }',
    );
    const told = new Map(issues.map(({ path, message }) => [path, message]));
    assert.deepEqual([...told.keys()].toSorted(), [
      'alerts.targets.Team',
      'alerts.targets.Team.maxPerMinute',
      'alerts.targets.Team.minSeverity',
      'alerts.targets.fax.kind',
      'alerts.targets.phone.chat',
      'alerts.targets.phone.server',
    ]);
    assert.match(
      told.get('alerts.targets.phone.chat') ?? '',
      /a chat's number, such as -1001234567890, or a channel's @name/,
    );
    assert.match(told.get('alerts.targets.phone.server') ?? '', /must begin with https:\/\//);
    assert.match(told.get('alerts.targets.Team.minSeverity') ?? '', /one of: info, warning, critical/);
    assert.match(told.get('alerts.targets.Team.maxPerMinute') ?? '', /from 1 to 60/);
    assert.match(told.get('alerts.targets.Team') ?? '', /lower-case letters/);
    assert.match(told.get('alerts.targets.fax.kind') ?? '', /the kind telegram, slack or webhook/);
  });

  for (const [field, variable] of [
    ['token', 'TOKEN'],
    ['botToken', 'TOKEN'],
    ['url', 'URL'],
    ['webhookUrl', 'URL'],
    ['signingSecret', 'SECRET'],
  ] as const) {
    test(`${field} never stands in the file; the message has the variable for it`, () => {
      const [issue, ...others] = issuesOf(`on-call: { kind: slack, ${field}: "${planted}" }`);
      assert.equal(issue?.path, `alerts.targets.on-call.${field}`);
      assert.ok(
        issue.message.includes(`set BASIS_ALERT_ON_CALL_${variable}, or BASIS_ALERT_ON_CALL_${variable}_FILE`),
        issue.message,
      );
      assert.deepEqual(others, []);
    });
  }

  test('may be called what they like; accounts may not take their variables', () => {
    assert.ok(parseConfig(configText(['token-watch: { kind: slack }'])).alerts.targets['token-watch']);
    const [issue] = issuesIn(
      configText([])
        .replaceAll(/\bbybit(?=:|,)/g, 'alert-desk')
        .replace('venue: alert-desk', 'venue: bybit'),
    );
    assert.equal(issue?.path, 'accounts.alert-desk');
    assert.match(issue.message, /could be those of an alert target: rename it/);
  });
});

describe('secrets', () => {
  const token = '123456:AAaaBBbbCCccDDddEEeeFFff';

  test('come from the environment, or from files that nobody else may read', () => {
    const file = join(temporaryHome(), 'token');
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    for (const env of [{ BASIS_ALERT_PHONE_TOKEN: token }, { BASIS_ALERT_PHONE_TOKEN_FILE: file }]) {
      assert.deepEqual(readAlertSecrets(env, 'phone', 'telegram'), { secrets: { token }, issues: [] });
    }
    chmodSync(file, 0o644);
    const { issues } = readAlertSecrets({ BASIS_ALERT_PHONE_TOKEN_FILE: file }, 'phone', 'telegram');
    assert.match(issues[0]?.message ?? '', /open to every user of this machine/);
  });

  test('that are missing or wrong are told all at once, without a word of them', () => {
    const { secrets, issues } = readAlertSecrets({ BASIS_ALERT_PAGER_SECRET: 'short' }, 'pager', 'webhook');
    assert.deepEqual(secrets, {});
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['BASIS_ALERT_PAGER_URL', 'BASIS_ALERT_PAGER_SECRET'],
    );
    assert.match(issues[1]?.message ?? '', /at least 16 characters/);
    const cases = [
      ['telegram', 'TOKEN', planted, /digits, a colon/],
      ['slack', 'URL', planted, /is no address/],
      ['slack', 'URL', `http://hooks.example.com/${planted}`, /must begin with https/],
      ['slack', 'URL', `https://user:${planted}@example.com/`, /has a user or a password/],
      ['webhook', 'URL', `ftp://example.com/${planted}`, /must begin with https/],
    ] as const;
    for (const [kind, ending, value, message] of cases) {
      const env = { [`BASIS_ALERT_X_${ending}`]: value, BASIS_ALERT_X_SECRET: 'long enough to sign' };
      const [issue, ...others] = readAlertSecrets(env, 'x', kind).issues;
      assert.equal(issue?.path, `BASIS_ALERT_X_${ending}`);
      assert.match(issue.message, message);
      assert.ok(!issue.message.includes(planted) && others.length === 0);
    }
  });

  test('plain HTTP stays on this machine or in one network of containers', () => {
    for (const host of ['localhost:9000', '127.0.0.1', '[::1]:1', 'alert-receiver:8080']) {
      const env = { BASIS_ALERT_X_URL: `http://${host}/hook` };
      assert.deepEqual(readAlertSecrets(env, 'x', 'slack').issues, [], host);
    }
  });

  test('are, of an address, the whole of it and what makes it a key', () => {
    assert.deepEqual(secretTexts({ url: 'https://hooks.slack.com/services/T0/B0/abcdefghijklmnop' }), [
      'https://hooks.slack.com/services/T0/B0/abcdefghijklmnop',
      '/services/T0/B0/abcdefghijklmnop',
      'abcdefghijklmnop',
    ]);
    assert.deepEqual(secretTexts({ url: 'https://example.com/hook' }), ['https://example.com/hook'], '/hook is a word');
  });
});
