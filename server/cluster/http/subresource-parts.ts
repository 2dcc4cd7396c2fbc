import type { Rbac } from '../auth/rbac.ts';
import type { TokenAuthority } from '../auth/tokens.ts';
import type { KubeletClient } from '../kubelet/kubelet-client.ts';
import type { Core } from '../rest/core.ts';

/** What answering below an object needs. */
export type SubresourceParts = { readonly core: Core; readonly tokens: TokenAuthority; readonly rbac: Rbac; readonly kubelet: KubeletClient };
