/** The engine's admission of a candidate: sized, planned and reserved in one go. */
import { Context } from '@temporalio/activity';
import { alertKeys } from '../src/domain/alert-keys.ts';
import { midPrice } from '../src/domain/basis.ts';
import { decimal, sum, zero } from '../src/domain/decimal.ts';
import { liveStatuses, type PositionPlan } from '../src/domain/position.ts';
import type { ReservationLimits } from '../src/domain/portfolio/reservation.ts';
import type { Alerts } from '../src/ports/alerts.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import { planCandidate, type AdmissionRules, type Planned } from '../src/strategy/admission.ts';
import type { Candidate } from '../src/strategy/candidate.ts';
import { freeForOpening } from '../src/strategy/needs.ts';
import { venuePair } from '../src/strategy/pair.ts';
import { capitalNeeds } from '../src/strategy/plan.ts';
import { isPortError, messageOf } from './failures.ts';
import { portfolioFacts } from './portfolio-facts.ts';
import type { CapitalNeed } from '../src/domain/portfolio/capital-need.ts';

/** Terms of this installation that admission needs. */
export interface LedgerTerms {
  readonly admission: AdmissionRules;
  readonly limits: ReservationLimits;
}

export interface AdmissionInput {
  readonly key: string;
  readonly workflowId: string;
  readonly book: string;
  readonly candidate: Candidate;
  readonly nowWallMs: number;
  readonly nowMarketMs: number;
}

export type Admission =
  | {
      readonly kind: 'admitted';
      readonly plan: PositionPlan;
      readonly needs: readonly CapitalNeed[];
      readonly limits: ReservationLimits;
    }
  /** With why the book is halted, where the ledger said so. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[]; readonly haltReason?: string };

export interface AdmissionPorts {
  readonly ledger: Pick<
    Ledger,
    'position' | 'positions' | 'latestReading' | 'boundCoins' | 'tradedPositions' | 'reserve'
  >;
  readonly alerts: Alerts;
  readonly terms: LedgerTerms;
}

/**
 * Repeated for a key that was admitted: the same plan. A mistake of ours refuses the candidate and tells a person: tried
 * again it would only be made again, with the engine standing before it, and a halt behind.
 */
export async function admitCandidate(ports: AdmissionPorts, input: AdmissionInput): Promise<Admission> {
  const { ledger, alerts } = ports;
  const { pairId } = input.candidate.pair;
  const alertKey = alertKeys.admission(pairId);
  try {
    const admission = await admit(ports, input);
    await alerts.resolve(alertKey);
    return admission;
  } catch (error) {
    // One that is on record was reserved by an attempt whose answer was lost: the next attempt finds its plan.
    if (isPortError(error) || (await ledger.position(input.key)) !== null) throw error;
    Context.current().log.warn(`${pairId} could not be admitted`, { error });
    const reason = `it could not be worked out: ${messageOf(error)}`;
    const message = `${pairId} cannot be opened: ${reason}`;
    await alerts.raise({ key: alertKey, severity: 'warning', message, positionKey: null });
    return { kind: 'refused', reasons: [reason] };
  }
}

async function admit({ ledger, terms }: AdmissionPorts, input: AdmissionInput): Promise<Admission> {
  const { limits } = terms;
  const admitted = await ledger.position(input.key);
  if (admitted !== null) {
    return { kind: 'admitted', plan: admitted.plan, needs: capitalNeeds(admitted.plan), limits };
  }
  const planned = await planFor(ledger, terms, input);
  if (planned.kind === 'refused') return planned;
  const { plan, needs } = planned;
  const { workflowId, nowWallMs, nowMarketMs } = input;
  const result = await ledger.reserve({
    plan,
    workflowId,
    limits,
    needs,
    source: 'engine',
    nowWallMs,
    nowMarketMs,
  });
  return result.kind === 'refused' ? result : { kind: 'admitted', plan, needs, limits };
}

async function planFor(ledger: AdmissionPorts['ledger'], terms: LedgerTerms, input: AdmissionInput): Promise<Planned> {
  const { candidate } = input;
  const { spot, perp } = candidate.pair;
  const venues = venuePair(candidate.pair);
  const accounts = [...new Set([spot.account, perp.account])];
  const readings = await Promise.all(accounts.map((account) => ledger.latestReading(account)));
  const bound = await ledger.boundCoins(accounts);
  const live = await ledger.positions({ statuses: liveStatuses });
  const pairExposureUsd = sum(
    live.filter(({ plan }) => venuePair(plan) === venues).map(({ plan }) => decimal(plan.notionalUsd)),
  );
  const { portfolio } = terms.limits;
  const now = { wallMs: input.nowWallMs, marketMs: input.nowMarketMs };
  const facts =
    portfolio === undefined
      ? null
      : await portfolioFacts(
          ledger,
          portfolio,
          input.book,
          candidate.pair,
          now,
          midPrice(candidate.spotQuote) ?? zero,
          live,
        );
  return planCandidate({
    key: input.key,
    book: input.book,
    candidate,
    rules: terms.admission,
    pairExposureUsd,
    ...(facts === null ? {} : { facts }),
    freeOf: freeForOpening(
      candidate.pair,
      readings.filter((reading) => reading !== null),
      bound,
    ),
    nowWallMs: input.nowWallMs,
    nowMarketMs: input.nowMarketMs,
  });
}
