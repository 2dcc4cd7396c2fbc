import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { ConfigPage } from './ConfigPage.tsx';
import { EditPage } from './EditPage.tsx';
import { NewPage } from './NewPage.tsx';

const part = (text: string): string => (text === '-' ? '' : decodeURIComponent(text));

/** The objects, one object, and a new one. */
export const ConfigRoutes = (): ReactNode => (
  <Switch>
    <Route path="/config/new/:kind">{(params) => <NewPage key={params.kind} kind={decodeURIComponent(params.kind)} />}</Route>
    <Route path="/config/:group/:kind/:namespace/:name">
      {(params) => <EditPage key={`${params.group}/${params.kind}/${params.namespace}/${params.name}`} at={{ group: part(params.group), kind: part(params.kind), namespace: part(params.namespace), name: part(params.name) }} />}
    </Route>
    <Route><ConfigPage /></Route>
  </Switch>
);
