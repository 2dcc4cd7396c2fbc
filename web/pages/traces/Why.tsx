import type { ReactNode } from 'react';
import { links } from '#web/data';
import type { TraceDetail } from '#web/data';
import { ButtonLink, InspectorPart, Mark, TextLink } from '#web/kit';
import { spanFailed } from '#web/waterfall';
import type { TraceSpan } from '#web/waterfall';
import css from './traces.module.css';

type Hop = TraceDetail['hops'][number];
type Props = { readonly hop: Hop | undefined; readonly span: TraceSpan; readonly traceId: string };

/** Flags of requests that the sidecar answered itself, before any endpoint. */
const NEVER_SENT: ReadonlySet<string> = new Set(['FI', 'NR', 'NC', 'UH', 'UO', 'RL', 'UAEX']);

/** What the mesh decided at this hop, down to the rule and the log line. */
export function Why({ hop, span, traceId }: Props): ReactNode {
  if (hop === undefined) {
    return <InspectorPart><p className="muted">This span was not written by a sidecar of the mesh{spanFailed(span) ? ': the failure is the application’s own' : ''}, so the mesh decided nothing here.</p></InspectorPart>;
  }
  const failed = spanFailed(span);
  return (
    <>
      <InspectorPart title="What the mesh decided">
        <ol className={css['decisions']}>
          {hop.cluster === undefined ? null : <Decision state="healthy" title={<>{hop.flags.some((flag) => NEVER_SENT.has(flag.flag)) ? 'Meant for' : 'Sent to'} <strong>{clusterWords(hop.cluster)}</strong></>} detail={hop.route === undefined || hop.route === '' ? hop.cluster : `Route ${hop.route} · ${hop.cluster}`} />}
          {hop.object === undefined ? null : (
            <Decision state="healthy" title={<>By <TextLink strong href={links.object(hop.object, hop.object.path)}>{hop.object.kind} {hop.object.namespace}/{hop.object.name}</TextLink></>} detail={<>{hop.object.text}{hop.object.path === '' ? null : <> · <code>{hop.object.path}</code></>}</>} />
          )}
          {hop.flags.map((flag) => <Decision key={flag.flag} state={failed ? 'failing' : 'degraded'} title={flag.words} detail={`Response flag ${flag.flag}`} />)}
          <Decision state={failed ? 'failing' : 'healthy'} title={hop.verdict} detail={failed ? (hop.byMesh ? 'Decided by the mesh' : 'Not the mesh: the application itself answered') : undefined} />
        </ol>
      </InspectorPart>
      {hop.log === undefined ? null : (
        <InspectorPart title="Its access-log line" aside={hop.log.pod}>
          <code className={css['logLine']}>{hop.log.line}</code>
        </InspectorPart>
      )}
      <InspectorPart title="Next step">
        <p className={css['next']}>{nextStep(hop, failed)}</p>
        <div className={css['nextButtons']}>
          {hop.object === undefined ? null : <ButtonLink look="primary" href={links.object(hop.object, hop.object.path)}>Open the rule</ButtonLink>}
          {hop.log === undefined ? null : <ButtonLink href={logsOf(hop.log, span)}>Open its logs</ButtonLink>}
          <ButtonLink href={links.graph({ trace: traceId })}>Show on graph</ButtonLink>
        </div>
      </InspectorPart>
    </>
  );
}

function Decision({ state, title, detail }: { readonly state: 'healthy' | 'degraded' | 'failing'; readonly title: ReactNode; readonly detail?: ReactNode }): ReactNode {
  return <li><Mark state={state} quiet /><div><p>{title}</p>{detail === undefined ? null : <p className="muted">{detail}</p>}</div></li>;
}

/** "ratings.default:9080, subset v1" of "outbound|9080|v1|ratings.default.svc.cluster.local". */
export function clusterWords(cluster: string): string {
  const [direction, port, subset, host] = cluster.split('|');
  if (host === undefined || port === undefined) return cluster;
  if (direction === 'inbound') return `the application on port ${port}`;
  return `${host.replace(/\.svc\..*$/, '')}:${port}${subset === '' || subset === undefined ? '' : `, subset ${subset}`}`;
}

function nextStep(hop: Hop, failed: boolean): string {
  if (!failed) return 'Nothing to mend: this hop went well.';
  const flags = new Set(hop.flags.map((flag) => flag.flag));
  if (flags.has('FI') || flags.has('DI')) return 'A fault rule made this answer on purpose. Take the fault out of the rule to end it.';
  if (flags.has('NC')) return 'The rule names a destination that does not exist. Check host, port and subset of the rule.';
  if (flags.has('UT')) return 'The answer came too late for the rule’s timeout. See what took the time below this span.';
  if (flags.has('UH')) return 'No endpoint is ready. See the pods of the destination.';
  if (flags.has('UF') || flags.has('UC') || flags.has('UR')) return 'The connection to the endpoint failed. See whether its pod runs and listens.';
  if (flags.has('NR')) return 'No route matches. Check the matches of the VirtualService and the hosts of the Gateway.';
  return hop.byMesh ? 'The mesh made this answer; the flags above say why.' : 'The application answered so itself: not the mesh. Its logs say more.';
}

/** The lines of this request in the log of the sidecar that wrote the span. */
export function logsOf(log: NonNullable<Hop['log']>, span: Pick<TraceSpan, 'tags'>): string {
  return links.workload(log.namespace, log.workload, { tab: 'logs', container: 'istio-proxy', contains: String(span.tags['guid:x-request-id'] ?? '') });
}
