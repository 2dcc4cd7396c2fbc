const texts: Readonly<Record<string, string>> = {
  VirtualService: `spec:
  hosts:
    - reviews
  http:
    - route:
        - destination:
            host: reviews
            subset: v1
          weight: 90
        - destination:
            host: reviews
            subset: v2
          weight: 10
`,
  DestinationRule: `spec:
  host: reviews
  subsets:
    - name: v1
      labels:
        version: v1
    - name: v2
      labels:
        version: v2
`,
  'networking.istio.io/Gateway': `spec:
  selector:
    istio: ingressgateway
  servers:
    - port:
        number: 8080
        name: http
        protocol: HTTP
      hosts:
        - "*"
`,
  PeerAuthentication: `spec:
  mtls:
    mode: STRICT
`,
  AuthorizationPolicy: `spec:
  selector:
    matchLabels:
      app: ratings
  action: ALLOW
  rules:
    - from:
        - source:
            principals:
              - cluster.local/ns/default/sa/bookinfo-reviews
`,
  ServiceEntry: `spec:
  hosts:
    - api.example.com
  location: MESH_EXTERNAL
  resolution: DNS
  ports:
    - number: 443
      name: tls
      protocol: TLS
`,
  HTTPRoute: `spec:
  parentRefs:
    - name: gateway
  rules:
    - backendRefs:
        - name: reviews
          port: 9080
`,
};

/** A text to begin a new object with. */
export const templateOf = (group: string, version: string, kind: string, namespaced: boolean): string =>
  `apiVersion: ${group === '' ? version : `${group}/${version}`}\nkind: ${kind}\nmetadata:\n  name: example\n${namespaced ? '  namespace: default\n' : ''}${texts[`${group}/${kind}`] ?? texts[kind] ?? 'spec: {}\n'}`;
