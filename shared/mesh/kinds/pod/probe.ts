import type { Infer, Schema } from '../../schema/schema.ts';
import { def, int, int64, req, str } from '../../schema/schema.ts';
import { atomicList, choice, numberOrText } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';

const httpHeader = def(`${CORE}.HTTPHeader`, { name: req(str('Header name.')), value: req(str('Header value.')) }, 'A header sent with a probe.');
const httpGetAction = def(`${CORE}.HTTPGetAction`, {
  port: req(numberOrText('Port to call: a number, or the name of a container port.')),
  path: str('Path to ask for. Default "/".'),
  host: str('Host to connect to. Default: the pod\'s address.'),
  scheme: choice(['HTTP', 'HTTPS'], 'HTTP (default) or HTTPS; certificates are not checked.'),
  httpHeaders: atomicList(httpHeader, 'Extra request headers.'),
}, 'A GET request; an answer from 200 to 399 is a success.');
const tcpSocketAction = def(`${CORE}.TCPSocketAction`, {
  port: req(numberOrText('Port to connect to: a number, or the name of a container port.')),
  host: str('Host to connect to. Default: the pod\'s address.'),
}, 'Opening a TCP connection.');
const execAction = def(`${CORE}.ExecAction`, { command: atomicList(str(), 'Program and arguments, run without a shell; exit code 0 is a success.') }, 'A command inside the container.');
const grpcAction = def(`${CORE}.GRPCAction`, {
  port: req(int('Port of the gRPC server.')),
  service: str('Service name in the health request. Default: empty.', { default: '' }),
}, 'A call of the gRPC health protocol.');
const sleepAction = def(`${CORE}.SleepAction`, { seconds: req(int64('How long to wait.')) }, 'A pause.');

const probeNode = def(`${CORE}.Probe`, {
  httpGet: httpGetAction,
  tcpSocket: tcpSocketAction,
  exec: execAction,
  grpc: grpcAction,
  initialDelaySeconds: int('Seconds after the start before the first probe. Default 0.'),
  periodSeconds: int('Seconds between probes. Default 10, at least 1.'),
  timeoutSeconds: int('Seconds until a probe counts as failed. Default 1.'),
  successThreshold: int('Successes in a row that make it good again. Default 1; must be 1 for liveness and startup.'),
  failureThreshold: int('Failures in a row that make it bad. Default 3.'),
  terminationGracePeriodSeconds: int64('Grace after a failed probe, in place of the pod\'s.'),
}, 'How the kubelet asks a container whether it is well: exactly one of httpGet, tcpSocket, exec, grpc.');
export interface Probe extends Infer<typeof probeNode> {}
export const probe: Schema<Probe> = probeNode;

const lifecycleHandler = def(`${CORE}.LifecycleHandler`, { exec: execAction, httpGet: httpGetAction, tcpSocket: tcpSocketAction, sleep: sleepAction }, 'What to do at a moment of a container\'s life: one of exec, httpGet, sleep.');
export const lifecycle = def(`${CORE}.Lifecycle`, {
  postStart: lifecycleHandler,
  preStop: lifecycleHandler,
  stopSignal: str('Signal that asks the container to end. Default: the image\'s, or SIGTERM.'),
}, 'Actions right after the start and before the end of a container.');
