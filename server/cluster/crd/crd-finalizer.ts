/** Held by a CRD while objects of its kind are being deleted. */
export const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';
