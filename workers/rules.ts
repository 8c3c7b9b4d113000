/** What the configuration says, as the rules that admission and orders follow. */
import type { Config } from '../src/config/schema.ts';
import type { ReservationLimits } from '../src/domain/portfolio/reservation.ts';
import type { AdmissionRules } from '../src/strategy/admission.ts';
import type { StyleRules } from '../src/strategy/plan.ts';

/** Account readings older than this (wall) do not admit a position: three missed readings. */
const maxReadingAgeMs = 30_000;

export function admissionRules(config: Config): AdmissionRules {
  const { execution, sizing, limits } = config;
  return {
    strategy: config.strategy,
    execution: { ...execution, style: styleRules(execution) },
    sizing: {
      ...sizing,
      maxPositionUsd: limits.maxPositionUsd,
      maxPairUsd: limits.maxPairUsd,
      maxOpenSlippageBps: execution.maxOpenSlippageBps,
      maxCloseSlippageBps: execution.maxCloseSlippageBps,
    },
  };
}

function styleRules({ style, ...terms }: Config['execution']): StyleRules {
  const { makerDeadlineMs, maxUnhedgedUsd, atMakerDeadline } = terms;
  return style === 'maker_hedge' ? { kind: style, makerDeadlineMs, maxUnhedgedUsd, atMakerDeadline } : { kind: style };
}

export function reservationLimits(config: Config, source: 'engine' | 'client'): ReservationLimits {
  const { maxPositionUsd, maxPairUsd, haltCloses: _, ...portfolio } = config.limits;
  const accounts = Object.entries(config.accounts).map(([account, { venue }]) => ({ account, venue }));
  return {
    maxPositionUsd,
    maxPairUsd,
    portfolio: { ...portfolio, accounts },
    onePositionPerPair: source === 'engine',
    // A person who opens by hand has decided; the engine waits.
    reentryCooldownMs: source === 'engine' ? config.strategy.reentryCooldownMs : 0,
    maxReadingAgeMs,
  };
}
