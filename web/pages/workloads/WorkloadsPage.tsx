import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import { WorkloadDetail } from './WorkloadDetail.tsx';
import { WorkloadsList } from './WorkloadsList.tsx';

export function WorkloadsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/workloads/:namespace/:name">{({ namespace, name }) => <WorkloadDetail key={`${namespace}/${name}`} namespace={namespace} name={name} />}</Route>
      <Route><WorkloadsList /></Route>
    </Switch>
  );
}
