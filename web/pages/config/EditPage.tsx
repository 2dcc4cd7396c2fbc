import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import { links, useConfigKinds, useConfigObject } from '#web/data';
import type { ConfigObject, ObjectRef } from '#web/data';
import { PanelBody } from '#web/kit';
import { ObjectEditor } from './ObjectEditor.tsx';

/** One object as YAML. */
export function EditPage({ at }: { readonly at: ObjectRef }): ReactNode {
  const asked = useConfigObject(at);
  const kinds = useConfigKinds().reading;
  const [, navigate] = useLocation();
  const kind = kinds === undefined ? undefined : peek(kinds)?.find((candidate) => candidate.kind === at.kind && candidate.group === at.group);
  return (
    <PanelBody what={`${at.kind} ${at.namespace}/${at.name}`} {...asked} skeleton="lines">
      {(object: ConfigObject) => <ObjectEditor title={object.name} kind={kind} saved={object} start={object.yaml} onSaved={() => asked.onRetry()} onDeleted={() => navigate(links.config())} />}
    </PanelBody>
  );
}
