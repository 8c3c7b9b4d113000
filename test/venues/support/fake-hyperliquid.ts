/**
 * Documented replies of Hyperliquid: `POST /info`, answered by type, and `POST /exchange`, whose signatures, nonces and
 * expiries it checks as the exchange would. Values come as their documents show them.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { LimitOrderRequest, Venue } from '../../../src/ports/venue.ts';
import { createCcxtVenue, type CcxtVenueSettings } from '../../../src/venues/ccxt-venue.ts';
import { isRecord, list, record, text, type RawRecord } from '../../../src/venues/capabilities/raw.ts';
import { startFakeVenue, type FakeVenue, type SeenRequest } from './fake-venue.ts';
import { expectedSignature } from './hyperliquid-signature.ts';
import * as payloads from './hyperliquid-payloads.ts';

/** An agent's key, as it is published with test vectors of the exchange's own client. */
export const agentKey = '0x0123456789012345678901234567890123456789012345678901234567890123';
export const owner = '0x5e9ee1089755c3435139848e47e6635505d5a13a';
export const perpetual = 'USDE/USDC:USDC';
export const orderId = '00112233445566778899aabbccddeeff';

export interface Action {
  readonly action: RawRecord;
  readonly nonce: number;
  readonly signature: unknown;
  readonly vaultAddress?: string;
  readonly expiresAfter?: number;
}

export interface FakeHyperliquid extends FakeVenue {
  /** Replies of `/info` by type; a test replaces what it needs. */
  readonly info: Map<string, (request: RawRecord) => unknown>;
  /** Signed actions in the order of arrival. */
  actions(): Action[];
  /** Types of `/info` that were asked. */
  asked(): string[];
}

export async function startFakeHyperliquid(): Promise<FakeHyperliquid> {
  const info = new Map<string, (request: RawRecord) => unknown>(Object.entries(payloads.infoReplies));
  const nonces = new Set<number>();
  const fake = await startFakeVenue({
    'POST /info': (request) => {
      const asked = parsed(request);
      const reply = info.get(text(asked['type'], 'type'));
      assert.ok(reply, `unknown info type ${JSON.stringify(asked)}`);
      return reply(asked);
    },
    'POST /exchange': (request) => {
      const action = actionOf(request);
      const refusal = refusalOf(action, nonces);
      return refusal === null ? payloads.exchangeReply(action.action) : { status: 'err', response: refusal };
    },
  });
  return {
    ...fake,
    info,
    actions: () => fake.to('POST', '/exchange').map(actionOf),
    asked: () => fake.to('POST', '/info').map((request) => text(parsed(request)['type'], 'type')),
  };
}

function parsed(request: SeenRequest): RawRecord {
  return record(JSON.parse(request.body), 'body');
}

function actionOf(request: SeenRequest): Action {
  const { action, nonce, signature, vaultAddress, expiresAfter } = parsed(request);
  return {
    action: record(action, 'action'),
    nonce: Number(nonce),
    signature,
    ...(typeof vaultAddress === 'string' ? { vaultAddress } : {}),
    ...(typeof expiresAfter === 'number' ? { expiresAfter } : {}),
  };
}

/** In the exchange's own words. */
function refusalOf(action: Action, nonces: Set<number>): string | null {
  const { signature, nonce, expiresAfter } = action;
  if (JSON.stringify(signature) !== JSON.stringify(expectedSignature(action, agentKey))) {
    return `User or API Wallet 0x${'0'.repeat(40)} does not exist.`;
  }
  if (nonces.has(nonce)) return `Invalid nonce: duplicate nonce ${nonce}`;
  nonces.add(nonce);
  return expiresAfter !== undefined && Date.now() > expiresAfter ? 'Action already expired' : null;
}

export interface ConnectedHyperliquid {
  readonly venue: Venue;
  readonly fake: FakeHyperliquid;
}

interface ConnectOptions {
  readonly forget?: boolean;
  /** Replaces replies before anything is asked. */
  readonly before?: (fake: FakeHyperliquid) => void;
}

/** Connected and warmed up; what the warm-up asked is forgotten. Both ends close with the test. */
export async function connectHyperliquid(
  test: Pick<TestContext, 'after'>,
  settings: Partial<CcxtVenueSettings> = {},
  { forget = true, before = (): void => undefined }: ConnectOptions = {},
): Promise<ConnectedHyperliquid> {
  const fake = await startFakeHyperliquid();
  test.after(() => fake.close());
  before(fake);
  const venue = await createCcxtVenue({
    account: 'hyperliquid-main',
    venue: 'hyperliquid',
    credentials: { walletAddress: owner, privateKey: agentKey },
    endpoint: { rest: fake.address, ws: fake.address.replace('http', 'ws') },
    clock: { nowMs: () => Date.now() },
    ...settings,
  });
  test.after(() => venue.close());
  if (forget) fake.seen.length = 0;
  return { venue, fake };
}

export function hyperliquidOrder(changes: Partial<LimitOrderRequest> = {}): LimitOrderRequest {
  return {
    clientOrderId: orderId,
    symbol: perpetual,
    side: 'buy',
    quantityBase: '100',
    limitPrice: '1.0002',
    timeInForce: 'ioc',
    reduceOnly: false,
    sendByMs: Date.now() + 3_000,
    ...changes,
  };
}

/** The one order of an action. */
export function orderIn(action: Action | undefined): RawRecord {
  assert.ok(action !== undefined && isRecord(action.action));
  return record(list(action.action['orders'], 'orders')[0], 'order');
}
