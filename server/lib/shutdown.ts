/** Ordered shutdown: steps run in reverse order of registration, each within `stepMsMax`; the process never hangs on one. */
export type Shutdown = {
  /** Adds a step; the last one added runs first. */
  add(name: string, step: () => Promise<void> | void): void;
  /** Runs every step once; later calls wait for the first. */
  run(reason: string): Promise<void>;
  /** SIGTERM and SIGINT run the steps and then exit with 0; `onStop` is told when the first comes, `onStopped` before the exit. */
  onSignals(onStop?: () => void, onStopped?: () => void): void;
};

export function createShutdown(options: { readonly stepMsMax?: number; readonly onError?: (name: string, error: unknown) => void } = {}): Shutdown {
  const stepMsMax = options.stepMsMax ?? 4000;
  const steps: { name: string; step: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;
  const runStep = async (name: string, step: () => Promise<void> | void): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`shutdown step ${name} took over ${stepMsMax} ms`)), stepMsMax);
    });
    try {
      await Promise.race([Promise.resolve().then(step), limit]);
    } catch (error) {
      options.onError?.(name, error);
    } finally {
      clearTimeout(timer);
    }
  };
  const runAll = async (): Promise<void> => {
    for (const { name, step } of steps.toReversed()) await runStep(name, step);
  };
  const run = (): Promise<void> => (running ??= runAll());
  return {
    add: (name, step) => void steps.push({ name, step }),
    run,
    onSignals: (onStop, onStopped) => {
      const stop = (): void => {
        if (running !== undefined) return;
        onStop?.();
        void run().then(() => {
          onStopped?.();
          process.exit(0);
        });
      };
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
    },
  };
}
