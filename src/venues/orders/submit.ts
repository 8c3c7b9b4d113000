/**
 * Sends one order, at most once, and says which of four things became of it. Only what is proven is called
 * `not_sent`, `accepted` or `rejected`; all else is `unknown` and has to be looked up.
 */
import { ceilToStep, decimal, divide, floorToStep, toText, zero, type DecimalText } from '../../domain/decimal.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { RejectionCategory, SubmitOutcome } from '../../domain/order.ts';
import type { ClientOrderIdForm, VenueOrderRequest } from '../../ports/venue.ts';
import type { NativeParams } from '../capabilities/venue-dialect.ts';
import { newCallContext, runInCall, type CallContext } from '../calls/call-context.ts';
import { retryAfterMs, scrub } from '../ccxt-errors.ts';
import { withDeadline } from '../calls/deadline.ts';
import { venueNowMs } from '../exchange.ts';
import { instrumentOf } from '../markets/instruments.ts';
import type { VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange, ExactOrder } from '../exact-exchange.ts';

/** Wait before an order that arrived too late is tried again: time enough to measure the venue's clock. */
const expiredRetryMs = 250;
/** The same for an order that found nothing to match: books change about as fast. */
const unmatchedRetryMs = 250;

const idForms: Readonly<Record<ClientOrderIdForm, RegExp>> = {
  alphanumeric: /^[a-zA-Z0-9-]{1,32}$/,
  hex: /^[0-9a-f]{32}$/,
};

interface OrderSize {
  /** In contracts, for ccxt. */
  readonly amount: DecimalText;
  /** Undefined for a market order. */
  readonly price: DecimalText | undefined;
}

export async function submitOrder(
  exchange: ExactExchange,
  caller: VenueCaller,
  request: VenueOrderRequest,
): Promise<SubmitOutcome> {
  const { dialect, clock } = caller;
  const { requestExpiry } = dialect.capabilities;
  // Of the venue's time now: however long the request waits here, what it carries only becomes older.
  const expiresAtMs = requestExpiry === null ? null : venueNowMs(exchange, clock) + requestExpiry.expiryMs;
  const expiry = expiresAtMs === null || dialect.orderExpiry === null ? null : dialect.orderExpiry;
  const carried = expiry === null ? {} : { [expiry.name]: expiry.text(expiresAtMs ?? 0) };
  const controller = new AbortController();
  const headers = expiry?.place === 'header' ? carried : {};
  const context = newCallContext(controller.signal, {
    sendByMs: request.sendByMs,
    urgency: request.urgency ?? 0,
    headers,
  });
  try {
    const written = writeOrder(exchange, caller, request);
    if ('refusal' in written) return { kind: 'not_sent', reason: written.refusal };
    const { size, params } = written;
    const type = request.timeInForce === 'market' ? 'market' : 'limit';
    const all: NativeParams = { ...params, ...(expiry?.place === 'parameter' ? carried : {}) };
    const order = await withDeadline(
      runInCall(context, () => exchange.createOrder(request.symbol, type, request.side, size.amount, size.price, all)),
      caller.deadlineMs,
      controller,
    );
    return repliedOutcome(order, request, caller, context);
  } catch (error) {
    return failedOutcome(error, caller, context);
  }
}

/** @throws VenueError `bad_symbol` */
function writeOrder(
  exchange: ExactExchange,
  { dialect }: VenueCaller,
  request: VenueOrderRequest,
): { readonly size: OrderSize; readonly params: NativeParams } | { readonly refusal: string } {
  const { venue, clientOrderIdForm, ordersRefused } = dialect.capabilities;
  if (ordersRefused !== undefined) return { refusal: ordersRefused };
  const kind = dialect.orderKinds[request.timeInForce];
  if (kind === undefined) return { refusal: `${venue} takes no ${request.timeInForce} orders here` };
  if (!idForms[clientOrderIdForm].test(request.clientOrderId)) {
    return { refusal: `${venue} takes no client order id like ${request.clientOrderId}` };
  }
  const size = orderSize(exchange, instrumentOf(exchange, dialect, request.symbol), request);
  if ('refusal' in size) return size;
  const { lending } = dialect;
  if (request.borrows === true && (lending === null || request.symbol.includes(':'))) {
    return { refusal: `${venue} lends nothing to an order in ${request.symbol}` };
  }
  const reduceOnly = request.reduceOnly ? { reduceOnly: true } : {};
  const borrows = request.borrows === true ? lending?.orderParams : {};
  return { size, params: { ...dialect.orderParams(request.clientOrderId), ...kind, ...reduceOnly, ...borrows } };
}

