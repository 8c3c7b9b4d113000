/** Something a person should know. The same `key` while it lasts is one alert. */
export interface Alert {
  readonly key: string;
  readonly severity: 'warning' | 'critical';
  readonly message: string;
  readonly positionKey: string | null;
}

export interface Alerts {
  /** Never throws: an alert that cannot be delivered is logged. */
  raise(alert: Alert): Promise<void>;
  resolve(key: string): Promise<void>;
}
