/** How much of a store is dead before it is swept. */

/** So many dead rows for each that lives. */
export const DEAD = 26;
