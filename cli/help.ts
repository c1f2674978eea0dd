/** What `--help` adds to the list of options that the argument parser prints. */

export const SETTINGS_HELP = `
Settings (environment):
  SLUICE_URL  the address of the API (http://localhost:3000 when unset)
  SLUICE_KEY  the API key to call it with; for the local stack (npm start)
              local-shop-key, or local-admin-key for every command
  SLUICE_ALLOW_HTTP  on: send the key over http to another machine as well
`;

export const PROGRAM_HELP = `${SETTINGS_HELP}
Exit codes: 0 done; 1 nothing done, or a failure; 2 wrong usage; 3 partly done; 130 interrupted.
To read the output with another program: npm run --silent sluice -- stats --json

Example:
  SLUICE_KEY=local-admin-key npm run sluice -- stats
`;

export const GET_HELP = `
With the scope orders:read, the key in SLUICE_KEY sees its own client's orders; with
orders:admin, all orders.
${SETTINGS_HELP}
Example:
  npm run sluice -- get ord_0123456789
`;

export const LIST_HELP = `
With the scope orders:read, the key in SLUICE_KEY sees its own client's orders; with
orders:admin, all orders.
${SETTINGS_HELP}
Examples:
  npm run sluice -- list --status dead
  npm run sluice -- list --from 2026-11-28T09:00:00Z --to 2026-11-28T09:05:00Z
  npm run --silent sluice -- list --customer 17850 --limit 1000 --json
`;

export const CANCEL_HELP = `
It is safe to repeat. An order that is producing or produced can no longer be canceled; a dead
one only with orders:admin. With the scope orders:write, the key in SLUICE_KEY cancels its own
client's orders; with orders:admin, any order.
${SETTINGS_HELP}
Example:
  npm run sluice -- cancel ord_0123456789
`;

export const DEAD_LETTERS_HELP = `
The key in SLUICE_KEY needs the scope orders:admin.
${SETTINGS_HELP}
Example:
  SLUICE_KEY=local-admin-key npm run sluice -- dead-letters
`;

export const REDRIVE_HELP = `
One order is ready at once. Many become ready one after another, at the pace that the
deployment sets. The key in SLUICE_KEY needs the scope orders:admin.
${SETTINGS_HELP}
Examples:
  SLUICE_KEY=local-admin-key npm run sluice -- redrive ord_0123456789
  SLUICE_KEY=local-admin-key npm run sluice -- redrive --all
`;

export const KEYS_CREATE_HELP = `
The key is 256 random bits, made on this machine and printed once. With --stage, its digest is
added to the deployment; otherwise it is printed for you to add.
Scopes: orders:write (submit, cancel), orders:read (get, list), orders:admin (both, for all
clients, and everything else). A client may have two keys, so that one can be replaced
without a gap.

Examples:
  npm run sluice -- keys create --client shop --scopes orders:write,orders:read
  npm run sluice -- keys create --client ops --scopes orders:admin --stage prod
`;

export const KEYS_REVOKE_HELP = `
The key stops working within five minutes, except in functions that cannot reach Secrets Manager.

Example:
  npm run sluice -- keys revoke 3f5a90 --stage prod
`;

export const SECRETS_PUT_HELP = `
Each value comes from the variable of its name, or with --stdin from standard input. It is
checked as the functions check it when they start, and stored in Secrets Manager as
sluice/<stage>, with the credentials of the AWS command line. Running functions use it within
five minutes.

Examples:
  npm run sluice -- secrets put --stage prod       # all that are set
  npm run sluice -- secrets put DATABASE_URL --stdin --stage prod < url.txt
`;

export const DRAIN_HELP = `
A drain runs for up to 20 seconds, one at a time. The key in SLUICE_KEY needs
the scope orders:admin.
${SETTINGS_HELP}
Example:
  SLUICE_KEY=local-admin-key npm run sluice -- drain --until-empty
`;

export const STATS_HELP = `
The key in SLUICE_KEY needs the scope orders:admin.
${SETTINGS_HELP}
Example:
  SLUICE_KEY=local-admin-key npm run sluice -- stats
`;

export const DOCTOR_HELP = `
Checks the environment, Redis and the API, as far as they are set. Each check is ok, unknown (it
cannot be found out from here), warning or wrong, with what to do about it.

Nothing is changed: scratch keys have a random prefix, sluice-doctor:…, are deleted at the end, also
after Ctrl-C, and expire anyway. It costs a few hundred billed commands, counted at the end if the
database reports them.

--conformance only checks that a Redis does what Sluice needs. It needs a URL and a token, but no
Sluice.

Exit codes: 0 nothing is wrong (there may be warnings); 1 something is; 2 wrong usage;
130 interrupted.

With --stage it takes the secrets and the prefix of a deployment from Secrets Manager, with the
credentials of the AWS command line. It also reads these settings (environment):
  UPSTASH_REDIS_REST_URL    the URL of the database's REST API
  UPSTASH_REDIS_REST_TOKEN  its token; for the local stack, npm start prints both
  SLUICE_PREFIX             the deployment's, where it has one
  SLUICE_URL, SLUICE_KEY    the API, and a key, best with orders:admin
  SLUICE_API_KEYS, SLUICE_RETENTION_DAYS and others, to check them too

Examples:
  npm run sluice -- doctor
  SLUICE_URL=https://… SLUICE_KEY=… npm run sluice -- doctor --stage prod
  npm run sluice -- doctor --conformance
  npm run --silent sluice -- doctor --json
`;

