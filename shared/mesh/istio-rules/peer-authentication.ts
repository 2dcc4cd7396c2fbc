import type { PeerAuthenticationSpec } from '../kinds/istio/peer-authentication.ts';
import type { Loose } from './proto.ts';
import type { Report } from './report.ts';
import { checkSelector } from './shared-fields.ts';

const PORT_MAX = 65_535;

export function checkPeerAuthentication(spec: Loose<PeerAuthenticationSpec>, report: Report): void {
  const at = ['spec', 'portLevelMtls'];
  const ports = Object.keys(spec.portLevelMtls ?? {});
  const hasLabels = Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
  if (!hasLabels && ports.length > 0) report.error(at, 'mesh/namespace peer authentication cannot have port level mTLS');
  if (spec.portLevelMtls !== undefined && ports.length === 0) report.error(at, 'port level mTLS, if defined, must have at least one element');
  for (const port of ports) {
    if (!/^\d+$/.test(port)) report.error([...at, port], 'cannot parse proto message: json: cannot unmarshal string into Go value of type uint32');
    else if (Number(port) <= 0 || Number(port) > PORT_MAX) report.error([...at, port], 'port must be in range 1..65535');
  }
  checkSelector(spec.selector, ['spec', 'selector'], report);
}
