export { GraphPage as Page } from './GraphPage.tsx';
