/** Wall time, so that tests can hold it. Epoch milliseconds. */
export interface Clock {
  nowMs(): number;
}
