export { TracesRoutes as Page } from './TracesRoutes.tsx';
