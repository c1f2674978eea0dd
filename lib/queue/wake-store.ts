/** What waking a drain needs to know. */
export interface WakeStore {
  /**
   * Whether nobody has woken a drain lately: true once in each interval, for all who ask.
   *
   * @param intervalMs  from the first asking on
   */
  isFirst(intervalMs: number): Promise<boolean>;
}
