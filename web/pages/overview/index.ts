export { OverviewPage as Page } from './OverviewPage.tsx';
