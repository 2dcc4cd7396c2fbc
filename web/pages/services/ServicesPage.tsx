import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { ServiceDetail } from './ServiceDetail.tsx';
import { ServicesList } from './ServicesList.tsx';

export function ServicesPage(): ReactNode {
  return (
    <Switch>
      <Route path="/services/:namespace/:name">{({ namespace, name }) => <ServiceDetail key={`${namespace}/${name}`} namespace={namespace} name={name} />}</Route>
      <Route><ServicesList /></Route>
    </Switch>
  );
}
