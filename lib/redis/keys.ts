/** Every key that Sluice uses, spelled here and nowhere else. */
export function keysWith(prefix: string) {
  return {
    /** HASH: the order. */
    order: (id: string) => `${prefix}order:${id}`,
    /** For the script that learns ids only while it runs. */
    orderPrefix: `${prefix}order:`,
    /** ZSET id -> acceptedAtMs: every order kept. */
    index: `${prefix}order_index`,
    /** LIST of ids ready to be produced, the oldest at the tail. */
    queue: `${prefix}order_queue`,
    /** ZSET id -> dueAtMs: leased, waiting for a retry, or scheduled. */
    pending: `${prefix}order_pending`,
    /** HASH id -> `<fencing token>:<attempt>:<holder>`: who holds each leased order. */
    owners: `${prefix}order_owners`,
    /** STRING: the last fencing token given out. */
    fence: `${prefix}order_fence`,
    /** ZSET id -> deadAtMs. */
    dead: `${prefix}order_dead`,
    /** ZSET id -> finishedAtMs: produced. */
    finished: `${prefix}order_finished`,
    /** ZSET id -> canceledAtMs. */
    canceled: `${prefix}order_canceled`,
    /** STRING: the last order number. */
    number: `${prefix}order_number`,
    /** STRING: dueAtMs of the last order that was redriven at a pace. */
    redrive: `${prefix}order_redrive`,
    /** STRINGs below it: requests of a client in a minute; each goes by itself. */
    rate: `${prefix}order_rate`,
    /** LIST of `<id>:<kind>:<atMs>` that wait to be announced, the oldest at the tail. */
    events: `${prefix}order_events`,
    /** LIST: events that the receiver refused, the last one at the head. */
    eventsRefused: `${prefix}order_events_refused`,
    /** STRING that expires: a drain was woken, and will look once more after that. */
    wake: `${prefix}order_wake`,
    /** STRING: the announcer's lock. */
    eventsLock: `${prefix}order_lock:events`,
    /** STRING: the drain lock of a slot. */
    lock: (slot: number) => `${prefix}order_lock:${slot}`,
  };
}

export type Keys = ReturnType<typeof keysWith>;
