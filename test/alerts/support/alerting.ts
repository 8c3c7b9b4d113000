/** The delivery of alerts as a worker runs it, on a database of its own, with targets that are small servers. */
import { pino } from 'pino';
import { parseConfig } from '../../../src/config/load.ts';
import { defaultTiming, type DrainTiming } from '../../../src/alerts/target-queue.ts';
import { alertVariable } from '../../../src/config/alert-secrets.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import { startAlerting, type Alerting } from '../../../workers/alerting.ts';
import { buildLedger, type Surroundings } from '../../../workers/wiring.ts';
import type { Receiver } from './receiver.ts';

export const botToken = '123456:PLANTEDtoken0123456789abcdefghij';
export const signingSecret = 'PLANTED-signing-secret-0123456789';
export const hookPath = '/services/T0/B0/PLANTEDhook0123456789';

/**
 * Everything but the pauses is as in production: a target that fails for less than minutes is no alert, so that a busy
 * machine makes none in the middle of a story.
 */
export const fast: DrainTiming = {
  ...defaultTiming,
  pollMs: 10,
  firstPauseMs: 20,
  longestPauseMs: 200,
  watchMs: 20,
  outageAlertMs: 100,
  retryMs: 20,
};

export interface Targets {
  readonly phone?: Receiver;
  readonly team?: Receiver;
  readonly service?: Receiver;
}

/** A configuration with these targets, `phone` on Telegram, `team` on Slack, `service` by webhook, and its environment. */
export function surroundingsOf(databaseUrl: string, targets: Targets, lines: string[] = []): Surroundings {
  const { phone, team, service } = targets;
  const written = [
    ...(phone === undefined
      ? []
      : [`phone: { kind: telegram, chat: "-1001", server: "${phone.url}", maxPerMinute: 60 }`]),
    ...(team === undefined ? [] : ['team: { kind: slack, maxPerMinute: 60 }']),
    ...(service === undefined ? [] : ['service: { kind: webhook, minSeverity: warning, maxPerMinute: 60 }']),
  ];
  const env: Record<string, string> = { DATABASE_URL: databaseUrl };
  if (phone !== undefined) env[alertVariable('phone', 'token')] = botToken;
  if (team !== undefined) env[alertVariable('team', 'url')] = `${team.url}${hookPath}`;
  if (service !== undefined) {
    env[alertVariable('service', 'url')] = `${service.url}/alerts?key=PLANTEDquery0123456789`;
    env[alertVariable('service', 'secret')] = signingSecret;
  }
  return {
    config: parseConfig(configText(written)),
    homeDir: null,
    env,
    log: pino({ level: 'trace', base: null }, { write: (line: string) => void lines.push(line) }),
    stopping: new AbortController().signal,
    isLive: false,
  };
}

export function configText(targets: readonly string[]): string {
  return `
mode: sandbox
accounts:
  bybit: { venue: bybit, fees: { takerBps: 10, makerBps: 10 } }
  binance: { venue: binanceusdm, fees: { takerBps: 5, makerBps: 2 } }
pairs:
  - asset: USDC
    spot: { account: bybit, symbol: USDC/USDT }
    perp: { account: binance, symbol: USDC/USDT:USDT }
strategy: { depeg: off }
sizing: { bootstrapUsd: 10000 }
${targets.length === 0 ? '' : `alerts:\n  targets:\n${targets.map((target) => `    ${target}\n`).join('')}`}`;
}

export interface Running extends Alerting {
  readonly ledger: Ledger;
}

export function startDelivery(surroundings: Surroundings, timing: DrainTiming = fast): Running {
  const ledger = buildLedger(surroundings);
  const alerting = startAlerting(surroundings, ledger, async () => undefined, timing);
  return {
    ledger,
    async stop() {
      await alerting.stop();
      await ledger.close();
    },
  };
}
