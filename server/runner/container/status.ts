/** State of a container as the API has it; exactly one of three. */
export type Waiting = { readonly kind: 'waiting'; readonly reason: string; readonly message?: string };
export type Running = { readonly kind: 'running'; readonly startedAt: string };
export type Terminated = { readonly kind: 'terminated'; readonly exitCode: number; readonly reason: string; readonly message?: string; readonly startedAt: string; readonly finishedAt: string; readonly containerID: string };
export type ContainerState = Waiting | Running | Terminated;

export type ContainerStatus = {
  readonly name: string; readonly image: string; readonly imageID: string; readonly containerID: string; readonly state: ContainerState; readonly lastState: Terminated | undefined;
  readonly restartCount: number; readonly ready: boolean; readonly started: boolean;
};

/** The state as JSON: `{waiting: {reason}}`, `{running: {startedAt}}`, `{terminated: {exitCode, …}}`. */
export function stateJson(state: ContainerState): Record<string, unknown> {
  const { kind, ...fields } = state;
  return { [kind]: fields };
}

export const statusJson = (status: ContainerStatus): Record<string, unknown> => ({
  name: status.name, state: stateJson(status.state), lastState: status.lastState === undefined ? {} : stateJson(status.lastState), ready: status.ready, restartCount: status.restartCount, image: status.image, imageID: status.imageID,
  ...(status.containerID === '' ? {} : { containerID: status.containerID }), started: status.started,
});
