export { MeshPage as Page } from './MeshPage.tsx';