/**
 * The quantity floored to the lot and the price rounded to the tick, never across the order's own limit.
 * What ccxt would send must be exactly that: its own rounding is half up.
 */
export function orderSize(
  exchange: ExactExchange,
  instrument: Instrument,
  request: Pick<VenueOrderRequest, 'symbol' | 'side' | 'quantityBase' | 'limitPrice' | 'reduceOnly'>,
): OrderSize | { readonly refusal: string } {
  if (request.reduceOnly && instrument.kind === 'spot') return { refusal: 'a spot order cannot be reduce-only' };
  const quantity = floorToStep(decimal(request.quantityBase), decimal(instrument.quantityStep));
  if (!quantity.gt(zero)) return { refusal: `a quantity of ${request.quantityBase} is less than one lot` };
  const amount = toText(divide(quantity, decimal(instrument.contractSize)));
  const sentAmount = exchange.amountToPrecision(request.symbol, amount);
  if (!decimal(sentAmount).eq(decimal(amount))) {
    return { refusal: `${sentAmount} would be sent instead of ${amount}` };
  }
  if (request.limitPrice === null) return { amount, price: undefined };
  const round = request.side === 'buy' ? floorToStep : ceilToStep;
  const price = round(decimal(request.limitPrice), decimal(instrument.priceTick));
  if (!price.gt(zero)) return { refusal: `a limit price of ${request.limitPrice} is less than one tick` };
  const sentPrice = exchange.priceToPrecision(request.symbol, toText(price));
  if (!decimal(sentPrice).eq(price)) return { refusal: `${sentPrice} would be sent instead of ${toText(price)}` };
  return { amount, price: toText(price) };
}

function repliedOutcome(
  order: ExactOrder,
  request: VenueOrderRequest,
  caller: VenueCaller,
  context: CallContext,
): SubmitOutcome {
  if (context.writesHandedOver === 0) return { kind: 'not_sent', reason: 'no order request was made' };
  const status = context.lastReply?.status ?? 0;
  if (status < 200 || status > 299) return { kind: 'unknown', reason: `the venue answered HTTP ${status}` };
  if (typeof order.id !== 'string' || order.id === '') {
    // ccxt takes some refusals for orders.
    return failedOutcome(new Error('the reply has no order id'), caller, context);
  }
  const echoed = order.clientOrderId;
  if (typeof echoed === 'string' && echoed !== '' && echoed !== request.clientOrderId) {
    return { kind: 'unknown', reason: `the reply is about ${echoed}, another order` };
  }
  return { kind: 'accepted', venueOrderId: order.id };
}

function failedOutcome(error: unknown, caller: VenueCaller, context: CallContext): SubmitOutcome {
  const words = error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown failure';
  const reason = scrub(words, caller.credentials);
  if (context.writesHandedOver === 0) return { kind: 'not_sent', reason };
  const reply = context.lastReply;
  const failure = reply === null ? null : caller.dialect.failure(reply);
  if (reply === null || failure === null) return { kind: 'unknown', reason };
  const said = scrub(`${failure.code} ${failure.message} (HTTP ${reply.status})`, caller.credentials);
  if (reply.status >= 500) return { kind: 'unknown', reason: `a server error proves nothing: ${said}` };
  if (caller.dialect.isDuplicate(failure)) return { kind: 'unknown', reason: `it exists already: ${said}` };
  const category = Object.hasOwn(caller.dialect.rejections, failure.code)
    ? caller.dialect.rejections[failure.code]
    : undefined;
  if (category === undefined) return { kind: 'unknown', reason: `not a definite rejection: ${said}` };
  const rejected = { kind: 'rejected', reason: said, category, code: failure.code } as const;
  if (caller.dialect.unmatchedCodes.has(failure.code))
    return { ...rejected, retryAfterMs: unmatchedRetryMs, isUnmatched: true };
  const waitMs = retryAfterRejection(category, () => retryAfterMs(reply, caller.dialect, caller.clock.nowMs()));
  return { ...rejected, retryAfterMs: waitMs };
}

/** Null: trying the same order again would be rejected again. */
function retryAfterRejection(category: RejectionCategory, afterRateLimitMs: () => number): number | null {
  if (category === 'rate_limited') return afterRateLimitMs();
  return category === 'expired' ? expiredRetryMs : null;
}
