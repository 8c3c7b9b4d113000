/**
 * Deliberate breaks of the service, each a small edit of its source, and the story that has to notice it. A harness that
 * lets one of them pass proves nothing about the service without it.
 */

export interface Edit {
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutation {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly story: string;
}

const orderLoop = 'workflows/order-loop.ts';
const decide = 'src/domain/execution/decide.ts';
const settling = 'activities/execution/settling.ts';
const quoting = 'src/domain/execution/quoting.ts';
const unknownOutcome = "    case 'accepted':\n    case 'unknown': {";
const notExecuted = (retryable: boolean): string =>
  `    case 'unknown':\n      return { kind: 'not_executed', reason: outcome.reason, retryable: ${retryable}, retryAfterMs: null };\n    case 'accepted': {`;

export const mutations: readonly Mutation[] = [
  {
    name: 'resend after a timeout',
    edits: [{ file: orderLoop, find: unknownOutcome, replace: notExecuted(true) }],
    story: 'lost_replies',
  },
  {
    name: 'do not look an unknown outcome up',
    edits: [{ file: orderLoop, find: unknownOutcome, replace: notExecuted(false) }],
    story: 'lost_replies',
  },
  {
    name: 'call an order absent before its request has expired',
    edits: [
      {
        file: 'src/venues/orders/look-up.ts',
        find: "if (remainingMs < 0) return { kind: 'absent' };",
        replace: "if (remainingMs < Infinity) return { kind: 'absent' };",
      },
    ],
    story: 'late_orders',
  },
  {
    name: 'take not found for rejected',
    edits: [
      {
        file: settling,
        find: "throw notYet('order_not_yet_known', result.reason, result.retryAtMs - clock.nowMs());",
        replace: "await ledger.markAbsent(row.clientOrderId, 'not found'); return { kind: 'absent' };",
      },
    ],
    story: 'hidden_orders',
  },
  {
    name: 'send without the claim',
    edits: [{ file: 'activities/execution/sending.ts', find: 'if (!claimed) {', replace: 'if (claimed === null) {' }],
    story: 'held_sends',
  },
  {
    name: 'give an order up without withdrawing it',
    edits: [
      {
        file: settling,
        find: "if (await ledger.withdrawOrder(row.clientOrderId, 'never sent')) return { kind: 'absent' };",
        replace: "if (row.state === 'prepared') return { kind: 'absent' };",
      },
    ],
    story: 'held_sends',
  },
  {
    name: 'skip the intent write',
    edits: [
      {
        file: 'src/ledger/orders/orders.ts',
        find: '  const written = await db\n',
        replace: '  if (orders.length > 0) return orders;\n  const written = await db\n',
      },
      { file: 'activities/execution/sending.ts', find: 'if (!claimed) {', replace: 'if (claimed === null) {' },
    ],
    story: 'quiet',
  },
  {
    name: 'drop the compensation of a failed opening',
    edits: [
      {
        file: 'workflows/open-legs.ts',
        find: "      case 'unwind':\n        return decision;",
        replace: "      case 'unwind':\n        return { kind: 'aborted', reason: decision.reason };",
      },
    ],
    story: 'one_leg_refused',
  },
  {
    name: 'compare requested instead of filled quantities',
    edits: [
      {
        file: 'src/domain/execution/observation.ts',
        find: 'function receivedBase({ resolution }: OrderObservation): Decimal {',
        replace:
          "function receivedBase({ order, resolution }: OrderObservation): Decimal { if (resolution.kind === 'done') return order.side === 'buy' ? decimal(order.quantityBase) : zero.minus(decimal(order.quantityBase));",
      },
    ],
    story: 'partial_fills',
  },
  {
    name: 'ignore partial fills',
    edits: [
      {
        file: settling,
        find: '...filledOrder(fills, baseCurrency, quoteCurrency, rates)',
        replace:
          '...filledOrder(filledBase(fills).eq(decimal(row.quantityBase)) ? fills : [], baseCurrency, quoteCurrency, rates)',
      },
    ],
    story: 'partial_fills',
  },
  {
    name: 'act on every repetition of an exit signal',
    edits: [
      {
        file: 'workflows/basis-position.ts',
        find: "    if (this.#state.kind !== 'hedged' || this.#close !== null) return;\n    if (this.#state.spentDecisionIds.includes(decision.decisionId)) return;",
        replace: "    if (this.#state.kind !== 'hedged' && this.#state.kind !== 'closing') return;",
      },
      {
        file: 'workflows/basis-position.ts',
        find: '    } else this.#request(closeRequestOf(decision, this.#plan));\n    const spentDecisionIds = [...this.#state.spentDecisionIds, decision.decisionId].slice(-rememberedDecisions);\n    this.#state = { ...this.#state, spentDecisionIds };',
        replace:
          '    }\n    const close = closeRequestOf(decision, this.#plan);\n    this.#request(close);\n    void closeLegs(this.#desk, close, true);',
      },
    ],
    story: 'repeated_exits',
  },
  {
    name: 'book fills twice',
    edits: [
      {
        file: 'src/ledger/orders/settlements.ts',
        find: '        chunk.map((fill) => ({\n          account: order.account,',
        replace:
          '        [...chunk, ...chunk].map((fill, index) => ({\n          piece: index < chunk.length ? 0 : 1,\n          account: order.account,',
      },
      {
        file: 'src/ledger/orders/settlements.ts',
        find: 'if (!filledBase(booked).eq(filled)) {',
        replace: 'if (booked === null) {',
      },
    ],
    story: 'quiet',
  },
  {
    name: 'forget reduce-only',
    edits: [
      {
        file: 'src/domain/execution/moves.ts',
        find: 'toText(quantity), reduceOnly, slippageBps, step, attempt }',
        replace: 'toText(quantity), reduceOnly: false, slippageBps, step, attempt }',
      },
    ],
    story: 'quiet',
  },
  {
    name: 'claim in spite of the fence',
    edits: [
      {
        file: 'src/ledger/orders/orders.ts',
        find: "        and (fenced_at is null) = ${claimant === 'workflow'}\n",
        replace: "        and ${claimant} <> ''\n",
      },
    ],
    story: 'fenced',
  },
  {
    name: 'close one leg only',
    edits: [
      {
        file: decide,
        find: '  for (const leg of legs) {\n    const stop',
        replace: '  for (const leg of legs.slice(0, 1)) {\n    const stop',
      },
    ],
    story: 'quiet',
  },
  {
    name: 'reserve beyond the limits',
    edits: [
      { file: 'src/ledger/portfolio/refusals.ts', find: '    ...capRefusals(request, admission.live),\n', replace: '' },
    ],
    story: 'overbooked',
  },
  {
    name: 'keep the reservation of what is closed',
    edits: [
      {
        file: 'src/ledger/positions.ts',
        find: "  await db.updateTable('reservations').set({ released: true }).where('key', '=', update.key).execute();\n",
        replace: '',
      },
    ],
    story: 'quiet',
  },
  {
    name: 'share a fill of the venue while an order there is not booked',
    edits: [
      {
        file: 'src/ledger/orders/venue-fills.ts',
        find: "  if (ours.some((order) => order.state === 'open' && isAtOnce(order.time_in_force))) return { kind: 'unresolved' };\n",
        replace: '',
      },
      {
        file: 'src/ledger/orders/venue-fills.ts',
        find: "  if (ours.some(({ state }) => state === 'sending')) return { kind: 'unresolved' };\n",
        replace: '',
      },
      {
        file: 'src/ledger/orders/venue-fills.ts',
        find: '    if ((await countFills(db, account, symbol)) !== scope.bookedFills)',
        replace: '    if (scope.bookedFills === -1)',
      },
    ],
    story: 'unheard_closes',
  },
  {
    name: 'write a key into an error message',
    edits: [
      {
        file: 'src/venues/orders/submit.ts',
        find: '  const reason = scrub(words, caller.credentials);',
        replace: '  const reason = `${words} ${Object.values(caller.credentials).join()}`;',
      },
    ],
    story: 'lost_replies',
  },
  {
    name: 'forget to hedge a fill of a quote that rests on',
    edits: [
      {
        file: quoting,
        find: '  if (excess.gt(lot)) {\n    const hedge',
        replace: '  if (excess.gt(lot) && excess.lt(zero)) {\n    const hedge',
      },
    ],
    story: 'long_quotes',
  },
  {
    name: 'ignore a fill that was faster than the cancel of its quote',
    edits: [
      {
        file: settling,
        find: '    result = await lookUp(venue, { ...row, venueOrderId });\n',
        replace: '    return settlementOf({ ...row, venueOrderId }, await fillsOf(ledger, row), request);\n',
      },
    ],
    story: 'quotes',
  },
  {
    name: 'quote more than may be unhedged',
    edits: [
      { file: quoting, find: 'minimum(missing, room)', replace: "minimum(missing, room.times(decimal('1000')))" },
      {
        file: 'src/strategy/plan.ts',
        find: 'toText(minimum(decimal(move.quantityBase), most))',
        replace: "toText(minimum(decimal(move.quantityBase), most.times(decimal('1000'))))",
      },
    ],
    story: 'quotes',
  },
  {
    name: 'leave a quote behind when its position closes',
    edits: [
      {
        file: decide,
        find: 'const open = [...unresolvedIds(projection), ...restingIds(projection)];',
        replace: 'const open = [...unresolvedIds(projection)];',
      },
      {
        file: quoting,
        find: '    if (isOver || moment.isQuoteStale || maker.resting.length > 1) return end;',
        replace: '    if (isOver || moment.isQuoteStale || maker.resting.length > 1) return null;',
      },
    ],
    story: 'quotes',
  },
];
