/** The step points of opening and closing: see `workers/step-points.ts`. */

/** Activities between which a position stands. */
const activities = [
  'prepareOpening',
  'checkEdge',
  'submitOrder',
  'recordOutcome',
  'withdrawOrder',
  'settleOrder',
  'armPosition',
  'recordStatus',
  'closingPrices',
  'prepareOrders',
  'collectFunding',
  'finishPosition',
  'awaitQuote',
  'watchQuote',
  'watchOrder',
  'openingTerms',
];

/** Calls between which an activity stands. */
const calls = [
  'ledger.prepareOpening',
  'ledger.claimOrder',
  'venue.submit',
  'ledger.recordOutcome',
  'ledger.order',
  'venue.lookUp',
  'venue.orderFills',
  'ledger.recordSettlement',
  'ledger.markAbsent',
  'ledger.withdrawOrder',
  'ledger.prepareNext',
  'ledger.updatePosition',
  'ledger.settleReservation',
  'ledger.armWatch',
  'ledger.disarmWatch',
  'venue.fundingPaymentsSince',
  'ledger.recordFundingPayments',
  'ledger.bookVenueFills',
  'ledger.venueOrdersOfLive',
  'ledger.recordProgress',
  'ledger.unresolvedOrderIds',
  'venue.cancel',
  'venue.guard',
];

const bothSides = (names: readonly string[]): string[] => names.flatMap((name) => [`${name}.before`, `${name}.after`]);

export const activitySteps: readonly string[] = bothSides(activities);
export const portSteps: readonly string[] = bothSides(calls);
