/** `info`: good to know. `warning`: look at it today. `critical`: look at it now. */
export type Severity = 'info' | 'warning' | 'critical';

/** Something a person should know. The same `key` while it lasts is one alert; up to its first `/` it names the event. */
export interface Alert {
  readonly key: string;
  readonly severity: Severity;
  readonly message: string;
  readonly positionKey: string | null;
  /** It has happened, and does not stand: told once, and nothing that anybody would resolve. */
  readonly isNotice?: boolean;
}

export interface Alerts {
  /** Never throws: an alert that cannot be stored is logged. Who is told, and when, is the outbox's business. */
  raise(alert: Alert): Promise<void>;
  resolve(key: string): Promise<void>;
}
