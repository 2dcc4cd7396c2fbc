import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAccessLine } from './access-line.ts';

const istio = '[2026-11-25T04:02:11.123Z] "GET /reviews/0?a=b HTTP/1.1" 503 UF,URX upstream_reset_before_response_started{connection_failure} - "delayed connect error: 111" 0 167 61 - "10.0.0.9" "curl/8" "6b0f-1" "reviews:9080" "10.0.0.5:9080" outbound|9080|v2|reviews.default.svc.cluster.local - 10.96.0.1:9080 10.0.0.2:5000 - default';

test('Istio\'s line is read field by field, as text and as JSON', () => {
  expect(parseAccessLine(istio)).toMatchObject({ start: Date.parse('2026-11-25T04:02:11.123Z'), method: 'GET', path: '/reviews/0?a=b', protocol: 'HTTP/1.1', code: 503, flags: ['UF', 'URX'], codeDetails: 'upstream_reset_before_response_started{connection_failure}', transportFailure: 'delayed connect error: 111', bytesSent: 167, duration: 61, upstreamServiceTime: undefined, requestId: '6b0f-1', authority: 'reviews:9080', upstreamHost: '10.0.0.5:9080', upstreamCluster: 'outbound|9080|v2|reviews.default.svc.cluster.local', downstreamRemoteAddress: '10.0.0.2:5000', routeName: 'default' });
  expect(parseAccessLine('{"start_time":"2026-11-25T04:02:11.123Z","method":"GET","path":"/","response_code":200,"response_flags":"-","upstream_service_time":"3","route_name":"default","downstream_remote_address":"10.0.0.2:1"}')).toMatchObject({ code: 200, flags: [], upstreamServiceTime: 3, routeName: 'default', authority: '-' });
  expect(parseAccessLine('[2026-11-25T04:02:11.123Z] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - - 10.0.0.2:9080 10.0.0.10:40000 - -')).toMatchObject({ code: 0, flags: ['NR'], downstreamRemoteAddress: '10.0.0.10:40000' });
});

test('other lines are none, whatever they hold', () => {
  for (const line of ['', 'hello', '{"a":1}', '{', '[not a time] "x" 1', `[${'x'.repeat(30_000)}`]) expect(parseAccessLine(line)).toBeUndefined();
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `[2026-01-01T00:00:00Z] ${text}`), fc.json()), (line) => {
    parseAccessLine(line);
    return true;
  }));
});
