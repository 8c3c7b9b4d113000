/**
 * What ccxt 4.5.84 does at Hyperliquid that this service cannot live with, put right on an instance. Signatures stay
 * ccxt's own work.
 */
import { decimal, divide, roundTo, toText, zero, type DecimalText } from '../../domain/decimal.ts';
import { VenueError, type KeyPermissions } from '../../ports/venue.ts';
import { decimalText, isRecord, record, text, textOrNull, type RawRecord } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { ExactExchange, ExactFundingPayment, ExactOrder, ExactPosition, ExactTrade } from '../exact-exchange.ts';

/** From the signature on; `expiresAfter` is an instant of the venue's time. */
export const hyperliquidExpiryMs = 5_000;
/** How far the price may rise before a tick that was computed when the markets were loaded is too fine. */
const priceHeadroom = decimal('1.25');
const modeKeptMs = 600_000;
/** Of a mark that is computed. */
const markPlaces = 8;

/** A signed action as `POST /exchange` takes it. */
interface SignedAction {
  readonly action: RawRecord;
  readonly nonce: number;
  readonly signature: RawRecord;
  readonly vaultAddress?: string;
  readonly expiresAfter?: number;
}

export interface HyperliquidInstance extends ExactExchange {
  readonly walletAddress: string | undefined;
  readonly privateKey: string | undefined;
  initializeClient: () => Promise<boolean>;
  createOrdersRequest: (orders: readonly unknown[], params?: object) => SignedAction;
  signL1Action(action: RawRecord, nonce: number, vaultAddress?: string, expiresAfter?: number): RawRecord;
  calculatePricePrecision: (price: string | number, amountDecimals: number, mostDecimals: number) => number;
  parseOrder: (order: unknown, market?: unknown) => ExactOrder;
  parseTrade: (trade: unknown, market?: unknown) => ExactTrade;
  parsePosition: (position: unknown, market?: unknown) => ExactPosition;
  parseIncome: (income: unknown) => ExactFundingPayment;
  handlePublicAddress(method: string, params: object): readonly [string, object];
  publicPostInfo(request: object): Promise<unknown>;
  ethGetAddressFromPrivateKey(privateKey: string): string;
  setLeverage(leverage: string | number, symbol: string): Promise<unknown>;
}

export function isHyperliquid(exchange: ExactExchange): exchange is HyperliquidInstance {
  return exchange.id === 'hyperliquid' && 'signL1Action' in exchange;
}

export function adaptHyperliquid(exchange: ExactExchange): void {
  if (!isHyperliquid(exchange)) throw new TypeError(`${exchange.id} is not hyperliquid`);
  signNothingUnasked(exchange);
  letOrdersExpire(exchange);
  readAccount(exchange);
  nameThings(exchange);
  markPositions(exchange);
  sizeThings(exchange);
}

/**
 * ccxt would approve a fee for its own wallet and set its referrer before the first request that is signed or knows a
 * key, and name its wallet in every order.
 */
function signNothingUnasked(exchange: HyperliquidInstance): void {
  exchange.initializeClient = () => Promise.resolve(true);
}

/** ccxt's `createOrder` drops `expiresAfter`, though its signing knows it: each order is signed again, with it. */
function letOrdersExpire(exchange: HyperliquidInstance): void {
  const createOrdersRequest = exchange.createOrdersRequest.bind(exchange);
  exchange.createOrdersRequest = (orders, params) => {
    const { action, nonce, vaultAddress } = createOrdersRequest(orders, params);
    // Of the venue's time, not of the nonce: nonces only grow, and outrun a clock that was set back.
    const expiresAfter = exchange.nonce() + hyperliquidExpiryMs;
    const signature = exchange.signL1Action(action, nonce, vaultAddress, expiresAfter);
    return { action, nonce, signature, expiresAfter, ...(vaultAddress === undefined ? {} : { vaultAddress }) };
  };
}

/** Where the account's margin lies: in the wallet of perpetuals, or together with the spot coins. */
export type HyperliquidBalances =
  { readonly mode: 'separate'; readonly perpetuals: unknown } | { readonly mode: 'unified'; readonly spot: unknown };

/** https://hyperliquid.gitbook.io/hyperliquid-docs/trading/account-abstraction-modes */
const modes: Readonly<Record<string, HyperliquidBalances['mode']>> = {
  default: 'separate',
  disabled: 'separate',
  dexAbstraction: 'separate',
  unifiedAccount: 'unified',
  portfolioMargin: 'unified',
};

function readAccount(exchange: HyperliquidInstance): void {
  let known: { readonly mode: HyperliquidBalances['mode']; readonly atMs: number } | null = null;

  async function modeOf(user: string): Promise<HyperliquidBalances['mode']> {
    if (known !== null && exchange.nonce() - known.atMs < modeKeptMs) return known.mode;
    const said = text(await exchange.publicPostInfo({ type: 'userAbstraction', user }), 'account mode');
    const mode = modes[said.replaceAll('"', '')];
    if (mode === undefined) throw new VenueError('malformed_reply', `an unknown account mode: ${said.slice(0, 40)}`);
    known = { mode, atMs: exchange.nonce() };
    return mode;
  }

  exchange.isUnifiedEnabled = async () => (await modeOf(userOf(exchange))) === 'unified';
  exchange.fetchBalance = async () => {
    const user = userOf(exchange);
    const mode = await modeOf(user);
    const type = mode === 'unified' ? 'spotClearinghouseState' : 'clearinghouseState';
    const state = await exchange.publicPostInfo({ type, user });
    const info: HyperliquidBalances = mode === 'unified' ? { mode, spot: state } : { mode, perpetuals: state };
    return { info };
  };
}

