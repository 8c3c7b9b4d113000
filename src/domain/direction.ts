/** Which way round a position is. */
/** `long`: long spot, short perpetual (side s = +1). `short`: short spot, long perpetual (s = −1). */
export type Direction = 'long_spot_short_perp' | 'short_spot_long_perp';

/** s of the formulas. */
export type Side = 1 | -1;
