/** A report for people: what was run, what it came to, and every violation with how to see it again. */
import type { FoundViolation, HarnessReport } from './harness-report.ts';
import type { MutationReport } from './mutations/mutation-check.ts';
import { oneLeggedText } from './invariants/one-legged.ts';
import { secondsOf } from './stopwatch.ts';

const shownViolations = 20;

export function reportText(report: HarnessReport): string {
  const { scenarios, killed, violations, phasesMs, tookMs, seed, rounds } = report;
  const share = ((killed / Math.max(1, scenarios)) * 100).toFixed(1);
  const seconds = tookMs / 1000;
  return [
    `${scenarios} scenarios of seed ${seed} in ${rounds} rounds and ${seconds.toFixed(0)} s (${(scenarios / seconds).toFixed(2)}/s); ${killed} (${share} %) saw a process killed`,
    ...oneLeggedText(report),
    `time: ${secondsOf(phasesMs)}`,
    `outcomes: ${listed(report.outcomes)}`,
    `requests hit by faults: ${listed(report.faultHits)}`,
    `step points reached: ${listed(report.stepPoints)}`,
    violations.length === 0 ? 'no violation' : `${violations.length} VIOLATIONS`,
    ...(violations.length === 0 ? [] : [violationText(violations)]),
  ].join('\n');
}

export function violationText(violations: readonly FoundViolation[]): string {
  return violations
    .slice(0, shownViolations)
    .flatMap(({ invariant, positionKey, detail, replay, timeline }) => [
      `invariant ${invariant}: ${positionKey ?? 'an account'}: ${detail}`,
      `  again: ${replay}`,
      ...timeline.map((line) => `    ${line}`),
    ])
    .join('\n');
}

export function mutationText({ mutations, caught, falseAlarms, results }: MutationReport): string {
  return [
    ...results.map(({ name, caught, story, how }) => `${caught ? 'caught' : 'MISSED'}  ${name} (${story}): ${how}`),
    `${caught} of ${mutations} breaks were caught; ${falseAlarms} false alarms without a break`,
  ].join('\n');
}

function listed(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).toSorted(([left], [right]) => left.localeCompare(right));
  return entries.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
