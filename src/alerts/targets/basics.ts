import type { AlertTarget } from '../target.ts';

export type TargetBasics = Pick<AlertTarget, 'name' | 'minSeverity' | 'maxPerMinute'>;
