/** A mistake in a configuration, as every check states it. */
export interface ConfigIssue {
  /** Such as `pairs[0].spot.account`. */
  readonly path: string;
  /** What is wrong, and what is allowed. */
  readonly message: string;
}

/** Null: the exchange is served; else the reason why not, with those that are. */
export type VenueRefusal = (venue: string) => string | null;
