/** The longest time Node's timers take, ms (24.8 days); a longer one would fire at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;
