/** The ledger behind its port, in PostgreSQL. */
import { boundCoins } from '../domain/portfolio/bound-coins.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { ClientOrderIdForm } from '../ports/venue.ts';
import * as accounts from './accounts/accounts.ts';
import * as alerts from './alerts/alerts.ts';
import { declareBaselineChange } from './accounts/baseline-changes.ts';
import { createDatabase } from './database.ts';
import * as fences from './fences.ts';
import * as fundingRates from './accounts/funding-rates.ts';
import * as equity from './portfolio/equity.ts';
import { endHalt, haltOf, recordHalt, standingHalt } from './portfolio/halts.ts';
import * as interest from './accounts/interest.ts';
import * as marks from './marks.ts';
import { latestReconciliations, recordReconciliation } from './reconciliations.ts';
import { recordOutcome } from './orders/order-outcomes.ts';
import { liquidationChargesOf, recordLiquidationCharges } from './accounts/liquidation-charges.ts';
import * as orders from './orders/orders.ts';
import * as portfolio from './portfolio/portfolio.ts';
import * as positions from './positions.ts';
import { reserve } from './portfolio/reservations.ts';
import { fillOf, orderOf } from './rows.ts';
import { recordProgress, recordSettlement } from './orders/settlements.ts';
import { recordFunding } from './accounts/settled-funding.ts';
import { spotHoldings } from './accounts/spot-holdings.ts';
import { bookVenueFills, unheardVenueOrders, venueOrdersOfLive } from './orders/venue-fills.ts';
import { listenForWatches } from './watch-listener.ts';
import * as watches from './watches.ts';

export interface LedgerSettings {
  readonly databaseUrl: string;
  /** Connections of this process at most. */
  readonly poolSize?: number;
  readonly log: { warn(message: string): void };
  /** What each venue takes as client order id; letters and digits everywhere unless given. */
  readonly idFormOf?: (venue: string) => ClientOrderIdForm;
}

