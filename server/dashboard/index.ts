export { startDashboard } from './start-dashboard.ts';
export type { Dashboard } from './start-dashboard.ts';
export type { DashboardOptions } from './options.ts';
