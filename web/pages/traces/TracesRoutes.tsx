import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { TracePage } from './TracePage.tsx';
import { TracesPage } from './TracesPage.tsx';

/** Search of traces, and one trace. */
export const TracesRoutes = (): ReactNode => (
  <Switch>
    <Route path="/traces/:id">{(params) => <TracePage key={params.id} id={decodeURIComponent(params.id)} />}</Route>
    <Route><TracesPage /></Route>
  </Switch>
);
