import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { listen } from '../../local/ports.ts';
import { type PostgresServer, startPostgresServer } from '../../local/postgres/postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where to ask for the PostgreSQL server that tests share: the first to ask has it started. */
    postgresOnDemand: string;
  }
}

export default async function setup(project: TestProject) {
  let started: Promise<PostgresServer> | undefined;
  const desk = createServer(async (_, response) => {
    try {
      started ??= startPostgresServer({ settings: { max_connections: '200' } });
      response.end((await started).url);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  const port = await listen(desk, 0);
  project.provide('postgresOnDemand', `http://127.0.0.1:${port}`);
  return async () => {
    await (await started?.catch(() => undefined))?.stop();
    desk.close();
  };
}
