import type { ComponentType } from 'react';
import { IconConfig, IconGraph, IconMesh, IconOverview, IconServices, IconTraces, IconWorkloads } from '#web/kit';

/** A page: its address and everything below it, its place in the rail and after `g`. The code is loaded when it is opened. */
export type PageDef = {
  readonly id: string;
  readonly base: string;
  readonly label: string;
  /** The letter after `g`. */
  readonly letter: string;
  readonly icon: ComponentType<{ readonly size?: number | string; readonly stroke?: number | string; readonly 'aria-hidden'?: boolean }>;
  /** The page's front door; `Page` draws every address below `base`. */
  readonly load: () => Promise<{ readonly Page: ComponentType }>;
};

/** The pages that exist, in the order of the rail. */
export const PAGES: readonly PageDef[] = [
  { id: 'overview', base: '/overview', label: 'Overview', letter: 'o', icon: IconOverview, load: () => import('#web/pages/overview') },
  { id: 'graph', base: '/graph', label: 'Graph', letter: 'g', icon: IconGraph, load: () => import('#web/pages/graph') },
  { id: 'services', base: '/services', label: 'Services', letter: 's', icon: IconServices, load: () => import('#web/pages/services') },
  { id: 'workloads', base: '/workloads', label: 'Workloads', letter: 'w', icon: IconWorkloads, load: () => import('#web/pages/workloads') },
  { id: 'traces', base: '/traces', label: 'Traces', letter: 't', icon: IconTraces, load: () => import('#web/pages/traces') },
  { id: 'config', base: '/config', label: 'Config', letter: 'c', icon: IconConfig, load: () => import('#web/pages/config') },
  { id: 'mesh', base: '/mesh', label: 'Mesh', letter: 'm', icon: IconMesh, load: () => import('#web/pages/mesh') },
];

export const pageAt = (location: string): PageDef | undefined => PAGES.find((page) => location === page.base || location.startsWith(`${page.base}/`));
