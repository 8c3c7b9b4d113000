/** A venue made by hand for stories on a real ledger. */
import type { VenueFill } from '../../../src/domain/fill.ts';
import type { Venue, VenueOrderRequest } from '../../../src/ports/venue.ts';
import { fill, reading } from '../../ledger/support/requests.ts';

const nobodyAsks = (): Promise<never> => Promise.reject(new Error('not expected'));

/** Fills every order at once; what it was never sent is absent. @param sent every order that it was sent, in turn */
export function instantVenue(account: string, sent: VenueOrderRequest[]): Venue {
  const own = new Map<string, VenueOrderRequest>();
  const fillOf = ({ clientOrderId, symbol, side, quantityBase }: VenueOrderRequest): VenueFill =>
    fill(`venue-${clientOrderId}`, clientOrderId, { symbol, side, quantityBase, fee: '0', feeCurrency: 'USDT' });
  return {
    account,
    capabilities: {
      venue: account,
      clientOrderIdForm: 'alphanumeric',
      clientOrderIdScope: 'open_orders',
      requestExpiry: null,
      visibilityLagMs: 0,
      spotFeeCurrency: 'quote',
      fundingDelayMs: 0,
      orderKinds: ['ioc'],
    },
    submit: (request) => {
      own.set(request.clientOrderId, request);
      sent.push(request);
      return Promise.resolve({ kind: 'accepted', venueOrderId: `venue-${request.clientOrderId}` });
    },
    lookUp: ({ clientOrderId }) => {
      const order = own.get(clientOrderId);
      if (order === undefined) return Promise.resolve({ kind: 'absent' });
      const { symbol, side, quantityBase } = order;
      const venueOrderId = `venue-${clientOrderId}`;
      const found = { venueOrderId, clientOrderId, symbol, side, quantityBase, filledBase: quantityBase } as const;
      return Promise.resolve({ kind: 'found', order: { ...found, status: 'done' } });
    },
    orderFills: ({ venueOrderId }) =>
      Promise.resolve([...own.values()].map(fillOf).filter((one) => one.venueOrderId === venueOrderId)),
    fillsSince: () => Promise.resolve([...own.values()].map(fillOf)),
    reading: () => Promise.resolve(reading(account, '0')),
    fundingPaymentsSince: () => Promise.resolve([]),
    instruments: nobodyAsks,
    serverTimeMs: nobodyAsks,
    prepare: nobodyAsks,
    cancel: nobodyAsks,
    permissions: nobodyAsks,
    close: () => Promise.resolve(),
  };
}
