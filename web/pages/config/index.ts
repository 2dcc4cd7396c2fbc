export { ConfigRoutes as Page } from './ConfigRoutes.tsx';