/** Whose account is read: the sub-account's, or the wallet's. */
export function userOf(exchange: HyperliquidInstance): string {
  return exchange.handlePublicAddress('fetchBalance', {})[0];
}

/** Client order ids without their 0x, fee coins by ccxt's names, and an id for each funding payment. */
function nameThings(exchange: HyperliquidInstance): void {
  const parseOrder = exchange.parseOrder.bind(exchange);
  exchange.parseOrder = (raw, market) => {
    const order = parseOrder(raw, market);
    return { ...order, clientOrderId: order.clientOrderId?.replace(/^0x/, '') };
  };
  const parseTrade = exchange.parseTrade.bind(exchange);
  exchange.parseTrade = (raw, market) => {
    const trade = parseTrade(raw, market);
    const coin = textOrNull(trade.fee?.currency);
    return coin === null ? trade : { ...trade, fee: { ...trade.fee, currency: exchange.safeCurrencyCode(coin) } };
  };
  const parseIncome = exchange.parseIncome.bind(exchange);
  exchange.parseIncome = (raw) => {
    const delta = isRecord(raw) ? record(raw['delta'], 'funding payment') : {};
    // Given a market, ccxt takes it for that of every payment, whatever coin it is for.
    const income = parseIncome(raw);
    // Every payment carries the same hash of zeros; a coin is paid once an hour.
    return { ...income, id: `${text(income.timestamp, 'funding time')}-${text(delta['coin'], 'funding coin')}` };
  };
}

/** Positions are stated with their value at the mark, and without the mark. */
function markPositions(exchange: HyperliquidInstance): void {
  const parsePosition = exchange.parsePosition.bind(exchange);
  exchange.parsePosition = (raw, market) => {
    const markPrice = isRecord(raw) ? markOf(record(raw['position'], 'position')) : null;
    return { ...parsePosition(raw, market), ...(markPrice === null ? {} : { markPrice }) };
  };
}

function markOf({ positionValue, szi }: RawRecord): DecimalText | null {
  const size = decimal(decimalText(szi, 'position size')).abs();
  if (size.eq(zero)) return null;
  const value = decimal(decimalText(positionValue, 'position value'));
  return toText(roundTo(divide(value, size), markPlaces, 'half_up'));
}

function sizeThings(exchange: HyperliquidInstance): void {
  // Prices have five significant digits, so that the tick grows tenfold where a price passes a power of ten; a
  // stablecoin lives at one. The coarser tick is right on both sides.
  const calculate = exchange.calculatePricePrecision.bind(exchange);
  exchange.calculatePricePrecision = (price, amountDecimals, mostDecimals) =>
    calculate(toText(decimal(String(price)).times(priceHeadroom)), amountDecimals, mostDecimals);
  // ccxt signs leverage as it is given, and the venue takes a number only.
  const setLeverage = exchange.setLeverage.bind(exchange);
  exchange.setLeverage = (leverage, symbol) => {
    if (!/^[1-9]\d*$/.test(String(leverage))) {
      throw new VenueError('bad_request', `hyperliquid: leverage is a whole number, not ${leverage}`);
    }
    return setLeverage(Number(leverage), symbol);
  };
}

/** What the wallet whose key signs may do for the account, as the venue has it registered. */
export async function hyperliquidPermissions(exchange: ExactExchange): Promise<KeyPermissions> {
  if (!isHyperliquid(exchange) || exchange.privateKey === undefined) return { trade: [], withdraw: false };
  const signer = exchange.ethGetAddressFromPrivateKey(exchange.privateKey).toLowerCase();
  const owner = userOf(exchange).toLowerCase();
  const roleOf = (user: string): Promise<RawRecord> =>
    callEndpoint(exchange, 'publicPostInfo', { type: 'userRole', user });
  const [signerRole, ownerRole] = await Promise.all([roleOf(signer), roleOf(owner)]);
  const isAgent = signerRole['role'] === 'agent';
  const signsFor = isAgent ? addressOf(signerRole, 'user') : signer;
  const master = ownerRole['role'] === 'subAccount' ? addressOf(ownerRole, 'master') : owner;
  const known = isAgent || signerRole['role'] === 'user';
  // An agent signs orders only; the account's own key signs withdrawals too.
  return { trade: known && signsFor === master ? ['perpetual'] : [], withdraw: !isAgent && signsFor === master };
}

function addressOf(role: RawRecord, field: string): string {
  return text(record(role['data'], 'role')[field], `${field} of a wallet`).toLowerCase();
}