export const COST_HELP = `
Redis commands were counted by redis-server, for Sluice and for BullMQ's worker. Lambda's times are
assumed, and printed. Every design gets the cheapest Upstash plan; SQS with DynamoDB and BullMQ are
counted at their best. Each price has a source and a date: cli/cost/prices.ts, or --json. Nothing is
sent.

Examples:
  npm run sluice -- cost --orders 100000
  npm run sluice -- cost --orders 1000000 --batch 100 --hours 20 --no-free-tier
`;

export const RECONCILE_HELP = `
Checks that every order in Redis is in exactly one place and that every id in a place has its
order. It works in small steps while orders flow. Without --repair it only reports. An order
that is gone cannot be repaired; it comes back when its client submits it again. The schedule
runs the same check once a day, with --repair.

A pass compares the orders that ended since the last one. --thorough compares all ended orders:
use it after a failover of the database.

Exit codes: 0 nothing was wrong, or all was repaired; 1 something is left to look into, or the
check failed; 2 wrong usage.

This command calls Redis directly, not the API. With --stage, it takes the deployment's secrets
from Secrets Manager, with the credentials of the AWS command line. Otherwise, settings
(environment):
  UPSTASH_REDIS_REST_URL    the URL of the database's REST API
  UPSTASH_REDIS_REST_TOKEN  its token; for the local stack, npm start prints both
  SLUICE_PREFIX             the deployment's prefix, if it has one

Examples:
  npm run sluice -- reconcile
  npm run sluice -- reconcile --repair --stage prod
`;

export const EVENTS_HELP = `
An event is set aside if the receiver refuses it, or fails on it in ten runs, while it accepts others. The
last 10,000 are kept. Each is also a line event-set-aside in the log. See docs/events.md.

These commands call Redis directly, not the API. With --stage, they take the deployment's secrets from
Secrets Manager, with the credentials of the AWS command line. Otherwise, settings (environment):
UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, and SLUICE_PREFIX if the deployment has one.

Examples:
  npm run sluice -- events list --stage prod
  npm run sluice -- events retry --all --stage prod
`;

export const MIGRATE_HELP = `
Applies the SQL files of lib/postgres/migrations that the database does not have yet, each in a
transaction. It is safe to run twice, and from two places at once.

This command calls PostgreSQL directly, as the drain does. With --stage, it takes the deployment's
DATABASE_URL from Secrets Manager, with the credentials of the AWS command line. Otherwise,
settings (environment):
  DATABASE_URL  postgres://user:password@host:5432/database; the user may create tables
  DATABASE_CA   certificates (PEM) to trust, if the system's do not suffice

Example:
  DATABASE_URL=postgres://… npm run sluice -- migrate --dry-run
  npm run sluice -- migrate --stage prod
`;

export const SETUP_HELP = `
Checks the AWS account and the database, stores their secrets, makes two API keys, deploys,
submits an order and waits until it is produced. Safe to repeat: after an
interruption it continues where it stopped.

AWS credentials are those of the AWS command line. The database's address and token come from
UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or are asked for. With these and --plan it asks
nothing, and runs unattended. With --plan free, an alarm warns before the month's commands run out; set
a budget of your own with --set SLUICE_COMMANDS_PER_MONTH=N. It writes the keys to .sluice/<stage>.env
and the settings to stages/<stage>.yml.

Examples:
  npm run sluice -- setup --stage dev
  npm run sluice -- setup --stage prod --plan payg --alarm-email ops@shop.example \\
    --set SLUICE_PRODUCER=webhook --set SLUICE_WEBHOOK_URL=https://erp.example/orders
`;

export const WARM_HELP = `
Invokes a function so often at once that Lambda must start an instance for each, spread over six
seconds to stay within the quotas of Lambda and Secrets Manager. It submits no order and does not
call Redis. 1000 instances cost about $0.05. The credentials need
lambda:InvokeFunction on the function, and lambda:GetAccountSettings.

Lambda usually keeps idle instances for some minutes, but guarantees nothing.

Exit codes: 0 all answered; 1 not all did, or a failure; 2 wrong usage.

Example:
  npm run sluice -- warm --stage prod --count 500
`;
