/** A server's process, as it was started. */
export interface Running {
  readonly pid: number;
  /** Settles, either way, when the process has ended. */
  readonly exited: Promise<unknown>;
  stop(): Promise<void>;
}

/** A server that is started again on its data, whoever has killed it. */
export interface Lasting {
  /** SIGKILL, unless it is being started again anyway; answers which. */
  kill(): boolean;
  /** Resolves once one answers. */
  isBack(): Promise<void>;
  /** How often one has died, killed by this or by anybody. */
  deaths(): number;
  /** Rejects where none could be started again. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** @param start  starts the server, for the first time or on what another has left */
export async function startLasting(start: () => Promise<Running>): Promise<Lasting> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let deaths = 0;
  let isStopping = false;
  let server = await start();
  let isUp = true;
  let restarted = Promise.resolve();
  watch();

  function watch() {
    const startAgain = () => {
      if (isStopping) return;
      isUp = false;
      deaths += 1;
      restarted = restart();
      restarted.catch(failure.reject);
    };
    server.exited.then(startAgain, startAgain);
  }

  async function restart() {
    server = await start();
    isUp = true;
    watch();
  }

  return {
    kill() {
      if (!isUp) return false;
      isUp = false;
      return process.kill(server.pid, 'SIGKILL');
    },
    async isBack() {
      // Between the kill and the news of it, nothing is being started yet.
      if (!isUp) await server.exited.catch(() => undefined);
      await restarted;
    },
    deaths: () => deaths,
    failed: failure.promise,
    async stop() {
      isStopping = true;
      await restarted.catch(() => undefined);
      await server.stop();
    },
  };
}
