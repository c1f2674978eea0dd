/**
 * What is used of the client of the package `pg`. It is imported by itself, as the package's own
 * entry brings a pool and a binding to libpq along, which are 16 KB more in a bundle.
 */
declare module 'pg/lib/client.js' {
  import type { ConnectionOptions } from 'node:tls';

  interface ClientConfig {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    /** A function, so that it is asked for and never looked up in a file. */
    readonly password: () => string;
    readonly database: string;
    readonly application_name: string;
    readonly options: string;
    readonly ssl: false | ConnectionOptions;
    readonly enableChannelBinding: boolean;
    readonly connectionTimeoutMillis: number;
    readonly keepAlive: boolean;
    /** Queries are sent as they come and do not wait for each other's answers. */
    readonly pipeline: boolean;
  }

  interface QueryResult {
    readonly rows: readonly Readonly<Record<string, unknown>>[];
  }

  export default class Client {
    constructor(config: ClientConfig);
    connect(): Promise<unknown>;
    query(query: { text: string; values?: readonly unknown[] }): Promise<QueryResult>;
    end(): Promise<void>;
    on(event: 'error' | 'end', call: () => void): this;
    /** Whether the connection alone keeps the process from ending. */
    ref(): void;
    unref(): void;
    readonly connection: { readonly stream: { destroy(): void } };
  }
}
