/** The ledger behind its port, in PostgreSQL. */
import type { Ledger } from '../ports/ledger.ts';
import * as accounts from './accounts.ts';
import * as alerts from './alerts.ts';
import { createDatabase } from './database.ts';
import * as orders from './orders.ts';
import * as positions from './positions.ts';
import { reserve } from './reservations.ts';
import { fillOf, orderOf } from './rows.ts';
import * as watches from './watches.ts';

export interface LedgerSettings {
  readonly databaseUrl: string;
  /** Connections of this process at most. */
  readonly poolSize?: number;
  readonly log: { warn(message: string): void };
}

export function createPostgresLedger({ databaseUrl, poolSize = 10, log }: LedgerSettings): Ledger {
  const { run, close } = createDatabase(databaseUrl, poolSize, (message) => log.warn(message));
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
      run((db) =>
        db.transaction().execute(async (transaction) => {
          const { isNew: _isNew, ...result } = await reserve(transaction, request);
          return result;
        }),
      ),
    async prepareOpening(request) {
      const id = await installationId();
      const { plan, intents, workflowId, nowWallMs } = request;
      return run((db) =>
        db.transaction().execute(async (transaction) => {
          const result = await reserve(transaction, request);
          if (result.kind === 'refused') return { kind: 'refused' as const, reasons: result.reasons };
          const prepared = await orders.prepareOrders(transaction, id, plan.key, workflowId, intents);
          await positions.updatePosition(transaction, { key: plan.key, status: 'opening', nowWallMs });
          return { kind: 'prepared' as const, orders: prepared };
        }),
      );
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
    releaseReservation: (key) =>
      run(async (db) => {
        await db.updateTable('reservations').set({ released: true }).where('key', '=', key).execute();
      }),

    async prepareOrders(positionKey, workflowId, intents) {
      const id = await installationId();
      return run((db) => orders.prepareOrders(db, id, positionKey, workflowId, intents));
    },
    claimOrder: (id, claim) => run((db) => orders.claimOrder(db, id, claim)),
    recordOutcome: (id, outcome) => run((db) => orders.recordOutcome(db, id, outcome)),
    async recordSettlement(id, settlement, fills) {
      const before = await run((db) =>
        db.transaction().execute((transaction) => orders.recordSettlement(transaction, id, settlement, fills)),
      );
      if (before.state !== 'absent' && before.state !== 'rejected') return;
      // The venue's truth is booked, and the proof that was wrong is a person's business.
      const message = `order ${id} was recorded as ${before.state} and is at the venue with ${settlement.filledBase} filled`;
      await run((db) =>
        alerts.raiseAlert(
          db,
          { key: `wrong_proof/${id}`, severity: 'critical', message, positionKey: before.positionKey },
          Date.now(),
        ),
      );
    },
    markAbsent: (id, reason) => run((db) => orders.markAbsent(db, id, reason, ['prepared', 'sending'])),
    withdrawOrder: (id, reason) => run((db) => orders.markAbsent(db, id, reason, ['prepared'])),
    order: (id) =>
      run(async (db) => {
        const row = await db.selectFrom('orders').selectAll().where('client_order_id', '=', id).executeTakeFirst();
        return row === undefined ? null : orderOf(row);
      }),
    ordersOf: (positionKey) =>
      run(async (db) =>
        (
          await db.selectFrom('orders').selectAll().where('position_key', '=', positionKey).orderBy('seq').execute()
        ).map(orderOf),
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

    updatePosition: (update) => run((db) => positions.updatePosition(db, update)),
    position: (key) => run((db) => positions.position(db, key)),
    positions: (filter) => run((db) => positions.positions(db, filter)),

    recordFundingPayments: (account, payments) => run((db) => accounts.recordFundingPayments(db, account, payments)),
    fundingPaymentsOfAccount: (account) => run((db) => accounts.fundingPaymentsOfAccount(db, account)),

    armWatch: (watch, shard) => run((db) => watches.armWatch(db, watch, shard)),
    disarmWatch: (key) => run((db) => watches.disarmWatch(db, key)),
    armedWatches: (shard) => run((db) => watches.armedWatches(db, shard)),
    stampEvaluated: (keys, atMs) => run((db) => watches.stampEvaluated(db, keys, atMs)),
    evaluatedAtMs: (key) => run((db) => watches.evaluatedAtMs(db, key)),
    listenForWatches: (onChange, signal) => watches.listenForWatches(databaseUrl, onChange, signal),
    writeMarks: (marks) => run((db) => watches.writeMarks(db, marks)),
    latestMarks: (keys) => run((db) => watches.latestMarks(db, keys)),

    writeReading: (reading) => run((db) => accounts.writeReading(db, reading)),
    latestReading: (account) => run((db) => accounts.latestReading(db, account)),
    declareBaseline: (baseline) => run((db) => accounts.declareBaseline(db, baseline)),
    baselines: () => run((db) => accounts.baselines(db)),

    raiseAlert: (alert, nowMs) => run((db) => alerts.raiseAlert(db, alert, nowMs)),
    resolveAlert: (key, nowMs) => run((db) => alerts.resolveAlert(db, key, nowMs)),
    openAlerts: () => run((db) => alerts.openAlerts(db)),

    totals: () => run((db) => positions.totals(db)),
    close,
  };
}
