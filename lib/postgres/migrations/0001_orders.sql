-- What the Postgres producer writes: an order once, with its lines.
-- Amounts are whole numbers in the currency's minor unit (pence, cents), as in the API.

create table orders (
  -- The id that Sluice gave it, which follows from the client and its idempotency key.
  id text primary key,
  -- Given once, when the order first comes; numbers may have gaps.
  order_number bigint generated always as identity unique,
  client text not null,
  customer text not null,
  currency text not null check (length(currency) = 3),
  total_amount bigint not null check (total_amount >= 0),
  reference text,
  metadata jsonb,
  accepted_at timestamptz not null,
  -- When the order was first written here.
  produced_at timestamptz not null default now(),
  -- The greatest fencing token that has come with this order.
  fence bigint not null,
  -- Digest of what was submitted: tells a repeat from another order under the same id.
  fingerprint text not null
);

create table order_lines (
  order_id text not null references orders (id) on delete cascade,
  -- Its place in the order, from 1 on.
  line integer not null,
  sku text not null,
  description text,
  quantity integer not null check (quantity > 0),
  unit_amount bigint not null check (unit_amount >= 0),
  primary key (order_id, line)
);
