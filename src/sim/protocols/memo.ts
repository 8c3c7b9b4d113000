/**
 * What several connections are to get is made once: for the same message object the outbox writes its JSON once as well.
 */

/** What `make` gave the first time for this key. The key must name everything that the result depends on. */
export type Memo<T> = (key: string, make: () => T) => T;

export function createMemo<T extends object>(): Memo<T> {
  const made = new Map<string, T>();
  return (key, make) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make();
      made.set(key, value);
    }
    return value;
  };
}
