export { WorkloadsPage as Page } from './WorkloadsPage.tsx';