export function createPostgresLedger(settings: LedgerSettings): Ledger {
  const { databaseUrl, poolSize = 10, log, idFormOf = () => 'alphanumeric' } = settings;
  const database = createDatabase(databaseUrl, poolSize, (message) => log.warn(message));
  const { run, transact, close } = database;
  let installation: string | null = null;

  const installationId = async (): Promise<string> => {
    installation ??= await run(
      async (db) => (await db.selectFrom('installation').select('id').executeTakeFirstOrThrow()).id,
    );
    return installation;
  };

  return {
    installationId,

    reserve: (request) =>
      transact(async (db) => {
        const result = await reserve(db, request, 'reserving');
        return result.kind === 'refused' ? result : { kind: 'reserved' };
      }),
    async prepareOpening(request) {
      const id = await installationId();
      const { plan, intents, workflowId, nowWallMs } = request;
      return transact(async (db) => {
        const result = await reserve(db, request, 'opening');
        if (result.kind === 'refused') return result;
        if (!result.isNew) await positions.updatePosition(db, { key: plan.key, status: 'opening', nowWallMs });
        return {
          kind: 'prepared',
          orders: await orders.prepareOrders(db, { installationId: id, idFormOf }, plan.key, workflowId, intents),
        };
      });
    },
    settleReservation: (key, settledAtWallMs) =>
      run(async (db) => {
        await db
          .updateTable('reservations')
          .set({ settled_at_wall_ms: settledAtWallMs })
          .where('key', '=', key)
          .where('settled_at_wall_ms', 'is', null)
          .execute();
      }),

    async prepareOrders(positionKey, workflowId, intents) {
      const id = await installationId();
      return run((db) => orders.prepareOrders(db, { installationId: id, idFormOf }, positionKey, workflowId, intents));
    },
    async prepareNext(positionKey, workflowId, intents, heardBase) {
      const id = await installationId();
      return transact(async (db) => {
        const venueOrders = await unheardVenueOrders(db, positionKey, heardBase);
        if (venueOrders.length > 0) return { kind: 'unheard', venueOrders };
        const terms = { installationId: id, idFormOf };
        return { kind: 'prepared', orders: await orders.prepareOrders(db, terms, positionKey, workflowId, intents) };
      });
    },
    claimOrder: (id, claim, claimant) => run((db) => orders.claimOrder(db, id, claim, claimant)),
    fencePosition: (key) => transact((db) => fences.fencePosition(db, key)),
    acceptResidual: (key, residual) => run((db) => positions.acceptResidual(db, key, residual)),
    recordOutcome: (id, outcome) => recordOutcome(database, id, outcome),
    recordProgress: (id, progress, fills) => transact((db) => recordProgress(db, id, progress, fills)),
    recordSettlement: (id, settlement, fills) => transact((db) => recordSettlement(db, id, settlement, fills)),
    markAbsent: (id, reason) => run((db) => orders.markAbsent(db, id, reason, ['prepared', 'sending'])),
    withdrawOrder: (id, reason) => run((db) => orders.markAbsent(db, id, reason, ['prepared'])),
    order: (id) =>
      run(async (db) => {
        const row = await db
          .selectFrom('orders')
          .innerJoin('positions', 'positions.key', 'orders.position_key')
          .selectAll('orders')
          .select('positions.fenced_at')
          .where('client_order_id', '=', id)
          .executeTakeFirst();
        return row === undefined ? null : { ...orderOf(row), isFenced: row.fenced_at !== null };
      }),
    ordersOf: (positionKey) =>
      run(async (db) =>
        (
          await db.selectFrom('orders').selectAll().where('position_key', '=', positionKey).orderBy('seq').execute()
        ).map(orderOf),
      ),
    unresolvedOrderIds: (account) =>
      run(async (db) =>
        (
          await db
            .selectFrom('orders')
            .select('client_order_id')
            .where('account', '=', account)
            .where('state', 'in', ['sending', 'open'])
            .execute()
        ).map((row) => row.client_order_id),
      ),
    fillsOf: (positionKey) =>
      run(async (db) =>
        (await db.selectFrom('fills').selectAll().where('position_key', '=', positionKey).orderBy('seq').execute()).map(
          fillOf,
        ),
      ),
    fillsOfAccount: (account) =>
      run(async (db) =>
        (
          await db
            .selectFrom('fills')
            .selectAll()
            .where('account', '=', account)
            .orderBy('executed_at_ms')
            .orderBy('seq')
            .execute()
        ).map(fillOf),
      ),
    bookVenueFills: (account, symbol, fills, scope) =>
      transact((db) => bookVenueFills(db, account, symbol, fills, scope)),
    venueOrdersOfLive: (account) => run((db) => venueOrdersOfLive(db, account)),
    netFills: (account) => run((db) => accounts.netFills(db, account)),

    updatePosition: (update) =>
      update.status === 'closed' || update.status === 'aborted'
        ? transact((db) => positions.endPosition(db, update))
        : run((db) => positions.updatePosition(db, update)),
    position: (key) => run((db) => positions.position(db, key)),
    positions: (filter) => run((db) => positions.positions(db, filter)),

    async recordFundingPayments(account, payments) {
      await transact((db) => recordFunding(db, account, payments));
      // By itself: what is new stays booked whatever is wrong with what was.
      await run((db) => accounts.checkFundingPayments(db, account, payments));
    },
    recordLiquidationCharges: (account, charges) => transact((db) => recordLiquidationCharges(db, account, charges)),
    liquidationChargesOf: (account) => run((db) => liquidationChargesOf(db, account)),
    fundingPaymentsOfAccount: (account) => run((db) => accounts.fundingPaymentsOfAccount(db, account)),
    recordInterest: (account, charges) => run((db) => interest.recordInterest(db, account, charges)),
    interestOfAccount: (account) => run((db) => interest.interestOfAccount(db, account)),

    armWatch: (watch, shard) => run((db) => watches.armWatch(db, watch, shard)),
    disarmWatch: (key) => run((db) => watches.disarmWatch(db, key)),
    armedWatches: (shard) => run((db) => watches.armedWatches(db, shard)),
    unevaluatedWatches: (sinceMs) => run((db) => watches.unevaluatedWatches(db, sinceMs)),
    stampEvaluated: (keys, atMs) => run((db) => watches.stampEvaluated(db, keys, atMs)),
    evaluatedAtMs: (key) => run((db) => watches.evaluatedAtMs(db, key)),
    listenForWatches: (onChange, signal) => listenForWatches(databaseUrl, onChange, signal),
    writeMarks: (written) => run((db) => marks.writeMarks(db, written)),
    latestMarks: (keys) => run((db) => marks.latestMarks(db, keys)),

    accountFlows: (account, sinceMs, toMs) => run((db) => equity.accountFlows(db, account, sinceMs, toMs)),
    isAccountQuiet: (account, fromMs, toMs) => run((db) => equity.isAccountQuiet(db, account, fromMs, toMs)),
    writeEquity: (mark) => run((db) => equity.writeEquity(db, mark)),
    latestEquity: (book) => run((db) => equity.latestEquity(db, book)),
    equityPoints: (book, sinceMs) => run((db) => equity.equityPoints(db, book, sinceMs)),
    unmarkedCloses: (book, sinceMs) => run((db) => equity.unmarkedCloses(db, book, sinceMs)),
    tradedPositions: (book, sinceMs) => run((db) => equity.tradedPositions(db, book, sinceMs)),
    recordPerformance: (daily) => run((db) => equity.recordPerformance(db, daily)),
    dailyPerformance: (book) => run((db) => equity.dailyPerformance(db, book)),

    recordBases: (points) => run((db) => portfolio.recordBases(db, points)),
    basisHistory: (pairIds, sinceMs) => run((db) => portfolio.basisHistory(db, pairIds, sinceMs)),
    recordFundingRates: (venue, rates) => run((db) => fundingRates.recordFundingRates(db, venue, rates)),
    fundingRates: (venue, symbol, sinceMs) => run((db) => fundingRates.fundingRates(db, venue, symbol, sinceMs)),
    observeEquity: (book, seen, nowMs) => transact((db) => portfolio.observeEquity(db, book, seen, nowMs)),
    drawdownOf: (book) => run((db) => portfolio.drawdownOf(db, book)),
    resetDrawdown: (book) => run((db) => portfolio.resetDrawdown(db, book)),
    recordHalt: (book, reason, nowMs) => transact((db) => recordHalt(db, book, reason, nowMs)),
    haltOf: (book) => run((db) => haltOf(db, book)),
    standingHalt: (book) => run((db) => standingHalt(db, book)),
    endHalt: (book, seen) => transact((db) => endHalt(db, book, seen)),

    writeReading: (reading) => run((db) => accounts.writeReading(db, reading)),
    latestReading: (account) => run((db) => accounts.latestReading(db, account)),
    declareBaseline: (baseline) => run((db) => accounts.declareBaseline(db, baseline)),
    baselines: () => run((db) => accounts.baselines(db)),
    boundCoins: (names) => run(async (db) => boundCoins(await spotHoldings(db, names))),
    declareBaselineChange: (change) => run((db) => declareBaselineChange(db, change)),

    raiseAlert: (alert, nowMs) => run((db) => alerts.raiseAlert(db, alert, nowMs)),
    resolveAlert: (key, nowMs) => run((db) => alerts.resolveAlert(db, key, nowMs)),
    openAlerts: () => run((db) => alerts.openAlerts(db)),
    alertsSince: (sinceMs) => run((db) => alerts.alertsSince(db, sinceMs)),

    recordReconciliation: (report) => run((db) => recordReconciliation(db, report)),
    latestReconciliations: (count) => run((db) => latestReconciliations(db, count)),

    totals: () => run((db) => positions.totals(db)),
    close,
  };
}
