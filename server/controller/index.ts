export { startController } from './start-controller.ts';
export type { Controller, ControllerOptions, ControllerPorts } from './start-controller.ts';
